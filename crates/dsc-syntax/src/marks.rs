//! Marks and forms of other languages that are reported and read as what was meant.

use super::ast::*;
use super::parse::{Builder, Pair, Rule};
use super::stmts::is_word;
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
        let of_drop = names_behind_drop(item);
        let mut text = String::new();
        let mut at = whole.start;
        for (i, comma) in commas.iter().enumerate() {
            text.push_str(self.source_text(Span { start: at, end: comma.start }));
            text.push_str(if of_drop.iter().any(|(comma, _)| *comma == i) { " drop" } else { "" });
            at = comma.end;
        }
        let mut fault = Diagnostic::error(codes::E0101, format!("{what} are not separated by commas"))
            .at(*first, "not valid here")
            .help(match of_drop.is_empty() {
                true => "remove the commas: entries need no separator",
                false => "write `drop` before every name: entries need no separator",
            })
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
    pub(super) fn matrix_product(&mut self, left: &Expr, at: Span, right: &Expr) {
        let (a, b) = (self.source_text(left.span), self.source_text(right.span));
        let help = match transposed(right).map(|k| self.source_text(k.span)) {
            Some(k) if !a.contains('\n') && !k.contains('\n') => format!(
                "weights of rows for rows are part of `attention({a}, key: {k}, value: .., heads: 1)`; a product with a \
                 matrix is `matmul(x, with: w)`"
            ),
            _ => {
                let written = match a.contains('\n') || b.contains('\n') {
                    true => "matmul(x, with: w)".to_owned(),
                    false => format!("matmul({a}, with: {b})"),
                };
                format!(
                    "a product with a matrix is `{written}`, a layer with a weight of its own `linear(x, out: d)`, the \
                     products of two sequences `attention(..)` or `einsum(..)`"
                )
            }
        };
        self.diagnostics.push(
            Diagnostic::error(codes::E0115, "the language has no `@`")
                .at(at, "not an operator of this language")
                .help(help),
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

    /// The variable of a loop over several: the last of its names where it is the element, as in `(i, x) in
    /// enumerate(xs)` and `(label, x) in xs.items()`, which is read as a loop over `xs`.
    pub(super) fn element_variable(&mut self, names: &Pair<'_>, over: &mut Expr) -> Ident {
        let list = match &over.kind {
            ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
                (ExprKind::Field(xs, name), []) if name.value == "items" => Some((**xs).clone()),
                (ExprKind::Name(name), [xs]) if name == "enumerate" => Some(xs.value.clone()),
                _ => None,
            },
            _ => None,
        };
        let last = names.clone().into_inner().filter(|p| p.as_rule() == Rule::ident).last();
        match (list, last) {
            (Some(list), Some(last)) => {
                *over = list;
                self.ident(&last)
            }
            _ => self.missing_ident(self.span(names)),
        }
    }

    /// Reports `for (let i = 0; i < 3; i++)`, and gives the name that it counts in.
    pub(super) fn mistaken_loop(&mut self, pair: &Pair<'_>) -> Ident {
        let at = self.span(pair);
        let inner = self.source_text(at).trim_start_matches('(').trim_end_matches(')');
        let mut parts = inner.split(';').map(str::trim);
        let (start, end) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let (declared, from) = start.split_once('=').unwrap_or((start, "0"));
        let name = declared.split_whitespace().next_back().unwrap_or("i");
        let range = [("<=", "..="), ("<", "..")].into_iter().find_map(|(mark, dots)| {
            let (left, to) = end.split_once(mark)?;
            (left.trim() == name && !to.trim().is_empty()).then(|| format!("{}{dots}{}", from.trim(), to.trim()))
        });
        let fault =
            Diagnostic::error(codes::E0115, "a loop goes over a range or a list").at(at, "a loop of another language");
        self.diagnostics.push(match range.filter(|_| !inner.contains('\n')) {
            Some(range) => {
                fault.help(format!("write `for {name} in {range} {{ .. }}`")).fix(at, format!("{name} in {range}"))
            }
            None => fault.help("write `for i in 0..n { .. }`"),
        });
        let offset = self.source_text(at).find(name).unwrap_or(0) as u32;
        let place = Span { start: at.start + offset, end: at.start + offset + name.len() as u32 };
        Spanned::new(name.to_owned(), place)
    }

    /// Reports the brackets of `for (l in 0..3)`.
    pub(super) fn bracketed_loop(&mut self, pair: &Pair<'_>) {
        let at = self.span(pair);
        let written = self.source_text(at);
        let inner = written.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(written).trim();
        let fault = Diagnostic::error(codes::E0101, "the head of a loop has no brackets").at(at, "not valid here");
        self.diagnostics.push(match inner.contains('\n') {
            true => fault.help("write `for l in 0..n { .. }`"),
            false => fault.help(format!("write `{inner}`")).fix(at, inner),
        });
    }

    /// Reports `a is b`, and gives the comparison that was meant.
    pub(super) fn identity(&mut self, left: Expr, at: Span, right: Expr) -> Expr {
        let (op, at, right) = match right.kind {
            ExprKind::Unary(UnaryOp::Not, x) => (BinaryOp::Ne, Span { end: x.span.start, ..at }, *x),
            kind => (BinaryOp::Eq, at, Expr { kind, span: right.span }),
        };
        let written = self.source_text(at).trim();
        let gap = if self.source_text(at).ends_with(char::is_whitespace) { " " } else { "" };
        self.diagnostics.push(
            Diagnostic::error(codes::E0115, format!("the language has no `{written}`"))
                .at(at, "not an operator of this language")
                .help(format!("write `{}`", op.symbol()))
                .fix(at, format!("{}{gap}", op.symbol())),
        );
        let span = left.span.to(right.span);
        Expr { kind: ExprKind::Binary(op, Spanned::new((), at), Box::new(left), Box::new(right)), span }
    }

    /// Reports `let (a, b) = ..`, and gives the names.
    pub(super) fn bracketed_names(&mut self, pair: &Pair<'_>) -> Vec<Ident> {
        let at = self.span(pair);
        let idents = pair.clone().into_inner().filter(|p| p.as_rule() == Rule::ident);
        let names: Vec<Ident> = idents.map(|p| self.ident(&p)).collect();
        let written = names.iter().map(|n| n.value.as_str()).collect::<Vec<_>>().join(", ");
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, "the names of several parts have no brackets")
                .at(at, "not valid here")
                .help(format!("write `{written}`"))
                .fix(at, written),
        );
        names
    }

    /// Reports `hyper d = 32` in a variant or recipe, which is read as `set d = 32`.
    pub(super) fn hyper_as_change(&mut self, pair: Pair<'_>, item: &str) -> (Ident, Expr) {
        let span = self.span(&pair);
        let keyword = Span { end: span.start + "hyper".len() as u32, ..span };
        let (mut name, mut value) = (self.missing_ident(span), Expr { kind: ExprKind::Error, span });
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => name = self.ident(&p),
                Rule::mistaken_colon => self.mistaken_mark(&p, "="),
                Rule::expr | Rule::missing => value = self.expr(p),
                _ => {}
            }
        }
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, format!("a {item} declares no hyper"))
                .at(keyword, "a hyper of the file is set with `set`")
                .help(format!("write `set {} = ..`", name.value))
                .fix(keyword, "set"),
        );
        (name, value)
    }

    /// Reports a mark between `output` and its value.
    pub(super) fn mark_of_output(&mut self, pair: &Pair<'_>) {
        let at = self.span(pair);
        let mark = self.source_text(at);
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, format!("unexpected `{mark}` after `output`"))
                .at(at, "not valid here")
                .help("remove it: `output score for y`")
                .fix(at, ""),
        );
    }

    /// Reports a key without quotes, `from audio_feat`, and gives it.
    pub(super) fn bare_key(&mut self, pair: Pair<'_>) -> Option<Spanned<String>> {
        let key = pair.into_inner().find(|p| p.as_rule() == Rule::bare_key)?;
        let span = self.span(&key);
        let written = self.source_text(span);
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, format!("expected a string after `from`, found `{written}`"))
                .at(span, "expected a string")
                .help(format!("write `\"{written}\"`"))
                .fix(span, format!("\"{written}\"")),
        );
        Some(Spanned::new(written.to_owned(), span))
    }
}

/// `k` of `k.T` or `k.transpose(-2, -1)`, as other languages write the transpose of a matrix.
fn transposed(e: &Expr) -> Option<&Expr> {
    match &e.kind {
        ExprKind::Field(x, name) if matches!(name.value.as_str(), "T" | "mT" | "H" | "transpose" | "t") => Some(x),
        ExprKind::Call { callee, .. } => transposed(callee),
        _ => None,
    }
}

/// An operand of a product that was reported, without the transpose that has no meaning here.
pub(super) fn untransposed(e: Expr) -> Expr {
    transposed(&e).cloned().unwrap_or(e)
}

/// `left == right`.
pub(super) fn equality(left: Expr, at: Span, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    let kind = ExprKind::Binary(BinaryOp::Eq, Spanned::new((), at), Box::new(left), Box::new(right));
    Expr { kind, span }
}

/// The names behind commas in `drop a, b, c`, a variant's: the number of the comma in the item, and where the name starts.
pub(super) fn names_behind_drop(item: &Pair<'_>) -> Vec<(usize, usize)> {
    let (mut names, mut commas, mut drops, mut behind_comma) = (Vec::new(), 0, false, false);
    for p in item.clone().into_inner() {
        let comma = p.as_rule() == Rule::entry_comma;
        if !comma {
            let another =
                drops && behind_comma && p.as_rule() == Rule::unreadable_entry && is_word(p.as_str().trim_end());
            if another {
                names.push((commas - 1, p.as_span().start()));
            }
            drops = another || p.as_rule() == Rule::drop_stmt;
        }
        commas += usize::from(comma);
        behind_comma = comma;
    }
    names
}
