//! `absorbed_projections`: where few queries read many keys, the maps of the keys and values are applied to the queries and to what
//! was read.
//!
//! Before:
//! ```text
//! param k.weight : [8, 4] fan_in(4)
//! param v.weight : [8, 4] fan_in(4)
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = linear(%0, @x.weight) : Seq<audio>[Ta, 4]
//! %2 = linear(%0, @q.weight) : Seq<audio>[Ta, 8]
//! %3 = take(%2) rows 1 : Seq<audio>[1, 8]
//! %4 = linear(%1, @k.weight) : Seq<audio>[Ta, 8]
//! %5 = linear(%1, @v.weight) : Seq<audio>[Ta, 8]
//! %6 = attention(%3, %4, %5) heads 2 : Seq<audio>[1, 8]
//! %7 = row(%6) 0 : Vec[8]
//! %8 = dot(%7, %7) : Real
//! loss l = %8
//! ```
//! After:
//! ```text
//! param k.weight : [8, 4] fan_in(4)
//! param v.weight : [8, 4] fan_in(4)
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = linear(%0, @x.weight) : Seq<audio>[Ta, 4]
//! %2 = linear(%0, @q.weight) : Seq<audio>[Ta, 8]
//! %3 = take(%2) rows 1 : Seq<audio>[1, 8]
//! %4 = reshape(%3) shape [2, 4] : Seq<audio>[1, 2, 4]
//! %5 = param(@k.weight) : Tensor[8, 4]
//! %6 = reshape(%5) shape [2, 4, 4] : Tensor[2, 4, 4]
//! %7 = einsum(%4, %6) "nhk,hki->nhi" : Seq<audio>[1, 2, 4]
//! %8 = reshape(%7) shape [8] : Seq<audio>[1, 8]
//! %9 = attention(%8, %1, %1) heads 2 shared 1 scale 0.5 : Seq<audio>[1, 8]
//! %10 = reshape(%9) shape [2, 4] : Seq<audio>[1, 2, 4]
//! %11 = param(@v.weight) : Tensor[8, 4]
//! %12 = reshape(%11) shape [2, 4, 4] : Tensor[2, 4, 4]
//! %13 = einsum(%10, %12) "nhi,hei->nhe" : Seq<audio>[1, 2, 4]
//! %14 = reshape(%13) shape [8] : Seq<audio>[1, 8]
//! %15 = row(%14) 0 : Vec[8]
//! %16 = dot(%15, %15) : Real
//! loss l = %16
//! ```
//! For a head with queries q, weights W_k and W_v and sources x of the keys and y of the values, `q (x W_kᵀ)ᵀ = (q W_k) xᵀ` and
//! `A (y W_vᵀ) = (A y) W_vᵀ`. Of n queries, t keys, h heads, k and e columns of keys and values and i and j columns of their sources,
//! `t (k i + e j) + n t (k + e)` multiply-adds become `n h t (i + j) + n (k i + e j)`.
//!
//! Fewer multiply-adds are not yet less time: `dsc bench dashfusion` with and without the pass, sequences of the lengths of CH-SIMS, one
//! thread of an Intel Xeon (AVX-512), in turn: a training step 1.65 s with it and 1.59 s without, evaluation 0.45 s and 0.44 s. Its products
//! by sample are smaller than the maps of all rows at once that they replace.
//!
//! # Where it is left alone
//! - The map of the keys has a bias: its gradient is 0, and rounding makes a number of it that an optimiser would take for one. The map
//!   of the values has one and weights are dropped: what is left of the weights does not add up to 1, so the bias would have to be
//!   scaled for each query.
//! - Something else reads the keys or values, which are computed then anyway. What nothing needs has been taken away before.
//! - The attention sees a band: its queries are as many as its keys.
//! - A size that decides is not a number, or the count of multiply-adds falls for long sequences alone.

use std::collections::{HashMap, HashSet};

use super::{Pass, USUAL_ROWS};
use crate::dims::{Atom, Dim};
use crate::types::{TensorType, Time, Type};
use crate::{Einsum, Graph, LinearMap, Node, NodeId, Op, RandomSite, Rewriter, Rewritten};

pub(super) const PASS: Pass =
    Pass { name: "absorbed_projections", about: "applies the maps of many keys and values to few queries", run };

fn run(graph: &Graph) -> Rewritten {
    let readers = readers(graph);
    let found = graph.nodes().filter_map(|(id, node)| Some((id, Absorbed::of(graph, &readers, id, node)?)));
    let found: HashMap<NodeId, Absorbed> = found.collect();
    let gone: HashSet<NodeId> = found.values().flat_map(|a| [a.key.node, a.value.node]).collect();
    let mut new = Rewriter::new(graph);
    for (id, node) in graph.nodes() {
        match found.get(&id) {
            Some(absorbed) => absorbed.write(&mut new, node),
            None if gone.contains(&id) => {}
            None => drop(new.keep(id, node)),
        }
    }
    new.finish()
}

/// A linear map of a sequence that one attention alone reads.
struct Projection {
    node: NodeId,
    source: NodeId,
    weight: NodeId,
    bias: Option<NodeId>,
    /// Columns of the source.
    from: i64,
    /// Columns of the result.
    to: i64,
}

impl Projection {
    fn of(graph: &Graph, id: NodeId) -> Option<Projection> {
        let columns = |id: NodeId| graph.node(id)?.ty.tensor()?.dims.last()?.as_const();
        let source = *graph.operands(id).first()?;
        let [LinearMap { weight, bias }] = graph.linear_maps(id).try_into().ok()?;
        Some(Projection { node: id, source, weight, bias, from: columns(source)?, to: columns(id)? })
    }
}

/// An attention whose projections are absorbed.
struct Absorbed {
    attention: NodeId,
    query: NodeId,
    key: Projection,
    value: Projection,
    heads: i64,
    scale: Option<f64>,
    drop: f64,
    site: RandomSite,
}

impl Absorbed {
    /// The rewrite of a node, if there is one and it pays.
    fn of(graph: &Graph, readers: &HashMap<NodeId, usize>, id: NodeId, node: &Node) -> Option<Absorbed> {
        let Op::Attention { heads, shared: false, band, scale, drop, site } = &node.op else { return None };
        let [query, key, value] = graph.operands(id).try_into().ok()?;
        let (of_key, of_value) = (Projection::of(graph, key)?, Projection::of(graph, value)?);
        let biased = of_key.bias.is_some() || (of_value.bias.is_some() && *drop > 0.0);
        let read_once = [key, value].iter().all(|id| readers.get(id) == Some(&1));
        if !band.is_full() || biased || !read_once {
            return None;
        }
        let length = |id: NodeId| graph.node(id)?.ty.len().cloned();
        let keys = length(key)?.as_const().unwrap_or(USUAL_ROWS);
        if !pays(at_most(&length(query)?)?, keys, *heads, &of_key, &of_value) {
            return None;
        }
        let (scale, drop, site) = (*scale, *drop, site.clone());
        Some(Absorbed { attention: id, query, key: of_key, value: of_value, heads: *heads, scale, drop, site })
    }

    /// The nodes that take the place of the attention.
    fn write(&self, new: &mut Rewriter<'_>, node: &Node) {
        let Absorbed { key, value, heads, .. } = self;
        let time = node.ty.tensor().and_then(|ty| ty.time.clone());
        // An operand that was left out is no node, which the verifier reports.
        let at = |new: &Rewriter<'_>, old: NodeId| new.at(old).unwrap_or(NodeId(u32::MAX));
        let mut build = Build { new, node, time, heads: *heads };

        let (query, weight) = (at(build.new, self.query), at(build.new, key.weight));
        let query = build.by_head(query, key.to);
        let weight = build.weight(weight, key);
        let query = build.product("nhk,hki->nhi", query, weight, key.from);

        let op = Op::Attention {
            heads: *heads,
            shared: true,
            band: Default::default(),
            scale: Some(self.scale.unwrap_or_else(|| 1.0 / ((key.to / heads) as f64).sqrt())),
            drop: self.drop,
            site: self.site.clone(),
        };
        let sources = [query, at(build.new, key.source), at(build.new, value.source)];
        let read = build.sequence(op, &[heads * value.from], &sources);

        let weight = at(build.new, value.weight);
        let read = build.by_head(read, heads * value.from);
        let weight = build.weight(weight, value);
        let result = build.product("nhi,hei->nhe", read, weight, value.to / heads);
        let result = match value.bias {
            None => result,
            Some(bias) => {
                let bias = at(build.new, bias);
                let row = build.parameter(&[value.to], bias);
                build.sequence(Op::AddRow, &[value.to], &[result, row])
            }
        };
        new.merge(self.attention, result);
    }
}

/// Adds nodes that share the place in the program of an attention.
struct Build<'b, 'g> {
    new: &'b mut Rewriter<'g>,
    node: &'b Node,
    time: Option<Time>,
    heads: i64,
}

impl Build<'_, '_> {
    fn add(&mut self, op: Op, time: Option<Time>, dims: &[i64], operands: &[NodeId]) -> NodeId {
        let ty = Type::Tensor(TensorType { time, dims: dims.iter().map(|d| Dim::from(*d)).collect() });
        self.new.add(Node { op, ty, ..self.node.clone() }, operands)
    }

    /// A value with a row for each query.
    fn sequence(&mut self, op: Op, dims: &[i64], operands: &[NodeId]) -> NodeId {
        self.add(op, self.time.clone(), dims, operands)
    }

    fn parameter(&mut self, dims: &[i64], parameter: NodeId) -> NodeId {
        self.add(Op::Expand, None, dims, &[parameter])
    }

    /// `[n, c]` to `[n, heads, c / heads]`.
    fn by_head(&mut self, x: NodeId, columns: i64) -> NodeId {
        let shape = [self.heads, columns / self.heads];
        self.sequence(reshape(&shape), &shape, &[x])
    }

    /// The weight of a projection, `[to, from]` to `[heads, to / heads, from]`.
    fn weight(&mut self, weight: NodeId, of: &Projection) -> NodeId {
        let matrix = self.parameter(&[of.to, of.from], weight);
        let shape = [self.heads, of.to / self.heads, of.from];
        self.add(reshape(&shape), None, &shape, &[matrix])
    }

    /// A product by head, with its heads side by side: `[n, heads * columns]`.
    fn product(&mut self, letters: &str, x: NodeId, weight: NodeId, columns: i64) -> NodeId {
        #[expect(clippy::expect_used, reason = "the letters are those of this file")]
        let spec = Einsum::parse(letters).expect("letters of a product");
        let product = self.sequence(Op::Einsum(spec), &[self.heads, columns], &[x, weight]);
        let joined = [self.heads * columns];
        self.sequence(reshape(&joined), &joined, &[product])
    }
}

fn reshape(shape: &[i64]) -> Op {
    Op::Reshape { shape: shape.iter().map(|d| Dim::from(*d)).collect() }
}

/// Whether the rewrite has fewer multiply-adds, for so many queries and keys.
fn pays(queries: i64, keys: i64, heads: i64, key: &Projection, value: &Projection) -> bool {
    // Sizes that no memory holds are none to decide on.
    let product = |factors: &[i64]| factors.iter().try_fold(1i64, |n, factor| n.checked_mul(*factor));
    let sum = |terms: [Option<i64>; 3]| terms.into_iter().try_fold(0i64, |n, term| n.checked_add(term?));
    let maps = sum([product(&[key.from, key.to]), product(&[value.from, value.to]), Some(0)]);
    let Some(maps) = maps else { return false };
    let before = sum([product(&[keys, maps]), product(&[queries, keys, key.to]), product(&[queries, keys, value.to])]);
    let after = sum([
        product(&[queries, heads, keys, key.from]),
        product(&[queries, heads, keys, value.from]),
        product(&[queries, maps]),
    ]);
    after.zip(before).is_some_and(|(after, before)| after < before)
}

/// The most that a length can be, if that is a number whatever the data are.
fn at_most(length: &Dim) -> Option<i64> {
    match length.as_atom() {
        Some(Atom::Min(list)) => list.iter().filter_map(Dim::as_const).min(),
        _ => length.as_const(),
    }
}

/// How often each node is an operand, or a result of the model.
fn readers(graph: &Graph) -> HashMap<NodeId, usize> {
    let mut readers = HashMap::new();
    for read in graph.nodes().flat_map(|(reader, _)| graph.operands(reader)).chain(graph.roots()) {
        *readers.entry(read).or_default() += 1;
    }
    readers
}
