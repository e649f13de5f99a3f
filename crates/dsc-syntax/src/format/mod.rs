//! The formatter, which produces the one layout of `.dsl` text. [`format()`] does not change the meaning of a file: the
//! syntax tree stays the same, and every comment stays, in order and next to the same code.
//!
//! # Implementation
//! The matches of the grammar become nodes (`node`, built by `items` and `exprs`), each with its width on one line. `layout`
//! traverses them once, top down, and decides by these widths where lines break; `align` aligns adjacent lines into columns;
//! `writer` collects the lines, inserts the comments and aligns them. All steps are linear.
//!
//! # The style
//! - Lines have at most 120 characters, bodies are indented by two spaces, and at most one blank line separates two
//!   statements or items. A file ends with one line break; the kind of line break is that of its first line.
//! - **Bodies** written on one line stay on one line if they fit, with two spaces between statements; others have one
//!   statement per line. All bodies of one `when` are formatted alike. Entries of `recipe`, `variant` and `companions` on
//!   one line stay on one line.
//! - **Lists and calls** are joined into one line if they fit. Otherwise the last argument alone is broken over lines, if it
//!   is a body or the only argument; otherwise each argument has its own line, with a trailing comma. Lists of plain
//!   numbers, names and strings fill the lines.
//! - **Operators** begin the next line if an expression does not fit, unless its last operand can be broken instead.
//!   Operators are surrounded by spaces, except `..`, `**` between plain operands, and `*` if written without any (`2*d`).
//! - **Columns**: adjacent `hyper`, `input` and `label`, `variant`, `recipe` items are aligned on the `=` or `:` after their
//!   names, as are the ranges of hypers. Adjacent `let`s (losses, assignments, settings) are aligned if one of them has two
//!   or more spaces before its `=`; likewise the first `|>` after plain names. Trailing comments of adjacent lines share a
//!   column: the one that most of them had, if at least two had it and no line is longer; otherwise the first possible one.
//! - `//` divides only if a comma or closing bracket follows on its line (see [`super`]), so it is never separated from them,
//!   and a division directly inside braces gets parentheses.

mod align;
mod exprs;
mod items;
mod layout;
mod node;
mod writer;

use super::ast::Module;
use super::parse::{Concrete, read};
use super::same_tree::same_tree;
use crate::diag::Diagnostic;
use crate::diag::codes::run::E0930;
use crate::source::{FileId, SourceMap};

/// Maximum number of characters of a line.
const WIDTH: usize = 120;

/// Indentation of a body, in spaces.
const INDENT: usize = 2;

/// Formats one file of the map. The result for a file that is not in the map is empty.
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
/// The diagnostics of a file that cannot be parsed. `E0930` for a bug in the formatter: its result is parsed again and
/// rejected if the tree or a comment differs.
pub fn format(sources: &SourceMap, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let Some(source) = sources.file(file) else { return Ok(String::new()) };
    let (tree, faults, laid) =
        read(&source.text, source.base as usize, |c| (layout_text(&source.text, &c), comment_texts(&source.text, &c)));
    let Some((laid, comments)) = laid.filter(|_| faults.is_empty()) else { return Err(faults) };
    let (again, faults, kept) = read(&laid, 0, |c| comment_texts(&laid, &c));
    match kept {
        Some(kept) if kept == comments && same_tree(&tree, &again) => Ok(laid),
        kept => Err(vec![bug(&source.name, &tree, &again, faults, kept.is_some_and(|k| k == comments))]),
    }
}

/// The formatted text.
fn layout_text<'a>(source: &'a str, concrete: &Concrete<'a>) -> String {
    let items = items::NodeBuilder::new(concrete).file(concrete.pairs.clone());
    let mut layout = layout::Layout::new(source, concrete);
    layout.file(items);
    let crlf = source.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    layout.finish(if crlf { "\r\n" } else { "\n" })
}

/// The texts of all comments, in source order.
fn comment_texts(source: &str, concrete: &Concrete<'_>) -> Vec<String> {
    concrete.comments.iter().map(|c| source.get(c.start..c.end).unwrap_or("").to_owned()).collect()
}

fn bug(name: &str, _tree: &Module, _again: &Module, faults: Vec<Diagnostic>, comments: bool) -> Diagnostic {
    let why = match faults.into_iter().next() {
        Some(fault) => format!("the result could not be parsed: {}", fault.message),
        None if comments => "the tree would have changed".to_owned(),
        None => "a comment would have been lost or moved".to_owned(),
    };
    Diagnostic::error(E0930, format!("`{name}` cannot be formatted: {why}"))
        .help("this is a bug in dsc: please report it with the file, which is left as it is")
}
