//! `x at c.pos`: a value at the sample's companions.

use super::lowering::Lowering;
use super::value::Value;
use dsc_graph::{Group, Op};
use dsc_syntax::ast::Expr;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure;
use dsc_syntax::source::Span;

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
                        format!("`at` expects a group of companions, found a {}", other.kind()),
                    )
                    .at(group.span, "not a group")
                    .help("declare `companions c { .. }` and write `at c.pos` or `at c.neg`"),
                );
            }
        };
        if value.is_error() || !self.stands_at_companions(&value, x, span) {
            return Value::Error;
        }
        let count = self.graph.companions.get(id.index()).map_or(0, |c| match which {
            Group::Pos => c.pos,
            Group::Neg => c.near + c.far,
        });
        let at = |index| Op::At { companions: id, group: which, index };
        let list = (0..count).map(|index| (None, self.seen_at(&at(index), &value, span, x.span))).collect();
        self.bounded(Value::List(list), span)
    }

    /// A value, of lists and tuples every part, evaluated on one companion.
    fn seen_at(&mut self, at: &Op, value: &Value, span: Span, x: Span) -> Value {
        match value {
            Value::Node(node) => self.emit(at.clone(), &[*node], span, &[x]),
            Value::List(list) => {
                Value::List(list.iter().map(|(label, v)| (label.clone(), self.seen_at(at, v, span, x))).collect())
            }
            Value::Tuple(parts) => Value::Tuple(parts.iter().map(|v| self.seen_at(at, v, span, x)).collect()),
            other => other.clone(),
        }
    }

    /// Whether a value is made of tensors of the sample itself; reports if not.
    fn stands_at_companions(&mut self, value: &Value, x: &Expr, span: Span) -> bool {
        let d = match value {
            Value::Node(node) if self.reads_companion(*node) => {
                Diagnostic::error(structure::E0516, "a companion of a companion")
                    .at(span, "this value is already read at a companion")
                    .help("companions are retrieved for the anchor alone")
            }
            Value::Node(node) if self.reads_batch(*node) => {
                Diagnostic::error(structure::E0522, "the values of the batch at a companion")
                    .at(span, "this value is made of all anchors")
                    .help("take each value at the companion first: `x at c.pos`")
            }
            Value::Node(node) if self.nodes.reads(*node).label => {
                Diagnostic::error(structure::E0516, "a value that reads a label at a companion")
                    .at(x.span, "depends on a label")
                    .help(
                        "labels are known for the sample itself alone: read values that come from inputs at companions",
                    )
            }
            Value::Node(node) if self.graph.node(*node).is_some_and(|n| n.ty.tensor().is_none()) => {
                Diagnostic::error(structure::E0516, "`at` of tokens")
                    .at(x.span, "tokens, not a tensor")
                    .help("encode them first: `Bert(text) at c.pos`")
            }
            Value::Node(_) | Value::Static(_) => return true,
            Value::List(list) => return list.iter().all(|(_, v)| self.stands_at_companions(v, x, span)),
            Value::Tuple(parts) => return parts.iter().all(|v| self.stands_at_companions(v, x, span)),
            other => Diagnostic::error(structure::E0516, format!("`at` of a {}", other.kind()))
                .at(x.span, "not a tensor of the sample")
                .help("give it tensors: `mean(t) at c.pos`"),
        };
        self.report(d);
        false
    }
}
