//! Outputs and losses.

use std::collections::BTreeSet;

use crate::lower::lowering::Lowering;
use crate::lower::path::Step;
use crate::lower::pattern::to_real;
use crate::lower::value::Value;
use dsc_graph::{Binary, Loss, NodeId, Op, Output};
use dsc_syntax::ast::{Expr, Ident};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers, names, structure as code, types};
use dsc_syntax::source::Span;

impl<'p> Lowering<'p> {
    fn real_node(&mut self, e: &Expr, step: &str, what: &str) -> Option<NodeId> {
        let value = self.within(Step::Let(step.to_owned()), |l| l.expr(e));
        let id = self.node_of(&value, e.span, what)?;
        let ty = self.graph.node(id).map(|n| n.ty.clone())?;
        if ty.tensor().is_some_and(|t| t.is_real()) {
            return Some(id);
        }
        if !self.first_without_scalar(id, &ty) {
            self.reported();
            return None;
        }
        self.report(
            Diagnostic::error(types::E0301, format!("{what} is a Real per sample, found {ty}"))
                .at(e.span, format!("this is {ty}"))
                .help(to_real(&ty)),
        );
        None
    }

    pub(super) fn output(&mut self, value: &Expr, label: &Ident, span: Span) {
        if self.resolve(label.span).def().is_none() {
            self.reported();
            return;
        }
        let first = self.notes.outputs.insert(label.value.clone(), span);
        if let Some(before) = first {
            self.report(
                Diagnostic::error(names::E0203, format!("a second output for `{}`", label.value))
                    .at(span, "again here")
                    .because(before, "first here"),
            );
        }
        let (before, touched) = (self.graph.len(), self.notes.touched.len());
        match self.repeated(first.is_some(), |l| l.real_node(value, "output", "an output")) {
            Some(node) => self.graph.outputs.push(Output { label: label.value.clone(), value: node, span }),
            None => {
                let made = (before..self.graph.len()).map(|i| NodeId(i as u32));
                let made_of: Vec<NodeId> = made.chain(self.notes.touched.iter().skip(touched).copied()).collect();
                let made_of = self.of_label_or_batch(&made_of);
                self.notes.lost_outputs.push((label.value.clone(), span, made_of));
            }
        }
    }

    pub(super) fn loss(&mut self, name: &Ident, value: &'_ Expr, span: Span) {
        let made = self.loss_as_changed(&name.value);
        if made.dropped {
            return;
        }
        let site = self.defined_at(name.span);
        let (value, span, value_site) = made.value.map_or((value, span, None), |(value, span)| (value, span, site));
        let first = self.notes.losses.insert(name.value.clone(), span);
        if let Some(before) = first {
            self.report(
                Diagnostic::error(names::E0203, format!("a second loss `{}`", name.value))
                    .at(name.span, "again here")
                    .because(before, "first here")
                    .help("give it another name; terms of a loop are collected in a list and summed: `loss q = sum x in terms { x }`"),
            );
        }
        self.repeated(first.is_some(), |l| {
            if let Some(node) = l.in_place_of(value_site, |l| l.real_node(value, &name.value, "a loss")) {
                l.one_kind_of_terms(name, node);
                let node = l.in_place_of(site, |l| l.reweighted(node, &made.factors));
                l.graph.losses.push(Loss { name: name.value.clone(), value: node, span });
            }
        });
    }

    /// A loss times the factors that variants give it.
    fn reweighted(&mut self, mut node: NodeId, factors: &[&Expr]) -> NodeId {
        for factor in factors {
            let number = match self.expr(factor) {
                Value::Static(s) => s.as_f64(),
                Value::Error => continue,
                _ => None,
            };
            let d = match number {
                Some(n) if n == 0.0 || !n.is_finite() => Diagnostic::error(hypers::E0403, format!("a loss times {n}"))
                    .at(factor.span, "leaves nothing to train for")
                    .help("take the loss away with `drop`"),
                Some(n) => {
                    if let Value::Node(scaled) = self.affine(node, n, 0.0, factor.span, factor.span) {
                        node = scaled;
                    }
                    continue;
                }
                None => Diagnostic::error(hypers::E0401, "the weight of a loss is a number known at compile time")
                    .at(factor.span, "not such a number"),
            };
            self.report(d);
        }
        node
    }

    /// A loss that reads companions is 0 for a sample without any, so none of its summands may do without them.
    fn one_kind_of_terms(&mut self, name: &Ident, node: NodeId) {
        let (with, without): (Vec<NodeId>, Vec<NodeId>) =
            self.summands(node).into_iter().partition(|id| self.reads_companion(*id));
        let without: Vec<NodeId> = without.into_iter().filter(|id| !self.nodes.reads(*id).faulty).collect();
        let Some(term) = without.first().filter(|_| !with.is_empty()) else { return };
        let place = |id: &NodeId| self.graph.node(*id).map_or(Span::NONE, |n| n.span);
        let (here, there) = (place(term), with.first().map_or(Span::NONE, place));
        self.report(
            Diagnostic::error(code::E0521, format!("loss `{}` adds terms with and without companions", name.value))
                .at(name.span, "the whole loss would be 0 for a sample without companions")
                .because(here, "reads no companions")
                .because(there, "reads companions")
                .help("write two `loss` items: they are added up, and each is logged by itself"),
        );
    }

    /// The terms of a sum, through factors; a term that is added twice once.
    fn summands(&self, node: NodeId) -> Vec<NodeId> {
        let (mut terms, mut seen, mut open) = (Vec::new(), BTreeSet::new(), vec![node]);
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.graph.node(id).map(|n| &n.op) {
                Some(Op::Binary(Binary::Add)) => open.extend(self.graph.operands(id)),
                Some(Op::Affine { add, .. }) if *add == 0.0 => open.extend(self.graph.operands(id)),
                _ => terms.push(id),
            }
        }
        terms.sort_unstable();
        terms
    }
}
