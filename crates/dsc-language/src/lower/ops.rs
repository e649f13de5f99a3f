//! Operators.

use super::lowering::Lowering;
use super::value::Value;
use dsc_graph::statics::Static;
use dsc_graph::{Binary, NodeId, Op, ParametricUnary, Unary};
use dsc_syntax::ast::{BinaryOp, Expr, UnaryOp};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, types};
use dsc_syntax::source::Span;

/// Steps of an operation on numbers: dims are as large as their forms.
fn work(op: BinaryOp, a: &Static, b: &Static) -> u64 {
    let size = |s: &Static| match s {
        Static::Dim(d) => d.size() as u64,
        _ => 0,
    };
    match op {
        BinaryOp::Mul => size(a).saturating_mul(size(b)),
        BinaryOp::Pow => size(a).saturating_mul(size(a)),
        _ => size(a) + size(b),
    }
}

impl Lowering<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, x: &Expr, span: Span) -> Value {
        match (op, self.expr(x)) {
            (_, Value::Error) => Value::Error,
            (_, Value::Static(s)) => match Static::unary(op, &s) {
                Ok(value) => Value::Static(value),
                Err(f) => self.fail(Diagnostic::error(f.code, f.message).at(span, "here")),
            },
            (UnaryOp::Neg, Value::Node(id)) => self.affine(id, -1.0, 0.0, span, x.span),
            (_, other) => self.fail(
                Diagnostic::error(hyper::E0402, format!("this operator has no meaning for a {}", other.kind()))
                    .at(span, "here"),
            ),
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, a: &Expr, b: &Expr, span: Span) -> Value {
        let x = self.expr(a);
        // The right operand of a decided `and` or `or` does not count: `n > 0 and d % n == 0`.
        match (op, &x) {
            (BinaryOp::And, Value::Static(Static::Bool(false))) | (BinaryOp::Or, Value::Static(Static::Bool(true))) => {
                return x;
            }
            _ => {}
        }
        let y = self.expr(b);
        if let (BinaryOp::Eq | BinaryOp::Ne, Value::Static(x), Value::Static(y)) = (op, &x, &y) {
            self.check_comparable(a, x, b, y);
        }
        self.binary_values(op, (x, a.span), (y, b.span), span)
    }

    /// `a + b` of values that `sum` adds up.
    pub(super) fn add_values(&mut self, a: Value, b: Value, span: Span) -> Value {
        self.binary_values(BinaryOp::Add, (a, span), (b, span), span)
    }

    fn binary_values(&mut self, op: BinaryOp, (x, xs): (Value, Span), (y, ys): (Value, Span), span: Span) -> Value {
        match (x, y) {
            (Value::Error, Value::Node(node)) | (Value::Node(node), Value::Error) => {
                self.beside_unknown(op, node, span)
            }
            (Value::Error, _) | (_, Value::Error) => Value::Error,
            (Value::Static(s), Value::Static(t)) if !self.spend(work(op, &s, &t), span) => Value::Error,
            (Value::Static(s), Value::Static(t)) => match self.static_binary(op, &s, &t) {
                Ok(value) => Value::Static(value),
                Err(f) if f.code == hyper::E0401 => self.fail(
                    Diagnostic::error(f.code, f.message)
                        .at(span, "depends on the data")
                        .help("project to a width that is a hyper: `|> Linear(out: d)`"),
                ),
                Err(f) => self.fail(Diagnostic::error(f.code, f.message).at(span, "here")),
            },
            (Value::Node(a), Value::Node(b)) => {
                let op = match op {
                    BinaryOp::Add => Binary::Add,
                    BinaryOp::Sub => Binary::Sub,
                    BinaryOp::Mul => Binary::Mul,
                    BinaryOp::Div => Binary::Div,
                    other => return self.no_operator(other, span),
                };
                self.emit(Op::Binary(op), &[a, b], span, &[xs, ys])
            }
            (Value::Node(a), Value::Static(s)) => self.with_number(op, a, &s, span, xs, ys),
            (Value::Static(s), Value::Node(b)) => self.number_with(op, &s, b, span, xs, ys),
            (x, y) => self.fail(
                Diagnostic::error(hyper::E0402, format!("`{}` of a {} and a {}", op.symbol(), x.kind(), y.kind()))
                    .at(span, "here")
                    .because(xs, format!("a {}", x.kind()))
                    .because(ys, format!("a {}", y.kind())),
            ),
        }
    }

    /// `a op b` where one of them has no value for a fault. Both have one type, or that one is a number: nothing is broadcast.
    fn beside_unknown(&mut self, op: BinaryOp, known: NodeId, span: Span) -> Value {
        let ty = self.graph.node(known).and_then(|n| n.ty.tensor().cloned());
        // Of a sum each operand is a term of its own.
        let op = match op {
            BinaryOp::Add | BinaryOp::Sub => Binary::Add,
            BinaryOp::Mul | BinaryOp::Div => Binary::Mul,
            _ => return Value::Error,
        };
        let Some(ty) = ty else { return Value::Error };
        match self.unknown_node(ty, span) {
            Value::Node(unknown) => self.emit(Op::Binary(op), &[known, unknown], span, &[]),
            other => other,
        }
    }

    /// `a op b`; what only the data decide is decided by number where they are bound.
    pub(super) fn static_binary(
        &self,
        op: BinaryOp,
        a: &Static,
        b: &Static,
    ) -> Result<Static, dsc_graph::statics::StaticFault> {
        match (Static::binary(op, a, b), &self.options.dims) {
            (Err(f), Some(table)) if f.code == hyper::E0401 => {
                let number = |s: &Static| match s {
                    Static::Dim(d) => Static::from_dim(table.with_widths(d)),
                    other => other.clone(),
                };
                Static::binary(op, &number(a), &number(b))
            }
            (outcome, _) => outcome,
        }
    }

    fn no_operator(&mut self, op: BinaryOp, span: Span) -> Value {
        self.fail(
            Diagnostic::error(hyper::E0402, format!("`{}` has no meaning for tensors", op.symbol()))
                .at(span, "between tensors")
                .help("tensors have + - * / and a number as `**`; a condition must be known at compile time"),
        )
    }

    /// `x op number`.
    fn with_number(&mut self, op: BinaryOp, x: NodeId, s: &Static, span: Span, xs: Span, ys: Span) -> Value {
        let Some(n) = self.number(s, ys) else { return Value::Error };
        match op {
            BinaryOp::Add => self.affine(x, 1.0, n, span, xs),
            BinaryOp::Sub => self.affine(x, 1.0, -n, span, xs),
            BinaryOp::Mul => self.affine(x, n, 0.0, span, xs),
            BinaryOp::Div if n == 0.0 => {
                self.fail(Diagnostic::error(hyper::E0406, "division by zero").at(ys, "this is 0"))
            }
            BinaryOp::Div if !(1.0 / n).is_finite() => self
                .fail(Diagnostic::error(hyper::E0406, "division by a number next to 0").at(ys, format!("this is {n}"))),
            BinaryOp::Div => self.affine(x, 1.0 / n, 0.0, span, xs),
            BinaryOp::Pow => self.power(x, n, span, xs),
            other => self.no_operator(other, span),
        }
    }

    /// `number op x`.
    fn number_with(&mut self, op: BinaryOp, s: &Static, x: NodeId, span: Span, xs: Span, ys: Span) -> Value {
        let Some(n) = self.number(s, xs) else { return Value::Error };
        match op {
            BinaryOp::Add => self.affine(x, 1.0, n, span, ys),
            BinaryOp::Sub => self.affine(x, -1.0, n, span, ys),
            BinaryOp::Mul => self.affine(x, n, 0.0, span, ys),
            BinaryOp::Div => match self.constant(n, xs) {
                Value::Node(c) => self.emit(Op::Binary(Binary::Div), &[c, x], span, &[xs, ys]),
                other => other,
            },
            other => self.no_operator(other, span),
        }
    }

    fn number(&mut self, s: &Static, span: Span) -> Option<f64> {
        let n = s.as_f64();
        if n.is_none() && !Self::may_be_any(s) {
            self.report(
                Diagnostic::error(types::E0301, format!("arithmetic of a tensor and a {}", s.kind()))
                    .at(span, format!("this is {s}"))
                    .help("a tensor can be scaled by numbers that are known at compile time"),
            );
        }
        n
    }

    /// `x ** exponent`.
    pub(super) fn power(&mut self, x: NodeId, exponent: f64, span: Span, xs: Span) -> Value {
        let op = match exponent {
            1.0 => return Value::Node(x),
            2.0 => Op::Unary(Unary::Square),
            _ => Op::ParametricUnary(ParametricUnary::Pow { exponent }),
        };
        self.emit(op, &[x], span, &[xs])
    }

    /// `mul * x + add`, nothing where that is x.
    pub(super) fn affine(&mut self, x: NodeId, mul: f64, add: f64, span: Span, xs: Span) -> Value {
        if mul == 1.0 && add == 0.0 {
            return Value::Node(x);
        }
        self.emit(Op::Affine { mul, add }, &[x], span, &[xs])
    }
}
