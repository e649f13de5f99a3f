//! One tensor of a weight file, read in place.

use std::borrow::Cow;

use half::{bf16, f16};
use safetensors::Dtype;

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::E0806;

/// A tensor of a weight file: its name, shape and element type, and its bytes inside the mapped file.
#[derive(Clone, Copy, Debug)]
pub struct Weight<'a> {
    name: &'a str,
    dtype: Dtype,
    shape: &'a [usize],
    strides: Option<&'a [usize]>,
    negated: bool,
    data: &'a [u8],
}

impl<'a> Weight<'a> {
    /// `strides` (in elements, one per axis) is `None` for row-major data, and `data` is then exactly the elements;
    /// otherwise `data` begins with the first element and extends at least to the last one.
    pub(super) fn new(
        name: &'a str,
        dtype: Dtype,
        shape: &'a [usize],
        strides: Option<&'a [usize]>,
        data: &'a [u8],
    ) -> Self {
        Self { name, dtype, shape, strides, negated: false, data }
    }

    /// The same tensor with the opposite sign, which only floating-point numbers have.
    pub(super) fn negated(self, negated: bool) -> Self {
        Self { negated, ..self }
    }

    /// The name in the file (or the canonical one, see [`open_weights`](super::open_weights)).
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The element type in the file.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The lengths of its axes; empty for a scalar.
    pub fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// Number of elements, 1 for a scalar.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in row-major order, little-endian, in the element type of the file. Borrowed from the file unless
    /// the tensor is stored with other strides or the opposite sign.
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        let size = self.dtype.bitsize() / 8;
        let mut bytes = match self.strides {
            None => Cow::Borrowed(self.data),
            Some(strides) => Cow::Owned(gather(self.data, self.shape, strides, size)),
        };
        if self.negated {
            // The sign of a float is the highest bit of its last byte.
            bytes.to_mut().chunks_exact_mut(size.max(1)).filter_map(|item| item.last_mut()).for_each(|b| *b ^= 0x80);
        }
        bytes
    }

    /// The elements in row-major order, cast to f32 (from f64 rounded to nearest; from f16 and bf16 exact).
    ///
    /// # Errors
    /// `E0806` when the elements are not floating-point numbers of 16, 32 or 64 bits.
    pub fn to_f32(&self) -> Result<Vec<f32>, Diagnostic> {
        let bytes = self.bytes();
        Ok(match self.dtype {
            Dtype::F32 => cast(&bytes, f32::from_le_bytes),
            Dtype::F16 => cast(&bytes, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => cast(&bytes, |b| bf16::from_le_bytes(b).to_f32()),
            #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is documented")]
            Dtype::F64 => cast(&bytes, |b| f64::from_le_bytes(b) as f32),
            other => {
                return Err(Diagnostic::error(
                    E0806,
                    format!("the weight `{}` has elements of type {other:?}, not F16, BF16, F32 or F64", self.name),
                )
                .help("save the weights in a floating-point type"));
            }
        })
    }
}

fn cast<const N: usize>(bytes: &[u8], element: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| element(*chunk)).collect()
}

/// Copies a strided tensor into row-major order. `data` contains all elements: this was checked when the file was opened.
fn gather(data: &[u8], shape: &[usize], strides: &[usize], size: usize) -> Vec<u8> {
    let total: usize = shape.iter().product();
    let mut out = Vec::with_capacity(total.saturating_mul(size));
    let mut index = vec![0usize; shape.len()];
    for _ in 0..total {
        let at = index.iter().zip(strides).map(|(i, stride)| i * stride).sum::<usize>() * size;
        out.extend_from_slice(data.get(at..at + size).unwrap_or_default());
        // The last axis runs fastest; an axis at its end is reset and the one before it advances.
        for (i, length) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < *length {
                break;
            }
            *i = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    #[test]
    fn half_precision_is_widened_exactly() {
        let values = [0.0f32, 1.0, -2.5, 0.099_975_586, 65504.0];
        let halves: Vec<u8> = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        assert_eq!(Weight::new("w", Dtype::F16, &[5], None, &halves).to_f32().unwrap(), values);
        // The upper half of a float is the same number in bf16, cut.
        let brains: Vec<u8> = values
            .iter()
            .flat_map(|v| v.to_bits().to_be_bytes()[..2].iter().rev().copied().collect::<Vec<_>>())
            .collect();
        let cut: Vec<f32> = values.iter().map(|v| f32::from_bits(v.to_bits() & 0xffff_0000)).collect();
        assert_eq!(Weight::new("w", Dtype::BF16, &[5], None, &brains).to_f32().unwrap(), cut);
        let doubles: Vec<u8> = values.iter().flat_map(|v| f64::from(*v).to_le_bytes()).collect();
        assert_eq!(Weight::new("w", Dtype::F64, &[5], None, &doubles).to_f32().unwrap(), values);
    }

    #[test]
    fn strides_are_honoured() {
        let data = floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let read = |shape: &[usize], strides: &[usize]| {
            Weight::new("w", Dtype::F32, shape, Some(strides), &data).to_f32().unwrap()
        };
        assert_eq!(read(&[3, 2], &[1, 3]), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0], "a transposed 2 x 3");
        assert_eq!(read(&[2, 2], &[3, 2]), [0.0, 2.0, 3.0, 5.0], "every other column");
        assert_eq!(read(&[2, 3], &[0, 1]), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0], "an expanded row");
        assert_eq!(read(&[], &[]), [0.0], "a scalar");
        assert!(read(&[0, 3], &[3, 1]).is_empty());
    }

    #[test]
    fn negated_elements_have_the_opposite_sign() {
        let data = floats(&[0.0, 1.0, -2.0, f32::INFINITY]);
        let w = Weight::new("w", Dtype::F32, &[4], None, &data).negated(true);
        let bits: Vec<u32> = w.to_f32().unwrap().into_iter().map(f32::to_bits).collect();
        assert_eq!(bits, [-0.0f32, -1.0, 2.0, f32::NEG_INFINITY].map(f32::to_bits));
        let turned = Weight::new("w", Dtype::F32, &[2, 2], Some(&[1, 2]), &data).negated(true);
        assert_eq!(turned.to_f32().unwrap()[1..], [2.0, -1.0, f32::NEG_INFINITY]);
        let halves: Vec<u8> = [1.5f32, -3.0].iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        assert_eq!(Weight::new("w", Dtype::F16, &[2], None, &halves).negated(true).to_f32().unwrap(), [-1.5, 3.0]);
    }

    #[test]
    fn row_major_bytes_are_borrowed_and_integers_are_not_cast() {
        let data = 7i64.to_le_bytes();
        let weight = Weight::new("position_ids", Dtype::I64, &[1], None, &data);
        assert!(matches!(weight.bytes(), Cow::Borrowed(b) if b == data));
        let e = weight.to_f32().unwrap_err();
        assert_eq!(e.code, E0806);
        assert!(e.message.contains("position_ids") && e.message.contains("I64"));
    }
}
