//! Marks and forms of other languages that are reported and read as what was meant.

use super::ast::*;
use super::parse::{Builder, Pair, Rule};
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::{Span, Spanned};

impl Builder<'_> {
    /// Reports a mark of another language, for which this one has `ours`: `:` in `epochs: 3`.
    pub(super) fn mistaken_mark(&mut self, pair: &Pair<'_>, ours: &str) {
        let at = self.span(pair);
        let before = self.edited.text.get(..pair.as_span().start()).unwrap_or("");
        let gap = if before.ends_with([' ', '\t']) || matches!(ours, ":" | "::") { "" } else { " " };
        let after = before.trim_end();
        let name = after.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c)).next().unwrap_or("");
        let found = self.source_text(at);
        let found = if found.is_empty() { "{" } else { found };
        let mut fault = Diagnostic::error(codes::E0101, format!("expected `{ours}` after `{name}`, found `{found}`"))
            .at(at, format!("expected `{ours}`"))
            .help(format!("write `{ours}`"));
        fault = fault.fix(at, format!("{gap}{ours}"));
        self.diagnostics.push(fault);
    }

    /// Reports a word or mark of another language where this one has the keyword `ours`, or nothing where it is left out.
    pub(super) fn mistaken_word(&mut self, pair: &Pair<'_>, ours: &str) {
        let start = pair.as_span().start();
        let at = self.span(pair);
        let written = self.source_text(at);
        let rest = self.edited.text.get(start..).unwrap_or("").trim_start();
        let next = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        let found = if written.is_empty() { next } else { written };
        let spaced = |side: Option<char>| if side.is_none_or(char::is_whitespace) { "" } else { " " };
        let before = spaced(self.edited.text.get(..start).unwrap_or("").chars().next_back());
        let behind = match written.is_empty() {
            true => " ",
            false => spaced(self.edited.text.get(start + written.len()..).unwrap_or("").chars().next()),
        };
        let fix = format!("{before}{ours}{behind}");
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, format!("expected `{ours}`, found `{found}`"))
                .at(at, format!("expected `{ours}`"))
                .help(format!("write `{ours}`"))
                .fix(at, fix),
        );
    }

    /// Reports commas between entries, all of one item at once.
    pub(super) fn entry_commas(&mut self, item: &Pair<'_>, what: &str) {
        let commas: Vec<Span> =
            item.clone().into_inner().filter(|p| p.as_rule() == Rule::entry_comma).map(|p| self.span(&p)).collect();
        let (Some(first), Some(last)) = (commas.first(), commas.last()) else { return };
        let whole = first.to(*last);
        let mut text = String::new();
        let mut at = whole.start;
        for comma in &commas {
            text.push_str(self.source_text(Span { start: at, end: comma.start }));
            at = comma.end;
        }
        let mut fault = Diagnostic::error(codes::E0101, format!("{what} are not separated by commas"))
            .at(*first, "not valid here")
            .help("remove the commas: entries need no separator")
            .fix(whole, text);
        for comma in commas.iter().skip(1) {
            fault = fault.because(*comma, "nor here");
        }
        self.diagnostics.push(fault);
    }

    /// Reports an operator of another language, for which this one has `ours`.
    pub(super) fn not_ours(&mut self, span: Span, ours: &str) -> Option<BinaryOp> {
        let wrong = self.source_text(span);
        self.diagnostics.push(
            Diagnostic::error(codes::E0115, format!("the language has no `{wrong}`"))
                .at(span, "not an operator of this language")
                .help(format!("write `{ours}`"))
                .fix(span, ours),
        );
        None
    }

    /// Reports `a @ b`. What was meant depends on `b`: a weight, or another sequence.
    pub(super) fn matrix_product(&mut self, left: Span, at: Span, right: Span) {
        let (a, b) = (self.source_text(left), self.source_text(right));
        let written = match a.contains('\n') || b.contains('\n') {
            true => "matmul(x, with: w)".to_owned(),
            false => format!("matmul({a}, with: {b})"),
        };
        self.diagnostics.push(
            Diagnostic::error(codes::E0115, "the language has no `@`").at(at, "not an operator of this language").help(
                format!(
                    "a product with a matrix is `{written}`, a layer with a weight of its own `linear(x, out: d)`, the \
                         products of two sequences `attention(..)` or `einsum(..)`"
                ),
            ),
        );
    }

    /// Reports `=` in a condition, which is read as `==`.
    pub(super) fn mistaken_equal(&mut self, pair: &Pair<'_>) -> Span {
        let span = self.span(pair);
        self.diagnostics.push(
            Diagnostic::error(codes::E0115, "`=` compares nothing: it gives a name its value")
                .at(span, "expected `==`")
                .help("write `==`")
                .fix(span, "=="),
        );
        span
    }

    /// Conditions in the order of the text: `a == b`, also where it is written `a = b`.
    pub(super) fn conditions<'i>(&mut self, pairs: impl Iterator<Item = Pair<'i>>) -> Vec<Expr> {
        let (mut found, mut compared): (Vec<Expr>, _) = (Vec::new(), None);
        for p in pairs {
            match p.as_rule() {
                Rule::expr | Rule::missing => {
                    let e = self.expr(p);
                    match compared.take().and_then(|at| Some((at, found.pop()?))) {
                        Some((at, left)) => found.push(equality(left, at, e)),
                        None => found.push(e),
                    }
                }
                Rule::mistaken_equal => compared = Some(self.mistaken_equal(&p)),
                _ => {}
            }
        }
        found
    }

    /// Reports a missing comma before an argument or parameter.
    pub(super) fn missing_comma(&mut self, pair: &Pair<'_>) {
        let start = pair.as_span().start();
        let before = self.edited.text.get(..start).unwrap_or("").trim_end().len();
        let word = pair.clone().into_inner().next().map_or("", |w| w.as_str());
        if self.reported_at != Some(start) {
            self.diagnostics.push(
                Diagnostic::error(codes::E0101, format!("missing comma before `{word}`"))
                    .at(self.span_at(before, before), "expected `,`")
                    .help("separate them with `,`")
                    .fix(self.span_at(before, before), ","),
            );
        }
    }

    /// Reports `hyper d: int = 3`.
    pub(super) fn typed_hyper(&mut self, pair: &Pair<'_>) {
        let span = self.span(pair);
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, "a hyper has no declared type")
                .at(span, "not valid here")
                .help("remove it: the default decides whether it is a number, a flag or a string")
                .fix(span, ""),
        );
    }

    /// Reports a parameter whose name is a keyword. Its uses in the block are not reported again.
    pub(super) fn keyword_parameter(&mut self, name: &Ident) {
        self.keyword_names.insert(name.value.clone());
        self.diagnostics.push(
            Diagnostic::error(codes::E0114, format!("expected a name, found the keyword `{}`", name.value))
                .at(name.span, "a keyword")
                .help(format!("choose another name, such as `{}_`", name.value)),
        );
    }

    /// Reports `10%`.
    pub(super) fn percentage(&mut self, pair: Pair<'_>) {
        let span = self.span(&pair);
        let number = pair.into_inner().next().map(|p| self.number(&p).kind);
        let share = match number {
            Some(ExprKind::Int(n)) => Some(n as f64 / 100.0),
            Some(ExprKind::Float(x)) => Some(x / 100.0),
            _ => None,
        };
        let written = share.map(|share| format!("{share} fraction"));
        let fault = Diagnostic::error(codes::E0115, "the language has no percentages").at(span, "`%` is the remainder");
        self.diagnostics.push(match written {
            Some(written) => fault.help(format!("write `{written}`")).fix(span, written),
            None => fault.help("write a part of the whole: `0.1 fraction`"),
        });
    }

    /// A change without its keyword, `d = 16`, is a `set` if the file has such a hyper, and a `let` otherwise.
    pub(super) fn bare_change(&mut self, name: Ident, value: Expr, span: Span) -> Change {
        let hyper = self.declared("hyper", &name.value);
        if !hyper && !self.declared("let", &name.value) && !self.declared("var", &name.value) {
            self.diagnostics.push(
                Diagnostic::error(codes::E0101, format!("unexpected `{}`", name.value))
                    .at(name.span, "neither a hyper nor a `let` of the file")
                    .help(
                        "a variant holds `set`, `let`, `drop`, `loss`, `block` and `input`; training settings are entries \
                         of a recipe",
                    ),
            );
            return Change::Error(span);
        }
        let keyword = if hyper { "set" } else { "let" };
        let at = Span { end: name.span.start, ..name.span };
        let written = self.source_text(value.span);
        let whole = format!("{keyword} {} = {written}", name.value);
        let what = if hyper { "a hyper is set with `set`" } else { "a value is replaced with `let`" };
        let mut fault = Diagnostic::error(codes::E0101, format!("missing `{keyword}` before `{}`", name.value))
            .at(name.span, what)
            .help(format!("write `{keyword} {} = ..`", name.value));
        let between = self.source_text(Span { start: name.span.end, end: value.span.start });
        fault = match between.trim() {
            "=" => fault.fix(at, format!("{keyword} ")),
            _ if written.contains('\n') => fault,
            _ => fault.fix(span, whole),
        };
        self.diagnostics.push(fault);
        if hyper { Change::Set { name, value, span } } else { Change::Let { name, value, span } }
    }

    /// Reports `loss x += e`, which is read as a loss.
    pub(super) fn loss_step(&mut self, pair: &Pair<'_>) {
        let at = self.span(pair);
        let written = self.source_text(at);
        self.diagnostics.push(
            Diagnostic::error(codes::E0115, format!("a loss is given once, without `{written}`"))
                .at(at, "expected `=`")
                .help("give each term a name of its own, `loss NAME = ..`: losses are added up")
                .fix(at, "="),
        );
    }

    /// Reports `for (i, x) in xs`. Its names are not known in the body; that they are missing there has this cause.
    pub(super) fn several_variables(&mut self, pair: &Pair<'_>) {
        let at = self.span(pair);
        self.record_skipped(pair.as_str());
        self.diagnostics.push(
            Diagnostic::error(codes::E0115, "a loop has one variable")
                .at(at, "several names")
                .help("write `for x in xs { .. }`, or `for i in 0..len(xs) { .. }` and `xs[i]`"),
        );
    }
}

/// `left == right`.
pub(super) fn equality(left: Expr, at: Span, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    let kind = ExprKind::Binary(BinaryOp::Eq, Spanned::new((), at), Box::new(left), Box::new(right));
    Expr { kind, span }
}
