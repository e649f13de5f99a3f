//! The scan before the grammar, linear in the length of the text: tokens, comments, docs, strings.
//!
//! [`super::balance`] matches the brackets among its tokens; its edits produce the [`EditedText`](super::edited_text)
//! that the grammar parses.

use super::balance::ITEM_WORDS;
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::Span;
use std::collections::BTreeSet;

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Number,
    Str,
    Open(char),
    Close(char),
    Punct(char),
}

/// A token and its byte range in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
    /// Whether it is the first on its line.
    pub first: bool,
    /// Indentation of its line, in characters.
    pub indent: usize,
}

/// Replaces `start..end` of the file by `text`.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// A `///` or `//!` line.
#[derive(Clone, Debug)]
pub(super) struct Doc {
    pub text: String,
    /// Whether `//!`.
    pub module: bool,
    /// Where the first token after it starts.
    pub before: usize,
}

/// A comment or doc comment, without trailing whitespace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    pub start: usize,
    pub end: usize,
    /// Whether it is the first text on its line.
    pub own_line: bool,
}

/// What the scan found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub tokens: Vec<Token>,
    pub edits: Vec<Edit>,
    pub docs: Vec<Doc>,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Scans one file whose first byte has the global offset `base`.
pub(super) fn scan(text: &str, base: usize) -> Scan {
    let mut s = Scanner {
        text,
        base,
        at: 0,
        out: Scan::default(),
        open: Vec::new(),
        line_start: true,
        indent: 0,
        item: "",
        unclosed_comment: false,
        possible_divisions: Vec::new(),
    };
    s.run();
    s.report_possible_divisions();
    s.out
}

struct Scanner<'a> {
    text: &'a str,
    base: usize,
    at: usize,
    out: Scan,
    /// Open brackets, unchecked: used to distinguish the operator `//` from a comment.
    open: Vec<char>,
    /// Whether the current line has no token so far.
    line_start: bool,
    indent: usize,
    /// Keyword of the current item.
    item: &'a str,
    /// Whether there is a `/*` without `*/`.
    unclosed_comment: bool,
    /// Comments that could be the right operand of a division: byte range, and the names in it.
    possible_divisions: Vec<(usize, usize, Vec<&'a str>)>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.base + start, self.base + end)
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            match c {
                '\n' => {
                    self.at += 1;
                    self.line_start = true;
                    self.indent = 0;
                }
                ' ' | '\t' | '\r' => {
                    self.at += 1;
                    self.indent += usize::from(self.line_start);
                }
                c if c.is_whitespace() || c == '\u{feff}' => self.blank(c.len_utf8()),
                '/' if rest.starts_with("//") && !self.divides() => self.comment(),
                '/' if rest.starts_with("/*") => self.block_comment(),
                '\'' if self.single_quoted().is_some() => self.single_quotes(),
                '#' => {
                    let end = self.at + line(rest).len();
                    self.out.diagnostics.push(
                        Diagnostic::error(codes::E0108, "comments begin with `//`, not with `#`")
                            .at(self.span(self.at, end.min(self.at + 1)), "`#`")
                            .help("write `//`")
                            .fix(self.span(self.at, end.min(self.at + 1)), "//"),
                    );
                    self.blank(end - self.at);
                }
                ';' => {
                    self.out.diagnostics.push(
                        Diagnostic::error(codes::E0105, "the language has no semicolons")
                            .at(self.span(self.at, self.at + 1), "`;`")
                            .help("remove it: statements need no terminator")
                            .fix(self.span(self.at, self.at + 1), ""),
                    );
                    self.blank(1);
                }
                '"' => self.string(),
                '(' | '[' | '{' => {
                    // `{width: ..` is an instance, whose commas separate settings.
                    let settings = c == '{' && {
                        let inner = rest.get(1..).unwrap_or("").trim_start();
                        let after = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
                        after.len() < inner.len() && after.trim_start().starts_with(':')
                    };
                    self.open.push(if settings { '(' } else { c });
                    self.token(TokenKind::Open(c), 1);
                }
                ')' | ']' | '}' => {
                    self.open.pop();
                    self.token(TokenKind::Close(c), 1);
                }
                c if c.is_ascii_digit() => {
                    let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                    self.token(TokenKind::Number, len);
                }
                c if c.is_alphabetic() || c == '_' => self.word(),
                '/' if rest.starts_with("//") => self.token(TokenKind::Punct('/'), 2),
                c => self.token(TokenKind::Punct(c), c.len_utf8()),
            }
        }
    }

    fn token(&mut self, kind: TokenKind, len: usize) {
        let (start, end) = (self.at, self.at + len);
        self.out.tokens.push(Token { kind, start, end, first: self.line_start, indent: self.indent });
        // Docs belong to the token that follows them.
        for doc in self.out.docs.iter_mut().rev().take_while(|d| d.before == usize::MAX) {
            doc.before = start;
        }
        self.at = end;
        self.line_start = false;
    }

    /// Replaces the next `len` bytes by spaces.
    fn blank(&mut self, len: usize) {
        self.out.edits.push(Edit { start: self.at, end: self.at + len, text: " ".repeat(len) });
        self.at += len;
    }

    fn word(&mut self) {
        let rest = self.rest();
        let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..len).unwrap_or("");
        if ITEM_WORDS.contains(&word) && (self.open.is_empty() || self.line_start && self.indent == 0) {
            self.item = word;
        }
        if let Some((i, c)) = word.char_indices().find(|(_, c)| !c.is_ascii()) {
            self.out.diagnostics.push(
                Diagnostic::error(codes::E0110, format!("the name `{word}` contains `{c}` (U+{:04X})", u32::from(c)))
                    .at(self.span(self.at + i, self.at + i + c.len_utf8()), "not an ASCII letter")
                    .help("use the letters a to z, digits and `_`"),
            );
            let text = word.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
            self.out.edits.push(Edit { start: self.at, end: self.at + len, text });
        }
        self.token(TokenKind::Word, len);
    }

    fn string(&mut self) {
        let rest = line(self.rest());
        let mut escaped = false;
        for (i, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' if rest.get(i + 1..).is_some_and(|r| r.starts_with(['"', '\\'])) => escaped = true,
                '"' => return self.token(TokenKind::Str, i + 1),
                _ => {}
            }
        }
        // Unterminated: it ends before a bracket or comma, so that these keep their meaning, or with the line.
        let end = rest.find([')', ']', '}', ',']).unwrap_or(rest.trim_end().len());
        self.out.diagnostics.push(
            Diagnostic::error(codes::E0109, "unterminated string")
                .at(self.span(self.at, self.at + end), "opened here")
                .help("close it with `\"` on the same line"),
        );
        // A quote or backslash inside would end or alter the corrected string.
        let inner: String = rest.get(1..end).unwrap_or("").replace(['\\', '"'], "'");
        self.out.edits.push(Edit { start: self.at, end: self.at + end, text: format!("\"{inner}\"") });
        self.token(TokenKind::Str, end);
    }

    /// The text of a single-quoted string; none if the quote follows a name (`x'`) or is not closed on its line.
    fn single_quoted(&self) -> Option<&'a str> {
        let glued = self.text.get(..self.at).is_some_and(|t| t.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let inner = line(self.rest()).get(1..)?;
        inner.find('\'').filter(|_| !glued).and_then(|end| inner.get(..end))
    }

    /// `'abc'`, parsed as `"abc"`.
    fn single_quotes(&mut self) {
        let inner = self.single_quoted().unwrap_or("");
        let (start, end) = (self.at, self.at + inner.len() + 2);
        let plain = inner.replace(['\\', '"'], "_");
        let text = format!("\"{plain}\"");
        let mut fault = Diagnostic::error(codes::E0115, "strings use double quotes")
            .at(self.span(start, end), "single quotes")
            .help(format!("write `{text}`"));
        if plain == inner {
            fault = fault.fix(self.span(start, end), text.clone());
        }
        self.out.diagnostics.push(fault);
        self.out.edits.push(Edit { start, end, text });
        self.token(TokenKind::Str, end - start);
    }

    /// `/* .. */`, possibly of several lines; an unclosed one ends with its line.
    fn block_comment(&mut self) {
        let rest = self.rest();
        let here = line(rest).trim_end().len();
        let end = if self.unclosed_comment { None } else { rest.get(2..).and_then(|r| r.find("*/")).map(|i| i + 4) };
        // Searched only once: there is none further on either.
        self.unclosed_comment |= end.is_none();
        let len = end.unwrap_or(here);
        let text = rest.get(..len).unwrap_or("");
        let mut fault = Diagnostic::error(codes::E0108, "comments begin with `//`, not with `/*`")
            .at(self.span(self.at, self.at + 2), "not a comment here")
            .help(if text.contains('\n') { "write `//` before each of its lines" } else { "write `//`" });
        // Text after the comment on its line would become part of it.
        if end.is_some() && len == here {
            let inner = text.get(2..len - 2).unwrap_or("").trim();
            fault = fault.fix(self.span(self.at, self.at + len), format!("// {inner}").trim_end().to_owned());
        }
        self.out.diagnostics.push(fault);
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.at += 1;
                self.line_start = true;
                self.indent = 0;
            }
            if self.line_start {
                self.indent += part.len();
            }
            self.blank(part.len());
        }
    }

    fn comment(&mut self) {
        let body = line(self.rest());
        let (start, len) = (self.at, body.len());
        let doc = |text: &str| text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned();
        if let Some(text) = body.strip_prefix("//!").filter(|_| self.line_start) {
            self.out.docs.push(Doc { text: doc(text), module: true, before: usize::MAX });
        } else if let Some(text) = body.strip_prefix("///").filter(|t| self.line_start && !t.starts_with('/')) {
            self.out.docs.push(Doc { text: doc(text), module: false, before: usize::MAX });
        } else if !self.line_start && self.after_operand() && !self.after_two_spaces() {
            let mut names = Vec::new();
            if arithmetic(body.get(2..).unwrap_or(""), &mut names).is_some_and(|rest| rest.trim().is_empty())
                && self.may_divide(&names)
            {
                self.possible_divisions.push((start, start + body.trim_end().len(), names));
            }
        }
        let end = start + body.trim_end().len();
        self.out.comments.push(Comment { start, end, own_line: self.line_start });
        self.blank(len);
    }

    /// Whether the previous token ends an operand, so that an operator may follow.
    fn after_operand(&self) -> bool {
        self.out.tokens.last().is_some_and(|t| {
            let word = self.text.get(t.start..t.end).unwrap_or("");
            match t.kind {
                TokenKind::Word => !matches!(word, "and" | "or" | "not" | "in" | "at" | "where" | "else" | "for"),
                TokenKind::Number => true,
                TokenKind::Close(c) => c != '}',
                _ => false,
            }
        })
    }

    /// Whether the current position follows two spaces or a tab, as a comment after code does.
    fn after_two_spaces(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or("");
        before.ends_with('\t') || before.ends_with("  ")
    }

    /// Whether the preceding tokens end a value that could be divided by the names in `by`: not a type, a name after
    /// `for`, a list of a hyper's values, or a setting of a recipe.
    fn may_divide(&self, by: &[&str]) -> bool {
        // Enough for any real statement; keeps the scan linear.
        const REACH: usize = 256;
        let tokens = self.out.tokens.get(self.out.tokens.len().saturating_sub(REACH)..).unwrap_or(&[]);
        let word = |t: &Token| self.text.get(t.start..t.end).unwrap_or("");
        let before = |i: usize| i.checked_sub(1).and_then(|i| tokens.get(i));
        if self.item == "recipe" {
            return false;
        }
        let Some(last) = tokens.len().checked_sub(1) else { return false };
        if before(last).is_some_and(|t| word(t) == "for") {
            return false;
        }
        // Number of brackets closed after the token; whether an `=` or `where` follows, which begins a value; whether a
        // comma follows, after which the value is another one.
        let (mut depth, mut value, mut apart) = (0_usize, false, false);
        for (i, t) in tokens.iter().enumerate().rev() {
            match t.kind {
                TokenKind::Close(_) => depth += 1,
                TokenKind::Open('{') if depth == 0 => return true,
                TokenKind::Open(_) if depth == 0 => apart = false,
                TokenKind::Open(c) => {
                    depth -= 1;
                    let list = depth == 0
                        && c == '['
                        && matches!(tokens.get(last), Some(t) if t.kind == TokenKind::Close(']'));
                    if list && !value && before(i).is_some_and(|t| word(t) == "in") {
                        return false;
                    }
                }
                TokenKind::Punct(',') if depth == 0 => apart = true,
                TokenKind::Punct('=') if depth == 0 => value |= !apart,
                TokenKind::Word if depth == 0 => {
                    let named = tokens.get(i + 1).is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Str));
                    match word(t) {
                        "where" => value |= !apart,
                        "use" | "input" | "label" | "model" | "variant" | "drop" if named => return false,
                        // A hyper is not divided by itself.
                        "hyper" if named => {
                            let name = tokens.get(i + 1).map_or("", word);
                            return value && !by.contains(&name);
                        }
                        "let" | "var" | "block" if named => return value,
                        "set" | "expect" | "output" | "loss" | "reveal" if named => return true,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        true
    }

    /// Whether the `//` here divides: inside brackets, after an operand, with nothing but arithmetic up to a comma or
    /// closing bracket on the same line.
    fn divides(&self) -> bool {
        let Some(&open) = self.open.last() else { return false };
        if self.line_start || !self.after_operand() {
            return false;
        }
        // Enough for any real line; keeps the scan linear.
        let after = line(self.rest()).get(2..).unwrap_or("");
        let after = after
            .get(..(0..=512.min(after.len())).rev().find(|i| after.is_char_boundary(*i)).unwrap_or(0))
            .unwrap_or("");
        let Some(rest) = arithmetic(after, &mut Vec::new()) else { return false };
        match rest.trim_start().chars().next() {
            Some(')' | ']' | ',') => open != '{',
            Some('}') => true,
            _ => false,
        }
    }

    /// Reports trailing comments that consist of arithmetic on numbers and names of this file.
    fn report_possible_divisions(&mut self) {
        let mut names = BTreeSet::new();
        let mut previous = "";
        for t in &self.out.tokens {
            let word = self.text.get(t.start..t.end).unwrap_or("");
            if t.kind == TokenKind::Word && matches!(previous, "hyper" | "let" | "var" | "for") {
                names.insert(word);
            }
            previous = word;
        }
        for (start, end, used) in std::mem::take(&mut self.possible_divisions) {
            if used.iter().all(|n| names.contains(n)) {
                self.out.diagnostics.push(
                    Diagnostic::error(
                        codes::E0112,
                        "outside of brackets `//` begins a comment, but this one looks like a division",
                    )
                    .at(self.span(start, end), "read as a comment")
                    .help("to divide, use parentheses, `(a // b)`; for a comment, put two spaces before `//`"),
                );
            }
        }
    }
}

/// The rest of the line, without the line break.
fn line(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or("");
    line.strip_suffix('\r').unwrap_or(line)
}

/// Parses operands and operators at the start of `text`, which is one line, and returns the rest; none if there is no
/// operand. Names outside of brackets are added to `names`.
fn arithmetic<'a>(text: &'a str, names: &mut Vec<&'a str>) -> Option<&'a str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '-']);
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
        let (operand, mut after) = rest.split_at_checked(len)?;
        if !operand.is_empty() {
            if operand.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                names.push(operand.split('.').next().unwrap_or(operand));
            }
            if operand.ends_with('.') {
                return None;
            }
        }
        let brackets = balanced(after);
        if operand.is_empty() && brackets == 0 {
            return None;
        }
        after = after.get(brackets..)?;
        let operators = ["**", "//", "==", "!=", "<=", ">=", "*", "/", "+", "-", "%", "<", ">", "and ", "or "];
        let next = after.trim_start_matches([' ', '\t']);
        match operators.iter().find_map(|o| next.strip_prefix(o)) {
            Some(more) => rest = more,
            None => return Some(after),
        }
    }
}

/// Length of the balanced brackets that `text` begins with; 0 when there are none.
fn balanced(text: &str) -> usize {
    let mut depth = 0_usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 1 => return i + 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return 0;
        }
    }
    0
}
