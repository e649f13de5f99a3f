//! Indices of other languages: `x[0:4]`, `x[:, 0]`.

use super::parse::{Builder, Pair};
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::Span;

impl Builder<'_> {
    /// Reports an index `[..]` of `of` with a slice in it. Whether there is one.
    pub(super) fn slice(&mut self, index: &Pair<'_>, of: Span, whole: Span) -> bool {
        let text = index.as_str().trim_end();
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or("");
        let pieces = split(inner);
        let Some(colon) = pieces.iter().find(|p| p.text.contains(':')) else { return false };
        let start = index.as_span().start() + 1 + colon.at + colon.text.find(':').unwrap_or(0);
        let place = self.span_at(start, start + 1);
        let (receiver, indices) = (self.source_text(of), pieces.iter().map(|p| p.text.trim()).collect::<Vec<_>>());
        let fault = Diagnostic::error(codes::E0115, "the language has no slices `x[a:b]`")
            .at(place, "slices are not supported");
        let written = instead(receiver, &indices).filter(|w| !w.contains('\n'));
        self.diagnostics.push(match written {
            Some(written) => fault.help(format!("write `{written}`")).fix(whole, written),
            None => fault.help(
                "rows are `take(x, rows: 1)` and `skip(x, rows: 1)`, entries of the last axis \
                 `slice(x, from: 0, to: 1)`, elements of a list `[x[0], x[1]]`",
            ),
        });
        true
    }
}

/// A part of an index between commas, and where it begins.
struct Piece<'a> {
    text: &'a str,
    at: usize,
}

/// The parts between commas that are in no brackets; a colon in brackets is part of an argument and left out.
fn split(inner: &str) -> Vec<Piece<'_>> {
    if inner.contains(['(', '[', '{', '"']) {
        return Vec::new();
    }
    let mut at = 0;
    let piece = |text: &'_ str| {
        let here = at;
        at += text.len() + 1;
        here
    };
    let places: Vec<usize> = inner.split(',').map(piece).collect();
    inner.split(',').zip(places).map(|(text, at)| Piece { text, at }).collect()
}

/// The same rows of `x` in this language, where that is clear.
fn instead(x: &str, indices: &[&str]) -> Option<String> {
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut rest = indices;
    // The first axis of other languages is that of the batch.
    if let [":", inner @ ..] = rest
        && !inner.is_empty()
    {
        rest = inner;
    }
    while let [inner @ .., ":"] = rest
        && !inner.is_empty()
    {
        rest = inner;
    }
    let [one] = rest else { return None };
    let Some((from, to)) = one.split_once(':') else {
        let number = one.strip_prefix('-').unwrap_or(one);
        return (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then(|| format!("{x}[{one}]"));
    };
    match (from.trim(), to.trim()) {
        ("", "") => Some(x.to_owned()),
        ("" | "0", to) if plain(to) => Some(format!("take({x}, rows: {to})")),
        (from, "") if plain(from) => Some(format!("skip({x}, rows: {from})")),
        (from, to) if plain(from) && plain(to) => Some(format!("skip(take({x}, rows: {to}), rows: {from})")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_as_far_as_it_is_clear_which() {
        for (indices, expected) in [
            (&["0:4"][..], Some("take(x, rows: 4)")),
            (&[":n"], Some("take(x, rows: n)")),
            (&["1:"], Some("skip(x, rows: 1)")),
            (&["1:5"], Some("skip(take(x, rows: 5), rows: 1)")),
            (&[":", "0", ":"], Some("x[0]")),
            (&[":", "-1"], Some("x[-1]")),
            (&["0", ":"], Some("x[0]")),
            (&[":"], Some("x")),
            (&["::2"], None),
            (&[":-1"], None),
            (&[":", ":", "4:8"], None),
        ] {
            assert_eq!(instead("x", indices).as_deref(), expected, "{indices:?}");
        }
    }
}
