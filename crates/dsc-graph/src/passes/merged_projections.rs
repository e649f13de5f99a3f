//! `merged_projections`: several linear maps of one sequence become one map, whose result is cut into theirs.
//!
//! Before:
//! ```text
//! param k.weight : [8, 4] fan_in(4)
//! param v.weight : [6, 4] fan_in(4)
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = linear(%0, @x.weight) : Seq<audio>[Ta, 4]
//! %2 = linear(%1, @p.weight) : Seq<audio>[Ta, 8]
//! %3 = linear(%1, @k.weight) : Seq<audio>[Ta, 8]
//! %4 = linear(%1, @v.weight) : Seq<audio>[Ta, 6]
//! %5 = attention(%2, %3, %4) heads 2 : Seq<audio>[Ta, 6]
//! %6 = mean(%5) : Vec[6]
//! %7 = dot(%6, %6) : Real
//! loss l = %7
//! ```
//! After:
//! ```text
//! param k.weight : [8, 4] fan_in(4)
//! param v.weight : [6, 4] fan_in(4)
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = linear(%0, @x.weight) : Seq<audio>[Ta, 4]
//! %2 = linear(%1, @p.weight, @k.weight, @v.weight) : Seq<audio>[Ta, 22]
//! %3 = slice(%2) from 0 to 8 : Seq<audio>[Ta, 8]
//! %4 = slice(%2) from 8 to 16 : Seq<audio>[Ta, 8]
//! %5 = slice(%2) from 16 to 22 : Seq<audio>[Ta, 6]
//! %6 = attention(%3, %4, %5) heads 2 : Seq<audio>[Ta, 6]
//! %7 = mean(%6) : Vec[6]
//! %8 = dot(%7, %7) : Real
//! loss l = %8
//! ```
//! As many multiply-adds in fewer and larger products; backward, the gradient of the sequence comes out of one of them, where those of
//! several maps had to be added up. The weights stay parameters of their own; they are laid side by side for the product.
//!
//! # Where it is left alone
//! - A value that is no sequence: of a row for each sample, the product is hardly more work than laying the weights side by side.
//! - Weights that together have more than 2^18 numbers: laying them side by side costs what the larger product saves, or more (3% of a
//!   step of three maps of 768 columns to as many, 300 rows; nothing to be seen from 1000 rows on).
//! - Maps with a bias and those without are merged apart.
//! - Maps of which one is read at companions and the other for the anchors alone, or that other roots need: where only one of them is
//!   computed, it stays so.
//! - A size that decides is not a number.

use std::collections::HashMap;

use super::row_demand::read_at_companions;
use super::{Pass, row_demand};
use crate::dims::Dim;
use crate::types::Type;
use crate::{Graph, LinearMap, Node, NodeId, Op, Rewriter, Rewritten};

pub(super) const PASS: Pass =
    Pass { name: "merged_projections", about: "applies several linear maps of one sequence as one", run };

/// The most numbers that weights have which are laid side by side.
const NUMBERS: i64 = 1 << 18;

fn run(graph: &Graph) -> Rewritten {
    let groups = groups(graph);
    let group_of: HashMap<NodeId, &Vec<Member>> =
        groups.iter().flat_map(|group| group.iter().map(move |member| (member.node, group))).collect();
    // The merged maps by their first member.
    let mut merged: HashMap<NodeId, NodeId> = HashMap::new();
    let mut new = Rewriter::new(graph);
    for (id, node) in graph.nodes() {
        let Some(group) = group_of.get(&id) else {
            // A weight of a later member was needed before.
            if new.at(id).is_none() {
                new.keep(id, node);
            }
            continue;
        };
        let Some(first) = group.first() else { continue };
        let whole = *merged.entry(first.node).or_insert_with(|| write(&mut new, graph, node, group));
        let from: i64 = group.iter().take_while(|member| member.node != id).map(|member| member.width).sum();
        let to = group.iter().find(|member| member.node == id).map_or(from, |member| from + member.width);
        let op = Op::Slice { from: Dim::from(from), to: Dim::from(to) };
        new.replace(id, Node { op, ..node.clone() }, &[whole]);
    }
    new.finish()
}

/// A map that is merged with others.
struct Member {
    node: NodeId,
    map: LinearMap,
    /// Columns of the sequence.
    from: i64,
    /// Columns of the result.
    width: i64,
}

/// What the maps that are merged have in common.
#[derive(PartialEq, Eq, Hash)]
struct Common {
    source: NodeId,
    biased: bool,
    at_companions: bool,
    /// Which roots need them.
    needed: Vec<bool>,
}

/// The maps that are merged, in the order of the graph.
fn groups(graph: &Graph) -> Vec<Vec<Member>> {
    let at_companions = read_at_companions(graph);
    let needed: Vec<Vec<bool>> = graph.roots().map(|root| graph.needed_by([root])).collect();
    let is = |marks: &Vec<bool>, id: NodeId| marks.get(id.index()) == Some(&true);
    let mut places: HashMap<Common, usize> = HashMap::new();
    let mut groups: Vec<Vec<Member>> = Vec::new();
    for (id, _) in graph.nodes() {
        let Some((source, member)) = Member::of(graph, id) else { continue };
        let common = Common {
            source,
            biased: member.map.bias.is_some(),
            at_companions: is(&at_companions, id),
            needed: needed.iter().map(|marks| is(marks, id)).collect(),
        };
        let place = *places.entry(common).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(member),
            None => groups.push(vec![member]),
        }
    }
    groups.retain(|group| group.len() > 1 && group.iter().map(Member::numbers).sum::<i64>() <= NUMBERS);
    groups
}

impl Member {
    /// A node as the map of a sequence, and the sequence.
    fn of(graph: &Graph, id: NodeId) -> Option<(NodeId, Member)> {
        let [map] = graph.linear_maps(id).try_into().ok()?;
        let source = *graph.operands(id).first()?;
        row_demand::length(graph.node(id)?)?;
        let columns = |id: NodeId| graph.node(id)?.ty.tensor()?.features()?.as_const();
        Some((source, Member { node: id, map, from: columns(source)?, width: columns(id)? }))
    }

    fn numbers(&self) -> i64 {
        self.from.saturating_mul(self.width).min(NUMBERS + 1)
    }
}

/// Adds the map that a group becomes, in the place of the first member.
fn write(new: &mut Rewriter<'_>, graph: &Graph, first: &Node, group: &[Member]) -> NodeId {
    let source = group.first().and_then(|member| graph.operands(member.node).first().copied());
    let parameters = group.iter().flat_map(|member| [Some(member.map.weight), member.map.bias]);
    let mut operands = Vec::with_capacity(1 + 2 * group.len());
    for old in [source].into_iter().chain(parameters).flatten() {
        operands.push(match (new.at(old), graph.node(old)) {
            (Some(new), _) => new,
            (None, Some(node)) => new.keep(old, node),
            (None, None) => continue,
        });
    }
    let mut ty = first.ty.clone();
    if let Type::Tensor(tensor) = &mut ty {
        *tensor = tensor.with_features(Dim::from(group.iter().map(|member| member.width).sum::<i64>()));
    }
    new.add(Node { op: Op::Linear, ty, ..first.clone() }, &operands)
}
