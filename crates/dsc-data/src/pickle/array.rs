//! Numpy arrays as views of bytes.

use half::f16;

use super::reader::{Payload, Walked, damaged, join_units, shorten};
use super::unsupported::Unsupported;

/// Most items that one sample of an array without samples may claim. The axes of an empty array cost no bytes in the file, so
/// nothing else bounds the buffers that are made for them.
const MAX_EMPTY: usize = 1 << 28;

/// The kind of the items of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Floats of 2, 4 or 8 bytes.
    Float,
    /// Signed integers of 1, 2, 4 or 8 bytes.
    Int,
    /// Unsigned integers of 1, 2, 4 or 8 bytes.
    Uint,
    /// Truth values, one byte each.
    Bool,
    /// Text: UTF-32 padded with zeros, 4 bytes a character.
    Unicode,
    /// Byte strings padded with zeros.
    Bytes,
    /// Python objects.
    Object,
}

/// Kind, size and byte order of the items of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtype {
    /// Kind of the items.
    pub kind: Kind,
    /// Bytes per item.
    pub size: usize,
    /// Whether the most significant byte of an item is stored first.
    pub big_endian: bool,
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = self.size.saturating_mul(8);
        match self.kind {
            Kind::Float => write!(f, "float{bits}"),
            Kind::Int => write!(f, "int{bits}"),
            Kind::Uint => write!(f, "uint{bits}"),
            Kind::Bool => f.write_str("bool"),
            Kind::Unicode => write!(f, "text[{}]", self.size / 4),
            Kind::Bytes => write!(f, "bytes[{}]", self.size),
            Kind::Object => f.write_str("object"),
        }?;
        if self.big_endian && self.size > 1 { f.write_str(" (big-endian)") } else { Ok(()) }
    }
}

impl Dtype {
    /// From numpy's short name, such as `f8`, `<i4`, `U12`, `O8`.
    pub(super) fn parse(name: &str) -> Walked<Dtype> {
        let refused = || Err(Unsupported::dtype(format!("an array of dtype `{}`", shorten(name))).into());
        let (big_endian, rest) = match name.strip_prefix('>') {
            Some(rest) => (true, rest),
            None => (false, name.trim_start_matches(['<', '|', '='])),
        };
        let mut letters = rest.chars();
        let Some(letter) = letters.next() else { return refused() };
        let digits = letters.as_str();
        let size = if digits.is_empty() {
            0
        } else {
            match digits.parse::<usize>() {
                Ok(n) => n,
                Err(_) => return refused(),
            }
        };
        let (kind, size) = match (letter, size) {
            ('f', 2 | 4 | 8) => (Kind::Float, size),
            ('i', 1 | 2 | 4 | 8) => (Kind::Int, size),
            ('u', 1 | 2 | 4 | 8) => (Kind::Uint, size),
            ('b', 1) => (Kind::Bool, 1),
            ('O', _) => (Kind::Object, 8),
            ('S', _) => (Kind::Bytes, size),
            ('U', _) => match size.checked_mul(4) {
                Some(bytes) => (Kind::Unicode, bytes),
                None => return refused(),
            },
            _ => return refused(),
        };
        Ok(Dtype { kind, size, big_endian })
    }

    /// Whether items are numbers (or truth values).
    pub fn is_number(&self) -> bool {
        matches!(self.kind, Kind::Float | Kind::Int | Kind::Uint | Kind::Bool)
    }

    /// The number in `item`, which has `self.size` bytes; `None` for text and objects.
    pub fn number(&self, item: &[u8]) -> Option<f64> {
        // One place for both byte orders: the item as little-endian bytes, zero-extended.
        let mut raw = [0u8; 8];
        let target = raw.get_mut(..self.size)?;
        target.copy_from_slice(item.get(..self.size)?);
        if self.big_endian {
            target.reverse();
        }
        let bits = u64::from_le_bytes(raw);
        Some(match (self.kind, self.size) {
            (Kind::Float, 2) => f16::from_bits(bits as u16).to_f64(),
            (Kind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Kind::Float, 8) => f64::from_bits(bits),
            (Kind::Int, 1) => f64::from(bits as u8 as i8),
            (Kind::Int, 2) => f64::from(bits as u16 as i16),
            (Kind::Int, 4) => f64::from(bits as u32 as i32),
            (Kind::Int, 8) => bits as i64 as f64,
            (Kind::Uint, _) => bits as f64,
            (Kind::Bool, _) => f64::from(u8::from(bits != 0)),
            _ => return None,
        })
    }

    /// The number in `item` in decimal digits, exactly: 8-byte integers are not converted to a float. `None` for text and
    /// objects.
    pub fn decimal(&self, item: &[u8]) -> Option<String> {
        match (self.kind, self.size) {
            (Kind::Int | Kind::Uint, 8) => {
                let bytes = <[u8; 8]>::try_from(item).ok()?;
                let bits = if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) };
                Some(if self.kind == Kind::Int { (bits as i64).to_string() } else { bits.to_string() })
            }
            (Kind::Bool, _) => self.number(item).map(|n| (n != 0.0).to_string()),
            // The shortest digits that read back to the stored float.
            (Kind::Float, 2 | 4) => self.number(item).map(|n| (n as f32).to_string()),
            _ => self.number(item).map(|n| n.to_string()),
        }
    }

    /// The text in `item`; `None` for numbers and objects, and for byte strings that are not UTF-8.
    pub fn text(&self, item: &[u8]) -> Option<String> {
        match self.kind {
            Kind::Unicode => {
                let units = item.as_chunks::<4>().0.iter();
                let mut units: Vec<u32> = units
                    .map(|c| if self.big_endian { u32::from_be_bytes(*c) } else { u32::from_le_bytes(*c) })
                    .collect();
                while units.last() == Some(&0) {
                    units.pop();
                }
                Some(join_units(units))
            }
            Kind::Bytes => {
                let end = item.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
                std::str::from_utf8(item.get(..end)?).ok().map(str::to_owned)
            }
            _ => None,
        }
    }
}

/// The order in which the items of an array are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The last axis runs fastest.
    C,
    /// The first axis runs fastest.
    Fortran,
    /// The stored block is in C order; axis `i` of the array is axis `axes[i]` of the block.
    Axes(Vec<usize>),
}

/// A numpy array of numbers or text: dtype, layout, and a reference to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NdArray {
    /// Type of the items.
    pub dtype: Dtype,
    /// Lengths of the axes; empty for a single item.
    pub shape: Vec<usize>,
    /// Strides of the axes in items; `None` for C order (the last axis runs fastest).
    pub strides: Option<Vec<usize>>,
    /// The stored bytes of all items.
    pub data: Payload,
}

impl NdArray {
    /// Checks that the number of bytes matches shape and dtype. `shape` is that of the stored block, which is that of the array
    /// unless `order` permutes the axes.
    pub(super) fn new(dtype: Dtype, shape: Vec<usize>, order: &Order, data: Payload) -> Walked<NdArray> {
        // Items of no bytes would allow any number of them in an empty file.
        if dtype.size == 0 && !shape.contains(&0) {
            return Err(Unsupported::dtype("an array of items without bytes".to_owned()).into());
        }
        match items_of_shape(&shape)?.checked_mul(dtype.size) {
            Some(bytes) if bytes == data.len() => {}
            _ => return damaged(format!("an array of shape {shape:?} and type {dtype} with {} bytes", data.len())),
        }
        let (shape, strides) = match order {
            Order::C => (shape, None),
            Order::Fortran if shape.len() < 2 => (shape, None),
            Order::Fortran => {
                let strides = steps(shape.iter());
                (shape, Some(strides))
            }
            Order::Axes(axes) => {
                let mut block = steps(shape.iter().rev());
                block.reverse();
                let mut used = vec![false; shape.len()];
                let mut turned = (Vec::with_capacity(shape.len()), Vec::with_capacity(shape.len()));
                for axis in axes {
                    let entry = (shape.get(*axis), block.get(*axis), used.get_mut(*axis));
                    let (Some(length), Some(step), Some(seen @ false)) = entry else { break };
                    *seen = true;
                    turned.0.push(*length);
                    turned.1.push(*step);
                }
                if turned.0.len() != shape.len() || axes.len() != shape.len() {
                    return damaged(format!("the axes {axes:?} for an array of shape {shape:?}"));
                }
                (turned.0, Some(turned.1))
            }
        };
        Ok(NdArray { dtype, shape, strides, data })
    }

    /// Number of items, the product of the axes.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The array over the bytes of the input it was parsed from.
    pub fn view<'x>(&'x self, input: &'x [u8]) -> ArrayView<'x> {
        let strides = self.strides.as_deref();
        ArrayView { dtype: self.dtype, shape: &self.shape, strides, bytes: self.data.bytes(input) }
    }
}

/// Number of items of a shape, whose axes other than those of length 0 have a bounded product as well.
pub(super) fn items_of_shape(shape: &[usize]) -> Walked<usize> {
    let product = shape.iter().filter(|n| **n > 0).try_fold(1usize, |n, axis| n.checked_mul(*axis));
    match product {
        Some(n) if !shape.contains(&0) => Ok(n),
        Some(n) if n <= MAX_EMPTY => Ok(0),
        _ => damaged(format!("an array of shape {shape:?}")),
    }
}

/// The stride of each axis where the first one runs fastest.
fn steps<'n>(axes: impl Iterator<Item = &'n usize>) -> Vec<usize> {
    let mut step = 1usize;
    let next = |length: &usize| {
        let own = step;
        step = step.saturating_mul(*length);
        own
    };
    axes.map(next).collect()
}

/// An array with its bytes. Items are addressed by their C-order index, whatever order they are stored in.
#[derive(Clone, Copy, Debug)]
pub struct ArrayView<'x> {
    /// Type of the items.
    pub dtype: Dtype,
    /// Lengths of the axes.
    pub shape: &'x [usize],
    /// Strides of the axes in items; `None` for C order.
    pub strides: Option<&'x [usize]>,
    /// The stored bytes.
    pub bytes: &'x [u8],
}

impl<'x> ArrayView<'x> {
    /// The positions, in items, at which the items from C-order index `start` on are stored.
    fn stored(&self, start: usize) -> Positions<'x> {
        let strides = self.strides.unwrap_or_default();
        // The digits of the index, last axis first.
        let mut digits = vec![0; strides.len()];
        let mut rest = start;
        for (digit, axis) in digits.iter_mut().zip(self.shape).rev() {
            *digit = rest.checked_rem(*axis).unwrap_or(0);
            rest = rest.checked_div(*axis).unwrap_or(0);
        }
        let at = match self.strides {
            None => start,
            // Beyond the last item.
            Some(_) if rest > 0 => usize::MAX,
            Some(_) => digits.iter().zip(strides).map(|(digit, step)| digit.saturating_mul(*step)).sum(),
        };
        Positions { shape: self.shape, strides, digits, at }
    }

    fn at(&self, position: usize) -> Option<&'x [u8]> {
        let start = position.checked_mul(self.dtype.size)?;
        self.bytes.get(start..start.checked_add(self.dtype.size)?)
    }

    /// The bytes of the item with C-order index `index`.
    pub fn item(&self, index: usize) -> Option<&'x [u8]> {
        self.at(match self.strides {
            None => index,
            Some(_) => self.stored(index).at,
        })
    }

    /// The number with C-order index `index`.
    pub fn number(&self, index: usize) -> Option<f64> {
        self.dtype.number(self.item(index)?)
    }

    /// The number with C-order index `index` in decimal digits, see [`Dtype::decimal`].
    pub fn decimal(&self, index: usize) -> Option<String> {
        self.dtype.decimal(self.item(index)?)
    }

    /// The text with C-order index `index`.
    pub fn text(&self, index: usize) -> Option<String> {
        self.dtype.text(self.item(index)?)
    }

    /// Casts the `out.len()` items from C-order index `start` on to f32 (round to nearest, as numpy's `astype`). False, with
    /// `out` in an unspecified state, if they are not numbers or out of range.
    pub fn copy_f32(&self, start: usize, out: &mut [f32]) -> bool {
        if self.strides.is_some() {
            let mut positions = self.stored(start);
            return out.iter_mut().all(|slot| {
                match self.at(positions.next_position()).and_then(|item| self.dtype.number(item)) {
                    Some(n) => {
                        *slot = n as f32;
                        true
                    }
                    None => false,
                }
            });
        }
        let size = self.dtype.size;
        let range = (|| {
            let from = start.checked_mul(size)?;
            Some(from..from.checked_add(out.len().checked_mul(size)?)?)
        })();
        let Some(bytes) = range.and_then(|r| self.bytes.get(r)) else { return false };
        let items = out.iter_mut();
        match (self.dtype.kind, size, self.dtype.big_endian) {
            // The two kinds that feature files are made of.
            (Kind::Float, 4, false) => {
                items.zip(bytes.as_chunks().0).for_each(|(slot, item)| *slot = f32::from_le_bytes(*item));
                true
            }
            (Kind::Float, 8, false) => {
                items.zip(bytes.as_chunks().0).for_each(|(slot, item)| *slot = f64::from_le_bytes(*item) as f32);
                true
            }
            _ => items.zip(bytes.chunks_exact(size.max(1))).all(|(slot, item)| match self.dtype.number(item) {
                Some(n) => {
                    *slot = n as f32;
                    true
                }
                None => false,
            }),
        }
    }
}

/// Walks the items of an array in C order; see [`ArrayView::stored`].
struct Positions<'x> {
    shape: &'x [usize],
    strides: &'x [usize],
    digits: Vec<usize>,
    at: usize,
}

impl Positions<'_> {
    /// The position of the current item; the next call gives that of the item behind it.
    fn next_position(&mut self) -> usize {
        let here = self.at;
        // The last axis advances; one at its end goes back to 0 and the axis before it advances.
        for ((digit, length), step) in self.digits.iter_mut().zip(self.shape).zip(self.strides).rev() {
            *digit += 1;
            if *digit < *length {
                self.at = self.at.saturating_add(*step);
                return here;
            }
            self.at = self.at.saturating_sub(step.saturating_mul(*digit - 1));
            *digit = 0;
        }
        // Behind the last item there is none.
        self.at = usize::MAX;
        here
    }
}
