//! Semantic analysis as far as it needs no call: what the words of a program mean, and what is wrong with its names.
//! Types are checked where blocks are called, by [`lower`](crate::lower).
//!
//! - [`library`]: the blocks that are written in the language;
//! - [`program`]: the files of a model, their items by name, imports resolved (`load`);
//! - [`resolve`]: what every name in them refers to, and what is wrong with names.

pub mod library;
mod load;
mod merge;
mod module;
pub mod program;
pub mod resolve;
