//! A diagnostic and a list of them without duplicates.

use super::Code;
use crate::source::{SourceMap, Span};

/// Severity of a diagnostic. Errors stop a command, warnings (lints) do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The model cannot be compiled or run until this is fixed.
    Error,
    /// The model is valid, but probably not what was intended.
    Warning,
}

/// A span with a short text that is shown under it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The marked text; never [`Span::NONE`].
    pub span: Span,
    /// A few words, such as `declared here`.
    pub text: String,
}

/// A text edit that resolves a diagnostic, for editors to apply.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// The span in which to replace.
    pub span: Span,
    /// The word within `span` to replace; if empty, all of `span` is replaced. An empty `span` means an insertion.
    pub word: String,
    /// The replacement; empty for a deletion.
    pub with: String,
}

impl Fix {
    /// The exact span to replace: the first occurrence in `span` of `word` as a whole word.
    pub fn place(&self, sources: &SourceMap) -> Option<Span> {
        if self.word.is_empty() {
            return Some(self.span);
        }
        let text = sources.text(self.span)?;
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let alone = |at: &usize| {
            let before = text.get(..*at).and_then(|t| t.chars().next_back());
            let behind = text.get(at + self.word.len()..).and_then(|t| t.chars().next());
            !before.is_some_and(part) && !behind.is_some_and(part)
        };
        let at = text.match_indices(&self.word).map(|(at, _)| at).find(alone)?;
        let start = self.span.start as usize + at;
        Some(Span::new(start, start + self.word.len()))
    }
}

/// One error or warning: what is wrong, where, why, and how to fix it.
///
/// Diagnostics that do not concern a source file (data, devices, run folders) have no primary label; their message names
/// the file, sample or key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The stable code, such as `E0203`, whose text [`super::explain`] returns.
    pub code: Code,
    /// Whether it stops the command.
    pub severity: Severity,
    /// One sentence in lower case, without a full stop.
    pub message: String,
    /// The span at fault; the location that the concise format prints.
    pub primary: Option<Label>,
    /// Spans that explain the error, such as the declaration it conflicts with.
    pub secondary: Vec<Label>,
    /// How to fix it, shown as `help:`.
    pub help: Option<String>,
    /// The same as a text edit, if it can be applied without review.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// An error with this code. Labels and help are added with [`at`](Self::at), [`because`](Self::because), [`help`](Self::help).
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A warning with this code.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the primary span, with a short text shown under it. [`Span::NONE`] is ignored.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        if !span.is_none() {
            self.primary = Some(Label { span, text: text.into() });
        }
        self
    }

    /// Adds a secondary span that explains the error. [`Span::NONE`] is ignored.
    pub fn because(mut self, span: Span, text: impl Into<String>) -> Self {
        if !span.is_none() {
            self.secondary.push(Label { span, text: text.into() });
        }
        self
    }

    /// Sets the help text, replacing an earlier one.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the text edit: `with` replaces the text at `span`. [`Span::NONE`] is ignored.
    pub fn fix(mut self, span: Span, with: impl Into<String>) -> Self {
        if !span.is_none() {
            self.fix = Some(Box::new(Fix { span, word: String::new(), with: with.into() }));
        }
        self
    }

    /// Adds `did you mean ..` if one of `candidates` is similar to `wrong`, before any existing help.
    pub fn did_you_mean<'a>(mut self, wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some(best) = super::did_you_mean(wrong, candidates) {
            if let Some(at) = &self.primary
                && !wrong.is_empty()
            {
                self.fix = Some(Box::new(Fix { span: at.span, word: wrong.to_owned(), with: best.to_owned() }));
            }
            self.help = Some(match self.help {
                Some(help) => format!("did you mean `{best}`? {help}"),
                None => format!("did you mean `{best}`?"),
            });
        }
        self
    }

    /// The same diagnostic without labels and fix, for text that is not in a file, such as a setting of the command line.
    #[must_use]
    pub fn without_places(self) -> Self {
        Diagnostic { primary: None, secondary: Vec::new(), fix: None, ..self }
    }

    /// Whether this is an error rather than a warning.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)?;
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The maximum number of errors reported per compilation; further ones are only counted.
pub const MAX_ERRORS: usize = 100;

/// A list of diagnostics without duplicates.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    seen: std::collections::HashSet<(Code, Option<Span>, Option<String>)>,
}

impl Diagnostics {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a diagnostic unless there is one with the same code and primary span. For `reveal` the message is compared as
    /// well, since the type may differ between variants.
    pub fn push(&mut self, d: Diagnostic) {
        let place = d.primary.as_ref().map(|l| l.span);
        let message = (d.code == super::codes::lints::W0107).then(|| d.message.clone());
        if place.is_none() || self.seen.insert((d.code, place, message)) {
            self.list.push(d);
        }
    }

    /// Adds several diagnostics, as [`push`](Self::push).
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        other.into_iter().for_each(|d| self.push(d));
    }

    /// Puts a diagnostic in the place of the one with the same code and primary span, if there is one.
    pub fn replace(&mut self, d: Diagnostic) {
        let place = |d: &Diagnostic| d.primary.as_ref().map(|l| l.span);
        if let Some(told) = self.list.iter_mut().find(|told| told.code == d.code && place(told) == place(&d)) {
            *told = d;
        }
    }

    /// Keeps the diagnostics that satisfy `test`.
    pub fn retain(&mut self, test: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(test);
    }

    /// Whether the list contains an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// Number of errors and warnings.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are neither errors nor warnings.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The diagnostics in source order; those without a span come first.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| (d.primary.as_ref().map(|l| l.span), d.code));
        self.list
    }

    /// The diagnostics in the order they were reported.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }
}
