//! Where dims come from: the `why` of a fault of shapes.
//!
//! A dim is followed back through the operations that keep it to the one that made it: a declaration of an input, or a
//! call whose argument it was. From the argument it goes on to the hypers that it mentions.

use super::lowering::Lowering;
use super::value::Value;
use dsc_graph::dims::{Atom, Dim};
use dsc_graph::types::Type;
use dsc_graph::{Axis as Joined, NodeId, Op, TypeFault};
use dsc_syntax::ast::{Change, Expr, ExprKind, TypeExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::types as code;
use dsc_syntax::source::Span;
use dsc_syntax::visit;

/// An axis of a tensor; all but time are counted from the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Rows of a sequence.
    Time,
    /// 0 is the last axis.
    Last(usize),
}

/// More places than these about one fault are not looked at.
const MAX_PLACES: usize = 6;

impl Lowering<'_> {
    /// Notes the numbers that a call of the user's files was given.
    pub(super) fn note_numbers(&mut self, call: Span, args: &[super::value::Argument]) {
        for arg in args {
            let numbers: Vec<Dim> = match &arg.value {
                Value::Static(s) => s.as_dim().into_iter().collect(),
                Value::List(list) => list
                    .iter()
                    .filter_map(|(_, v)| match v {
                        Value::Static(s) => s.as_dim(),
                        _ => None,
                    })
                    .collect(),
                _ => continue,
            };
            for n in numbers {
                let noted = self.notes.numbers.entry(call).or_default();
                if !noted.iter().any(|(span, dim)| *span == arg.span && *dim == n) {
                    noted.push((arg.span, n));
                }
            }
        }
    }

    /// Adds where the dims that a rule found unequal come from.
    pub(super) fn with_origins(
        &self,
        mut d: Diagnostic,
        fault: &TypeFault,
        op: &Op,
        operands: &[NodeId],
        span: Span,
    ) -> Diagnostic {
        if self.faults.are_many() {
            return d;
        }
        let before = d.secondary.len();
        for (node, side) in self.clash(fault, operands) {
            d = self.because_of(d, node, side);
        }
        if let Op::Attention { heads, .. } = op
            && fault.code == code::E0305
        {
            d = self.because_of_number(d, self.users_place(span), &Dim::from(*heads), "heads");
        }
        if d.secondary.len() == before {
            for node in operands {
                d = self.because_bound(d, *node);
            }
        }
        d
    }

    /// The axes that a fault is about.
    fn clash(&self, fault: &TypeFault, operands: &[NodeId]) -> Vec<(NodeId, Side)> {
        let blamed = fault.operand.unwrap_or(operands.len().min(2).saturating_sub(1));
        let Some(one) = operands.get(blamed).copied() else { return Vec::new() };
        let other = blamed.checked_sub(1).and_then(|i| operands.get(i).copied());
        if fault.code == code::E0302 || fault.code == code::E0306 {
            return other.into_iter().chain([one]).map(|node| (node, Side::Time)).collect();
        }
        if fault.code == code::E0305 {
            return vec![(one, Side::Last(0))];
        }
        let rank = |node| self.graph.node(node).and_then(|n| n.ty.tensor()).map_or(0, |t| t.dims.len());
        let timed = |node| self.graph.node(node).is_some_and(|n| n.ty.len().is_some());
        if other.is_some_and(|other| timed(one) != timed(other)) {
            return Vec::new();
        }
        let Some(other) = other else { return (0..rank(one)).map(|i| (one, Side::Last(i))).collect() };
        let sides = (0..rank(one).min(rank(other))).map(Side::Last);
        let differ = sides.filter(|side| match (self.dim_at(other, *side), self.dim_at(one, *side)) {
            (Some(a), Some(b)) => !self.same_dim(&a, &b),
            _ => false,
        });
        differ.flat_map(|side| [(other, side), (one, side)]).collect()
    }

    fn dim_at(&self, node: NodeId, side: Side) -> Option<Dim> {
        let ty = &self.graph.node(node)?.ty;
        match (side, ty) {
            (Side::Time, _) => ty.len().cloned(),
            (Side::Last(i), Type::Tensor(t)) => t.dims.iter().rev().nth(i).cloned(),
            (Side::Last(_), Type::Tokens { .. }) => None,
        }
    }

    /// The operand that an axis of a node is handed on from; none if the node makes it.
    fn handed_on(&self, node: NodeId, side: Side) -> Option<NodeId> {
        let op = &self.graph.node(node)?.op;
        let operands = self.graph.operands(node);
        let is_weight = |o: &NodeId| matches!(self.graph.node(*o).map(|n| &n.op), Some(Op::Param(_)));
        // A matrix of weights makes the width anew, be it the same number or not.
        let matrix = |o: &&NodeId| is_weight(o) && self.dim_at(**o, Side::Last(1)).is_some();
        match (op, side) {
            (Op::Concat(Joined::Features), Side::Last(0)) => return None,
            (Op::Attention { .. }, Side::Last(_)) => return operands.get(2).copied(),
            (_, Side::Last(0)) if operands.iter().any(|o| matrix(&o)) => return None,
            _ => {}
        }
        let dim = self.dim_at(node, side)?;
        operands.into_iter().find(|o| !is_weight(o) && self.dim_at(*o, side).as_ref() == Some(&dim))
    }

    /// Adds where an axis of a value comes from.
    pub(super) fn because_of(&self, d: Diagnostic, mut node: NodeId, side: Side) -> Diagnostic {
        let Some(dim) = self.dim_at(node, side) else { return d };
        while let Some(before) = self.handed_on(node, side) {
            node = before;
        }
        let mut d = d;
        if !matches!(self.graph.node(node).map(|n| &n.op), Some(Op::Input(_))) {
            let place = self.nodes.place(node);
            let what = if side == Side::Time { "rows" } else { "columns" };
            d = self.because_of_number(d, place, &dim, what);
        }
        self.because_of_names(d, &dim)
    }

    /// Adds the argument of a call that a number came from, and the hypers that it mentions; the call itself if it was
    /// no argument.
    fn because_of_number(&self, mut d: Diagnostic, call: Span, n: &Dim, what: &str) -> Diagnostic {
        let given = self.notes.numbers.get(&call).and_then(|noted| noted.iter().find(|(_, dim)| dim == n));
        let Some((arg, _)) = given else { return add(d, call, format!("{n} {what} are made here")) };
        d = add(d, *arg, format!("{n} {what} are asked for here"));
        self.expr_at(*arg).map_or(d.clone(), |e| self.because_of_hypers(d, e))
    }

    /// Adds the declarations of the hypers that an expression of a file mentions.
    pub(super) fn because_of_hypers(&self, mut d: Diagnostic, e: &Expr) -> Diagnostic {
        if self.faults.are_many() {
            return d;
        }
        let names = &self.program.names;
        let mut spoken = Vec::new();
        visit::exprs(e, &mut |e| {
            if let ExprKind::Name(name) = &e.kind {
                spoken.extend(names.use_at(e.span).map(|u| (name, u.def)));
            }
        });
        for (name, def) in spoken {
            if let Some(Some(value)) = self.hypers.values.get(&def) {
                d = add(d, names.def(def).span, format!("{name} is {value}"));
            }
        }
        d
    }

    /// Adds the declarations of the inputs whose dims a dim mentions.
    pub(super) fn because_of_names(&self, mut d: Diagnostic, dim: &Dim) -> Diagnostic {
        let mut names = Vec::new();
        dim.any_atom(&mut |atom| {
            match atom {
                Atom::Length { name, .. } => names.push((name.clone(), "length")),
                Atom::Width(name) => names.push((name.clone(), "width")),
                _ => {}
            }
            false
        });
        for (name, what) in names {
            if let Some((input, place)) = self.dim_declared(&name) {
                d = add(d, place, format!("{name} is the {what} of `{input}`"));
            }
        }
        d
    }

    /// The input that first declares a dim of that name, and the place.
    fn dim_declared(&self, name: &str) -> Option<(String, Span)> {
        let inputs = self.program.main()?.inputs.values();
        let as_changed = inputs.map(|input| {
            let change = self.changes.iter().rev().find_map(|c| match c {
                Change::Input(other, _) if other.name.value == input.name.value => Some(other),
                _ => None,
            });
            change.unwrap_or(input)
        });
        as_changed.into_iter().find_map(|input| {
            let TypeExprKind::Named { dims, .. } = &input.ty.kind else { return None };
            let dim = dims.iter().flatten().find(|d| matches!(&d.kind, ExprKind::Name(n) if n == name))?;
            Some((input.name.value.clone(), dim.span))
        })
    }

    /// Adds where the name is bound that a value has in the innermost frame.
    fn because_bound(&self, d: Diagnostic, node: NodeId) -> Diagnostic {
        let frame = self.frames.last().filter(|f| !self.is_std(f.module));
        let binding = frame.and_then(|f| f.bindings.last(|b| matches!(b.value, Value::Node(n) if n == node)));
        match binding {
            Some(b) => {
                let def = self.program.names.def(b.def);
                add(d, def.span, format!("`{}` is bound here", def.name))
            }
            None => d,
        }
    }

    /// Adds the place of an argument or generic that a condition mentions, and the hypers behind it.
    pub(super) fn because_given(&self, d: Diagnostic, span: Span, name: &str) -> Diagnostic {
        let d = add(d, span, format!("`{name}` comes from here"));
        self.expr_at(span).map_or(d.clone(), |e| self.because_of_hypers(d, e))
    }

    /// The expression of the files at `span`.
    pub(super) fn expr_at(&self, span: Span) -> Option<&Expr> {
        if self.faults.are_many() {
            return None;
        }
        let mut found = None;
        self.program.exprs(&mut |e| {
            if e.span == span {
                found = Some(e);
            }
        });
        found
    }
}

/// A label, unless something there is shown already (labels within one another cannot be drawn) or there are many.
fn add(d: Diagnostic, span: Span, text: String) -> Diagnostic {
    let shown = d.primary.iter().chain(&d.secondary).any(|l| l.span.start < span.end && span.start < l.span.end);
    if shown || d.secondary.len() >= MAX_PLACES { d } else { d.because(span, text) }
}
