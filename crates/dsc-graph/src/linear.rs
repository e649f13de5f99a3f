//! What the operands of an [`Op::Linear`] are: the value, and a weight and perhaps a bias of each map.

use super::{Graph, NodeId, Op};

/// The places of weight and bias among the operands of an [`Op::Linear`], for each of its maps.
pub fn linear_places(operands: usize, biased: bool) -> impl Iterator<Item = (usize, Option<usize>)> {
    (1..operands).step_by(1 + usize::from(biased)).map(move |weight| (weight, biased.then_some(weight + 1)))
}

/// A map of an [`Op::Linear`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearMap {
    /// `[o, i]`.
    pub weight: NodeId,
    /// `[o]`.
    pub bias: Option<NodeId>,
}

impl Graph {
    /// The maps of a node, more than one where a pass has merged some; none of another operation.
    pub fn linear_maps(&self, id: NodeId) -> Vec<LinearMap> {
        if !self.node(id).is_some_and(|node| matches!(node.op, Op::Linear)) {
            return Vec::new();
        }
        let operands = self.operands(id);
        let axes = |id: &NodeId| self.node(*id).and_then(|n| n.ty.tensor()).map(|ty| ty.dims.len());
        let biased = operands.get(2).and_then(axes) == Some(1);
        let map = |(weight, bias): (usize, Option<usize>)| {
            let bias = bias.and_then(|place| operands.get(place)).copied();
            Some(LinearMap { weight: *operands.get(weight)?, bias })
        };
        linear_places(operands.len(), biased).filter_map(map).collect()
    }
}
