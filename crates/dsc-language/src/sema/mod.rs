//! What a program's names mean.
//!
//! - [`primitives`]: the operations that the language has without import; [`library`]: the blocks that are written in it;
//! - [`program`]: the files of a model, their items by name, imports resolved (`load`).

pub mod library;
mod load;
pub mod primitives;
pub mod program;
