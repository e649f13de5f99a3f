//! Which values a training step may drop and compute again on its way back.
//!
//! A step keeps what its derivatives read. Computed again, a part of the graph keeps only what enters and leaves it: less memory, for the
//! time of one more forward pass of that part. [Chen et al., 2016](https://arxiv.org/abs/1604.06174)

use std::collections::BTreeMap;

use super::graph::Graph;
use super::op::Op;
use super::region::{RegionId, RegionKind};

/// For each node the number of the part that is computed again as a whole; none for nodes whose values are kept.
pub type Parts = Vec<Option<u32>>;

/// The calls of blocks: those right inside of the innermost loop turn, so each layer of an encoder is one; outside of loops the
/// outermost calls. Nodes of the model itself are kept.
pub fn blocks(graph: &Graph) -> Parts {
    graph.nodes().map(|(_, node)| node.region.map(|region| block(graph, region).0)).collect()
}

/// The last call on the way out to the innermost turn; that turn for what is in no call inside of it.
fn block(graph: &Graph, region: RegionId) -> RegionId {
    let (mut found, mut at) = (region, Some(region));
    while let Some((here, of)) = at.and_then(|here| Some((here, graph.region(here)?))) {
        if matches!(of.kind, RegionKind::Turn { .. }) {
            break;
        }
        (found, at) = (here, of.parent);
    }
    found
}

/// Attention with the linear maps that only it reads: their results, one row of numbers for each query and key.
pub fn attention(graph: &Graph) -> Parts {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); graph.len()];
    for (id, _) in graph.nodes() {
        for of in graph.operands(id) {
            readers.get_mut(of.index()).into_iter().for_each(|r| r.push(id.index()));
        }
    }
    let roots: Vec<usize> = graph.roots().map(|id| id.index()).collect();
    let nodes: Vec<_> = graph.nodes().collect();
    let mut parts: Parts = vec![None; graph.len()];
    // Readers come behind what they read.
    for (id, node) in nodes.iter().rev() {
        let at = id.index();
        let part = match node.op {
            Op::Attention { .. } => Some(id.0),
            Op::Linear | Op::Slice { .. } if !roots.contains(&at) => {
                let mut of = readers.get(at).into_iter().flatten().map(|r| parts.get(*r).copied().flatten());
                let first = of.next().flatten();
                first.filter(|first| of.all(|other| other == Some(*first)))
            }
            _ => None,
        };
        if let Some(slot) = parts.get_mut(at) {
            *slot = part;
        }
    }
    parts
}

/// A stretch of the order in which nodes are computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its nodes, in their order.
    pub order: Vec<usize>,
    /// Whether it is computed again.
    pub again: bool,
    /// Nodes of stretches before it that it reads.
    pub reads: Vec<usize>,
    /// Its nodes that stretches behind it read, or that are roots.
    pub gives: Vec<usize>,
}

/// Cuts an order wherever the part changes. `operands` gives what a node reads; nodes that are in no stretch, such as parameters, are read
/// by any.
pub fn stretches<'o>(
    order: &[usize],
    operands: impl Fn(usize) -> &'o [usize],
    roots: &[usize],
    part: impl Fn(usize) -> Option<u32>,
) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    let mut home = BTreeMap::new();
    for &node in order {
        let goes_on = |last: &Stretch| last.order.last().is_some_and(|before| part(*before) == part(node));
        if !all.last().is_some_and(goes_on) {
            let again = part(node).is_some();
            all.push(Stretch { order: Vec::new(), again, reads: Vec::new(), gives: Vec::new() });
        }
        home.insert(node, all.len() - 1);
        all.last_mut().into_iter().for_each(|last| last.order.push(node));
    }
    let mut given: Vec<usize> = roots.to_vec();
    for (at, stretch) in all.iter_mut().enumerate() {
        let read = stretch.order.iter().flat_map(|node| operands(*node)).copied();
        stretch.reads = read.filter(|of| home.get(of).is_some_and(|home| *home != at)).collect();
        stretch.reads.sort_unstable();
        stretch.reads.dedup();
        given.extend(&stretch.reads);
    }
    given.sort_unstable();
    given.dedup();
    for node in given {
        let of = home.get(&node).and_then(|at| all.get_mut(*at));
        of.into_iter().for_each(|stretch| stretch.gives.push(node));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_read_what_is_before_them_and_give_what_is_read() {
        // 0 is a parameter, 1 and 4 are kept, 2 and 3 are a part, 5 another one.
        let operands: [&[usize]; 6] = [&[], &[0], &[0, 1], &[2], &[1, 3], &[4, 2]];
        let part = |node: usize| [None, None, Some(0), Some(0), None, Some(1)][node];
        let found = stretches(&[1, 2, 3, 4, 5], |node| operands[node], &[5, 1], part);
        let of = |order: &[usize], again, reads: &[usize], gives: &[usize]| Stretch {
            order: order.to_vec(),
            again,
            reads: reads.to_vec(),
            gives: gives.to_vec(),
        };
        let wanted = [of(&[1], false, &[], &[1]), of(&[2, 3], true, &[1], &[2, 3]), of(&[4], false, &[1, 3], &[4])];
        assert_eq!(found[..3], wanted);
        assert_eq!(found[3], of(&[5], true, &[2, 4], &[5]));
    }
}
