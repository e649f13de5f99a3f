//! How matrix products are computed at each precision.
//!
//! | precision | operands | sums | results |
//! |---|---|---|---|
//! | fp32, and tf32 on a CPU | fp32 | fp32 | fp32 |
//! | tf32 on a GPU | rounded to 10 bits behind the point, in the product itself | fp32 | fp32 |
//! | bf16 | rounded to bfloat16 | fp32 | rounded to bfloat16, then fp32 |
//!
//! These are linear maps, einsum, convolutions, and on a GPU attention. All else is fp32.

use std::sync::OnceLock;

use tch::{Kind, TchError, Tensor};

use crate::device::{Device, processor_has_one_of};
use crate::ffi::{Float32Matmul, set_float32_matmul};
use dsc_recipe::Precision;

/// What is done with the operands and the result of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Products {
    /// Nothing.
    #[default]
    Full,
    /// They are rounded to bfloat16 and multiplied in their own kind: the numbers of [`Native`](Self::Native) but for the order of the sums,
    /// where there are no units for it.
    Rounded,
    /// They are bfloat16.
    Native,
}

impl Products {
    /// Those of a precision on a device.
    pub fn of(precision: Precision, device: Device) -> Products {
        match (precision, device) {
            (Precision::Fp32 | Precision::Tf32, _) => Products::Full,
            (Precision::Bf16, Device::Cuda(_)) => Products::Native,
            (Precision::Bf16, Device::Cpu) if has_units() => Products::Native,
            (Precision::Bf16, Device::Cpu) => Products::Rounded,
        }
    }

    /// An operand.
    ///
    /// # Errors
    /// Those of libtorch, as of the other functions.
    pub fn operand(self, x: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Products::Full => Ok(x.shallow_clone()),
            Products::Rounded => rounded(x),
            Products::Native => x.f_to_kind(Kind::BFloat16),
        }
    }

    /// A result, which is to have that kind.
    pub fn result(self, x: Tensor, kind: Kind) -> Result<Tensor, TchError> {
        match self {
            Products::Full => Ok(x),
            Products::Rounded => rounded(&x),
            Products::Native => x.f_to_kind(kind),
        }
    }

    /// `x` `[.., k]` times the transpose of `weight` `[m, k]`, plus `bias` `[m]`.
    pub fn linear(self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, TchError> {
        if self == Products::Full {
            return x.f_linear(weight, bias);
        }
        let bias = bias.map(|bias| self.operand(bias)).transpose()?;
        self.result(self.operand(x)?.f_linear(&self.operand(weight)?, bias.as_ref())?, x.kind())
    }
}

fn rounded(x: &Tensor) -> Result<Tensor, TchError> {
    x.f_to_kind(Kind::BFloat16)?.f_to_kind(x.kind())
}

/// Whether this processor has units for bfloat16 matrices. Vector instructions for them (AVX512_BF16) alone do not make products faster.
fn has_units() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| processor_has_one_of(&["amx_bf16"]))
}

/// Sets how a GPU multiplies fp32, for the whole process. By default libtorch rounds to TF32 in convolutions.
///
/// # Errors
/// Text of libtorch.
pub fn set_process(precision: Precision) -> Result<(), String> {
    set_float32_matmul(match precision {
        Precision::Fp32 | Precision::Bf16 => Float32Matmul::Highest,
        Precision::Tf32 => Float32Matmul::High,
    })
}
