//! Everything that a training run reads: feature files, the generated default, cards of the known data sets, text
//! encoders, batches.
//!
//! - [`Dataset`]: what a feature file of the MMSA layout holds, or what [`demo`] generates: per split the samples, labels,
//!   texts and streams. Rows are read when asked for, cast to f32;
//! - [`Binding`]: the dims of a data set and the configuration of the text encoder, which turn a program into a graph; from a
//!   file, or from an embedded [`card`] without one;
//! - [`fit`]: whether other data fit a model that is trained;
//! - [`batch`]: the order of samples in an epoch and padded buffers;
//! - [`pickle`]: reading Python pickles without Python and without executing them;
//! - [`text`]: text encoders and their tokenisers.

mod bind;
mod binding;
mod columns;
mod dataset;
mod features;
mod fit;
mod hash;
mod ids;
mod info;
mod standardize;
mod stream;

pub mod batch;
pub mod card;
pub mod demo;
pub mod pickle;
pub mod text;

#[cfg(test)]
mod tests;

pub use binding::{Binding, EncoderBinding, StreamDims};
pub use dataset::{Dataset, Split, Table};
pub use fit::{Tokens, fit};
pub use hash::file_sha256;
pub use info::{Info, info};
pub use standardize::{Moments, Standardizer};
pub use stream::{LengthSource, NonFiniteCount, Stream, ZeroLengths};
