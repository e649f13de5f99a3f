//! Conditions behind `where` of blocks. What only the data decide is put off until they are bound; that two widths are
//! equal is taken for granted until then.

use super::lowering::Lowering;
use super::value::Value;
use dsc_graph::dims::{Atom, Dim};
use dsc_graph::statics::Static;
use dsc_syntax::ast::{BinaryOp, Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::hypers as hyper;
use dsc_syntax::source::Span;

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// It holds, or the data will tell.
    Yes,
    /// It does not.
    No,
    /// It could not be looked at, for a fault that was reported.
    Unknown,
}

impl Lowering<'_> {
    /// Looks at the condition of a block some of whose arguments have a fault, as far as it speaks of others.
    pub(super) fn holds_beside_faults(&mut self, e: &Expr) -> Holds {
        match &e.kind {
            ExprKind::Binary(BinaryOp::And, _, a, b) => both(self.holds_beside_faults(a), self.holds_beside_faults(b)),
            _ if self.names_have_values(e) => self.holds(e),
            _ => Holds::Unknown,
        }
    }

    /// The part of a condition that does not hold.
    pub(super) fn broken_part<'e>(&mut self, e: &'e Expr) -> &'e Expr {
        match &e.kind {
            ExprKind::Binary(BinaryOp::And, _, a, b) => match self.holds_beside_faults(a) {
                Holds::No => self.broken_part(a),
                _ => self.broken_part(b),
            },
            _ => e,
        }
    }

    /// Looks at the condition of a block.
    pub(super) fn holds(&mut self, e: &Expr) -> Holds {
        if self.divides_by_zero(e) {
            return Holds::No;
        }
        match &e.kind {
            ExprKind::Binary(BinaryOp::And, _, a, b) => both(self.holds(a), self.holds(b)),
            ExprKind::Binary(
                op @ (BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge),
                _,
                a,
                b,
            ) => match (self.expr(a), self.expr(b)) {
                (Value::Static(x), Value::Static(y)) => self.compared(*op, &x, &y, e.span),
                (Value::Error, _) | (_, Value::Error) => Holds::Unknown,
                _ => self.decided(e),
            },
            _ => self.decided(e),
        }
    }

    /// Whether a comparison divides by an argument that is 0: `w % heads == 0`.
    fn divides_by_zero(&mut self, e: &Expr) -> bool {
        let ExprKind::Binary(op, _, a, b) = &e.kind else { return false };
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            return false;
        }
        let divides = matches!(op, BinaryOp::Rem | BinaryOp::FloorDiv | BinaryOp::Div);
        let zero = divides
            && matches!(&b.kind, ExprKind::Name(_))
            && self.names_have_values(b)
            && matches!(self.expr(b), Value::Static(s) if s.as_f64() == Some(0.0));
        zero || self.divides_by_zero(a) || self.divides_by_zero(b)
    }

    fn decided(&mut self, e: &Expr) -> Holds {
        match self.condition(e) {
            Some(true) => Holds::Yes,
            Some(false) => Holds::No,
            None => Holds::Unknown,
        }
    }

    fn compared(&mut self, op: BinaryOp, x: &Static, y: &Static, span: Span) -> Holds {
        let f = match self.static_binary(op, x, y) {
            Ok(Static::Bool(true)) => return Holds::Yes,
            Ok(_) => return Holds::No,
            Err(f) => f,
        };
        let dims = (x.as_dim(), y.as_dim());
        let d = match &dims {
            (Some(a), Some(b)) if f.code == hyper::E0401 && (a.is_ragged() || b.is_ragged()) => {
                Diagnostic::error(f.code, f.message).at(span, "a length differs from sample to sample").help(
                    "a condition can compare widths and hypers; lengths are equal only if they are the same variable",
                )
            }
            (Some(a), Some(b)) if f.code == hyper::E0401 => {
                if op == BinaryOp::Eq {
                    self.take_as_equal(a, b, span);
                }
                return Holds::Yes;
            }
            _ => Diagnostic::error(f.code, f.message).at(span, "here"),
        };
        self.report(d);
        Holds::Unknown
    }

    /// From here on, a width of the data is another one, or a number: the model is lowered again with inputs that say so,
    /// and binding the data asks for it.
    fn take_as_equal(&mut self, a: &Dim, b: &Dim, span: Span) {
        let (name, other) = match (a.as_atom(), b.as_atom()) {
            (_, Some(Atom::Width(name))) if a.as_atom().is_some() || a.as_const().is_some() => (name, a),
            (Some(Atom::Width(name)), _) if b.as_const().is_some() => (name, b),
            _ => return,
        };
        if !self.spend(4 * self.equal.len() as u64, span) {
            return;
        }
        // What was taken for this width before is the other one too.
        let renamed = |d: &Dim| d.substitute(&|atom| (*atom == Atom::Width(name.clone())).then(|| other.clone()));
        self.equal.values_mut().for_each(|d| *d = renamed(d));
        self.equal.entry(name.clone()).or_insert_with(|| other.clone());
    }
}

fn both(a: Holds, b: Holds) -> Holds {
    match (a, b) {
        (Holds::No, _) | (_, Holds::No) => Holds::No,
        (Holds::Unknown, _) | (_, Holds::Unknown) => Holds::Unknown,
        _ => Holds::Yes,
    }
}
