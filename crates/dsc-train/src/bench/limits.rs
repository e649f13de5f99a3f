//! What the processor can do: matrix products and copies, on the threads that the steps run on.

use std::time::{Duration, Instant};

use dsc_runtime::Workers;
use dsc_runtime::device::{Device, processor_has_one_of};
use dsc_runtime::error::fault;
use dsc_runtime::tch::{Device as TorchDevice, Kind, TchError, Tensor};
use dsc_syntax::diag::Diagnostic;

/// How long each shape is measured, at least.
const TIME: Duration = Duration::from_millis(20);

/// Most shapes that are measured: those with the most multiply-adds.
const SHAPES: usize = 12;

/// Bytes of the buffer that is copied: more than any cache holds.
const COPIED: i64 = 128 << 20;

/// The matrix product `[rows, inputs] x [inputs, outputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub rows: i64,
    pub inputs: i64,
    pub outputs: i64,
}

impl Shape {
    fn multiply_adds(self) -> f64 {
        self.rows as f64 * self.inputs as f64 * self.outputs as f64
    }
}

/// Rates of all threads together.
pub(super) struct Limits {
    /// Multiply-adds per second.
    pub float32: Option<f64>,
    pub bfloat16: Option<f64>,
    /// Bytes per second, read and written.
    pub bandwidth: f64,
}

/// Measures the limits of the CPU.
///
/// # Errors
/// `E0701`, `E0706` for errors of libtorch.
pub(super) fn measure(shapes: &[Shape], workers: &Workers, device: Device) -> Result<Limits, Diagnostic> {
    let mut counted: Vec<(Shape, usize)> = Vec::new();
    for shape in shapes {
        match counted.iter_mut().find(|(known, _)| known == shape) {
            Some((_, count)) => *count += 1,
            None => counted.push((*shape, 1)),
        }
    }
    let weight = |(shape, count): &(Shape, usize)| shape.multiply_adds() * *count as f64;
    counted.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    counted.truncate(SHAPES);
    let bandwidth = per_thread(workers, copies)?;
    let Some((largest, _)) = counted.first().copied().filter(|_| device == Device::Cpu) else {
        return Ok(Limits { float32: None, bfloat16: None, bandwidth });
    };
    let (mut work, mut seconds) = (0.0, 0.0);
    for shape in &counted {
        let rate = per_thread(workers, || products(shape.0, Kind::Float))?;
        work += weight(shape);
        seconds += weight(shape) / rate.max(1.0);
    }
    let bfloat16 = match processor_has_one_of(&["avx512_bf16", "amx_bf16"]) {
        true => Some(per_thread(workers, || products(largest, Kind::BFloat16))?),
        false => None,
    };
    Ok(Limits { float32: Some(work / seconds), bfloat16, bandwidth })
}

/// The sum of a rate that every thread measures at the same time.
fn per_thread(workers: &Workers, rate: impl Fn() -> Result<f64, TchError> + Sync) -> Result<f64, Diagnostic> {
    let mut sum = 0.0;
    let one = |_| rate().map_err(|why| fault("measuring the machine", why));
    workers.in_order(workers.threads(), one, |_, rate| {
        sum += rate;
        Ok(())
    })?;
    Ok(sum)
}

/// Multiply-adds per second of a thread.
fn products(shape: Shape, kind: Kind) -> Result<f64, TchError> {
    let _guard = dsc_runtime::tch::no_grad_guard();
    let x = Tensor::f_ones([shape.rows, shape.inputs], (kind, TorchDevice::Cpu))?;
    let weight = Tensor::f_ones([shape.outputs, shape.inputs], (kind, TorchDevice::Cpu))?;
    let runs = runs_per_second(|| x.f_linear(&weight, None::<&Tensor>).map(drop))?;
    Ok(runs * shape.multiply_adds())
}

/// Bytes per second that a thread copies, read and written.
fn copies() -> Result<f64, TchError> {
    let from = Tensor::f_ones([COPIED / 4], (Kind::Float, TorchDevice::Cpu))?;
    let mut to = from.f_zeros_like()?;
    let runs = runs_per_second(|| to.f_copy_(&from))?;
    Ok(runs * 2.0 * COPIED as f64)
}

/// How often something runs in a second; the first run is not counted.
fn runs_per_second(mut run: impl FnMut() -> Result<(), TchError>) -> Result<f64, TchError> {
    run()?;
    let (began, mut runs) = (Instant::now(), 0.0);
    while began.elapsed() < TIME || runs < 2.0 {
        run()?;
        runs += 1.0;
    }
    Ok(runs / began.elapsed().as_secs_f64())
}
