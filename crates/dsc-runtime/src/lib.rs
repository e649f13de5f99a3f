//! Execution on libtorch. Only this part knows `tch`, and of it only the fallible `f_` calls.
//!
//! * [`ffi`]: what `tch` lacks, through the C++ shim,
//! * [`device`]: where a run happens, threads, memory,
//! * [`error`]: libtorch's failures as diagnostics,
//! * [`ParamStore`]: the trainable tensors and their gradients, by path,
//! * [`StepBatch`]: what one step reads, as plain data of the host,
//! * [`Program`]: a graph made ready to run; [`Program::run`] gives outputs, losses and retrieval vectors,
//! * [`Optimizer`]: Adam and AdamW with parameter groups, clipping and a state that can be saved.

/// The tensors of [`ParamStore`] and [`Evaluated`], for those who look into them.
pub use tch;

/// The libtorch that this crate was compiled against: `2.11.0`.
pub const TORCH_VERSION: &str = env!("DSC_TORCH_VERSION");

pub mod device;
pub mod error;
pub mod ffi;

mod band;
mod batch;
mod fault;
mod groups;
mod layout;
mod lengths;
mod ops;
mod optim;
mod params;
mod program;
mod steps;
pub mod values;

pub use batch::{CompanionRows, Mode, StepBatch, Stream, Want};
pub use lengths::Packing;
pub use optim::{Moments, Optimizer, OptimizerSettings, ParamGroup, Rate};
pub use params::{ParamStore, Values};
pub use program::{Evaluated, Program};

#[cfg(test)]
mod tests;
