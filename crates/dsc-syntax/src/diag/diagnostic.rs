//! One fault, told once.

use super::Code;
use crate::source::{SourceMap, Span};

/// How bad it is. Errors stop a command, warnings (lints) do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs until this is mended.
    Error,
    /// Probably not what was meant; the model still means something.
    Warning,
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there.
    pub text: String,
}

/// A replacement of text that mends a fault, for editors to apply.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// Where.
    pub span: Span,
    /// The word within that place that is replaced; empty for the place itself, which may be empty too: an insertion.
    pub word: String,
    /// What is put there.
    pub with: String,
}

impl Fix {
    /// The exact place to replace: the first one of `span` at which `word` stands by itself.
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

/// One fault: what is wrong, where, why, and what mends it.
///
/// Faults without a place in a source file (data, devices, run folders) have no primary label and name their place
/// (file, sample, key) in the message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Stable code, see [`super::explain`].
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// Where the fault is.
    pub primary: Option<Label>,
    /// Where the declarations stand that make it a fault.
    pub secondary: Vec<Label>,
    /// The one thing that mends it.
    pub help: Option<String>,
    /// The same as a replacement of text, where there is one that can be made without looking.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// An error. Its labels and remedy are added with [`at`](Self::at), [`because`](Self::because), [`help`](Self::help).
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

    /// A lint.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The place of the fault, with a few words shown under it.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        if !span.is_none() {
            self.primary = Some(Label { span, text: text.into() });
        }
        self
    }

    /// A declaration that explains why this is a fault.
    pub fn because(mut self, span: Span, text: impl Into<String>) -> Self {
        if !span.is_none() {
            self.secondary.push(Label { span, text: text.into() });
        }
        self
    }

    /// What mends it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The text that mends it when it takes the place of what stands at `span`.
    pub fn fix(mut self, span: Span, with: impl Into<String>) -> Self {
        if !span.is_none() {
            self.fix = Some(Box::new(Fix { span, word: String::new(), with: with.into() }));
        }
        self
    }

    /// Adds `did you mean ..` when `candidates` hold something close to `wrong`, and keeps any help there was.
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

    /// The same without its places and its replacement, for text that is in no file: a setting of the command line.
    #[must_use]
    pub fn without_places(self) -> Self {
        Diagnostic { primary: None, secondary: Vec::new(), fix: None, ..self }
    }

    /// Whether it is an error.
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

/// At most this many errors are reported of one file set; the rest is counted.
pub const MAX_ERRORS: usize = 100;

/// A growing list of faults, without repeats.
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

    /// Adds a fault unless one of the same code stands at the same place already. What `reveal` tells may differ from
    /// variant to variant, so there the message counts too.
    pub fn push(&mut self, d: Diagnostic) {
        let place = d.primary.as_ref().map(|l| l.span);
        let message = (d.code == super::codes::lints::W0107).then(|| d.message.clone());
        if place.is_none() || self.seen.insert((d.code, place, message)) {
            self.list.push(d);
        }
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        other.into_iter().for_each(|d| self.push(d));
    }

    /// Whether any error is in it.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// Number of faults of any severity.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The faults in the order of their places; those without a place come first.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| (d.primary.as_ref().map(|l| l.span), d.code));
        self.list
    }

    /// The faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }
}
