//! One graph from another: a walk over its nodes that keeps, replaces, merges or leaves out each.

use super::{Graph, Node, NodeId};

/// A graph that was made from another one.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// The new graph.
    pub graph: Graph,
    /// For each of its nodes the node of the old graph whose value it has, if there is one.
    pub origin: Vec<Option<NodeId>>,
}

impl Rewritten {
    /// Numbers for [`Graph::to_text_as`] by which the new text can be laid beside the old one: a node that was there
    /// keeps the number it had, the others get those behind all old ones.
    pub fn numbers(&self, old: &Graph) -> Vec<usize> {
        let before = old.numbers();
        let mut next = before.last().map_or(0, |last| last + 1);
        let number = |origin: &Option<NodeId>| match origin.and_then(|id| before.get(id.index())) {
            Some(number) => *number,
            None => {
                next += 1;
                next - 1
            }
        };
        self.origin.iter().map(number).collect()
    }
}

/// Builds a graph from another one, node by node in the old order. Tables are taken over; what is neither kept, replaced
/// nor merged is left out, and nothing may read it.
pub struct Rewriter<'g> {
    old: &'g Graph,
    new: Graph,
    moved: Vec<Option<NodeId>>,
    origin: Vec<Option<NodeId>>,
}

impl<'g> Rewriter<'g> {
    /// With the tables of `old` and no node yet.
    pub fn new(old: &'g Graph) -> Self {
        Rewriter { old, new: old.without_nodes(), moved: vec![None; old.len()], origin: Vec::new() }
    }

    /// Where the value of an old node is now.
    pub fn at(&self, old: NodeId) -> Option<NodeId> {
        self.moved.get(old.index()).copied().flatten()
    }

    /// Where the operands of an old node are now. One that was left out is missing, which the verifier tells.
    pub fn operands(&self, old: NodeId) -> Vec<NodeId> {
        self.old.operands(old).into_iter().filter_map(|o| self.at(o)).collect()
    }

    /// The node as it is, with its operands where they are now.
    pub fn keep(&mut self, old: NodeId, node: &Node) -> NodeId {
        let operands = self.operands(old);
        self.replace(old, node.clone(), &operands)
    }

    /// Another node that has the value of the old one.
    pub fn replace(&mut self, old: NodeId, node: Node, operands: &[NodeId]) -> NodeId {
        let new = self.add(node, operands);
        if let Some(slot) = self.origin.get_mut(new.index()) {
            *slot = Some(old);
        }
        self.merge(old, new);
        new
    }

    /// The value of the old node is that of a node of the new graph.
    pub fn merge(&mut self, old: NodeId, into: NodeId) {
        if let Some(slot) = self.moved.get_mut(old.index()) {
            *slot = Some(into);
        }
    }

    /// A node whose value the old graph does not have.
    pub fn add(&mut self, node: Node, operands: &[NodeId]) -> NodeId {
        self.origin.push(None);
        self.new.add(node, operands)
    }

    /// The graph, its outputs, losses, retrievals and names at the new nodes.
    pub fn finish(self) -> Rewritten {
        let Rewriter { mut new, moved, origin, .. } = self;
        let at = |id: NodeId| moved.get(id.index()).copied().flatten();
        let losses = new.losses.iter_mut().map(|l| &mut l.value);
        let roots = new.outputs.iter_mut().map(|o| &mut o.value).chain(losses);
        for root in roots.chain(new.companions.iter_mut().flat_map(|c| &mut c.by)) {
            // A root that was left out is no node, which the verifier tells.
            *root = at(*root).unwrap_or(NodeId(u32::MAX));
        }
        for named in &mut new.names {
            named.values.retain_mut(|(_, id)| match at(*id) {
                Some(new) => {
                    *id = new;
                    true
                }
                None => false,
            });
        }
        new.names.retain(|named| !named.values.is_empty());
        Rewritten { graph: new, origin }
    }
}
