//! Parsing of a file into its syntax tree.

use super::ast::{ExprKind, Ident, Item, ItemKind, Module, TypeExprKind};
use super::balance::balance;
use super::edited_text::EditedText;
use super::scan::{Comment, Doc, scan};
use crate::diag::{Diagnostic, Diagnostics, codes::syntax as codes};
use crate::source::{FileId, SourceMap, Span, Spanned};
use pest::Parser as _;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// The generated parser; see `grammar/dsl.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/dsl.pest"]
pub(super) struct Dsl;

/// The match of one grammar rule.
pub(super) type Pair<'a> = pest::iterators::Pair<'a, Rule>;

/// Matches in source order.
pub(super) type Pairs<'a> = pest::iterators::Pairs<'a, Rule>;

/// Parses one file of the map. Never fails: unparsable text becomes `Error` nodes and diagnostics, which are returned in
/// source order. A file that is not in the map gives an empty module.
pub fn parse(sources: &SourceMap, file: FileId) -> (Module, Vec<Diagnostic>) {
    let Some(source) = sources.file(file) else { return (Module::default(), Vec::new()) };
    let (module, diagnostics, _) = read(&source.text, source.base as usize, |_| ());
    (module, diagnostics)
}

/// The parse of a text without errors, as the formatter needs it.
pub(super) struct Concrete<'a> {
    /// The matches of the grammar rules; their offsets are those of the text.
    pub pairs: Pairs<'a>,
    /// The text with comments replaced by spaces.
    pub code: &'a str,
    /// Comments in source order.
    pub comments: &'a [Comment],
}

/// Parses a text whose first byte has the global offset `base`. If there are no errors, `with` is called with the matches.
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
        let edited = EditedText::new(text, scanned.edits);
        let lost = BTreeSet::new();
        let mut builder = Builder {
            source: text,
            edited: &edited,
            base,
            docs,
            diagnostics,
            lost,
            reported_at: None,
            keyword_names: BTreeSet::new(),
            declared: OnceCell::new(),
            misread: scanned.repaired,
            understood: 0,
        };
        let pairs;
        // What a string without an end has swallowed may have been meant as names.
        for label in builder
            .diagnostics
            .iter()
            .filter(|d| d.code == codes::E0109)
            .filter_map(|d| d.primary.clone())
            .collect::<Vec<_>>()
        {
            let (start, end) = (label.span.start as usize - base, label.span.end as usize - base);
            builder.record_skipped(text.get(start..end).unwrap_or_default());
        }
        (module.items, pairs) = builder.file();
        module.lost = builder.lost;
        module.repaired = builder.misread;
        diagnostics = builder.diagnostics;
        if let Some(pairs) = pairs
            && diagnostics.is_empty()
        {
            seen = Some(with(Concrete { pairs, code: &edited.text, comments: &scanned.comments }));
        }
    }
    (module, diagnostics.into_sorted(), seen)
}

/// Builds syntax tree nodes from the matches of the grammar.
pub(super) struct Builder<'a> {
    pub source: &'a str,
    pub edited: &'a EditedText,
    pub base: usize,
    docs: BTreeMap<usize, Vec<String>>,
    pub diagnostics: Diagnostics,
    /// Words of text that no rule accepts.
    pub lost: BTreeSet<String>,
    /// Offset in the edited text of the last "missing" error; unreadable text that starts there has the same cause.
    pub reported_at: Option<usize>,
    /// Keywords that the block has as names of parameters, which was reported.
    pub keyword_names: BTreeSet<String>,
    /// Names that the text defines, each with its keyword.
    pub declared: OnceCell<BTreeSet<(&'a str, &'a str)>>,
    /// Places that are read as something else than what is written.
    pub misread: Vec<Span>,
    /// How many faults of types were reported whose types are known all the same.
    pub understood: usize,
}

impl<'a> Builder<'a> {
    /// Items, and the matches they were built from.
    fn file(&mut self) -> (Vec<Item>, Option<Pairs<'a>>) {
        let edited = self.edited;
        match Dsl::parse(Rule::file, &edited.text) {
            Ok(pairs) => {
                let mut items: Vec<Item> = Vec::new();
                for piece in pairs.clone().flat_map(Pair::into_inner).filter(|p| p.as_rule() != Rule::EOI) {
                    let unreadable = piece.as_rule() == Rule::unreadable_item;
                    let item = self.item(piece);
                    if unreadable && let Some(before) = items.last_mut() {
                        self.half_read(before, item.span);
                    }
                    items.push(item);
                }
                (items, Some(pairs))
            }
            // The grammar accepts every balanced text; if it does not, report where it fails.
            Err(error) => {
                let at = match error.location {
                    pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
                };
                let span = self.span_at(at, at);
                self.diagnostics.push(
                    Diagnostic::error(codes::E0101, "unexpected text")
                        .at(span, "the file cannot be parsed from here on"),
                );
                (vec![Item { docs: Vec::new(), kind: ItemKind::Error, span }], None)
            }
        }
    }

    /// Takes away the value of a hyper that was read in part: text that could not be read follows on its line.
    fn half_read(&self, item: &mut Item, rest: Span) {
        let between = self.source_text(Span { start: item.span.end, end: rest.start.max(item.span.end) });
        // A comma behind a whole item changes nothing about it.
        if between.contains('\n') || self.source_text(rest) == "," {
            return;
        }
        match &mut item.kind {
            ItemKind::Hyper(hyper) => hyper.value.kind = ExprKind::Error,
            ItemKind::Input(input) | ItemKind::Label(input) => input.ty.kind = TypeExprKind::Error,
            _ => {}
        }
    }

    /// The span of a match, without the trailing whitespace that pest includes.
    pub fn span(&self, pair: &Pair<'_>) -> Span {
        let start = pair.as_span().start();
        self.span_at(start, start + pair.as_str().trim_end().len())
    }

    /// A range of the edited text as a span of the file.
    pub fn span_at(&self, start: usize, end: usize) -> Span {
        let (mut start, mut end) = (self.edited.original_offset(start), self.edited.original_offset(end));
        while !self.source.is_char_boundary(start) {
            start -= 1;
        }
        while !self.source.is_char_boundary(end) {
            end += 1;
        }
        Span::new(self.base + start, self.base + end.max(start))
    }

    /// The original text of a span of this file.
    pub fn source_text(&self, span: Span) -> &'a str {
        let (start, end) = (span.start as usize, span.end as usize);
        self.source.get(start.saturating_sub(self.base)..end.saturating_sub(self.base)).unwrap_or("")
    }

    /// A name, as spelled in the file; a placeholder for `_` that only the edited text has.
    pub fn ident(&self, pair: &Pair<'_>) -> Ident {
        let span = self.span(pair);
        let written = self.source_text(span);
        // A letter that is not ASCII is replaced by `_`, too, and is a name all the same.
        if pair.as_str().trim_end() == "_" && written != "_" && written.is_ascii() {
            return self.missing_ident(span);
        }
        Spanned::new(self.source_text(span).to_owned(), span)
    }

    /// A placeholder for a missing name.
    pub fn missing_ident(&self, span: Span) -> Ident {
        Spanned::new("_".to_owned(), Span { end: span.start, ..span })
    }

    /// The value of a string literal; the escapes are `\"` and `\\`.
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

    /// The `///` lines before a match.
    pub fn docs(&mut self, pair: &Pair<'_>) -> Vec<String> {
        let at = self.edited.original_offset(pair.as_span().start());
        self.docs.remove(&at).unwrap_or_default()
    }
}
