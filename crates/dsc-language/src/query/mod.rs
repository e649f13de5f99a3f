//! What an editor shows for a place in a file. A place is an offset in the global offset space of a
//! [`SourceMap`].
//!
//! - [`definition`], [`occurrences`], [`in_scope`]: names, from the table of [`Names`](crate::sema::resolve::Names)
//!   alone; they also work where a file has faults;
//! - [`type_at`]: what a name or expression is, with all calls and turns of loops that it was seen in;
//! - [`signature`]: the callee around a place, and the parameter that the argument there is for;
//! - [`fix`]: the replacement of text that mends a fault.
//!
//! ```
//! use dsc_language::query;
//! use dsc_language::sema::program::Program;
//! use dsc_syntax::source::MemoryWorld;
//!
//! let text = "input audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let pooled = mean(audio)\n  \
//!             output scalar(linear(pooled, out: 1)) for y\n}\n";
//! let loaded = Program::load_text(&MemoryWorld::new(), "m.dsl", text);
//! let read = text.find("(pooled").unwrap() as u32 + 1;
//! let definition = query::definition(&loaded.names, read).unwrap();
//! assert_eq!(loaded.sources.locate(definition.span).unwrap().to_string(), "m.dsl:4:7");
//! assert_eq!(query::occurrences(&loaded.names, read).len(), 2);
//! ```

mod calls;
mod names;
mod types;

pub use calls::{Signature, signature};
pub use names::{Definition, definition, in_scope, occurrences};
pub use types::type_at;

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::{SourceMap, Span};

/// A replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The text that goes; empty where text is put in.
    pub span: Span,
    /// What is put there.
    pub text: String,
}

/// The replacement that mends a fault, where there is one that can be made without looking.
pub fn fix(diagnostic: &Diagnostic, sources: &SourceMap) -> Option<Edit> {
    let fix = diagnostic.fix.as_ref()?;
    Some(Edit { span: fix.place(sources)?, text: fix.with.clone() })
}

/// Whether an offset is in a span, or just behind it, where the cursor is after a word was typed.
fn holds(span: Span, offset: u32) -> bool {
    !span.is_none() && span.start <= offset && offset <= span.end
}
