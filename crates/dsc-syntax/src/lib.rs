//! Source files, diagnostics, and the parser and formatter of `.dsl` files.
//!
//! - [`source`]: files in one offset space, and the [`World`](source::World) they are read from;
//! - [`diag`]: diagnostics as data, the table of their codes, and their rendering as text or JSON;
//! - [`parse`]: text to syntax tree ([`ast`]). It never fails: it returns a tree and a list of diagnostics;
//! - [`format()`]: the one layout of a file without errors.
//!
//! Parsing has four steps, each linear in the length of the text: `scan` finds tokens, comments and docs; `balance`
//! closes open brackets and limits their depth; the grammar (`grammar/dsl.pest`) parses the edited text, with an `unreadable`
//! rule for text that no other rule accepts; `parse`, `items`, `stmts` and `exprs` build the tree, and `errors` reports
//! what is wrong with the unreadable text. Spans always refer to the original text.
//!
//! Details of the syntax that the grammar alone does not show:
//! - `//` divides only inside brackets, where a whole operand and a comma or closing bracket follow on the same line;
//!   elsewhere it begins a comment. A comment after a value that looks like a division is an error (`E0112`), unless it
//!   is preceded by two spaces.
//! - `(`, `[`, `.` and the `{` of an instance continue an operand on its own line only; operators may begin a line.
//! - `Name{` begins an instance if a setting follows (`Name {k: ..`, `Name{k: ..`) or nothing does (`Name{}`); any other
//!   brace after an expression begins a body.

pub mod diag;
pub mod source;

pub mod ast;
mod balance;
mod conflicts;
mod division;
mod edited_text;
mod errors;
mod exprs;
mod format;
mod habits;
pub mod inheritance;
mod items;
mod lookalikes;
mod marks;
mod openings;
mod parse;
mod same_tree;
mod scan;
mod setting;
mod slices;
mod stmts;
mod strings;
pub mod visit;

pub use format::format;
pub use parse::parse;
pub use same_tree::same_tree;
pub use setting::parse_setting;
