//! What a training step computes of a graph: the nodes in their order, on which rows, and how often each value is read.

use std::collections::BTreeMap;

use dsc_graph::recompute::{Parts, Stretch, stretches};
use dsc_graph::types::Type;
use dsc_graph::{Graph, Joint, Node, NodeId, Op};

/// The plan of the losses of a graph.
pub(super) struct StepPlan<'g> {
    pub(super) graph: &'g Graph,
    /// Parameters that are read, and whether a gradient of them is wanted.
    pub(super) params: Vec<(usize, bool)>,
    /// For each node, whether it is computed for companions too.
    pub(super) extended: Vec<bool>,
    pub(super) operands: Vec<Vec<usize>>,
    /// Its stretches, one if nothing is computed again on the way back.
    pub(super) segments: Vec<Segment>,
    /// For each node, whether a parameter that is trained may reach it.
    trains: Vec<bool>,
}

/// A stretch of the plan.
pub(super) struct Segment {
    pub(super) stretch: Stretch,
    /// How often values are read within it, and behind it.
    uses: BTreeMap<usize, usize>,
    /// The slices of a node that only slices on the same rows read.
    pub(super) slices: BTreeMap<usize, Vec<usize>>,
}

impl Segment {
    pub(super) fn uses(&self, at: usize) -> usize {
        self.uses.get(&at).copied().unwrap_or(0)
    }
}

impl<'g> StepPlan<'g> {
    /// `trained` says of each parameter whether a gradient is wanted, `again` of each node which part it belongs to that is computed again.
    pub(super) fn new(graph: &'g Graph, trained: &[bool], again: Option<&Parts>) -> StepPlan<'g> {
        let needed = graph.needed_by(graph.losses.iter().map(|l| l.value));
        let is = |marks: &[bool], at: usize| marks.get(at) == Some(&true);
        let views = graph.nodes().filter(|(id, n)| is(&needed, id.index()) && matches!(n.op, Op::At { .. }));
        let extended = graph.needed_by(views.flat_map(|(id, _)| graph.operands(id)));
        let operands: Vec<Vec<usize>> =
            graph.nodes().map(|(id, _)| graph.operands(id).into_iter().map(NodeId::index).collect()).collect();
        let (mut order, mut params) = (Vec::new(), Vec::new());
        let mut trains = vec![false; graph.len()];
        for (id, node) in graph.nodes().filter(|(id, _)| is(&needed, id.index())) {
            let reads = operands.get(id.index()).into_iter().flatten();
            let trained = match node.op {
                Op::Param(param) => trained.get(param.index()) == Some(&true),
                Op::StopGrad => false,
                _ => reads.into_iter().any(|of| is(&trains, *of)),
            };
            trains.get_mut(id.index()).into_iter().for_each(|t| *t = trained);
            match node.op {
                Op::Param(_) => params.push((id.index(), trained)),
                _ => order.push(id.index()),
            }
        }
        let joint = Joint::of(graph);
        let part = |at: usize| again?.get(at).copied().flatten().filter(|_| !joint.is(NodeId(at as u32)));
        let losses: Vec<usize> = graph.losses.iter().map(|l| l.value.index()).collect();
        let reads = |at: usize| operands.get(at).map_or(&[][..], Vec::as_slice);
        let segments = stretches(&order, reads, &losses, part).into_iter().map(|stretch| {
            let mut uses: BTreeMap<usize, usize> = BTreeMap::new();
            for read in stretch.order.iter().flat_map(|at| reads(*at)).chain(&stretch.gives) {
                *uses.entry(*read).or_default() += 1;
            }
            let mut slices: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for at in stretch.order.iter().copied() {
                if !graph.node(NodeId(at as u32)).is_some_and(|n| matches!(n.op, Op::Slice { .. })) {
                    continue;
                }
                for of in reads(at).iter().filter(|of| extended.get(**of) == extended.get(at)) {
                    slices.entry(*of).or_default().push(at);
                }
            }
            slices.retain(|of, parts| parts.len() > 1 && uses.get(of) == Some(&parts.len()));
            Segment { stretch, uses, slices }
        });
        let segments = segments.collect();
        StepPlan { graph, params, extended, operands, segments, trains }
    }

    pub(super) fn node(&self, at: usize) -> Option<&'g Node> {
        self.graph.node(NodeId(at as u32))
    }

    pub(super) fn ty(&self, at: usize) -> Option<&'g Type> {
        self.node(at).map(|node| &node.ty)
    }

    pub(super) fn trains(&self, at: usize) -> bool {
        self.trains.get(at) == Some(&true)
    }

    pub(super) fn is_loss(&self, at: usize) -> bool {
        self.graph.losses.iter().any(|loss| loss.value.index() == at)
    }

    pub(super) fn extended(&self, at: usize) -> bool {
        self.extended.get(at) == Some(&true)
    }
}
