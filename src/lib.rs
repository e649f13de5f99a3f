//! `dsc`: a declarative model-graph compiler and runtime for multimodal fusion models.
//!
//! # From file to numbers
//! 1. [`source`] reads files into one offset space; [`syntax`] turns text into a tree and never fails;
//! 2. [`sema`] resolves imports and knows dims, types and values that are known at compile time;
//! 3. [`lower`] inlines blocks and unrolls loops into a typed [`ir::Graph`], checking every type on the way;
//! 4. [`passes`] rewrite a graph so that the same numbers cost less; [`analysis`] counts, compares and draws graphs;
//! 5. [`data`] reads feature files, text encoders and their tokenisers, and gives dims their numbers;
//! 6. `runtime` (feature `torch`) runs a graph on libtorch; [`train`] fits and scores it; [`report`] makes tables.
//!
//! [`check`](mod@check) joins what the parts find wrong with a file; [`compile`] is the short way from a file to its graph, and
//! shows how to test models of your own.
//!
//! ```
//! use dsc::lower::{Options, compile};
//! use dsc::sema::program::Program;
//! use dsc::source::MemoryWorld;
//!
//! let text = "
//! use std::{MLP, mse}
//! input audio : Seq<audio>[Ta, fa]
//! label y : Real
//! model Mean {
//!   let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
//!   output score for y
//!   loss prediction = mse(score, target: y)
//! }";
//! let loaded = Program::load_text(&MemoryWorld::new(), "mean.dsl", text);
//! let program = loaded.program.expect("the file holds a model");
//! let graph = compile(&program, &Options::default()).graph.expect("it has no errors");
//! assert_eq!(graph.params[0].path, "score.mlp.0.weight");
//! assert!(graph.to_text().contains("mean(%0) : Vec[fa]"));
//! ```
//!
//! # Invariants
//! - Data flows one way; a part may use only the parts above it: `source`, `random`, `diag`, `syntax`, `sema`, `ir`, `lower`,
//!   `passes`, `analysis`, `data`, `runtime`, `train`, `check`, `compile`, `report`, `cli`.
//! - Parsing never fails: it returns a tree and diagnostics. Faults are data ([`diag::Diagnostic`]); nothing but `cli` prints.
//! - Below `cli` only [`source::World`] and the data readers touch files. Only `runtime` knows tch, through its fallible calls.
//! - A program is checked by being lowered: a block has its types checked at each call, where its generics are known, and an
//!   error inside the standard library is told at the user's call.
//! - Weights are named by derived paths (`fuse.1.spread.audio.z.cross_attention.q.weight`). Initial values are a function of
//!   (seed, path); random bits of training of (seed, epoch, step, site, sample, row, column, head). Nothing draws from a
//!   global generator.
//! - A graph that [`ir::verify`] accepts does not fail in the runtime for its shapes.
//! - The order of a hash map never reaches an output.

pub mod diag;
pub mod random;
pub mod source;
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

pub mod check;

mod compile;
pub use compile::{Failure, compile};

pub mod report;

pub mod cli;

#[cfg(test)]
#[path = "../tests/common/skip.rs"]
mod skip;
