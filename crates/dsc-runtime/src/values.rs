//! Reads the tensors of a run, so that a training loop does not need libtorch itself.

use indexmap::IndexMap;
use tch::{Kind, Tensor};

use super::fault::Fault;
use super::params::host_values;
use super::transfer::download;
use dsc_syntax::diag::Diagnostic;

/// The training loss: the sum of all loss terms times `scale`, a scalar. `None` without loss terms.
///
/// # Errors
/// As [`fault`](crate::error::fault).
pub fn total(losses: &IndexMap<String, Tensor>, scale: f64) -> Result<Option<Tensor>, Diagnostic> {
    let add = || -> Result<Option<Tensor>, Fault> {
        let mut sum: Option<Tensor> = None;
        for loss in losses.values() {
            sum = Some(match sum {
                None => loss.shallow_clone(),
                Some(sum) => sum.f_add(loss)?,
            });
        }
        match sum {
            Some(sum) if scale != 1.0 => Ok(Some(sum.f_mul_scalar(scale)?)),
            sum => Ok(sum),
        }
    };
    add().map_err(|f| f.diagnose("the sum of the losses"))
}

/// The value of a scalar tensor; waits for the device.
///
/// # Errors
/// As [`fault`](crate::error::fault).
pub fn scalar(tensor: &Tensor) -> Result<f64, Diagnostic> {
    let read = || -> Result<f64, Fault> { Ok(download(tensor)?.f_double_value(&[])?) };
    read().map_err(|f| f.diagnose("reading a number"))
}

/// The values of losses by name; waits for the device once, for all of them.
///
/// # Errors
/// As [`fault`](crate::error::fault).
pub fn of_losses(losses: &IndexMap<String, Tensor>) -> Result<IndexMap<String, f64>, Diagnostic> {
    let read = || -> Result<IndexMap<String, f64>, Fault> {
        if losses.is_empty() {
            return Ok(IndexMap::new());
        }
        let flat: Vec<Tensor> =
            losses.values().map(|loss| Ok(loss.f_detach()?.f_view([1])?)).collect::<Result<_, Fault>>()?;
        let all = download(&Tensor::f_cat(&flat, 0)?)?.f_to_kind(Kind::Double)?;
        let numbers = Vec::<f64>::try_from(&all)?;
        Ok(losses.keys().cloned().zip(numbers).collect())
    };
    read().map_err(|f| f.diagnose("reading losses"))
}

/// The elements of a tensor in row-major order, on the host; waits for the device.
///
/// # Errors
/// As [`fault`](crate::error::fault).
pub fn host(tensor: &Tensor) -> Result<Vec<f32>, Diagnostic> {
    host_values(tensor).map_err(|f| f.diagnose("reading results"))
}
