//! Numpy arrays as views of bytes.

use half::f16;

use super::reader::{Fault, Payload, Walked, damaged, join_units, shorten};

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
        let refused = || Err(Fault::Dtype(format!("an array of dtype `{}`", shorten(name))));
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

/// A numpy array of numbers or text: dtype, layout, and a reference to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NdArray {
    /// Type of the items.
    pub dtype: Dtype,
    /// Lengths of the axes; empty for a single item.
    pub shape: Vec<usize>,
    /// Whether the first axis runs fastest (Fortran order).
    pub fortran: bool,
    /// The stored bytes of all items.
    pub data: Payload,
}

impl NdArray {
    /// Checks that the number of bytes matches shape and dtype.
    pub(super) fn new(dtype: Dtype, shape: Vec<usize>, fortran: bool, data: Payload) -> Walked<NdArray> {
        let items = shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis));
        // Items of no bytes would allow any number of them in an empty file.
        if dtype.size == 0 && items != Some(0) {
            return Err(Fault::Dtype("an array of items without bytes".to_owned()));
        }
        match items.and_then(|n| n.checked_mul(dtype.size)) {
            Some(bytes) if bytes == data.len() => Ok(NdArray { dtype, shape, fortran, data }),
            _ => damaged(format!("an array of shape {shape:?} and type {dtype} with {} bytes", data.len())),
        }
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
        ArrayView { dtype: self.dtype, shape: &self.shape, fortran: self.fortran, bytes: self.data.bytes(input) }
    }
}

/// An array with its bytes. Items are addressed by their C-order index, whatever order they are stored in.
#[derive(Clone, Copy, Debug)]
pub struct ArrayView<'x> {
    /// Type of the items.
    pub dtype: Dtype,
    /// Lengths of the axes.
    pub shape: &'x [usize],
    /// Whether they are stored in Fortran order.
    pub fortran: bool,
    /// The stored bytes.
    pub bytes: &'x [u8],
}

impl<'x> ArrayView<'x> {
    /// The position, in items, at which the item with C-order index `index` is stored.
    fn stored(&self, index: usize) -> usize {
        if !self.fortran || self.shape.len() < 2 {
            return index;
        }
        // Digits of the C-order index, last axis first, weighted by the strides of Fortran order.
        let mut rest = index;
        let mut stride: usize = self.shape.iter().product();
        let mut at = 0;
        for axis in self.shape.iter().rev() {
            if *axis == 0 {
                return usize::MAX;
            }
            stride /= axis;
            at += (rest % axis) * stride;
            rest /= axis;
        }
        at
    }

    /// The bytes of the item with C-order index `index`.
    pub fn item(&self, index: usize) -> Option<&'x [u8]> {
        let start = self.stored(index).checked_mul(self.dtype.size)?;
        self.bytes.get(start..start.checked_add(self.dtype.size)?)
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
        if self.fortran && self.shape.len() > 1 {
            return out.iter_mut().enumerate().all(|(i, slot)| match self.number(start + i) {
                Some(n) => {
                    *slot = n as f32;
                    true
                }
                None => false,
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
