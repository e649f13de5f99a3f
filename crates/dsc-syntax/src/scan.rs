//! The linear scan before the grammar: tokens, comments, docs, strings.
//!
//! It knows no structure. Its tokens serve [`super::balance`], which mends brackets, and its edits become the clean text
//! that the grammar reads.

use super::balance::ITEM_WORDS;
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::Span;
use std::collections::BTreeSet;

/// What a token is, as far as the scan can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Number,
    Str,
    Open(char),
    Close(char),
    Punct(char),
}

/// A token with its place in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
    /// Whether it is the first on its line.
    pub first: bool,
    /// Blanks before the first token of its line.
    pub indent: usize,
}

/// `start..end` of the file becomes `text`.
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

/// A comment, docs included, without the blanks at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    pub start: usize,
    pub end: usize,
    /// Whether nothing stands before it on its line.
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
        fresh: true,
        indent: 0,
        item: "",
        unclosed: false,
        doubtful: Vec::new(),
    };
    s.run();
    s.refuse_doubtful();
    s.out
}

struct Scanner<'a> {
    text: &'a str,
    base: usize,
    at: usize,
    out: Scan,
    /// Open brackets, without checks: enough to tell `//` the operator from `//` the comment.
    open: Vec<char>,
    /// Whether no token stands on this line yet.
    fresh: bool,
    indent: usize,
    /// The word of the item at hand.
    item: &'a str,
    /// Whether a `/*` without `*/` was met.
    unclosed: bool,
    /// Comments that would read as the right side of a division: place, and the names in it.
    doubtful: Vec<(usize, usize, Vec<&'a str>)>,
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
                    self.fresh = true;
                    self.indent = 0;
                }
                ' ' | '\t' | '\r' => {
                    self.at += 1;
                    self.indent += usize::from(self.fresh);
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
        self.out.tokens.push(Token { kind, start, end, first: self.fresh, indent: self.indent });
        // Docs wait for the token they stand before.
        for doc in self.out.docs.iter_mut().rev().take_while(|d| d.before == usize::MAX) {
            doc.before = start;
        }
        self.at = end;
        self.fresh = false;
    }

    /// Puts spaces in the place of the next `len` bytes.
    fn blank(&mut self, len: usize) {
        self.out.edits.push(Edit { start: self.at, end: self.at + len, text: " ".repeat(len) });
        self.at += len;
    }

    fn word(&mut self) {
        let rest = self.rest();
        let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..len).unwrap_or("");
        if ITEM_WORDS.contains(&word) && (self.open.is_empty() || self.fresh && self.indent == 0) {
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
        // Never closed: it ends before a bracket or comma, so that these keep their meaning, or with the line.
        let end = rest.find([')', ']', '}', ',']).unwrap_or(rest.trim_end().len());
        self.out.diagnostics.push(
            Diagnostic::error(codes::E0109, "unterminated string")
                .at(self.span(self.at, self.at + end), "opened here")
                .help("close it with `\"` on the same line"),
        );
        // A quote or backslash inside would end or bend the mended string.
        let inner: String = rest.get(1..end).unwrap_or("").replace(['\\', '"'], "'");
        self.out.edits.push(Edit { start: self.at, end: self.at + end, text: format!("\"{inner}\"") });
        self.token(TokenKind::Str, end);
    }

    /// The text in single quotes that stands here, as other languages have it; none where this quote is a mark of a
    /// name (`x'`) or is not closed on its line.
    fn single_quoted(&self) -> Option<&'a str> {
        let glued = self.text.get(..self.at).is_some_and(|t| t.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let inner = line(self.rest()).get(1..)?;
        inner.find('\'').filter(|_| !glued).and_then(|end| inner.get(..end))
    }

    /// `'abc'`, read as `"abc"`.
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

    /// `/* .. */`, which may go on over lines; one that is never closed ends with its line.
    fn block_comment(&mut self) {
        let rest = self.rest();
        let here = line(rest).trim_end().len();
        let end = if self.unclosed { None } else { rest.get(2..).and_then(|r| r.find("*/")).map(|i| i + 4) };
        // Looked for once: what is not there will not be there further on.
        self.unclosed |= end.is_none();
        let len = end.unwrap_or(here);
        let text = rest.get(..len).unwrap_or("");
        let mut fault = Diagnostic::error(codes::E0108, "comments begin with `//`, not with `/*`")
            .at(self.span(self.at, self.at + 2), "not a comment here")
            .help(if text.contains('\n') { "write `//` before each of its lines" } else { "write `//`" });
        // Behind the comment of one line nothing must stand that would become part of it.
        if end.is_some() && len == here {
            let inner = text.get(2..len - 2).unwrap_or("").trim();
            fault = fault.fix(self.span(self.at, self.at + len), format!("// {inner}").trim_end().to_owned());
        }
        self.out.diagnostics.push(fault);
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.at += 1;
                self.fresh = true;
                self.indent = 0;
            }
            if self.fresh {
                self.indent += part.len();
            }
            self.blank(part.len());
        }
    }

    fn comment(&mut self) {
        let body = line(self.rest());
        let (start, len) = (self.at, body.len());
        let doc = |text: &str| text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned();
        if let Some(text) = body.strip_prefix("//!").filter(|_| self.fresh) {
            self.out.docs.push(Doc { text: doc(text), module: true, before: usize::MAX });
        } else if let Some(text) = body.strip_prefix("///").filter(|t| self.fresh && !t.starts_with('/')) {
            self.out.docs.push(Doc { text: doc(text), module: false, before: usize::MAX });
        } else if !self.fresh && self.after_operand() && !self.set_apart() {
            let mut names = Vec::new();
            if arithmetic(body.get(2..).unwrap_or(""), &mut names).is_some_and(|rest| rest.trim().is_empty())
                && self.may_divide(&names)
            {
                self.doubtful.push((start, start + body.trim_end().len(), names));
            }
        }
        let end = start + body.trim_end().len();
        self.out.comments.push(Comment { start, end, own_line: self.fresh });
        self.blank(len);
    }

    /// Whether the token before ends an operand, so that an operator may follow.
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

    /// Whether two blanks or more stand before the place at hand: that is how a comment behind code is written.
    fn set_apart(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or("");
        before.ends_with('\t') || before.ends_with("  ")
    }

    /// Whether what ends here is a value that the names in `by` may divide, as far as the tokens before show it: no type,
    /// no name behind `for`, no list of a hyper's values, and nothing of a recipe, whose settings are written out.
    fn may_divide(&self, by: &[&str]) -> bool {
        // Far enough for any real statement, and it keeps the scan linear.
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
        // Brackets closed between the token and the end; whether `=` or `where` stands between, so that a value does;
        // whether a comma does, so that it would be another's.
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
                        // No hyper is divided by itself.
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
        if self.fresh || !self.after_operand() {
            return false;
        }
        // Far enough for any real line, and it keeps the scan linear.
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

    /// A trailing comment that is arithmetic over numbers and names of this file was probably meant to divide.
    fn refuse_doubtful(&mut self) {
        let mut names = BTreeSet::new();
        let mut previous = "";
        for t in &self.out.tokens {
            let word = self.text.get(t.start..t.end).unwrap_or("");
            if t.kind == TokenKind::Word && matches!(previous, "hyper" | "let" | "var" | "for") {
                names.insert(word);
            }
            previous = word;
        }
        for (start, end, used) in std::mem::take(&mut self.doubtful) {
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

/// The rest of the line, without its end.
fn line(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or("");
    line.strip_suffix('\r').unwrap_or(line)
}

/// Reads operands with operators between them from the start of `text`, which is one line; what follows them is
/// returned, none when there is no operand. Names of the outermost level are collected.
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
