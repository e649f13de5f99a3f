//! From a model file to its graph.
//!
//! - [`sema`] resolves imports and names, each once, and reports what is wrong with them;
//! - [`lower`] inlines blocks and unrolls loops into a typed [`Graph`](dsc_graph::Graph), checking every type on the way;
//! - [`query`] answers what an editor asks of a place: definition, uses, types, signatures, fixes;
//! - [`compile()`] is the short way from a file to its graph;
//! - [`EmbeddedWorld`] holds the standard library and the stock models.
//!
//! # Invariants
//! - A program is checked by being lowered: a block has its types checked at each call, where its generics are known, and an
//!   error inside the standard library is reported at the user's call.
//! - Weights are named by derived paths (`fuse.1.spread.audio.z.cross_attention.q.weight`).
//! - Files are read through a [`World`](dsc_syntax::source::World) only.

mod compile;
mod embedded;
pub mod lower;
pub mod query;
pub mod sema;

pub use compile::{Failure, compile};
pub use embedded::EmbeddedWorld;
