//! `//`: whether it divides or begins a comment, and comments that could be read as a division.

use super::scan::{Scanner, Token, TokenKind, line};
use crate::diag::{Diagnostic, codes::syntax as codes};
use std::collections::BTreeSet;

/// A comment, or the part of one before another comment, that reads as the right operand of a division.
pub(super) struct PossibleDivision<'a> {
    /// Offset of its `//`.
    start: usize,
    end: usize,
    /// The names in it.
    names: Vec<&'a str>,
}

impl<'a> Scanner<'a> {
    /// Notes that the comment `body` at the current position could be a division. What follows another mark of a comment
    /// is left out: `// 2   // half the width`.
    pub(super) fn note_possible_division(&mut self, body: &'a str) {
        // Enough for any real comment; keeps the scan linear.
        const CUTS: usize = 4;
        let inner = body.get(2..).unwrap_or("");
        let marks = |mark: &'static str| inner.match_indices(mark).map(|(i, _)| i).take(CUTS);
        let cuts = marks("//").chain(marks("#")).chain(marks("/*")).chain([inner.len()]);
        for cut in cuts {
            let operand = inner.get(..cut).unwrap_or("");
            let mut names = Vec::new();
            if arithmetic(operand, &mut names).is_some_and(|rest| rest.trim().is_empty()) && self.may_divide(&names) {
                let end = self.at + 2 + operand.trim_end().len();
                self.possible_divisions.push(PossibleDivision { start: self.at, end, names });
            }
        }
    }

    /// Whether the previous token ends an operand, so that an operator may follow.
    pub(super) fn after_operand(&self) -> bool {
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
    pub(super) fn after_two_spaces(&self) -> bool {
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
    pub(super) fn divides(&self) -> bool {
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
    pub(super) fn report_possible_divisions(&mut self) {
        let mut names = BTreeSet::new();
        let mut previous = "";
        for t in &self.out.tokens {
            let word = self.text.get(t.start..t.end).unwrap_or("");
            if t.kind == TokenKind::Word && matches!(previous, "hyper" | "let" | "var" | "for") {
                names.insert(word);
            }
            previous = word;
        }
        let mut reported = None;
        for found in std::mem::take(&mut self.possible_divisions) {
            let PossibleDivision { start, end, names: used } = found;
            if reported != Some(start) && used.iter().all(|n| names.contains(n)) {
                reported = Some(start);
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
        let operators = ["**", "^", "//", "==", "!=", "<=", ">=", "*", "/", "+", "-", "%", "<", ">", "and ", "or "];
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
