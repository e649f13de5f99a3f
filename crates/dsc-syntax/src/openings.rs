//! Bodies without their opening brace: `model M:`, `block F(x: Vec[d]) = relu(x)`.

use super::balance::STATEMENT_WORDS;
use super::scan::{Token, TokenKind};
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::Span;

/// The keywords of items with a body.
const WITH_BODY: [&str; 4] = ["block", "model", "variant", "recipe"];

/// The place of a brace that is missing.
pub(super) struct Opening {
    /// Index of the first token of the body.
    pub body: usize,
    /// The text that the brace takes the place of, `:` or `=`; empty if there is none.
    pub place: (usize, usize),
    /// Indentation of the item.
    pub indent: usize,
    /// Whether the text has the closing brace.
    pub closed: bool,
    /// What is reported.
    pub fault: Diagnostic,
}

/// A text with its tokens.
pub(super) struct Tokens<'a> {
    pub text: &'a str,
    pub base: usize,
    pub tokens: &'a [Token],
}

impl<'a> Tokens<'a> {
    fn word(&self, t: &Token) -> &'a str {
        self.text.get(t.start..t.end).unwrap_or("")
    }

    /// The missing brace of the item that consists of the tokens `start..end`, if its header ends without one and a body
    /// follows.
    pub(super) fn opening(&self, start: usize, end: usize) -> Option<Opening> {
        let (item, name) = (self.tokens.get(start)?, self.tokens.get(start + 1)?);
        let keyword = WITH_BODY.into_iter().find(|word| *word == self.word(item))?;
        let (body, place) = self.end_of_header(keyword, start + 2, end)?;
        let first = self.tokens.get(body)?;
        let begins = !first.first || first.indent > item.indent || STATEMENT_WORDS.contains(&self.word(first));
        if !begins || body >= end {
            return None;
        }
        let closed = self.closes(body, end);
        let found = match self.text.get(place.0..place.1) {
            Some(mark) if !mark.is_empty() => format!("`{mark}`"),
            _ => "the end of the line".to_owned(),
        };
        let name = self.word(name);
        let span = Span::new(self.base + place.0, self.base + place.1);
        let mut fault = Diagnostic::error(
            codes::E0101,
            format!("expected `{{` before the body of {keyword} `{name}`, found {found}"),
        )
        .at(span, "expected `{`")
        .help(match keyword {
            "block" => format!("a body is written in braces: `block {name}(..) {{ .. }}`"),
            _ => format!("a body is written in braces: `{keyword} {name} {{ .. }}`"),
        });
        let before = self.text.get(..place.0).unwrap_or("");
        let brace = if before.ends_with([' ', '\t']) { "{" } else { " {" };
        if closed {
            fault = fault.fix(span, brace);
        } else if let Some((value, until)) = self.one_line(body, end) {
            fault = fault.fix(Span::new(self.base + place.0, self.base + until), format!("{brace} {value} }}"));
        }
        Some(Opening { body, place, indent: item.indent, closed, fault })
    }

    /// Where the body begins, and the mark in the place of its brace; none if the header has a brace.
    fn end_of_header(&self, keyword: &str, from: usize, end: usize) -> Option<(usize, (usize, usize))> {
        let (mut depth, mut angles, mut constrained) = (0_usize, 0_usize, false);
        let braced = self.tokens.get(from..end)?.iter().any(|t| t.kind == TokenKind::Open('{'));
        for i in from..end {
            let (t, before) = (self.tokens.get(i)?, self.tokens.get(i - 1)?);
            if depth == 0 && t.kind == TokenKind::Open('{') {
                return None;
            }
            if depth == 0 && t.first && before.kind == TokenKind::Punct(':') {
                return Some((i, (before.start, before.end)));
            }
            let inside = depth > 0 || angles > 0 || constrained;
            if !inside && t.first && self.is_no_header(keyword, before, t) {
                return Some((i, (before.end, before.end)));
            }
            constrained |= depth == 0 && self.word(t) == "where";
            match t.kind {
                TokenKind::Punct('<') => angles += 1,
                TokenKind::Punct('>') if before.kind != TokenKind::Punct('-') => angles = angles.saturating_sub(1),
                TokenKind::Punct('=') if depth == 0 && keyword == "block" && !braced && self.gives_value(i) => {
                    return Some((i + 1, (t.start, t.end)));
                }
                TokenKind::Open(_) => depth += 1,
                TokenKind::Close(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        None
    }

    /// Whether a token that begins a line cannot continue the header of an item, whatever the layout of a file is.
    fn is_no_header(&self, keyword: &str, before: &Token, t: &Token) -> bool {
        let equal = TokenKind::Punct('=');
        match keyword {
            "model" => true,
            "variant" | "recipe" => t.kind != equal && before.kind != equal,
            _ => {
                let ends = matches!(before.kind, TokenKind::Close(_) | TokenKind::Word) && self.word(before) != "like";
                ends && t.kind == TokenKind::Word && self.word(t) != "where"
            }
        }
    }

    /// Whether `=` stands between the header and a value on its line: it is no part of `==` or `=>`.
    fn gives_value(&self, at: usize) -> bool {
        let (Some(t), Some(before)) = (self.tokens.get(at), self.tokens.get(at.wrapping_sub(1))) else { return false };
        let mark = |t: &Token| matches!(t.kind, TokenKind::Punct(_));
        let next = self.tokens.get(at + 1).filter(|next| !next.first && !mark(next));
        next.is_some() && !(mark(before) && before.end == t.start)
    }

    /// Whether a closing brace belongs to the body that begins at `body`.
    fn closes(&self, body: usize, end: usize) -> bool {
        let mut depth = 1_usize;
        for t in self.tokens.get(body..end).unwrap_or_default() {
            match t.kind {
                TokenKind::Open('{') => depth += 1,
                TokenKind::Close('}') if depth == 1 => return true,
                TokenKind::Close('}') => depth -= 1,
                _ => {}
            }
        }
        false
    }

    /// The text of a body that ends on the line it begins on, and its end.
    fn one_line(&self, body: usize, end: usize) -> Option<(&'a str, usize)> {
        let tokens = self.tokens.get(body..end)?;
        let (first, last) = (tokens.first()?, tokens.last()?);
        let single = !first.first && tokens.iter().all(|t| !t.first);
        single.then(|| Some((self.text.get(first.start..last.end)?, last.end)))?
    }
}
