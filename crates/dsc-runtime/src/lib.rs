//! Execution of graphs on libtorch. This is the only crate that uses `tch`, and only its fallible `f_` calls.
//!
//! * [`ffi`]: libtorch functions that `tch` lacks, through a C++ shim,
//! * [`device`]: devices, number of threads, memory,
//! * [`error`]: errors of libtorch as diagnostics,
//! * [`ParamStore`]: the parameters and their gradients, by path,
//! * [`StepBatch`]: the input of one step, as plain data on the host,
//! * [`precision`]: how matrix products are computed,
//! * [`Program`]: a graph prepared for execution; [`Program::run`] computes outputs, losses and retrieval vectors,
//! * [`Workers`]: threads that compute the parts of a step, with the same results for any number of them,
//! * [`Program::run_timed`]: a run that says what each operation takes, forward and backward; its results are the same,
//! * [`Optimizer`]: Adam and AdamW with parameter groups, clipping and a state that can be saved.
//!
//! `cargo run --release --package dsc-runtime --example step_times` measures the time of training steps.

/// The crate of the tensors in [`ParamStore`] and [`Evaluated`].
pub use tch;

/// Version of libtorch that this crate was compiled against, such as `2.11.0`.
pub const TORCH_VERSION: &str = env!("DSC_TORCH_VERSION");

pub mod device;
pub mod error;
pub mod ffi;

mod band;
mod batch;
mod fault;
mod layout;
mod lengths;
mod ops;
mod optim;
mod params;
pub mod precision;
mod profile;
mod program;
mod steps;
mod together;
pub mod transfer;
pub mod values;
mod workers;

pub use batch::{CompanionRows, Mode, StepBatch, Stream, Want, WholeBatch};
pub use lengths::Packing;
pub use optim::{Moments, Optimizer, OptimizerSettings, ParamGroup, Rate};
pub use params::{Gradients, ParamStore, Values};
pub use profile::{NodeTime, Profile, Timed};
pub use program::{Evaluated, Joined, Operand, Origin, Program, Shard, ShardGradients};
pub use workers::{SharedParams, Workers, own_time};

#[cfg(test)]
mod tests;
