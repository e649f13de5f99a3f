//! The data of a training run: feature files, the generated data set, cards of known data sets, text encoders, batches.
//!
//! - [`Dataset`]: a feature file of the MMSA layout, or the data set that [`demo`] generates: per split the samples, labels,
//!   texts and streams. Streams are read on demand and cast to f32;
//! - [`Binding`]: the dims of a data set and the configuration of the text encoder, which turn a program into a graph; from a
//!   file, or without one from an embedded [`card`];
//! - [`fit`]: checks whether a trained model can run on other data;
//! - [`batch`]: the order of samples in an epoch, and padded buffers;
//! - [`file`](mod@file): formats of files, and files read within limits;
//! - [`pickle`]: reads Python pickles without Python and without executing them;
//! - [`text`]: text encoders and their tokenisers.

mod aligned;
mod bind;
mod binding;
mod budget;
mod cells;
mod columns;
mod dataset;
mod encoder_binding;
mod features;
mod finding;
mod fit;
mod hash;
mod ids;
mod info;
mod labels;
mod layout;
mod lengths;
mod reads;
mod split_check;
mod standardize;
mod stream;
mod token_ids;

pub mod batch;
pub mod card;
pub mod demo;
pub mod file;
pub mod pickle;
pub mod text;

#[cfg(test)]
mod tests;

pub use binding::{Binding, StreamDims};
pub use dataset::{Dataset, RAW_TEXT, Split, Table};
pub use encoder_binding::EncoderBinding;
pub use finding::Finding;
pub use fit::{Tokens, fit};
pub use hash::{file_sha256, files_sha256};
pub use info::{Info, info};
pub use labels::label_finding;
pub use reads::{LABELS, ReadLabel, Reads};
pub use split_check::check_split;
pub use standardize::{Moments, Standardizer};
pub use stream::{LengthSource, NonFiniteCount, Stream, ZeroLengths};
pub use token_ids::{TOKEN_IDS, TokenIds};
