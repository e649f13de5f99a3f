//! Strings, and quotes that do not belong to the language.

use super::scan::{Edit, Scanner, TokenKind, line};
use crate::diag::{Diagnostic, codes::syntax as codes};

/// Quotes of word processors, which come with text that was copied from a page.
const CURLY: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '＂', '＇'];

/// What quotes of word processors are called.
const TYPOGRAPHIC: &str = "typographic quotes";

/// Whether this is a quote that text processors put in the place of `"`.
pub(super) fn is_curly_quote(c: char) -> bool {
    CURLY.contains(&c)
}

impl<'a> Scanner<'a> {
    pub(super) fn string(&mut self) {
        let rest = line(self.rest());
        if let Some(end) = closing_quote(rest)
            && !self.swallows_another(rest, end)
        {
            return self.token(TokenKind::Str, end);
        }
        let end = end_of_unterminated(rest);
        let place = self.span(self.at, self.at + end);
        self.out.diagnostics.push(
            Diagnostic::error(codes::E0109, "unterminated string")
                .at(place, "opened here")
                .help("close it with `\"` on the same line")
                .fix(self.span(self.at + end, self.at + end), "\""),
        );
        // A quote or backslash inside would end or alter the corrected string.
        let inner: String = rest.get(1..end).unwrap_or("").replace(['\\', '"'], "'");
        self.out.edits.push(Edit { start: self.at, end: self.at + end, text: format!("\"{inner}\"") });
        self.token(TokenKind::Str, end);
    }

    /// Whether the string that ends at `end` of the line consists of what follows an unclosed one: `"mean in ["` of
    /// `"mean in ["mean", "max"]`. It has a bracket or comma in it, and one of the quotes of the line is left over.
    fn swallows_another(&self, rest: &str, end: usize) -> bool {
        // Enough for any real line; keeps the scan linear.
        const REACH: usize = 512;
        let inner = rest.get(1..end.saturating_sub(1)).unwrap_or("");
        inner.len() < REACH
            && rest.len() < REACH
            && inner.contains(['(', ')', '[', ']', '{', '}', ','])
            && has_unclosed_string(rest)
    }

    /// The text of a single-quoted string; none if the quote follows a name (`x'`) or is not closed on its line.
    pub(super) fn single_quoted(&self) -> Option<&'a str> {
        let glued = self.text.get(..self.at).is_some_and(|t| t.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let inner = line(self.rest()).get(1..)?;
        inner.find('\'').filter(|_| !glued).and_then(|end| inner.get(..end))
    }

    /// `'abc'`, parsed as `"abc"`.
    pub(super) fn single_quotes(&mut self) {
        let inner = self.single_quoted().unwrap_or("");
        self.other_quotes(inner, inner.len() + 2, "strings use double quotes", "single quotes");
    }

    /// `“abc”`, parsed as `"abc"`. One that is not closed ends as an unterminated string does.
    pub(super) fn curly_quotes(&mut self, quote: char) {
        let rest = line(self.rest());
        let from = quote.len_utf8();
        let inner = rest.get(from..).unwrap_or("");
        let closed = inner.char_indices().find(|(_, c)| is_curly_quote(*c) || *c == '"');
        let (inner, len) = match closed {
            Some((end, c)) => (inner.get(..end).unwrap_or(""), from + end + c.len_utf8()),
            None => {
                let end = end_of_unterminated(rest).max(from);
                (rest.get(from..end).unwrap_or(""), end)
            }
        };
        self.other_quotes(inner, len, "strings use the straight quotes `\"`", TYPOGRAPHIC);
    }

    /// The next `len` bytes are a string in other quotes, or a number.
    fn other_quotes(&mut self, inner: &str, len: usize, message: &str, label: &str) {
        let (start, end) = (self.at, self.at + len);
        let plain = inner.replace(['\\', '"'], "_");
        // A number that came with quotes; in single quotes it is meant as a string.
        let number = label == TYPOGRAPHIC && !inner.is_empty() && inner.chars().all(|c| c.is_ascii_digit());
        let text = if number { plain.clone() } else { format!("\"{plain}\"") };
        let mut fault =
            Diagnostic::error(codes::E0115, message).at(self.span(start, end), label).help(format!("write `{text}`"));
        if plain == inner {
            fault = fault.fix(self.span(start, end), text.clone());
        }
        self.out.diagnostics.push(fault);
        self.out.edits.push(Edit { start, end, text });
        self.token(if number { TokenKind::Number } else { TokenKind::Str }, end - start);
    }

    /// `"""A docstring."""`, possibly of several lines; an unclosed one ends with its line.
    pub(super) fn docstring(&mut self, quotes: &str) {
        let rest = self.rest();
        let here = line(rest).trim_end().len();
        let end =
            if self.unclosed_docstring { None } else { rest.get(3..).and_then(|r| r.find(quotes)).map(|i| i + 6) };
        // Searched only once: there is none further on either.
        self.unclosed_docstring |= end.is_none();
        let len = end.unwrap_or(here);
        let text = rest.get(..len).unwrap_or("");
        let inner = text.trim_matches(['"', '\'']).trim();
        let mut fault =
            Diagnostic::error(codes::E0108, format!("documentation begins with `///`, not with `{quotes}`"))
                .at(self.span(self.at, self.at + 3), "not documentation here")
                .help(
                    "write `///` before each line, above the item or statement that it documents; `//!` for the file",
                );
        if len == here && self.line_start && !inner.is_empty() {
            fault = fault.fix(self.span(self.at, self.at + len), format!("// {inner}"));
        }
        self.out.diagnostics.push(fault);
        self.blank_lines(text);
    }
}

/// Length of the string that `rest` begins with, up to and including its closing quote.
fn closing_quote(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if rest.get(i + 1..).is_some_and(|r| r.starts_with(['"', '\\'])) => escaped = true,
            '"' => return Some(i + 1),
            _ => {}
        }
    }
    None
}

/// Whether one of the strings of a line, read from its beginning on, is not closed. Comments do not count.
fn has_unclosed_string(rest: &str) -> bool {
    let mut rest = rest;
    while let Some(at) = rest.find(['"', '/']) {
        let here = rest.get(at..).unwrap_or("");
        let len = match here.starts_with('"') {
            true => closing_quote(here),
            false if here.starts_with("//") => return false,
            false => Some(1),
        };
        let Some(len) = len else { return true };
        rest = here.get(len..).unwrap_or("");
    }
    false
}

/// Length of an unterminated string: it ends before a bracket, a comma, a wide gap, a keyword or another entry
/// (`epochs = 3`), so that these keep their meaning, or with the line.
fn end_of_unterminated(rest: &str) -> usize {
    const WORDS: [&str; 12] = ["in", "where", "from", "for", "else", "and", "or", "at", "let", "loss", "output", "set"];
    let word_of = |text: &'_ str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let quote = rest.chars().next().map_or(0, char::len_utf8);
    for (i, c) in rest.char_indices() {
        if i < quote {
            continue;
        }
        let after = rest.get(i + c.len_utf8()..).unwrap_or("");
        let ends = match c {
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | '\t' => true,
            ' ' if after.starts_with([' ', '=', '|', '/']) => true,
            ' ' => {
                let (word, rest) = after.split_at_checked(word_of(after)).unwrap_or((after, ""));
                let rest = rest.trim_start_matches(' ');
                WORDS.contains(&word) || !word.is_empty() && rest.starts_with('=')
            }
            _ => false,
        };
        if ends {
            return rest.get(..i).unwrap_or("").trim_end().len();
        }
    }
    rest.trim_end().len()
}
