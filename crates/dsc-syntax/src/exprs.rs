//! Expressions: operator precedence for the flat lists that the grammar produces, and a limit on the height of the tree.

use super::ast::*;
use super::marks::{equality, untransposed};
use super::parse::{Builder, Pair, Rule};
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::{Span, Spanned};
use std::iter::Peekable;

/// Maximum height of the tree of an expression, so that no traversal overflows the stack.
const MAX_HEIGHT: usize = 128;

/// An element of the flat list of an expression; an operand has the height of its tree.
enum Term {
    Prefix(UnaryOp, Span),
    Operand(Expr, usize),
    Infix(Infix, Span),
}

#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    Range {
        inclusive: bool,
    },
    Pipe,
    At,
    /// `a @ b`, which has no value.
    MatrixProduct,
}

impl Infix {
    /// Precedence, from 1 (weakest); `not` has 4 and unary `-` has 9.
    fn precedence(self) -> u8 {
        match self {
            Infix::Pipe => 1,
            Infix::Binary(op) => match op {
                BinaryOp::Or => 2,
                BinaryOp::And => 3,
                BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 5,
                BinaryOp::Add | BinaryOp::Sub => 7,
                BinaryOp::Mul | BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Rem => 8,
                BinaryOp::Pow => 10,
            },
            Infix::MatrixProduct => 8,
            Infix::Range { .. } => 6,
            Infix::At => 11,
        }
    }
}

impl Builder<'_> {
    /// An expression, or [`ExprKind::Error`] where one is missing.
    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Expr {
        self.expr_with_height(pair).0
    }

    /// An expression and the height of its tree.
    pub(super) fn expr_with_height(&mut self, pair: Pair<'_>) -> (Expr, usize) {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::missing {
            self.missing(&pair);
            return (Expr { kind: ExprKind::Error, span }, 1);
        }
        let (mut parts, mut lacking) = (Vec::new(), false);
        for p in pair.into_inner() {
            let at = self.span(&p);
            parts.push(match p.as_rule() {
                Rule::neg => Term::Prefix(UnaryOp::Neg, at),
                Rule::not => Term::Prefix(UnaryOp::Not, at),
                Rule::operand => {
                    let (e, h) = self.operand(p);
                    Term::Operand(e, h)
                }
                // `a + + `: what is missing behind that has the same cause.
                Rule::missing => {
                    if !std::mem::replace(&mut lacking, true) {
                        self.missing(&p);
                    }
                    Term::Operand(Expr { kind: ExprKind::Error, span: at }, 1)
                }
                rule => Term::Infix(self.infix(rule, at), at),
            });
        }
        if parts.len() > 2 * MAX_HEIGHT {
            return (self.too_deep(span), 1);
        }
        let mut parts = parts.into_iter().peekable();
        let (expr, height) = self.parse_precedence(&mut parts, 0);
        if height > MAX_HEIGHT { (self.too_deep(span), 1) } else { (expr, height) }
    }

    fn too_deep(&mut self, span: Span) -> Expr {
        self.diagnostics.push(
            Diagnostic::error(codes::E0111, format!("this expression has more than {MAX_HEIGHT} nested operations"))
                .at(span, "too deeply nested")
                .help("name parts of it with `let`"),
        );
        Expr { kind: ExprKind::Error, span }
    }

    fn infix(&mut self, rule: Rule, span: Span) -> Infix {
        Infix::Binary(match rule {
            Rule::pipe => return Infix::Pipe,
            Rule::at => return Infix::At,
            Rule::range => return Infix::Range { inclusive: false },
            Rule::rangeeq => return Infix::Range { inclusive: true },
            Rule::or => BinaryOp::Or,
            Rule::and => BinaryOp::And,
            Rule::equal => BinaryOp::Eq,
            Rule::ne => BinaryOp::Ne,
            Rule::lt => BinaryOp::Lt,
            Rule::le => BinaryOp::Le,
            Rule::gt => BinaryOp::Gt,
            Rule::ge => BinaryOp::Ge,
            Rule::add => BinaryOp::Add,
            Rule::sub => BinaryOp::Sub,
            Rule::mul => BinaryOp::Mul,
            Rule::div => BinaryOp::Div,
            Rule::floordiv => BinaryOp::FloorDiv,
            Rule::rem => BinaryOp::Rem,
            Rule::pow => BinaryOp::Pow,
            Rule::mistaken_pipe => {
                self.not_ours(span, "|>");
                return Infix::Pipe;
            }
            _ => match self.source_text(span) {
                "@" => return Infix::MatrixProduct,
                "||" => self.not_ours(span, "or").unwrap_or(BinaryOp::Or),
                "^" => self.not_ours(span, "**").unwrap_or(BinaryOp::Pow),
                _ => self.not_ours(span, "and").unwrap_or(BinaryOp::And),
            },
        })
    }

    /// Parses operators with a precedence above `min_precedence` (precedence climbing).
    fn parse_precedence(
        &mut self,
        parts: &mut Peekable<impl Iterator<Item = Term>>,
        min_precedence: u8,
    ) -> (Expr, usize) {
        let (mut left, mut height) = match parts.next() {
            Some(Term::Operand(e, h)) => (e, h),
            Some(Term::Prefix(op, span)) => {
                let (inner, h) = self.parse_precedence(parts, if op == UnaryOp::Not { 4 } else { 9 });
                let span = span.to(inner.span);
                (Expr { kind: ExprKind::Unary(op, Box::new(inner)), span }, h + 1)
            }
            // The grammar starts every list with an operand.
            Some(Term::Infix(_, span)) => (Expr { kind: ExprKind::Error, span }, 1),
            None => (Expr { kind: ExprKind::Error, span: Span::NONE }, 1),
        };
        while let Some(Term::Infix(op, at)) =
            parts.next_if(|p| matches!(p, Term::Infix(op, _) if op.precedence() > min_precedence))
        {
            let right_assoc = matches!(op, Infix::Binary(BinaryOp::Pow));
            let (mut right, h) = self.parse_precedence(parts, op.precedence() - u8::from(right_assoc));
            height = height.max(h) + 1;
            if matches!(op, Infix::Binary(BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div)) {
                [&mut left, &mut right].into_iter().for_each(|side| self.loop_as_operand(side));
            }
            let span = left.span.to(right.span);
            let kind = match op {
                // What such operands cannot do has the same cause.
                Infix::Binary(BinaryOp::And | BinaryOp::Or) if matches!(self.source_text(at), "&&" | "||") => {
                    self.misread.push(Span { end: left.span.start, ..left.span });
                    let op = if self.source_text(at) == "||" { BinaryOp::Or } else { BinaryOp::And };
                    ExprKind::Binary(op, Spanned::new((), at), Box::new(left), Box::new(right))
                }
                Infix::Binary(op) => ExprKind::Binary(op, Spanned::new((), at), Box::new(left), Box::new(right)),
                Infix::Range { inclusive } => {
                    ExprKind::Range { start: Box::new(left), end: Box::new(right), inclusive }
                }
                Infix::At => ExprKind::At(Box::new(left), Box::new(right)),
                Infix::Pipe => self.pipe(left, right, at),
                Infix::MatrixProduct => {
                    self.matrix_product(&left, at, &right);
                    ExprKind::Faulty(vec![untransposed(left), untransposed(right)])
                }
            };
            left = Expr { kind, span };
        }
        (left, height)
    }

    /// A `for` in the place of a value, which was reported, is meant for a sum where it is added or multiplied.
    fn loop_as_operand(&mut self, e: &mut Expr) {
        let at = Span { end: e.span.start + "for".len() as u32, ..e.span };
        if !matches!(e.kind, ExprKind::Each { .. }) || self.source_text(at) != "for" {
            return;
        }
        self.diagnostics.replace(super::habits::loop_as_value(at, "sum"));
        if let ExprKind::Each { var, over, body } = std::mem::replace(&mut e.kind, ExprKind::Error) {
            e.kind = ExprKind::Sum { var, over, body };
        }
    }

    /// `left |> right`.
    fn pipe(&mut self, left: Expr, right: Expr, at: Span) -> ExprKind {
        let first = Arg { name: None, spread: false, value: left };
        match right.kind {
            ExprKind::Call { callee, args, .. } => {
                ExprKind::Call { callee, args: std::iter::once(first).chain(args).collect(), piped: true }
            }
            ExprKind::Index(ref x, _) | ExprKind::Field(ref x, _) if begins_with_call(x) => {
                let tail = Span { start: x.span.end, ..right.span };
                let text = self.source_text(tail);
                self.diagnostics.push(
                    Diagnostic::error(codes::E0116, format!("`{text}` belongs to the call, not to the piped value"))
                        .at(tail, "`|>` has the lowest precedence of all operators")
                        .help(format!("put parentheses around the piped part: `(x |> F()){text}`")),
                );
                piped_into_first(first.value, right).kind
            }
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Instance { .. } => {
                ExprKind::Call { callee: Box::new(right), args: vec![first], piped: true }
            }
            ExprKind::Error => ExprKind::Faulty(vec![first.value]),
            ExprKind::Faulty(parts) => ExprKind::Faulty(std::iter::once(first.value).chain(parts).collect()),
            _ => {
                self.diagnostics.push(
                    Diagnostic::error(codes::E0116, "expected a call after `|>`")
                        .at(right.span, "not a call")
                        .because(at, "`|>` has the lowest precedence of all operators")
                        .help("put parentheses around the piped part: `(x |> F()) + y`"),
                );
                piped_into_first(first.value, right).kind
            }
        }
    }

    fn operand(&mut self, pair: Pair<'_>) -> (Expr, usize) {
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return (Expr { kind: ExprKind::Error, span: Span::NONE }, 1) };
        let (mut expr, mut height) = self.primary(first);
        for p in inner {
            let span = expr.span.to(self.span(&p));
            let rule = p.as_rule();
            let kind = match rule {
                Rule::call => {
                    let (args, h) = self.args(p);
                    height = height.max(h);
                    ExprKind::Call { callee: Box::new(expr), args, piped: false }
                }
                Rule::index => {
                    let (at, h) = self.index(p, expr.span, span);
                    height = height.max(h);
                    ExprKind::Index(Box::new(expr), Box::new(at))
                }
                _ => {
                    let name = p.into_inner().next().map(|w| self.ident(&w));
                    let name = name.unwrap_or_else(|| self.missing_ident(span));
                    ExprKind::Field(Box::new(expr), name)
                }
            };
            expr = Expr { kind, span };
            height += 1;
            if height > MAX_HEIGHT {
                return (self.too_deep(span), 1);
            }
        }
        (expr, height)
    }

    /// The index in `x[0]`, and the height of its tree; `of` is `x`.
    fn index(&mut self, pair: Pair<'_>, of: Span, span: Span) -> (Expr, usize) {
        let slice = self.slice(&pair, of, span);
        let (mut parts, mut height, mut whole) = (Vec::new(), 1, !slice);
        for p in pair.into_inner() {
            match p.as_rule() {
                // Text after a slice is part of the same mistake: `x[:, 0]`.
                Rule::unreadable_rest if slice => self.record_skipped(p.as_str()),
                Rule::unreadable_rest => {
                    self.unreadable(&p);
                    whole = false;
                }
                Rule::mistaken_slice => {}
                _ => {
                    let (e, h) = self.expr_with_height(p);
                    parts.push(e);
                    height = height.max(h);
                }
            }
        }
        // Part of a slice, or of what could not be read, is not an index; it is not checked further.
        match parts.pop() {
            Some(at) if whole => (at, height),
            last => {
                parts.extend(last);
                (Expr { kind: ExprKind::Faulty(parts), span }, height + 1)
            }
        }
    }

    fn primary(&mut self, pair: Pair<'_>) -> (Expr, usize) {
        let span = self.span(&pair);
        let mut height = 1;
        let kind = match pair.as_rule() {
            Rule::number => return (self.number(&pair), 1),
            Rule::string => ExprKind::Str(self.string(&pair).value),
            Rule::truth => ExprKind::Bool(pair.as_str() == "true"),
            Rule::ident => ExprKind::Name(self.ident(&pair).value),
            Rule::list | Rule::mistaken_list => {
                if pair.as_rule() == Rule::mistaken_list {
                    self.diagnostics.push(super::habits::list_in_braces(span, pair.as_str()));
                }
                let (args, h) = self.args(pair);
                height = h + 1;
                let element = |a: Arg| Element { label: a.name, spread: a.spread, value: a.value };
                ExprKind::List(args.into_iter().map(element).collect())
            }
            Rule::tuple => {
                let comma = pair.clone().into_inner().any(|p| p.as_rule() == Rule::comma);
                let (mut items, h) = self.expr_list(pair);
                height = h + 1;
                match items.pop() {
                    Some(only) if items.is_empty() && !comma => only.kind,
                    last => {
                        items.extend(last);
                        ExprKind::Tuple(items)
                    }
                }
            }
            Rule::instance => {
                let (mut callee, mut args) = (Expr { kind: ExprKind::Error, span }, Vec::new());
                for p in pair.into_inner() {
                    if p.as_rule() == Rule::capital {
                        let name = self.ident(&p);
                        callee = Expr { kind: ExprKind::Name(name.value), span: name.span };
                    } else if p.as_rule() == Rule::settings {
                        let (a, h) = self.args(p);
                        (args, height) = (a, h + 1);
                    }
                }
                ExprKind::Instance { callee: Box::new(callee), args }
            }
            Rule::each | Rule::sum | Rule::loop_value => {
                let each = pair.as_rule() != Rule::sum;
                let (mut var, mut over) = (self.missing_ident(span), Box::new(Expr { kind: ExprKind::Error, span }));
                let mut body = Box::new(Body { span, ..Body::default() });
                let mut several = None;
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::ident => var = self.ident(&p),
                        Rule::mistaken_each => {
                            let at = self.span(&p);
                            self.diagnostics.push(super::habits::loop_as_value(at, "each"));
                        }
                        Rule::mistaken_vars => {
                            self.several_variables(&p);
                            several = Some(p);
                        }
                        Rule::mistaken_in => self.mistaken_word(&p, "in"),
                        Rule::expr | Rule::missing => {
                            let (e, h) = self.expr_with_height(p);
                            (*over, height) = (e, height.max(h + 1));
                            if let Some(names) = several.take() {
                                var = self.element_variable(&names, &mut over);
                            }
                        }
                        Rule::body => {
                            let (b, h) = self.body(p);
                            (*body, height) = (b, height.max(h + 1));
                        }
                        _ => {}
                    }
                }
                if each { ExprKind::Each { var, over, body } } else { ExprKind::Sum { var, over, body } }
            }
            Rule::when => {
                let (expr, h) = self.when(pair, span);
                height = h;
                expr.kind
            }
            _ => ExprKind::Error,
        };
        (Expr { kind, span }, height)
    }

    fn when(&mut self, pair: Pair<'_>, span: Span) -> (Expr, usize) {
        let (mut arms, mut conds): (_, Vec<Expr>) = (Vec::new(), Vec::new());
        let mut otherwise: Option<Box<Body>> = None;
        let (mut height, mut bodyless) = (1, false);
        let mut compared = None;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::expr | Rule::missing => {
                    let (e, h) = self.expr_with_height(p);
                    height = height.max(h + 1);
                    match compared.take().and_then(|at| Some((at, conds.pop()?))) {
                        Some((at, left)) if self.source_text(at) == "is" => conds.push(self.identity(left, at, e)),
                        Some((at, left)) => conds.push(equality(left, at, e)),
                        None => conds.push(e),
                    }
                }
                Rule::mistaken_equal => compared = Some(self.mistaken_equal(&p)),
                Rule::mistaken_is => compared = Some(self.span(&p)),
                Rule::body => {
                    let (b, h) = self.body(p);
                    height = height.max(h);
                    match conds.pop() {
                        Some(cond) => arms.push((cond, b)),
                        None => otherwise = Some(Box::new(b)),
                    }
                }
                // `if c:` is one fault, with what follows it.
                Rule::missing_body => {
                    let before = self.edited.text.get(..p.as_span().start()).unwrap_or("").trim_end().len();
                    let rest = self.edited.text.get(before..).unwrap_or("");
                    self.reported_at = Some(before + rest.len() - rest.trim_start().len());
                    bodyless = true;
                }
                Rule::mistaken_if | Rule::mistaken_elif => {
                    let (span, word) = (self.span(&p), p.as_str().trim_end());
                    let ours = if p.as_rule() == Rule::mistaken_if { "when" } else { "else when" };
                    self.diagnostics.push(
                        Diagnostic::error(codes::E0115, format!("the language has no `{word}`"))
                            .at(span, "not a keyword of this language")
                            .help(format!("write `{ours}`: the condition is evaluated at compile time"))
                            .fix(span, ours),
                    );
                }
                _ => {}
            }
        }
        // Each `else when` is a body whose value is another `when`.
        height += 2 * arms.len();
        if height > MAX_HEIGHT {
            return (self.too_deep(span), 1);
        }
        let mut expr = Expr { kind: ExprKind::Error, span };
        if bodyless {
            return (expr, 1);
        }
        for (i, (cond, then)) in arms.into_iter().enumerate().rev() {
            let end = otherwise.as_ref().map_or(then.span, |o| o.span);
            let here = if i == 0 { span } else { cond.span.to(end) };
            let kind = ExprKind::When { cond: Box::new(cond), then: Box::new(then), otherwise: otherwise.take() };
            expr = Expr { kind, span: here };
            if i > 0 {
                otherwise = Some(Box::new(Body {
                    stmts: Vec::new(),
                    value: Some(Box::new(std::mem::replace(&mut expr, Expr { kind: ExprKind::Error, span }))),
                    span: here,
                }));
            }
        }
        (expr, height)
    }

    /// Arguments, settings or elements, and the maximum height of their trees.
    fn args(&mut self, pair: Pair<'_>) -> (Vec<Arg>, usize) {
        let (mut args, mut height) = (Vec::new(), 1);
        for p in pair.into_inner() {
            let span = self.span(&p);
            if !matches!(p.as_rule(), Rule::arg | Rule::mistaken_arg) {
                self.unreadable(&p);
                // The argument before it was read in part, and others may be in the text.
                if let Some(Arg { value, .. }) = args.last_mut() {
                    let read = self.source_text(value.span);
                    self.record_skipped(read);
                    value.kind = ExprKind::Error;
                }
                args.push(Arg { name: None, spread: true, value: Expr { kind: ExprKind::Error, span } });
                continue;
            }
            if p.as_rule() == Rule::mistaken_arg {
                self.missing_comma(&p);
            }
            let mut arg = Arg { name: None, spread: false, value: Expr { kind: ExprKind::Error, span } };
            for p in p.into_inner() {
                match p.as_rule() {
                    Rule::word => arg.name = Some(self.ident(&p)),
                    Rule::spread => arg.spread = true,
                    Rule::eq => {
                        let at = self.span(&p);
                        let name = arg.name.as_ref().map_or("name", |n| n.value.as_str());
                        self.diagnostics.push(
                            Diagnostic::error(codes::E0106, format!("expected `:` after `{name}`, found `=`"))
                                .at(at, "expected `:`")
                                .help(format!("write `{name}: ..`"))
                                .fix(at, ":"),
                        );
                    }
                    Rule::expr | Rule::missing => {
                        let (e, h) = self.expr_with_height(p);
                        (arg.value, height) = (e, height.max(h));
                    }
                    _ => {}
                }
            }
            args.push(arg);
        }
        (args, height)
    }

    /// Expressions separated by commas, and the maximum height of their trees.
    pub(super) fn expr_list(&mut self, pair: Pair<'_>) -> (Vec<Expr>, usize) {
        let (mut list, mut height) = (Vec::new(), 1);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::expr | Rule::missing => {
                    let (e, h) = self.expr_with_height(p);
                    list.push(e);
                    height = height.max(h);
                }
                Rule::comma => {}
                _ => {
                    self.unreadable(&p);
                    if let Some(last) = list.last_mut() {
                        let read = self.source_text(last.span);
                        self.record_skipped(read);
                        let Expr { kind, .. } = last;
                        *kind = ExprKind::Error;
                    }
                }
            }
        }
        (list, height)
    }

    /// `8`, `1_000`, `120M`, `0.2`, `5e-5`.
    pub(super) fn number(&mut self, pair: &Pair<'_>) -> Expr {
        let span = self.span(pair);
        let raw = pair.as_str();
        let plain = raw.replace('_', "");
        let (digits, factor) = match plain.char_indices().next_back() {
            Some((i, 'K')) => (plain.get(..i).unwrap_or(""), 1_000_i64),
            Some((i, 'M')) => (plain.get(..i).unwrap_or(""), 1_000_000),
            Some((i, 'G')) => (plain.get(..i).unwrap_or(""), 1_000_000_000),
            _ => (plain.as_str(), 1),
        };
        let kind = if digits.bytes().all(|b| b.is_ascii_digit()) {
            digits.parse::<i64>().ok().and_then(|n| n.checked_mul(factor)).map(ExprKind::Int)
        } else if digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b)) {
            digits.parse::<f64>().ok().map(|x| x * factor as f64).filter(|x| x.is_finite()).and_then(|x| match factor {
                1 => Some(ExprKind::Float(x)),
                // `1.5M` is an integer, `1.0005K` is not. Below 2^53 the conversion is exact.
                _ if (x - x.round()).abs() < 1e-6 && x < 9e15 => Some(ExprKind::Int(x.round() as i64)),
                _ => None,
            })
        } else {
            None
        };
        let kind = kind.unwrap_or_else(|| {
            let end = raw.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '.').unwrap_or(raw.len());
            let (number, rest) = raw.split_at_checked(end).unwrap_or((raw, ""));
            let help = if rest.is_empty() || matches!(rest, "K" | "M" | "G") {
                "whole numbers go up to 2^63 - 1".to_owned()
            } else {
                format!("to multiply, write `{number}*{rest}`; the multipliers are `K`, `M` and `G`")
            };
            self.diagnostics.push(
                Diagnostic::error(codes::E0113, format!("invalid number `{raw}`")).at(span, "not a number").help(help),
            );
            ExprKind::Error
        });
        Expr { kind, span }
    }
}

/// `(x |> F()) + y`, for `x |> F() + y`; without a call in that place there is no value.
fn piped_into_first(left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    let first = |value| Arg { name: None, spread: false, value };
    let kind = match right.kind {
        ExprKind::Call { callee, args, .. } => {
            ExprKind::Call { callee, args: std::iter::once(first(left)).chain(args).collect(), piped: true }
        }
        ExprKind::Binary(op, at, a, b) if begins_with_call(&a) => {
            ExprKind::Binary(op, at, Box::new(piped_into_first(left, *a)), b)
        }
        ExprKind::Index(x, i) if begins_with_call(&x) => ExprKind::Index(Box::new(piped_into_first(left, *x)), i),
        ExprKind::Field(x, name) if begins_with_call(&x) => ExprKind::Field(Box::new(piped_into_first(left, *x)), name),
        kind => ExprKind::Faulty(vec![left, Expr { kind, span: right.span }]),
    };
    Expr { kind, span }
}

/// Whether a call is the leftmost operand.
fn begins_with_call(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Call { .. } => true,
        ExprKind::Binary(_, _, a, _) | ExprKind::Index(a, _) | ExprKind::Field(a, _) => begins_with_call(a),
        _ => false,
    }
}
