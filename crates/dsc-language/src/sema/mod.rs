//! Semantic analysis as far as it needs no call: what the words of a program mean, and what is wrong with its names. Types are
//! checked where blocks are called, by [`lower`](crate::lower).
//!
//! - [`primitives`]: the operations that the language has without import; [`library`]: the blocks that are written in it;
//! - [`program`]: the files of a model, their items by name, imports resolved (`load`);
//! - [`resolve`]: what every name in them stands for, and what is wrong with names.

pub mod library;
mod load;
mod module;
pub mod primitives;
pub mod program;
pub mod resolve;
