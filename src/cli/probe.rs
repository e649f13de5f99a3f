//! The runtime's half of `dsc doctor`: what really happens when libtorch loads.

use super::{Exit, Output};
use crate::runtime::device;
use serde_json::json;

/// Prints one JSON object: the libtorch in this process, its threads, and CUDA or why there is none.
pub fn run(out: &mut Output) -> Exit {
    let (gpus, why) = match device::load_cuda() {
        Ok(count) => (count, None),
        Err(fault) => (0, Some(json!({ "code": fault.code.0, "message": fault.message, "help": fault.help }))),
    };
    out.json(&json!({
        "libtorch": device::libtorch_folder(),
        "built_for": env!("DSC_TORCH_VERSION"),
        "threads": device::threads(None).unwrap_or(0),
        "gpus": gpus,
        "no_gpu_because": why,
        "omp_wait_policy": std::env::var("OMP_WAIT_POLICY").ok(),
    }));
    Exit::Done
}
