//! `x at c.pos`: a value at the sample's companions.

use super::lowering::Lowering;
use super::value::Value;
use crate::diag::Diagnostic;
use crate::diag::codes::structure;
use crate::ir::{Group, Op};
use crate::source::Span;
use crate::syntax::ast::Expr;

impl Lowering<'_> {
    /// The list of `x` at each companion of the group.
    pub(super) fn at(&mut self, x: &Expr, group: &Expr, span: Span) -> Value {
        let (value, target) = (self.expr(x), self.expr(group));
        let (id, which) = match target {
            Value::Group(id, which) => (id, which),
            Value::Error => return Value::Error,
            other => {
                return self.fail(
                    Diagnostic::error(
                        structure::E0516,
                        format!("`at` wants a group of companions, found a {}", other.kind()),
                    )
                    .at(group.span, "not a group")
                    .help("declare `companions c { .. }` and write `at c.pos` or `at c.neg`"),
                );
            }
        };
        let node = match value {
            Value::Node(node) => node,
            Value::Error => return Value::Error,
            other => {
                return self.fail(
                    Diagnostic::error(structure::E0516, format!("`at` of a {}", other.kind()))
                        .at(x.span, "not a tensor of the sample")
                        .help("take one tensor at a time: `mean(t) at c.pos`"),
                );
            }
        };
        if self.reads_companion(node) {
            return self.fail(
                Diagnostic::error(structure::E0516, "a companion of a companion")
                    .at(span, "this value already stands at a companion")
                    .help("companions are retrieved for the anchor alone"),
            );
        }
        if self.graph.node(node).is_some_and(|n| n.ty.tensor().is_none()) {
            return self.fail(Diagnostic::error(structure::E0516, "`at` of tokens").at(x.span, "encode them first"));
        }
        let count = self.graph.companions.get(id.index()).map_or(0, |c| match which {
            Group::Pos => c.pos,
            Group::Neg => c.near + c.far,
        });
        let mut list = Vec::new();
        for index in 0..count {
            list.push((None, self.emit(Op::At { companions: id, group: which, index }, &[node], span, &[x.span])));
        }
        Value::List(list)
    }
}
