//! Text that comes from files, made safe to print: control characters are shown instead of sent to the terminal.

use super::{Diagnostic, Label};
use crate::source::SourceMap;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal or an editor acts on `c` instead of showing it: control characters (ESC starts the sequences that move the
/// cursor, recolour, or set the clipboard) and the Unicode characters that reorder the text around them. `next` is the character
/// behind it, since a carriage return at the end of a line is part of the line end.
fn is_active(c: char, next: Option<char>) -> bool {
    match c {
        '\n' | '\t' => false,
        '\r' => next != Some('\n'),
        '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

/// Replaces every active character by what `shown` writes for it.
fn replaced<'t>(text: &'t str, shown: impl Fn(char, &mut String)) -> Cow<'t, str> {
    let next = |at: usize, c: char| text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
    if !text.char_indices().any(|(at, c)| is_active(c, next(at, c))) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match is_active(c, next(at, c)) {
            true => shown(c, &mut out),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The text with control characters as escapes, `\x1b` and `\u{202e}`; line feeds and tabs stay.
///
/// ```
/// use dsc_syntax::diag::printable;
/// assert_eq!(printable("id \u{1b}[31mred"), r"id \x1b[31mred");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    replaced(text, |c, out| {
        // Writing to a String cannot fail.
        let _ = match u32::from(c) {
            n @ 0..=0xff => write!(out, "\\x{n:02x}"),
            n => write!(out, "\\u{{{n:x}}}"),
        };
    })
}

/// The same for a JSON text. JSON escapes the characters below U+0020 by itself; the others can occur within strings only, where
/// `\u009b` is the same value.
pub fn printable_json(text: &str) -> Cow<'_, str> {
    replaced(text, |c, out| {
        let _ = write!(out, "\\u{:04x}", u32::from(c));
    })
}

/// The same with a mark of equal length in bytes, so that spans into the text stay valid.
fn marked(text: &str) -> Cow<'_, str> {
    replaced(text, |c, out| {
        out.push(match c.len_utf8() {
            1 => '?',
            2 => '\u{bf}',
            _ => '\u{fffd}',
        });
    })
}

/// Sources whose names and excerpts can be printed. Spans mean the same places.
pub(super) fn printable_sources(sources: &SourceMap) -> SourceMap {
    let mut shown = SourceMap::new();
    for (_, file) in sources.files() {
        shown.add(printable(&file.name), marked(&file.text));
    }
    shown
}

/// A diagnostic whose words can be printed.
pub(super) fn printable_diagnostic(of: &Diagnostic) -> Diagnostic {
    let label = |l: &Label| Label { span: l.span, text: printable(&l.text).into_owned() };
    Diagnostic {
        message: printable(&of.message).into_owned(),
        primary: of.primary.as_ref().map(label),
        secondary: of.secondary.iter().map(label).collect(),
        help: of.help.as_deref().map(|help| printable(help).into_owned()),
        ..of.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::codes::syntax::E0101;
    use super::super::{Format, render};
    use super::*;
    use crate::source::Span;

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(printable("plain\ttext\nin lines\r\n"), "plain\ttext\nin lines\r\n");
        assert_eq!(printable("a\rb"), "a\\x0db");
        assert_eq!(printable("\u{1b}]0;t\u{7}\u{7f}\u{9b}2J"), "\\x1b]0;t\\x07\\x7f\\x9b2J");
        assert_eq!(printable("x\u{202e}y 好"), "x\\u{202e}y 好");
        let value = serde_json::json!({ "id": "a\u{1b}\u{9b}\u{202e}" });
        let text = printable_json(&value.to_string()).into_owned();
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn places_in_an_excerpt_stay() {
        let text = "let \u{1b}[2Ja\u{9b}\u{202e} = wrong\n";
        let mut sources = SourceMap::new();
        let file = sources.add("m\u{1b}.dsl", text);
        assert_eq!(sources.file(file).unwrap().base, 0);
        let at = text.find("wrong").unwrap();
        let shown = printable_sources(&sources);
        assert_eq!(shown.text(Span::new(at, at + 5)), Some("wrong"));
        let fault = Diagnostic::error(E0101, "no `\u{1b}[1m`").at(Span::new(at, at + 5), "here\u{7}").help("\u{1b}c");
        for format in [Format::Full, Format::Concise, Format::Json] {
            let text = render(std::slice::from_ref(&fault), &sources, format, false);
            assert!(text.chars().all(|c| c == '\n' || !is_active(c, None)), "{format:?}: {text:?}");
        }
    }
}
