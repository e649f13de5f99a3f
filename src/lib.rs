//! `dsc`: a declarative model-graph compiler and runtime for multimodal fusion models.
//!
//! Data flows one way, and a part may use only the parts above it:
//! `source`, `diag`, `random` → `syntax` → `sema` → `ir` → `lower` → `passes` → `analysis` → `data` → `runtime` → `train` →
//! `report` → `cli`.

pub mod diag;
pub mod source;

pub mod random;

pub mod syntax;

pub mod sema;

pub mod ir;

pub mod lower;

pub mod passes;

pub mod analysis;

pub mod data;

#[cfg(feature = "torch")]
pub mod runtime;

pub mod train;

pub mod report;

pub mod cli;
