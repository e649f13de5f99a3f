//! Which values of a training step are computed from one sample each, and which from several.
//!
//! Most operations read the sample that they compute. `at` reads companions, `in_batch` all anchors, and everything behind them is *joint*:
//! computed from several samples. Everything before them can be computed for some of the samples at a time.

use super::graph::Graph;
use super::op::Op;
use crate::NodeId;

/// The joint nodes of a graph.
#[derive(Clone, Debug)]
pub struct Joint {
    joint: Vec<bool>,
    joins: bool,
    reads_batch: bool,
}

impl Joint {
    /// Looks at all nodes of a graph.
    pub fn of(graph: &Graph) -> Joint {
        let mut joint: Vec<bool> = Vec::with_capacity(graph.len());
        let mut joins = true;
        for (id, node) in graph.nodes() {
            let operands = graph.operands(id);
            let is = |of: &NodeId| joint.get(of.index()) == Some(&true);
            let here = matches!(node.op, Op::At { .. } | Op::InBatch | Op::Own) || operands.iter().any(is);
            let ragged = |of: NodeId| graph.node(of).and_then(|n| n.ty.len()).is_some_and(|len| len.varies());
            joins &= !here || !(ragged(id) || operands.iter().any(|of| ragged(*of)));
            joint.push(here);
        }
        let reads_batch = graph.nodes().any(|(_, node)| matches!(node.op, Op::InBatch | Op::Own));
        Joint { joint, joins, reads_batch }
    }

    /// Whether a node is computed from several samples.
    pub fn is(&self, node: NodeId) -> bool {
        self.joint.get(node.index()) == Some(&true)
    }

    /// Whether a value depends on all anchors of the batch.
    pub fn reads_batch(&self) -> bool {
        self.reads_batch
    }

    /// Whether a training step has joint values.
    pub fn any(&self) -> bool {
        self.joint.contains(&true)
    }

    /// Whether joint operations read one row of numbers, or equally many, of every sample: then the values that some samples have can be
    /// put behind those of others. Sequences of different lengths are laid out by the lengths of the whole batch.
    pub fn joins(&self) -> bool {
        self.joins
    }
}
