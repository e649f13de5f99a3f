//! The scan before the grammar, linear in the length of the text: tokens, comments, docs, strings.
//!
//! `strings`, `division`, `lookalikes` and `conflicts` hold what it does with quotes, `//`, characters that are not ASCII
//! and the marks of a merge.
//!
//! [`super::balance`] matches the brackets among its tokens; its edits produce the [`EditedText`](super::edited_text)
//! that the grammar parses.

use super::balance::ITEM_WORDS;
use super::division::PossibleDivision;
use super::lookalikes::ascii;
use super::strings::is_curly_quote;
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::Span;

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
    /// From the line of an unclosed bracket to where its closing one was added.
    pub repaired: Vec<Span>,
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
        unclosed_docstring: false,
        unclosed_conflict: false,
        second_version: None,
        possible_divisions: Vec::new(),
        loop_head: None,
    };
    s.run();
    s.report_possible_divisions();
    s.out
}

pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) base: usize,
    pub(super) at: usize,
    pub(super) out: Scan,
    /// Open brackets, unchecked: used to distinguish the operator `//` from a comment.
    pub(super) open: Vec<char>,
    /// Whether the current line has no token so far.
    pub(super) line_start: bool,
    indent: usize,
    /// Keyword of the current item.
    pub(super) item: &'a str,
    /// Whether there is a `/*` without `*/`.
    unclosed_comment: bool,
    /// Whether there is a `"""` without a second one.
    pub(super) unclosed_docstring: bool,
    /// Whether there is a conflict of a merge without its further marks.
    pub(super) unclosed_conflict: bool,
    /// Where the second version of a conflict begins and ends.
    pub(super) second_version: Option<(usize, usize)>,
    /// Comments that could be the right operand of a division.
    pub(super) possible_divisions: Vec<PossibleDivision<'a>>,
    /// How many brackets are open in the head of a loop of other languages, `for (i = 0; i < 3; i++)`.
    loop_head: Option<usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
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
                '<' | '|' | '=' | '>' if self.line_start && self.indent == 0 && self.conflict() => {}
                '/' if rest.starts_with("//") && !self.divides() => self.comment(),
                '/' if rest.starts_with("/*") => self.block_comment(),
                '"' if rest.starts_with("\"\"\"") => self.docstring("\"\"\""),
                '\'' if rest.starts_with("'''") => self.docstring("'''"),
                '\'' if self.single_quoted().is_some() => self.single_quotes(),
                '-' if rest.starts_with("-- ") && self.line_start => self.dashes(),
                // Part of a loop that is reported as a whole.
                ';' if self.loop_head.is_some() => self.blank(1),
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
                ';' | '；' => {
                    let place = self.span(self.at, self.at + c.len_utf8());
                    self.out.diagnostics.push(
                        Diagnostic::error(codes::E0105, "the language has no semicolons")
                            .at(place, "`;`")
                            .help("remove it: statements need no terminator")
                            .fix(place, ""),
                    );
                    self.blank(c.len_utf8());
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
                    if c == '(' && self.loop_head.is_none() && self.follows_word("for") {
                        self.loop_head = Some(self.open.len());
                    }
                    self.token(TokenKind::Open(c), 1);
                }
                ')' | ']' | '}' => {
                    self.open.pop();
                    self.loop_head = self.loop_head.filter(|depth| self.open.len() >= *depth);
                    self.token(TokenKind::Close(c), 1);
                }
                c if c.is_ascii_digit() => {
                    let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                    self.token(TokenKind::Number, len);
                }
                c if is_curly_quote(c) => self.curly_quotes(c),
                c if c.is_alphabetic() || c == '_' => self.word(),
                '/' if rest.starts_with("//") => self.token(TokenKind::Punct('/'), 2),
                c => match ascii(c) {
                    Some(text) => self.lookalike(c, text),
                    None => self.token(TokenKind::Punct(c), c.len_utf8()),
                },
            }
        }
    }

    /// Whether the last token is this word, on the current line.
    fn follows_word(&self, word: &str) -> bool {
        !self.line_start
            && self.out.tokens.last().is_some_and(|t| self.text.get(t.start..t.end).is_some_and(|text| text == word))
    }

    /// `-- a comment`, as other languages have it.
    fn dashes(&mut self) {
        let len = line(self.rest()).len();
        let mark = self.span(self.at, self.at + 2);
        self.out.diagnostics.push(
            Diagnostic::error(codes::E0108, "comments begin with `//`, not with `--`")
                .at(mark, "`--`")
                .help("write `//`")
                .fix(mark, "//"),
        );
        self.blank(len);
    }

    pub(super) fn token(&mut self, kind: TokenKind, len: usize) {
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
    pub(super) fn blank(&mut self, len: usize) {
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
            .help(match (text.contains('\n'), len == here) {
                (true, _) => "write `//` before each of its lines",
                (false, true) => "write `//`",
                // Text after the comment on its line would become part of it.
                (false, false) => "put the comment at the end of the line, after `//`",
            });
        if end.is_some() && len == here {
            let inner = text.get(2..len - 2).unwrap_or("").trim();
            fault = fault.fix(self.span(self.at, self.at + len), format!("// {inner}").trim_end().to_owned());
        }
        self.out.diagnostics.push(fault);
        self.blank_lines(text);
    }

    /// Replaces the next text, which may be of several lines, by spaces.
    pub(super) fn blank_lines(&mut self, text: &str) {
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
            self.note_possible_division(body);
        }
        let end = start + body.trim_end().len();
        self.out.comments.push(Comment { start, end, own_line: self.line_start });
        self.blank(len);
    }
}

/// The rest of the line, without the line break.
pub(super) fn line(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or("");
    line.strip_suffix('\r').unwrap_or(line)
}
