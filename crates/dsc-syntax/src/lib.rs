//! Files, diagnostics, and the text of a model as a tree.
//!
//! - [`source`]: files in one offset space, and the [`World`](source::World) they are read from;
//! - [`diag`]: faults as data, their codes, and how they are rendered;
//! - [`parse`]: text to tree; it never fails: it returns a tree and the diagnostics beside it;
//! - [`format()`] gives a text without faults its layout.
//!
//! Reading goes in four linear steps: `scan` finds tokens, comments and docs; `balance` closes what was left open and
//! limits depth; the grammar (`grammar/dsl.pest`) reads the text so mended, with a `junk` rule for whatever fits
//! nothing; `parse`, `items`, `stmts` and `exprs` build the tree and tell what was wrong with the junk. Spans lead back
//! to the text as it was written.
//!
//! What the language leaves to the reader of its text:
//! - `//` divides only inside brackets, where a whole operand and a comma or closing bracket follow on the same line;
//!   elsewhere it begins a comment, and one behind a value that reads as a division is an error (`E0112`), unless two
//!   blanks stand before it.
//! - `(`, `[`, `.` and the `{` of an instance continue an operand on its own line only; operators may begin a line.
//! - `Name{` begins an instance when a setting follows (`Name {k: ..`, `Name{k: ..`), or nothing (`Name{}`); any other
//!   brace behind an expression opens a body.

pub mod diag;
pub mod source;

pub mod ast;
mod balance;
mod clean;
mod exprs;
mod fault;
mod format;
pub mod inheritance;
mod items;
mod parse;
mod same;
mod scan;
mod setting;
mod stmts;
pub mod visit;

pub use format::format;
pub use parse::parse;
pub use same::same_tree;
pub use setting::parse_setting;
