//! `row_demand`: of a sequence only the rows that are read are computed.
//!
//! Before:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = gelu(%0) : Seq<audio>[Ta, fa]
//! %2 = attention(%1, %0, %0) heads 1 : Seq<audio>[Ta, fa]
//! %3 = linear(%2, @score.weight) : Seq<audio>[Ta, 1]
//! %4 = row(%3) 0 : Vec[1]
//! %5 = scalar(%4) : Real
//! output %5 for y
//! ```
//! After:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = take(%0) rows 1 : Seq<audio>[1, fa]
//! %2 = gelu(%1) : Seq<audio>[1, fa]
//! %3 = attention(%2, %0, %0) heads 1 : Seq<audio>[1, fa]
//! %4 = linear(%3, @score.weight) : Seq<audio>[1, 1]
//! %5 = row(%4) 0 : Vec[1]
//! %6 = scalar(%5) : Real
//! output %6 for y
//! ```
//! A bottleneck reads the first rows of a layer, and a classifier the first row of the last one. An operation is *row-wise* in
//! an operand if row `j` of its result reads row `j` of the operand alone: if the first rows of the result are read, the first rows
//! of the operand suffice. Attention is row-wise in its queries.
//!
//! # Companions
//! A value that is read at companions is computed for all rows of the batch. If all its rows are read for the anchors and only the first
//! ones at companions, it is computed twice: the first rows for all samples, and the whole for the anchors. With c companions and t rows
//! that is `k (1 + c) + t` rows for the first k, in the place of `t (1 + c)`, and it is done where these are fewer for sequences of the
//! usual length.
//!
//! # Random numbers
//! They belong to a site, a sample and a row, so the first rows of a draw are the same whether the others are drawn or not.

use std::collections::{BTreeSet, HashMap};

use super::{Pass, USUAL_ROWS};
use crate::dims::Dim;
use crate::types::Type;
use crate::{Axis, Graph, Node, NodeId, Op, Over, Rewriter, Rewritten, View};

pub(super) const PASS: Pass =
    Pass { name: "row_demand", about: "computes only those rows of a sequence that are read", run };

/// Which rows of a sequence are read, from the first one on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Rows {
    #[default]
    None,
    First(i64),
    All,
}

/// For whom a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum For {
    /// Anchors and companions.
    Everyone,
    /// The anchors.
    Anchors,
}

/// The rows that are read of a value at companions (and at their anchors), and for the anchors alone.
#[derive(Clone, Copy, Debug, Default)]
struct Demand {
    everyone: Rows,
    anchors: Rows,
}

impl Demand {
    fn add(&mut self, whom: For, rows: Rows) {
        let slot = match whom {
            For::Everyone => &mut self.everyone,
            For::Anchors => &mut self.anchors,
        };
        *slot = (*slot).max(rows);
    }
}

/// How the rows of a result depend on an operand.
enum Reads {
    /// Not by rows: it is no sequence, or all its rows matter.
    All,
    /// Row `j` on row `j`.
    Same,
    /// The rows up to this one.
    Upto(i64),
}

fn run(graph: &Graph) -> Rewritten {
    let at_companions = read_at_companions(graph);
    let companions = companions(graph);
    let demands = demands(graph, &at_companions, companions);
    let mut build = Build { new: Rewriter::new(graph), graph, forms: HashMap::new(), taken: HashMap::new() };
    for (id, node) in graph.nodes() {
        let extended = at_companions.get(id.index()) == Some(&true);
        for (whom, rows) in forms(node, extended, demands.get(id.index()).copied().unwrap_or_default(), companions) {
            build.add(id, node, whom, rows);
        }
    }
    build.new.finish()
}

/// For each node, whether it is read at companions, as they are or by something that is.
pub(super) fn read_at_companions(graph: &Graph) -> Vec<bool> {
    let views = graph.nodes().filter(|(_, node)| matches!(node.op, Op::At { .. }));
    graph.needed_by(views.flat_map(|(id, _)| graph.operands(id)))
}

/// How many samples are computed beside an anchor.
fn companions(graph: &Graph) -> i64 {
    let views = graph.nodes().filter_map(|(_, node)| match node.op {
        Op::At { companions, group, index } => Some(View { companions, group, index }),
        _ => None,
    });
    views.collect::<BTreeSet<View>>().len() as i64
}

/// The rows that are read of each node.
fn demands(graph: &Graph, at_companions: &[bool], companions: i64) -> Vec<Demand> {
    let mut demands = vec![Demand::default(); graph.len()];
    let nodes: Vec<(NodeId, &Node)> = graph.nodes().collect();
    for (id, node) in nodes.into_iter().rev() {
        let own = demands.get(id.index()).copied().unwrap_or_default();
        let extended = at_companions.get(id.index()) == Some(&true);
        for (whom, rows) in forms(node, extended, own, companions) {
            for (index, operand) in graph.operands(id).into_iter().enumerate() {
                let wanted = match reads(graph, id, node, index) {
                    Reads::All => Rows::All,
                    Reads::Same => rows,
                    Reads::Upto(row) => Rows::First(row + 1).min(rows),
                };
                if let Some(demand) = demands.get_mut(operand.index()) {
                    demand.add(reader(node, whom), wanted);
                }
            }
        }
    }
    demands
}

/// For whom the operands of a node are computed that is itself computed for `whom`: what is read at companions, for everyone.
fn reader(node: &Node, whom: For) -> For {
    if matches!(node.op, Op::At { .. }) { For::Everyone } else { whom }
}

/// In which forms a node is computed. A value that is no sequence, and a sequence that is not made row by row, has one form.
fn forms(node: &Node, extended: bool, demand: Demand, companions: i64) -> Vec<(For, Rows)> {
    let whom = if extended { For::Everyone } else { For::Anchors };
    let Demand { everyone, anchors } = demand;
    if !is_row_wise(node) {
        return vec![(whom, Rows::All)];
    }
    let rows = |rows: Rows| match rows {
        Rows::First(rows) if !is_at_most(node, rows) => Rows::First(rows),
        // What nothing reads is left to another pass.
        _ => Rows::All,
    };
    match (extended, rows(everyone), rows(anchors)) {
        (true, some, _) if anchors <= everyone => vec![(whom, some)],
        (true, Rows::First(first), more) if everyone > Rows::None && Rows::First(first) < more => {
            match first * (1 + companions) + USUAL_ROWS < USUAL_ROWS * (1 + companions) {
                true => vec![(For::Everyone, Rows::First(first)), (For::Anchors, more)],
                false => vec![(For::Everyone, more)],
            }
        }
        (_, _, more) => vec![(whom, more)],
    }
}

pub(super) fn length(node: &Node) -> Option<&Dim> {
    node.ty.tensor().and_then(|ty| ty.time.as_ref()).map(|time| &time.len)
}

/// Whether the first rows of the result can be computed by themselves.
fn is_row_wise(node: &Node) -> bool {
    if length(node).is_none() {
        return false;
    }
    match &node.op {
        Op::Binary(_)
        | Op::Unary(_)
        | Op::Affine { .. }
        | Op::ParametricUnary(_)
        | Op::AddRow
        | Op::MulRow
        | Op::Scale
        | Op::Normalize { .. }
        | Op::Reduce { .. }
        | Op::Reshape { .. }
        | Op::Linear
        | Op::LayerNorm { .. }
        | Op::Dropout { .. }
        | Op::Positions
        | Op::Sinusoid { .. }
        | Op::Take { .. }
        | Op::Concat(Axis::Features)
        | Op::Slice { .. }
        | Op::Append { .. }
        | Op::Repeat
        | Op::StopGrad
        | Op::GradReverse { .. }
        | Op::At { .. } => true,
        // A window is a band around the diagonal of a square.
        Op::Attention { band, .. } => band.is_full(),
        Op::Softmax { over, .. } => *over != Over::Time,
        _ => false,
    }
}

/// How a node reads one of its operands.
fn reads(graph: &Graph, id: NodeId, node: &Node, index: usize) -> Reads {
    let operand = graph.operands(id).get(index).and_then(|o| graph.node(*o));
    if operand.and_then(length).is_none() {
        return Reads::All;
    }
    match (&node.op, index) {
        (Op::Row(row), _) if *row >= 0 => Reads::Upto(*row),
        (Op::Take { rows }, _) => match rows.as_const() {
            Some(rows) => Reads::Upto(rows - 1),
            None => Reads::Same,
        },
        (Op::Attention { .. }, 1 | 2) => Reads::All,
        _ if is_row_wise(node) => Reads::Same,
        _ => Reads::All,
    }
}

/// The new graph while it is built.
struct Build<'g> {
    new: Rewriter<'g>,
    graph: &'g Graph,
    /// The forms of each old node.
    forms: HashMap<(NodeId, For), (NodeId, Rows)>,
    /// The first rows of new nodes.
    taken: HashMap<(NodeId, i64), NodeId>,
}

impl Build<'_> {
    /// Adds one form of an old node.
    fn add(&mut self, old: NodeId, node: &Node, whom: For, rows: Rows) {
        let operands = self.graph.operands(old);
        let partial = matches!(rows, Rows::First(_));
        if let (Op::Take { rows: taken }, Some(operand)) = (&node.op, operands.first())
            && let Some(taken) = taken.as_const()
        {
            let wanted = Rows::First(taken).min(rows);
            let new = match self.source(*operand, whom) {
                Some((source, Rows::All)) if !partial => {
                    let new = self.new.replace(old, node.clone(), &[source]);
                    *self.taken.entry((source, taken)).or_insert(new)
                }
                _ => self.rows_of(*operand, whom, wanted, node),
            };
            if !partial {
                self.new.merge(old, new);
            }
            self.forms.insert((old, whom), (new, rows));
            return;
        }
        let from = reader(node, whom);
        let mut new_operands = Vec::with_capacity(operands.len());
        for (index, operand) in operands.into_iter().enumerate() {
            let wanted = match reads(self.graph, old, node, index) {
                Reads::All => Rows::All,
                Reads::Same => rows,
                // More rows than these do not matter.
                Reads::Upto(_) => Rows::None,
            };
            new_operands.push(self.rows_of(operand, from, wanted, node));
        }
        let new = match rows {
            Rows::First(rows) => {
                let ty = first_rows(&node.ty, rows);
                self.new.add(Node { ty, ..node.clone() }, &new_operands)
            }
            Rows::None | Rows::All => self.new.replace(old, node.clone(), &new_operands),
        };
        self.forms.insert((old, whom), (new, rows));
    }

    /// The form of an operand that is computed for `whom`, or for more than these.
    fn source(&self, operand: NodeId, whom: For) -> Option<(NodeId, Rows)> {
        self.forms.get(&(operand, whom)).or_else(|| self.forms.get(&(operand, For::Everyone))).copied()
    }

    /// The rows of an old node that `reader` reads, without the others unless these do not matter.
    fn rows_of(&mut self, operand: NodeId, whom: For, wanted: Rows, reader: &Node) -> NodeId {
        // An operand that was left out is no node, which the verifier reports.
        let Some((source, has)) = self.source(operand, whom) else { return NodeId(u32::MAX) };
        let old = self.graph.node(operand);
        match (wanted, old) {
            (Rows::First(rows), Some(old)) if has != wanted && !is_at_most(old, rows) => {
                if let Some(taken) = self.taken.get(&(source, rows)) {
                    return *taken;
                }
                let node =
                    Node { op: Op::Take { rows: Dim::from(rows) }, ty: first_rows(&old.ty, rows), ..reader.clone() };
                let new = self.new.add(node, &[source]);
                self.taken.insert((source, rows), new);
                new
            }
            _ => source,
        }
    }
}

/// Whether a sequence is known to have no more rows than that: its first rows are all of them.
fn is_at_most(node: &Node, rows: i64) -> bool {
    length(node).is_some_and(|length| Dim::min([length.clone(), Dim::from(rows)]) == *length)
}

/// The type of the first rows of a sequence.
fn first_rows(ty: &Type, rows: i64) -> Type {
    let mut ty = ty.clone();
    if let Type::Tensor(tensor) = &mut ty
        && let Some(time) = &mut tensor.time
    {
        time.len = Dim::min([time.len.clone(), Dim::from(rows)]);
    }
    ty
}
