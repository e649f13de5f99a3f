//! When two graphs are equal.

use super::{Graph, NodeId, Op, ParamId};

/// What an operand is, whatever its place among the nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Param(ParamId),
    /// The number among the nodes that are no parameters.
    Node(usize),
}

/// Equal in all that the text form says, dead nodes included: places in the source, loop indices and where the nodes of
/// parameters have among the others do not count.
impl PartialEq for Graph {
    fn eq(&self, other: &Graph) -> bool {
        let (a, b) = (Values::of(self), Values::of(other));
        let mine = self.nodes().filter(|(_, n)| !matches!(n.op, Op::Param(_)));
        let theirs = other.nodes().filter(|(_, n)| !matches!(n.op, Op::Param(_)));
        let nodes = mine.map(|(id, n)| (&n.op, &n.ty, a.all(&self.operands(id))));
        self.name == other.name
            && same(self.inputs.values(), other.inputs.values(), |i| (&i.name, &i.key, &i.ty))
            && same(self.labels.values(), other.labels.values(), |l| (&l.name, &l.key))
            && same(&self.params, &other.params, |p| (&p.path, &p.shape, &p.init, &p.encoder))
            && nodes.eq(theirs.map(|(id, n)| (&n.op, &n.ty, b.all(&other.operands(id)))))
            && a.roots(self) == b.roots(other)
            && same(&self.outputs, &other.outputs, |o| &o.label)
            && same(&self.losses, &other.losses, |l| &l.name)
            && same(&self.companions, &other.companions, |c| {
                (&c.name, c.by.len(), &c.class, [c.pos, c.near, c.far, c.pool, c.refresh], c.ranks)
            })
    }
}

fn same<'a, T: 'a, K: PartialEq>(
    a: impl IntoIterator<Item = &'a T>,
    b: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> bool {
    a.into_iter().map(&key).eq(b.into_iter().map(&key))
}

struct Values(Vec<Value>);

impl Values {
    fn of(graph: &Graph) -> Values {
        let numbers = graph.numbers();
        Values(
            graph
                .nodes()
                .zip(numbers)
                .map(|((_, node), number)| match node.op {
                    Op::Param(id) => Value::Param(id),
                    _ => Value::Node(number),
                })
                .collect(),
        )
    }

    fn all(&self, ids: &[NodeId]) -> Vec<Option<Value>> {
        ids.iter().map(|id| self.0.get(id.index()).copied()).collect()
    }

    fn roots(&self, graph: &Graph) -> Vec<Option<Value>> {
        self.all(&graph.roots().collect::<Vec<_>>())
    }
}
