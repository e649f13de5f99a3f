//! Bracket matching: open brackets are closed before the next statement or item, unmatched closing brackets are removed,
//! and the nesting depth is limited. Afterwards all brackets are balanced.

use super::openings::{Opening, Tokens};
use super::scan::{Edit, Scan, Token, TokenKind};
use crate::diag::{Diagnostic, codes::syntax as codes, did_you_mean};
use crate::source::Span;

/// Maximum nesting depth of brackets. At this depth an unoptimised parser uses half of a 2 MiB stack.
pub(super) const MAX_DEPTH: usize = 64;

/// The keywords that begin an item.
pub(super) const ITEM_WORDS: [&str; 9] =
    ["use", "hyper", "input", "label", "block", "model", "variant", "recipe", "expect"];

/// The keywords that begin a statement and cannot begin an expression.
pub(super) const STATEMENT_WORDS: [&str; 7] = ["let", "var", "for", "output", "companions", "loss", "reveal"];

/// Adds the edits to `scan` that balance the brackets and correct misspelt item keywords. Returns false if the file is
/// nested too deeply to be parsed.
pub(super) fn balance(text: &str, base: usize, scan: &mut Scan) -> bool {
    let tokens = std::mem::take(&mut scan.tokens);
    let unclosed = items_with_open_braces(text, &tokens);
    let mut openings = missing_openings(&Tokens { text, base, tokens: &tokens }, &unclosed).into_iter().peekable();
    let mut b = Balancer { text, base, scan, open: Vec::new(), previous: None, item: "", unclosed: false };
    let mut deep = false;
    for (i, token) in tokens.iter().enumerate() {
        if let Ok(at) = unclosed.binary_search_by_key(&i, |(start, _)| *start) {
            b.unclosed = unclosed.get(at).is_some_and(|(_, unclosed)| *unclosed);
        }
        if let Some(opening) = openings.next_if(|o| o.body == i) {
            b.open_missing(opening);
        }
        b.step(token, tokens.get(i + 1));
        if b.open.len() > MAX_DEPTH {
            b.scan.diagnostics.push(
                Diagnostic::error(codes::E0111, format!("brackets are nested more than {MAX_DEPTH} deep"))
                    .at(b.span(token), "too deep; the rest of the file is not parsed")
                    .help("name inner parts with `let`, or move them into blocks"),
            );
            deep = true;
            break;
        }
    }
    if !deep {
        while !b.open.is_empty() {
            b.close_innermost("the end of the file");
        }
    }
    scan.tokens = tokens;
    !deep
}

/// The items that begin in the first column: the index of their first token, and whether they lack a closing brace.
fn items_with_open_braces(text: &str, tokens: &[Token]) -> Vec<(usize, bool)> {
    let mut items = vec![(0, false)];
    let (mut depth, mut item) = (0_usize, "");
    for (i, t) in tokens.iter().enumerate() {
        let word = text.get(t.start..t.end).unwrap_or("");
        match t.kind {
            TokenKind::Word if t.first && t.indent == 0 && begins_item(word, item) && named(tokens.get(i + 1)) => {
                if let Some(last) = items.last_mut() {
                    last.1 = depth > 0;
                }
                items.push((i, false));
                (depth, item) = (0, word);
            }
            TokenKind::Open('{') => depth += 1,
            TokenKind::Close('}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if let Some(last) = items.last_mut() {
        last.1 = depth > 0;
    }
    items
}

/// Bodies of items that lack their opening brace, in the order of the file.
fn missing_openings(tokens: &Tokens<'_>, items: &[(usize, bool)]) -> Vec<Opening> {
    let ends = items.iter().skip(1).map(|(start, _)| *start).chain([tokens.tokens.len()]);
    items.iter().zip(ends).filter_map(|((start, _), end)| tokens.opening(*start, end)).collect()
}

/// Whether a word in the first column begins an item. In a variant, `block` and `input` may also begin a change.
fn begins_item(word: &str, item: &str) -> bool {
    ITEM_WORDS.contains(&word) && !(item == "variant" && matches!(word, "block" | "input"))
}

/// Whether the token after a keyword is the name of a statement or item.
fn named(next: Option<&Token>) -> bool {
    next.is_some_and(|n| !n.first && matches!(n.kind, TokenKind::Word | TokenKind::Str))
}

struct Balancer<'a> {
    text: &'a str,
    base: usize,
    scan: &'a mut Scan,
    open: Vec<OpenBracket>,
    previous: Option<Token>,
    /// Keyword of the current item.
    item: &'a str,
    /// Whether the current item lacks a closing brace.
    unclosed: bool,
}

/// An open bracket.
#[derive(Clone, Copy)]
struct OpenBracket {
    token: Token,
    /// For a brace: whether its body begins on the same line, or on a later line with more indentation than the line of
    /// the brace. If so, a line with no more indentation than the line of the brace shows that the body has ended.
    indented: bool,
    /// Whether it was added with a report, which its closing bracket needs no more.
    added: bool,
}

impl std::ops::Deref for OpenBracket {
    type Target = Token;
    fn deref(&self) -> &Token {
        &self.token
    }
}

impl<'a> Balancer<'a> {
    fn span(&self, t: &Token) -> Span {
        Span::new(self.base + t.start, self.base + t.end)
    }

    fn word(&self, t: &Token) -> &'a str {
        self.text.get(t.start..t.end).unwrap_or("")
    }

    fn step(&mut self, t: &Token, next: Option<&Token>) {
        match t.kind {
            TokenKind::Word if self.is_return(t, next) => {
                let fault = Diagnostic::error(codes::E0115, "the language has no `return`")
                    .at(self.span(t), "not a keyword of this language");
                // A model has no value; there the expression is parsed as the value of an unused `let`.
                let (fault, text) = if self.item == "model" && self.open.len() == 1 {
                    (fault.help("a model declares what it predicts: `output score for y`"), "let _ =".to_owned())
                } else {
                    let value = next.map_or(t.end, |n| n.start);
                    let fault = fault
                        .help("remove it: the value of a body is its last expression")
                        .fix(Span::new(self.base + t.start, self.base + value), "");
                    (fault, " ".repeat(t.end - t.start))
                };
                self.scan.diagnostics.push(fault);
                self.scan.edits.push(Edit { start: t.start, end: t.end, text });
            }
            TokenKind::Word if t.first => self.line_word(t, next),
            TokenKind::Punct('-')
                if self.ends_parameters() && next.is_some_and(|n| n.kind == TokenKind::Punct('>')) =>
            {
                while !self.open.is_empty() {
                    self.close_innermost("this `->`");
                }
            }
            TokenKind::Open('{') if self.ends_parameters() => {
                while !self.open.is_empty() {
                    self.close_innermost("this `{`");
                }
                self.open_bracket(t, next);
            }
            TokenKind::Open(_) => self.open_bracket(t, next),
            TokenKind::Close(c) => self.close(t, c),
            _ => {}
        }
        self.previous = Some(*t);
    }

    /// Whether the header of a block has open brackets, and the previous token ends the type of a parameter: a result type
    /// or the body that follows shows that closing brackets are missing.
    fn ends_parameters(&self) -> bool {
        self.item == "block"
            && !self.open.is_empty()
            && self.open.iter().all(|o| o.kind != TokenKind::Open('{'))
            && self.previous.is_some_and(|p| matches!(p.kind, TokenKind::Close(_)))
    }

    fn open_bracket(&mut self, t: &Token, next: Option<&Token>) {
        let indented = next.is_some_and(|n| !n.first || n.indent > t.indent);
        self.open.push(OpenBracket { token: *t, indented, added: false });
    }

    /// Adds a brace that is missing before a body, and reports it.
    fn open_missing(&mut self, opening: Opening) {
        let (start, end) = opening.place;
        let kind = TokenKind::Open('{');
        let token = Token { kind, start, end: end.max(start), first: false, indent: opening.indent };
        let indented = true;
        self.open.push(OpenBracket { token, indented, added: !opening.closed });
        self.scan.diagnostics.push(opening.fault);
        self.scan.edits.push(Edit { start, end, text: " {".into() });
    }

    /// Whether a word is a `return` statement: it begins a line or body, and a value follows after a space.
    fn is_return(&self, t: &Token, next: Option<&Token>) -> bool {
        self.word(t) == "return"
            && self.open.last().is_some_and(|o| o.kind == TokenKind::Open('{'))
            && (t.first || self.previous.is_some_and(|p| p.kind == TokenKind::Open('{')))
            && next.is_some_and(|n| {
                let value = matches!(n.kind, TokenKind::Word | TokenKind::Number | TokenKind::Str | TokenKind::Open(_));
                !n.first && n.start > t.end && value
            })
    }

    /// A word at the start of a line may show that closing brackets are missing, or be a misspelt item keyword.
    fn line_word(&mut self, t: &Token, next: Option<&Token>) {
        let word = self.word(t);
        let named = named(next);
        let item = ITEM_WORDS.contains(&word) && named;
        if item && t.indent == 0 && begins_item(word, self.item) {
            while !self.open.is_empty() {
                self.close_innermost(&format!("this `{word}`"));
            }
        } else if (STATEMENT_WORDS.contains(&word) || ITEM_WORDS.contains(&word)) && named {
            while self.open.last().is_some_and(|o| o.kind != TokenKind::Open('{')) || self.ends_before(t) {
                self.close_innermost(&format!("this `{word}`"));
            }
        } else if word == "else" {
            // It may continue after one body.
            if self.ends_before(t) {
                self.close_innermost("this `else`");
            }
        } else if !matches!(word, "where" | "in" | "from" | "or" | "and" | "at") {
            while self.ends_before(t) {
                self.close_innermost(&format!("this `{word}`"));
            }
        }
        if !self.open.is_empty() {
            return;
        }
        if item {
            self.item = word;
        } else if named
            && t.indent == 0
            && !STATEMENT_WORDS.contains(&word)
            && !matches!(word, "where" | "in" | "from" | "or" | "and" | "at" | "not")
            && let Some(meant) = did_you_mean(word, ITEM_WORDS).or_else(|| self.imports(t, word))
        {
            self.scan.diagnostics.push(
                Diagnostic::error(codes::E0107, format!("unknown item `{word}`"))
                    .at(self.span(t), "not an item keyword")
                    .help(format!("did you mean `{meant}`?")),
            );
            // A replaced non-ASCII letter may already have an edit here.
            self.scan.edits.retain(|e| e.start != t.start);
            self.scan.edits.push(Edit { start: t.start, end: t.end, text: meant.to_owned() });
            self.item = meant;
        }
    }

    /// What `import std::{Linear}` is read as.
    fn imports(&self, t: &Token, word: &str) -> Option<&'static str> {
        let line = self.text.get(t.end..)?.lines().next()?;
        (word == "import" && line.contains("::")).then_some("use")
    }

    /// Whether the item lacks a closing brace and, judging by indentation, the innermost body ends before the line that
    /// `t` begins. If no brace is missing, indentation is ignored.
    fn ends_before(&self, t: &Token) -> bool {
        self.unclosed
            && self.open.len() > 1
            && self.open.last().is_some_and(|o| o.kind == TokenKind::Open('{') && o.indented && t.indent <= o.indent)
    }

    fn close(&mut self, t: &Token, c: char) {
        // A brace at the indentation of an outer opening brace shows that the inner closing braces are missing.
        if c == '}' && t.first {
            while self.open.len() > 1
                && self.open.last().is_some_and(|o| o.indent > t.indent)
                && self.open.iter().rev().skip(1).any(|o| o.indent == t.indent && o.kind == TokenKind::Open('{'))
            {
                self.close_innermost("this `}`");
            }
        }
        let Some(top) = self.open.last().copied() else {
            self.scan.diagnostics.push(
                Diagnostic::error(codes::E0104, format!("unmatched closing bracket `{c}`"))
                    .at(self.span(t), "no open bracket")
                    .help("remove it, or open the bracket it belongs to"),
            );
            self.scan.edits.push(Edit { start: t.start, end: t.end, text: " ".into() });
            return;
        };
        if top.kind == TokenKind::Open(opener(c)) {
            self.open.pop();
        } else if self.open.iter().any(|o| o.kind == TokenKind::Open(opener(c)))
            && (c == '}' || top.kind != TokenKind::Open('{'))
        {
            while self.open.last().is_some_and(|o| o.kind != TokenKind::Open(opener(c))) {
                self.close_innermost(&format!("this `{c}`"));
            }
            self.open.pop();
        } else if let TokenKind::Open(o) = top.kind
            && o != '{'
            && c != '}'
        {
            let right = closer(o);
            self.scan.diagnostics.push(
                Diagnostic::error(codes::E0104, format!("mismatched brackets: `{o}` is closed by `{c}`"))
                    .at(self.span(t), format!("expected `{right}`"))
                    .because(self.span(&top), "opened here")
                    .help(format!("write `{right}`"))
                    .fix(self.span(t), right.to_string()),
            );
            self.scan.edits.push(Edit { start: t.start, end: t.end, text: right.to_string() });
            self.note_repaired(&top, t.end);
            self.open.pop();
        } else {
            self.scan.diagnostics.push(
                Diagnostic::error(codes::E0104, format!("unmatched closing bracket `{c}`"))
                    .at(self.span(t), format!("no open `{}`", opener(c)))
                    .because(self.span(&top), "innermost open bracket")
                    .help("remove it, or open the bracket it belongs to"),
            );
            self.scan.edits.push(Edit { start: t.start, end: t.end, text: " ".into() });
        }
    }

    /// Closes the innermost bracket after the previous token and reports it as unclosed.
    fn close_innermost(&mut self, before: &str) {
        let Some(top) = self.open.pop() else { return };
        let TokenKind::Open(o) = top.kind else { return };
        let right = closer(o);
        let at = self.previous.map_or(top.end, |p| p.end);
        if top.added {
            self.scan.edits.push(Edit { start: at, end: at, text: right.to_string() });
            return;
        }
        self.scan.diagnostics.push(
            Diagnostic::error(codes::E0103, format!("`{o}` is not closed before {before}"))
                .at(self.span(&top), "opened here")
                .because(Span::new(self.base + at, self.base + at), format!("expected `{right}` here at the latest"))
                .help(format!("add `{right}`")),
        );
        self.scan.edits.push(Edit { start: at, end: at, text: right.to_string() });
        if o != '{' {
            self.note_repaired(&top, at);
        }
    }

    /// Notes that a bracket was closed at `at` by what the text does not have.
    fn note_repaired(&mut self, top: &Token, at: usize) {
        // Enough for any real line and file; keeps this and the search for a place linear.
        const REACH: usize = 512;
        const MOST: usize = 256;
        if self.scan.repaired.len() < MOST {
            let from = (top.start.saturating_sub(REACH)..=top.start).find(|i| self.text.is_char_boundary(*i));
            let from = from.unwrap_or(top.start);
            let before = self.text.get(from..top.start).unwrap_or("");
            let line = before.rfind('\n').map_or(from, |i| from + i + 1);
            self.scan.repaired.push(Span::new(self.base + line, self.base + at));
        }
    }
}

fn opener(c: char) -> char {
    match c {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

fn closer(c: char) -> char {
    match c {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}
