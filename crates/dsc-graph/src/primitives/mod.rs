//! The operations: those a program may call without importing anything, and those that operators and declarations make.
//! Everything else is written in the language.
//!
//! One entry ([`Primitive`]) holds what there is to know of an operation without running it: name, operands and attributes
//! with their defaults, result, reference text with an example. The name is the same in the language, in the text form of
//! graphs and in `dsc explain`. A call is checked by its entry, and what is not more than operands and
//! attributes is lowered by it too. Typing rules are [`crate::Op::infer`], cost rules `cost` of `dsc-analysis`, kernels
//! `ops` of `dsc-runtime`: matches over the operations, so the compiler names the one that is missing.
//!
//! - `param`: parameters, from which the signature is made and by which arguments are checked;
//! - `pointwise`: the families of element-wise functions, an entry in one line;
//! - `table`: all other entries.

mod param;
mod pointwise;
mod table;

use std::sync::LazyLock;

pub use param::{DefaultValue, Kind, Param};
pub use pointwise::{Binary, Keeps, OfNumber, Unary};
pub use table::{Operation, Primitive};

/// All operations in the order of their documentation.
pub static OPERATIONS: LazyLock<Vec<Primitive>> =
    LazyLock::new(|| table::entries().into_iter().chain(pointwise::entries()).collect());

/// Those that a program calls by name.
pub static PRIMITIVES: LazyLock<Vec<&Primitive>> =
    LazyLock::new(|| OPERATIONS.iter().filter(|p| p.written.is_none()).collect());

/// The primitive of that name.
pub fn find(name: &str) -> Option<&'static Primitive> {
    PRIMITIVES.iter().find(|p| p.name == name).copied()
}

/// The operation of that name, called or written otherwise.
pub fn operation(name: &str) -> Option<&'static Primitive> {
    OPERATIONS.iter().find(|p| p.name == name)
}

#[cfg(test)]
mod tests;
