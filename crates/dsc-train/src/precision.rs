//! The precision of a training, and what it costs where a device has no units for it.

use std::time::{Duration, Instant};

use dsc_recipe::Precision;
use dsc_runtime::device::Device;
use dsc_runtime::error::fault;
use dsc_runtime::precision::{Products, set_process};
use dsc_runtime::tch::{Device as TorchDevice, Kind, TchError, Tensor};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints::W0192;

/// Rows, inputs and outputs of the product that is measured: frames of a batch through a layer of usual width.
const SHAPE: [i64; 3] = [2048, 128, 128];
/// Ratios up to this may be chance.
const NOISE: f64 = 1.1;
/// How long each way is measured.
const TIME: Duration = Duration::from_millis(40);

/// How products are computed; sets what the whole process shares.
///
/// # Errors
/// `E0701` for errors of libtorch.
pub(crate) fn products(precision: Precision, device: Device) -> Result<Products, Diagnostic> {
    set_process(precision).map_err(|why| fault("setting the precision", why))?;
    Ok(Products::of(precision, device))
}

/// What a precision does not gain on a CPU, with the time of a forward and backward product beside that of fp32.
///
/// # Errors
/// `E0701`, `E0706` for errors of libtorch.
pub(crate) fn warning(precision: Precision, device: Device) -> Result<Option<Diagnostic>, Diagnostic> {
    let said = |message: String| Diagnostic::warning(W0192, message).help("leave `precision` out, or train on a GPU");
    match (precision, device) {
        (Precision::Fp32, _) | (_, Device::Cuda(_)) => Ok(None),
        (Precision::Tf32, Device::Cpu) => {
            Ok(Some(said("`precision = tf32` is for GPUs: on a CPU products are computed in fp32".to_owned())))
        }
        (Precision::Bf16, Device::Cpu) => {
            let of = |why: TchError| fault("measuring products", why);
            let full = time(Products::Full).map_err(of)?;
            let times = time(Products::of(precision, device)).map_err(of)?.as_secs_f64() / full.as_secs_f64();
            let message = format!(
                "`precision = bf16` is slower than fp32 on this processor: a product takes {times:.1} times as long, forward and backward"
            );
            Ok((times > NOISE).then(|| said(message)))
        }
    }
}

/// The fastest of several runs, forward and backward.
fn time(products: Products) -> Result<Duration, TchError> {
    let [rows, inputs, outputs] = SHAPE;
    let ones = |shape: [i64; 2]| Tensor::f_ones(shape, (Kind::Float, TorchDevice::Cpu));
    let x = ones([rows, inputs])?.f_set_requires_grad(true)?;
    let weight = ones([outputs, inputs])?.f_set_requires_grad(true)?;
    let began = Instant::now();
    let mut least = Duration::MAX;
    while began.elapsed() < TIME || least == Duration::MAX {
        let now = Instant::now();
        let sum = products.linear(&x, &weight, None)?.f_sum(Kind::Float)?;
        Tensor::f_run_backward(&[&sum], &[&x, &weight], false, false)?;
        least = least.min(now.elapsed());
    }
    Ok(least)
}
