//! Functions of libtorch that `tch` does not provide: a thin C++ shim (`shim/`) behind safe functions.
//!
//! * [`Op`] calls any operator by its schema name,
//! * [`adam_step`], [`grad_norm`], [`is_bad`] and [`clip_grad_norm`] operate on lists of parameters,
//! * [`Attention`] attends within samples of any length, on the CPU,
//! * [`product`] multiplies matrices in a fixed order, on the CPU,
//! * [`tensor_from_vec`] creates tensors over memory that Rust owns, [`tensor_filled`] such that Rust fills,
//! * [`trim_pool`] and [`most_of_pool`] concern the memory of large tensors on the CPU,
//! * [`set_deterministic`] and [`set_float32_matmul`] set options of the process.
//!
//! Every function returns the message of libtorch as `Err(String)`, without a C++ stack trace; [`error`](crate::error) converts it
//! to a diagnostic. Nothing here draws random numbers.

mod attention;
mod blob;
mod context;
mod gradients;
mod operators;
mod optimiser;
mod product;
mod profile;
mod raw;

pub use attention::{Attention, Place};
pub use blob::{Element, tensor_filled, tensor_from_vec};
pub use context::{
    Float32Matmul, cpu_capability, float32_matmul, most_of_pool, set_deterministic, set_float32_matmul, trim_pool,
};
pub(super) use context::{cuda_device_count, pool_tensors, set_threads, threads};
pub(super) use gradients::gradients;
pub use operators::{Arg, Op, Value};
pub use optimiser::{Adam, adam_step, clip_grad_norm, grad_norm, is_bad};
pub use product::product;
pub(super) use profile::{BackwardNodes, recorded, sequence_number};
