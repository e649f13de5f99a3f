//! Text to tree. [`parse`] never fails: it returns a tree and the diagnostics beside it.

pub mod ast;
mod parse;

pub use parse::parse;
