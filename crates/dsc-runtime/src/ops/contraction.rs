//! Einsum by products in a fixed order, for evaluation on the CPU.

use tch::Tensor;

use crate::fault::Fault;
use crate::ffi;

/// A value whose axes have letters.
pub(super) struct Lettered {
    pub(super) letters: Vec<char>,
    pub(super) value: Tensor,
}

/// The product of values, summed over the letters that the result lacks. Two are joined at a time, from the left.
pub(super) fn contract(operands: Vec<Lettered>, result: &[char]) -> Result<Tensor, Fault> {
    let mut rest = operands.into_iter();
    let mut product = rest.next().ok_or_else(|| Fault::Torch("an einsum without operands".into()))?;
    while let Some(next) = rest.next() {
        let later: Vec<char> =
            rest.as_slice().iter().flat_map(|o| o.letters.iter().copied()).chain(result.iter().copied()).collect();
        product = product.times(next, &later)?;
    }
    // Sums of it later run in another order for other strides.
    Ok(product.keep(|letter| result.contains(&letter))?.ordered(result)?.f_contiguous()?)
}

impl Lettered {
    fn size(&self, letters: &[char]) -> Vec<i64> {
        let sizes = self.value.size();
        let of = |letter: &char| self.letters.iter().position(|l| l == letter).and_then(|i| sizes.get(i).copied());
        letters.iter().map(|letter| of(letter).unwrap_or(1)).collect()
    }

    /// The value with its axes in that order.
    fn ordered(&self, letters: &[char]) -> Result<Tensor, Fault> {
        let at = |letter: &char| self.letters.iter().position(|l| l == letter).map(|i| i as i64);
        let axes: Option<Vec<i64>> = letters.iter().map(at).collect();
        let axes = axes.ok_or_else(|| Fault::Torch("an axis of an einsum is missing".into()))?;
        Ok(self.value.f_permute(axes.as_slice())?)
    }

    /// The value as `[size of the first, of the second, of the third letters]`.
    fn grouped(&self, groups: [&[char]; 3]) -> Result<Tensor, Fault> {
        let shape = groups.map(|letters| self.size(letters).iter().product::<i64>());
        Ok(self.ordered(&groups.concat())?.f_reshape(shape)?)
    }

    /// The sum over the letters that are not kept.
    fn keep(self, kept: impl Fn(char) -> bool) -> Result<Lettered, Fault> {
        let (letters, gone): (Vec<char>, Vec<char>) = self.letters.iter().copied().partition(|letter| kept(*letter));
        if gone.is_empty() {
            return Ok(self);
        }
        let rows = self.grouped([&[], &letters, &gone])?;
        let ones = rows.f_ones_like()?.f_narrow(1, 0, 1)?.f_transpose(1, 2)?;
        let value = ffi::product(&rows, &ones, None)?.f_view(self.size(&letters).as_slice())?;
        Ok(Lettered { letters, value })
    }

    /// The product with another value, summed over the letters of both that nothing reads later.
    fn times(self, other: Lettered, later: &[char]) -> Result<Lettered, Fault> {
        let (own, others) = (self.letters.clone(), other.letters.clone());
        let a = self.keep(|letter| later.contains(&letter) || others.contains(&letter))?;
        let b = other.keep(|letter| later.contains(&letter) || own.contains(&letter))?;
        let (both, left): (Vec<char>, Vec<char>) = a.letters.iter().copied().partition(|l| b.letters.contains(l));
        let right: Vec<char> = b.letters.iter().copied().filter(|letter| !a.letters.contains(letter)).collect();
        let (batch, inner): (Vec<char>, Vec<char>) = both.into_iter().partition(|letter| later.contains(letter));
        let (x, y) = (a.grouped([&batch, &left, &inner])?, b.grouped([&batch, &inner, &right])?);
        // Without a sum it is a product of entries, which one by one would be many small matrices.
        let product = if inner.is_empty() { x.f_mul(&y)? } else { ffi::product(&x, &y, None)? };
        let shape = [a.size(&batch), a.size(&left), b.size(&right)].concat();
        Ok(Lettered { letters: [batch, left, right].concat(), value: product.f_reshape(shape.as_slice())? })
    }
}
