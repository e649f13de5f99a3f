//! Products of matrices on the CPU in a fixed order (`shim/product.cpp`).

use super::raw::{self, check, take_tensor};
use std::ptr;
use tch::Tensor;

/// `a` `[r, n, k]` times `b` `[r, k, m]`, or `[1, k, m]` for all, plus `bias` `[m]`, to `[r, n, m]`. Both are on the CPU, of 32 or 64
/// bits, with any strides.
///
/// An entry is summed term by term, from the bias on, so a row of the result depends on its row of `a` alone: not on how many there
/// are, as it does in libtorch, whose kernels are chosen by the sizes. No gradient is recorded.
///
/// # Errors
/// Values that do not fit each other, and too little memory.
pub fn product(a: &Tensor, b: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, String> {
    product_with(0, a, b, bias)
}

/// The same with a set of kernels: 0 for the widest that the processor has.
fn product_with(set: i64, a: &Tensor, b: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, String> {
    let bias = bias.map_or(ptr::null(), Tensor::as_ptr);
    let mut out = ptr::null_mut();
    // SAFETY: the tensors are borrowed for the call; the result goes to a live local, and is a new tensor on success.
    unsafe {
        check(raw::dsc_product(a.as_ptr(), b.as_ptr(), bias, set, &mut out))?;
        Ok(take_tensor(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn numbers(shape: [i64; 3], kind: Kind) -> Tensor {
        let at = Tensor::arange(shape.iter().product::<i64>(), (Kind::Double, Device::Cpu)) * 0.61;
        at.sin().view(shape).to_kind(kind)
    }

    #[test]
    fn every_instruction_set_multiplies_and_no_row_depends_on_others() {
        // SAFETY: it only counts.
        let sets = unsafe { raw::dsc_kernel_sets() };
        assert!(sets > 0);
        for set in 1..=sets {
            for (kind, tolerance) in [(Kind::Double, 1e-13), (Kind::Float, 1e-5)] {
                for (rows, terms, columns) in
                    [(1, 1, 1), (7, 3, 2), (33, 40, 16), (19, 129, 47), (50, 700, 130), (4, 5, 300)]
                {
                    let what = format!("set {set}, {kind:?}, [{rows}, {terms}] x [{terms}, {columns}]");
                    let (a, b) = (numbers([3, rows, terms], kind), numbers([3, columns, terms], kind));
                    let bias = numbers([1, 1, columns], kind).view([columns]);
                    let found = product_with(set, &a, &b.transpose(1, 2), Some(&bias)).unwrap();
                    let off = (&found - (a.bmm(&b.transpose(1, 2)) + &bias)).abs().max().double_value(&[]);
                    assert!(off < tolerance * terms as f64, "{what}: {off}");
                    // One matrix for all, rows through other strides.
                    let common = b.narrow(0, 1, 1).transpose(1, 2);
                    let all = product_with(set, &a, &common, Some(&bias)).unwrap();
                    assert_eq!(all.get(1), found.get(1), "{what}");
                    let columns_first = a.transpose(1, 2).contiguous().transpose(1, 2);
                    assert_eq!(product_with(set, &columns_first, &common, Some(&bias)).unwrap(), all, "{what}");
                    for row in 0..rows {
                        let alone = product_with(set, &a.narrow(1, row, 1), &common, Some(&bias)).unwrap();
                        assert_eq!(alone, all.narrow(1, row, 1), "{what}, row {row}");
                    }
                    let plain = product_with(set, &a, &common, None).unwrap();
                    let off = (&plain + &bias - &all).abs().max().double_value(&[]);
                    assert!(off < tolerance * terms as f64, "{what}: {off}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_what_is_empty_is_empty() {
        let (a, b) = (numbers([2, 3, 4], Kind::Float), numbers([2, 5, 4], Kind::Float));
        assert!(product(&a, &b, None).unwrap_err().contains("a product of"));
        assert!(product(&a, &b.to_kind(Kind::Double), None).is_err());
        assert!(product(&a, &b.transpose(1, 2), Some(&a.get(0).get(0))).unwrap_err().contains("a bias of"));
        assert_eq!(product(&a.narrow(1, 0, 0), &b.transpose(1, 2), None).unwrap().size(), [2, 0, 5]);
        let nothing = product(&a.narrow(2, 0, 0), &b.transpose(1, 2).narrow(1, 0, 0), None).unwrap();
        assert_eq!(nothing, Tensor::zeros([2, 3, 5], (Kind::Float, Device::Cpu)));
    }
}
