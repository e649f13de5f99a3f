//! From a file to its tree.

use super::ast::{Ident, Item, ItemKind, Module};
use super::balance::balance;
use super::clean::Clean;
use super::scan::{Comment, Doc, scan};
use crate::diag::{Diagnostic, Diagnostics, codes::syntax as codes};
use crate::source::{FileId, SourceMap, Span, Spanned};
use pest::Parser as _;
use std::collections::{BTreeMap, BTreeSet};

/// The generated parser; see `grammar/dsl.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/dsl.pest"]
pub(super) struct Dsl;

/// A piece of the text that a rule took.
pub(super) type Pair<'a> = pest::iterators::Pair<'a, Rule>;

/// Pieces in order.
pub(super) type Pairs<'a> = pest::iterators::Pairs<'a, Rule>;

/// Reads one file of the map into a tree. Never fails: faults are `Error` nodes and diagnostics in the order of their
/// places. A file that is not in the map is an empty module.
pub fn parse(sources: &SourceMap, file: FileId) -> (Module, Vec<Diagnostic>) {
    let Some(source) = sources.file(file) else { return (Module::default(), Vec::new()) };
    let (module, diagnostics, _) = read(&source.text, source.base as usize, |_| ());
    (module, diagnostics)
}

/// What the rules took of a text without faults.
pub(super) struct Concrete<'a> {
    /// The pieces of the file, with offsets that are those of the text.
    pub pairs: Pairs<'a>,
    /// The text with blanks in the place of comments.
    pub clean: &'a str,
    /// Comments in order.
    pub comments: &'a [Comment],
}

/// Reads a text whose first byte has the global offset `base`. Where it is free of faults, `with` sees its pieces.
pub(super) fn read<T>(
    text: &str,
    base: usize,
    with: impl FnOnce(Concrete<'_>) -> T,
) -> (Module, Vec<Diagnostic>, Option<T>) {
    let mut scanned = scan(text, base);
    let shallow = balance(text, base, &mut scanned);
    let mut module = Module::default();
    let mut docs: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for Doc { text, module: whole, before } in scanned.docs {
        if whole {
            module.docs.push(text);
        } else {
            docs.entry(before).or_default().push(text);
        }
    }
    let mut diagnostics = Diagnostics::new();
    diagnostics.extend(scanned.diagnostics);
    let mut seen = None;
    if shallow {
        let clean = Clean::new(text, scanned.edits);
        let lost = BTreeSet::new();
        let mut builder = Builder { source: text, clean: &clean, base, docs, diagnostics, lost, fault_at: None };
        let pairs;
        (module.items, pairs) = builder.file();
        module.lost = builder.lost;
        diagnostics = builder.diagnostics;
        if let Some(pairs) = pairs
            && diagnostics.is_empty()
        {
            seen = Some(with(Concrete { pairs, clean: &clean.text, comments: &scanned.comments }));
        }
    }
    (module, diagnostics.into_sorted(), seen)
}

/// Builds nodes from what the rules took.
pub(super) struct Builder<'a> {
    pub source: &'a str,
    pub clean: &'a Clean,
    pub base: usize,
    docs: BTreeMap<usize, Vec<String>>,
    pub diagnostics: Diagnostics,
    /// Words of text that no rule took.
    pub lost: BTreeSet<String>,
    /// Where (in the clean text) something was last missing: junk that starts there is the same fault.
    pub fault_at: Option<usize>,
}

impl<'a> Builder<'a> {
    /// Items, and the pieces they were built of.
    fn file(&mut self) -> (Vec<Item>, Option<Pairs<'a>>) {
        let clean = self.clean;
        match Dsl::parse(Rule::file, &clean.text) {
            Ok(pairs) => {
                let pieces = pairs.clone().flat_map(Pair::into_inner).filter(|p| p.as_rule() != Rule::EOI);
                (pieces.map(|p| self.item(p)).collect(), Some(pairs))
            }
            // The grammar takes every balanced text; should it not, the fault has its place all the same.
            Err(error) => {
                let at = match error.location {
                    pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
                };
                let span = self.place(at, at);
                self.diagnostics.push(
                    Diagnostic::error(codes::E0101, "unexpected text")
                        .at(span, "the file cannot be parsed from here on"),
                );
                (vec![Item { docs: Vec::new(), kind: ItemKind::Error, span }], None)
            }
        }
    }

    /// The span of a piece, without the blanks that pest leaves at its end.
    pub fn span(&self, pair: &Pair<'_>) -> Span {
        let start = pair.as_span().start();
        self.place(start, start + pair.as_str().trim_end().len())
    }

    /// A range of the clean text as a span of the file.
    pub fn place(&self, start: usize, end: usize) -> Span {
        let (mut start, mut end) = (self.clean.origin(start), self.clean.origin(end));
        while !self.source.is_char_boundary(start) {
            start -= 1;
        }
        while !self.source.is_char_boundary(end) {
            end += 1;
        }
        Span::new(self.base + start, self.base + end.max(start))
    }

    /// The file's own text of a span of it.
    pub fn written(&self, span: Span) -> &'a str {
        let (start, end) = (span.start as usize, span.end as usize);
        self.source.get(start.saturating_sub(self.base)..end.saturating_sub(self.base)).unwrap_or("")
    }

    /// A name, as written in the file.
    pub fn ident(&self, pair: &Pair<'_>) -> Ident {
        let span = self.span(pair);
        Spanned::new(self.written(span).to_owned(), span)
    }

    /// The name that should stand there.
    pub fn nameless(&self, span: Span) -> Ident {
        Spanned::new("_".to_owned(), Span { end: span.start, ..span })
    }

    /// A string's value: `\"` and `\\` are its escapes.
    pub fn string(&self, pair: &Pair<'_>) -> Spanned<String> {
        let raw = pair.as_str().strip_prefix('"').and_then(|r| r.strip_suffix('"')).unwrap_or("");
        let mut value = String::with_capacity(raw.len());
        let mut chars = raw.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, chars.peek()) {
                ('\\', Some('"' | '\\')) => value.extend(chars.next()),
                _ => value.push(c),
            }
        }
        Spanned::new(value, self.span(pair))
    }

    /// The `///` lines that stand before a piece.
    pub fn docs(&mut self, pair: &Pair<'_>) -> Vec<String> {
        let at = self.clean.origin(pair.as_span().start());
        self.docs.remove(&at).unwrap_or_default()
    }
}
