//! What a training step computes of a graph: the nodes in their order, on which rows, and how often each value is read.

use std::collections::BTreeMap;

use dsc_graph::types::Type;
use dsc_graph::{Graph, Node, NodeId, Op};

/// The plan of the losses of a graph.
pub(super) struct StepPlan<'g> {
    pub(super) graph: &'g Graph,
    /// Nodes to compute, operands first, without parameters.
    pub(super) order: Vec<usize>,
    /// Parameters that are read, and whether a gradient of them is wanted.
    pub(super) params: Vec<(usize, bool)>,
    /// For each node, whether it is computed for companions too.
    pub(super) extended: Vec<bool>,
    pub(super) operands: Vec<Vec<usize>>,
    /// For each node, how often its value is read, as a loss too.
    uses: Vec<usize>,
    /// The slices of a node that only slices on the same rows read.
    pub(super) slices: BTreeMap<usize, Vec<usize>>,
}

impl<'g> StepPlan<'g> {
    /// `trained` says of each parameter whether a gradient is wanted.
    pub(super) fn new(graph: &'g Graph, trained: &[bool]) -> StepPlan<'g> {
        let needed = graph.needed_by(graph.losses.iter().map(|l| l.value));
        let is = |marks: &[bool], at: usize| marks.get(at) == Some(&true);
        let views = graph.nodes().filter(|(id, n)| is(&needed, id.index()) && matches!(n.op, Op::At { .. }));
        let extended = graph.needed_by(views.flat_map(|(id, _)| graph.operands(id)));
        let operands: Vec<Vec<usize>> =
            graph.nodes().map(|(id, _)| graph.operands(id).into_iter().map(NodeId::index).collect()).collect();
        let mut uses = vec![0usize; graph.len()];
        let mut count = |at: usize| uses.get_mut(at).into_iter().for_each(|n| *n += 1);
        graph.losses.iter().for_each(|l| count(l.value.index()));
        let (mut order, mut params) = (Vec::new(), Vec::new());
        for (id, node) in graph.nodes().filter(|(id, _)| is(&needed, id.index())) {
            operands.get(id.index()).into_iter().flatten().for_each(|o| count(*o));
            match node.op {
                Op::Param(param) => params.push((id.index(), trained.get(param.index()) == Some(&true))),
                _ => order.push(id.index()),
            }
        }
        let mut slices: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in order.iter().copied() {
            if !graph.node(NodeId(at as u32)).is_some_and(|n| matches!(n.op, Op::Slice { .. })) {
                continue;
            }
            for of in operands.get(at).into_iter().flatten().filter(|of| extended.get(**of) == extended.get(at)) {
                slices.entry(*of).or_default().push(at);
            }
        }
        slices.retain(|of, parts| parts.len() > 1 && uses.get(*of) == Some(&parts.len()));
        StepPlan { graph, order, params, extended, operands, uses, slices }
    }

    pub(super) fn node(&self, at: usize) -> Option<&'g Node> {
        self.graph.node(NodeId(at as u32))
    }

    pub(super) fn ty(&self, at: usize) -> Option<&'g Type> {
        self.node(at).map(|node| &node.ty)
    }

    pub(super) fn uses(&self, at: usize) -> usize {
        self.uses.get(at).copied().unwrap_or(0)
    }

    pub(super) fn extended(&self, at: usize) -> bool {
        self.extended.get(at) == Some(&true)
    }
}
