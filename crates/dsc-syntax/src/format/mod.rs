//! The one layout of `.dsl` text. [`format()`] lays a file out anew and changes nothing that it means: the tree stays, every
//! comment stays, in its order and beside its neighbours.
//!
//! # How
//! The pieces that the grammar took become nodes (`node`, built by `items` and `exprs`), each with its width on one line. `layout`
//! walks them once from the top and decides by these widths what stays on a line; `align` puts neighbouring lines into
//! columns; `page` holds the lines, puts comments back at their places and lines them up. All steps are linear.
//!
//! # The style
//! - Lines have at most 120 characters, bodies are indented by two blanks, one blank line at most stays between two
//!   statements or items. A file ends with one line break; its line ends are those of its first line.
//! - **Bodies** that stood on one line stay there if they fit, their statements two blanks apart; others have one statement
//!   per line. All bodies of one `when` are laid out alike. Entries of `recipe`, `variant` and `companions` that shared
//!   a line go on sharing it.
//! - **Lists and calls** are joined to one line if they fit. Else the last argument alone is opened, if it is a body or the
//!   only one; else each argument has a line, with a comma behind the last. Plain numbers, names and strings fill
//!   lines.
//! - **Operators** begin the next line when a row of them does not fit, unless its last operand can be opened instead.
//!   Operators are set between blanks, but for `..`, `**` between plain operands, and `*` where it stood without any (`2*d`).
//! - **Columns**: adjacent `hyper`, `input` and `label`, `variant`, `recipe` items are aligned on the mark behind their
//!   names, domains of hypers too. Adjacent `let`s (losses, assignments, settings) are aligned if one of them is, that is,
//!   has two blanks or more before its `=`; likewise the first `|>` behind plain names. Comments at the ends of adjacent
//!   lines share a column: the one that most of them had, if two had one and it is free; else the next that is free.
//! - `//` divides only where its line goes on to a comma or closing bracket (see [`super`]): it is never parted from them, and
//!   a division that stands directly in braces gets brackets.

mod align;
mod exprs;
mod items;
mod layout;
mod node;
mod page;

use super::ast::Module;
use super::parse::{Concrete, read};
use super::same::same_tree;
use crate::diag::Diagnostic;
use crate::diag::codes::run::E0930;
use crate::source::{FileId, SourceMap};

/// Characters of a line, at most.
const WIDTH: usize = 120;

/// Blanks that a body stands further right than its braces.
const STEP: usize = 2;

/// Lays one file of the map out anew. A file that is not in the map is empty.
///
/// ```
/// use dsc_syntax::source::SourceMap;
/// use dsc_syntax::format;
///
/// let mut sources = SourceMap::new();
/// let file = sources.add("a.dsl", "hyper d=128 // width\nhyper  heads = 8\n\n\n\nmodel M { let x=F( d , k:2*d ) }");
/// assert_eq!(
///     format(&sources, file).unwrap(),
///     "hyper d     = 128  // width\nhyper heads = 8\n\nmodel M { let x = F(d, k: 2*d) }\n",
/// );
/// ```
///
/// # Errors
/// The faults of a text that cannot be read; it has no layout. `E0930` for a bug in the formatter: its result is read again,
/// and refused when the tree or a comment differs.
pub fn format(sources: &SourceMap, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let Some(source) = sources.file(file) else { return Ok(String::new()) };
    let (tree, faults, laid) =
        read(&source.text, source.base as usize, |c| (lay(&source.text, &c), remarks(&source.text, &c)));
    let Some((laid, comments)) = laid.filter(|_| faults.is_empty()) else { return Err(faults) };
    let (again, faults, kept) = read(&laid, 0, |c| remarks(&laid, &c));
    match kept {
        Some(kept) if kept == comments && same_tree(&tree, &again) => Ok(laid),
        kept => Err(vec![bug(&source.name, &tree, &again, faults, kept.is_some_and(|k| k == comments))]),
    }
}

/// The new text.
fn lay<'a>(source: &'a str, concrete: &Concrete<'a>) -> String {
    let items = items::Build::new(concrete).file(concrete.pairs.clone());
    let mut layout = layout::Layout::new(source, concrete);
    layout.file(items);
    let crlf = source.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    layout.finish(if crlf { "\r\n" } else { "\n" })
}

/// The texts of all comments.
fn remarks(source: &str, concrete: &Concrete<'_>) -> Vec<String> {
    concrete.comments.iter().map(|c| source.get(c.start..c.end).unwrap_or("").to_owned()).collect()
}

fn bug(name: &str, _tree: &Module, _again: &Module, faults: Vec<Diagnostic>, comments: bool) -> Diagnostic {
    let why = match faults.into_iter().next() {
        Some(fault) => format!("the result could not be read: {}", fault.message),
        None if comments => "the tree would have changed".to_owned(),
        None => "a comment would have been lost or moved".to_owned(),
    };
    Diagnostic::error(E0930, format!("`{name}` cannot be formatted: {why}"))
        .help("this is a bug in dsc: please report it with the file, which is left as it is")
}
