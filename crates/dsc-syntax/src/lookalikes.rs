//! Characters of other keyboards and of word processors that look like the marks of the language.

use super::scan::{Edit, Scanner, TokenKind};
use crate::diag::{Diagnostic, codes::syntax as codes};

/// What was meant by a character that is not ASCII.
pub(super) fn ascii(c: char) -> Option<&'static str> {
    Some(match c {
        '，' | '、' => ",",
        '：' => ":",
        '（' => "(",
        '）' => ")",
        '［' | '【' => "[",
        '］' | '】' => "]",
        '｛' => "{",
        '｝' => "}",
        '＝' => "=",
        '＋' => "+",
        '＊' | '×' | '·' | '∗' => "*",
        '÷' | '∕' => "/",
        '−' | '–' | '—' | '－' => "-",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '→' | '⇒' => "|>",
        '…' => "..",
        _ => return None,
    })
}

impl Scanner<'_> {
    /// A character that was meant as `text`, and is parsed as that.
    pub(super) fn lookalike(&mut self, c: char, text: &'static str) {
        let place = self.span(self.at, self.at + c.len_utf8());
        self.out.diagnostics.push(
            Diagnostic::error(codes::E0101, format!("unexpected character `{c}` (U+{:04X})", u32::from(c)))
                .at(place, "not ASCII")
                .help(format!("write `{text}`"))
                .fix(place, text),
        );
        self.out.edits.push(Edit { start: self.at, end: self.at + c.len_utf8(), text: text.to_owned() });
        let kind = match text {
            "(" | "[" | "{" => TokenKind::Open(text.chars().next().unwrap_or(c)),
            ")" | "]" | "}" => TokenKind::Close(text.chars().next().unwrap_or(c)),
            _ => TokenKind::Punct(text.chars().next().unwrap_or(c)),
        };
        match kind {
            TokenKind::Open(open) => self.open.push(open),
            TokenKind::Close(_) => drop(self.open.pop()),
            _ => {}
        }
        self.token(kind, c.len_utf8());
    }
}
