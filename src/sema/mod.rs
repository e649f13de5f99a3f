//! What a program's words mean: dims, types, static values, and which item a name stands for.
//!
//! - [`dims`]: dimensions as polynomials over named atoms in normal form;
//! - [`types`]: tensor types of one sample, with lengths and modality;
//! - [`statics`]: numbers, flags and strings known at compile time;
//! - [`primitives`]: the operations that the language has without import; [`library`]: the blocks that are written in it;
//! - [`program`]: the files of a model, their items by name, imports resolved (`load`).

pub mod dims;
pub mod library;
mod load;
pub mod primitives;
pub mod program;
pub mod statics;
pub mod types;
