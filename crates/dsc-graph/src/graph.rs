//! Nodes, parameters and the roots of a compiled model.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

use super::{Named, Op, Region, RegionId, Rewriter, Rewritten};
use crate::dims::{Atom, Dim};
use crate::types::Type;
use dsc_syntax::source::Span;

macro_rules! entity {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl $name {
            /// As an index into a table of its kind.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

entity!(
    /// A node.
    NodeId,
    "%"
);
entity!(
    /// A parameter.
    ParamId,
    "@"
);
entity!(
    /// A `companions` declaration.
    CompanionsId,
    "companions"
);

/// One operation with its result type and its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// Type of its result.
    pub ty: Type,
    /// The expression it came from.
    pub span: Span,
    /// Values of the loop variables around it: `l = 1`; empty outside loops.
    pub loops: String,
    /// Derived path of the scope it is in: `fuse.1.spread.audio`.
    pub scope: String,
    /// The call or loop turn that it came from; none for the model itself.
    pub region: Option<RegionId>,
}

/// How a parameter starts. All are functions of (seed, path).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Init {
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// Normal with mean 0.
    Normal {
        /// Standard deviation.
        std: f64,
    },
    /// Uniform in ±1/√fan_in: what `torch.nn.Linear` does to weight and bias.
    FanIn(Dim),
    /// Uniform in ±bound.
    Uniform {
        /// The largest size of an entry.
        bound: f64,
    },
    /// Variance 2 / (fan_in + fan_out), as `torch.nn.init.xavier_uniform_` and `xavier_normal_`.
    Xavier {
        /// Entries that a result is made of.
        fan_in: Dim,
        /// Results that an entry goes into.
        fan_out: Dim,
        /// Normal, else uniform.
        normal: bool,
    },
    /// Variance 2 / fan_in, as `torch.nn.init.kaiming_uniform_` and `kaiming_normal_` for a ReLU.
    Kaiming {
        /// Entries that a result is made of.
        fan_in: Dim,
        /// Normal, else uniform.
        normal: bool,
    },
    /// 1 where the two indices are equal, 0 elsewhere, as `torch.nn.init.eye_`.
    Identity,
}

/// A trainable tensor. Logical: passes may merge its storage, never its entry in the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Derived path, unique: `fuse.1.spread.audio.z.cross_attention.q.weight`.
    pub path: String,
    /// Shape; ragged lengths count with their maximum.
    pub shape: Vec<Dim>,
    /// How it starts.
    pub init: Init,
    /// For weights of a pretrained encoder: the path within the encoder block (`layer.0.attention.q.weight`).
    pub encoder: Option<String>,
    /// The call that owns it.
    pub span: Span,
}

/// An `input` of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDecl {
    /// Name in the file.
    pub name: String,
    /// Key in the data, the name unless `from` says otherwise.
    pub key: String,
    /// Its type, with the names of the file as dims.
    pub ty: Type,
    /// The declaration.
    pub span: Span,
}

/// A `label` of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelDecl {
    /// Name in the file.
    pub name: String,
    /// Key in the data, if the file says one (`regression_labels` otherwise).
    pub key: Option<String>,
    /// The declaration.
    pub span: Span,
}

/// `output value for label`.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name of the label it predicts, which is also the output's name.
    pub label: String,
    /// A Real.
    pub value: NodeId,
    /// The statement.
    pub span: Span,
}

/// `loss name = value`: the mean over the batch of a Real per sample. Losses are added up.
///
/// A loss that reads companions counts a sample without a companion as 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The name it is logged under.
    pub name: String,
    /// A Real.
    pub value: NodeId,
    /// The statement.
    pub span: Span,
}

/// A `companions` declaration: retrieval of positives and negatives (section III-D of the DashFusion article).
#[derive(Clone, Debug, PartialEq)]
pub struct Companions {
    /// Its name in the file.
    pub name: String,
    /// Vectors whose mean cosine ranks the samples.
    pub by: Vec<NodeId>,
    /// The label whose class tells positives from negatives.
    pub class: String,
    /// Positives drawn.
    pub pos: usize,
    /// Similar negatives drawn.
    pub near: usize,
    /// Dissimilar negatives drawn.
    pub far: usize,
    /// Size of the pools they are drawn from.
    pub pool: usize,
    /// Epochs between two retrievals.
    pub refresh: usize,
    /// Whether the pools hold ranks in the place of samples, and of which parts of the ranking.
    pub ranks: Option<Ranks>,
    /// The statement.
    pub span: Span,
}

/// Pools of ranks, as the program that the authors of DashFusion released makes them: every sample of the training split is
/// ranked by its similarity to the anchor, and what a pool holds, and is drawn as a sample, is the *rank* of a sample that
/// fits, 0 for the most similar one.
///
/// A sample so drawn is of the right class, or similar, by chance alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranks {
    /// The part of the ranking, from its top, in which positives and near negatives are looked for.
    pub upper: f64,
    /// The part of the ranking, from its end, in which far negatives are looked for; their ranks count from the end.
    pub lower: f64,
}

impl Ranks {
    /// Whether a number is a part of a ranking: above 0 and at most 1.
    pub fn is_part(part: f64) -> bool {
        part > 0.0 && part <= 1.0
    }
}

/// A compiled model: one base or variant, hypers set, dims symbolic.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// `DashFusion`, or `DashFusion/no_scl` for a variant.
    pub name: String,
    nodes: DiGraph<Node, u32>,
    /// Parameters in the order of their creation.
    pub params: Vec<Param>,
    /// Inputs of the file, used or not.
    pub inputs: IndexMap<String, InputDecl>,
    /// Labels of the file.
    pub labels: IndexMap<String, LabelDecl>,
    /// Predictions.
    pub outputs: Vec<Output>,
    /// Loss terms.
    pub losses: Vec<Loss>,
    /// Retrievals.
    pub companions: Vec<Companions>,
    /// Calls and loop turns that the nodes come from.
    pub regions: Vec<Region>,
    /// Names of values.
    pub names: Vec<Named>,
}

impl Graph {
    /// An empty graph of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Graph { name: name.into(), ..Self::default() }
    }

    /// Makes room for that many nodes more, so that a graph that is being built is not moved again and again.
    pub fn reserve(&mut self, nodes: usize) {
        self.nodes.reserve_nodes(nodes);
        self.nodes.reserve_edges(2 * nodes);
        self.params.reserve(nodes / 4);
        self.names.reserve(nodes);
    }

    /// Adds a node behind all others. Its operands must be there already.
    pub fn add(&mut self, node: Node, operands: &[NodeId]) -> NodeId {
        let index = self.nodes.add_node(node);
        for (i, operand) in operands.iter().enumerate() {
            self.nodes.add_edge(NodeIndex::new(operand.index()), index, i as u32);
        }
        NodeId(index.index() as u32)
    }

    /// Gives a node another type: of a parameter that turns out to need more rows.
    pub fn retype(&mut self, id: NodeId, ty: Type) {
        if let Some(node) = self.nodes.node_weight_mut(NodeIndex::new(id.index())) {
            node.ty = ty;
        }
    }

    /// The node of that id.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.node_weight(NodeIndex::new(id.index()))
    }

    /// All nodes, operands before users.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.node_indices().filter_map(|i| Some((NodeId(i.index() as u32), self.nodes.node_weight(i)?)))
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.node_count()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Operands of a node in order.
    pub fn operands(&self, id: NodeId) -> Vec<NodeId> {
        let mut edges: Vec<(u32, NodeId)> = self
            .nodes
            .edges_directed(NodeIndex::new(id.index()), Direction::Incoming)
            .map(|e| (*e.weight(), NodeId(e.source().index() as u32)))
            .collect();
        // They come with the last one first.
        edges.reverse();
        if !edges.is_sorted() {
            edges.sort_unstable();
        }
        edges.into_iter().map(|(_, id)| id).collect()
    }

    /// The region of that id.
    pub fn region(&self, id: RegionId) -> Option<&Region> {
        self.regions.get(id.index())
    }

    /// The parameter of that id.
    pub fn param(&self, id: ParamId) -> Option<&Param> {
        self.params.get(id.index())
    }

    /// What the world sees: outputs, losses and retrieval vectors.
    pub fn roots(&self) -> impl Iterator<Item = NodeId> {
        let outputs = self.outputs.iter().map(|o| o.value);
        let losses = self.losses.iter().map(|l| l.value);
        outputs.chain(losses).chain(self.companions.iter().flat_map(|c| c.by.iter().copied()))
    }

    /// The inputs that the graph reads: their values, or a length of theirs that no other one has, as in `take(audio, rows: Tv)`.
    pub fn inputs_read(&self) -> Vec<&InputDecl> {
        let (mut nodes, mut lengths) = (BTreeSet::new(), BTreeSet::new());
        for (_, node) in self.nodes() {
            if let Op::Input(name) = &node.op {
                nodes.insert(name.as_str());
            }
            node.ty.len().into_iter().for_each(|len| {
                len.any_atom(&mut |atom| {
                    if let Atom::Length { name, .. } = atom {
                        lengths.insert(name.clone());
                    }
                    false
                });
            });
        }
        let length = |decl: &InputDecl| match decl.ty.len().and_then(Dim::as_atom) {
            Some(Atom::Length { name, .. }) => Some(name.clone()),
            _ => None,
        };
        let is_node = |decl: &InputDecl| nodes.contains(decl.name.as_str());
        for known in self.inputs.values().filter(|decl| is_node(decl)).filter_map(&length) {
            lengths.remove(&known);
        }
        let gives_length =
            |decl: &InputDecl, open: &mut BTreeSet<String>| length(decl).is_some_and(|len| open.remove(&len));
        self.inputs.values().filter(|decl| is_node(decl) || gives_length(decl, &mut lengths)).collect()
    }

    /// For each node, whether some node of `roots` needs it.
    pub fn needed_by(&self, roots: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
        let mut needed = vec![false; self.len()];
        let mut stack: Vec<NodeId> = roots.into_iter().collect();
        while let Some(id) = stack.pop() {
            if let Some(mark) = needed.get_mut(id.index())
                && !*mark
            {
                *mark = true;
                stack.extend(self.operands(id));
            }
        }
        needed
    }

    /// The same graph without the nodes that no root needs. Parameters stay in the table, regions in theirs; names keep
    /// what is left of their values.
    pub fn without_dead_nodes(&self) -> Graph {
        self.rewritten_without_dead_nodes().graph
    }

    /// The same graph if it has no dead nodes, else [`without_dead_nodes`](Self::without_dead_nodes).
    pub fn into_live(self) -> Graph {
        match self.has_dead_nodes() {
            true => self.without_dead_nodes(),
            false => self,
        }
    }

    /// The same, borrowed where nothing is dead.
    pub(super) fn live(&self) -> Cow<'_, Graph> {
        match self.has_dead_nodes() {
            true => Cow::Owned(self.without_dead_nodes()),
            false => Cow::Borrowed(self),
        }
    }

    fn has_dead_nodes(&self) -> bool {
        self.needed_by(self.roots()).contains(&false)
    }

    /// [`without_dead_nodes`](Self::without_dead_nodes), and where its nodes come from.
    pub fn rewritten_without_dead_nodes(&self) -> Rewritten {
        let needed = self.needed_by(self.roots());
        let mut new = Rewriter::new(self);
        for (id, node) in self.nodes().filter(|(id, _)| needed.get(id.index()) == Some(&true)) {
            new.keep(id, node);
        }
        new.finish()
    }

    /// The tables alone.
    pub(super) fn without_nodes(&self) -> Graph {
        Graph {
            name: self.name.clone(),
            nodes: DiGraph::new(),
            params: self.params.clone(),
            inputs: self.inputs.clone(),
            labels: self.labels.clone(),
            outputs: self.outputs.clone(),
            losses: self.losses.clone(),
            companions: self.companions.clone(),
            regions: self.regions.clone(),
            names: self.names.clone(),
        }
    }

    /// For each parameter, whether a loss gives it a gradient: it is computed from the parameter, and no `stop_grad` is
    /// on every way between them.
    pub fn trained_params(&self) -> Vec<bool> {
        self.trained_by(self.losses.iter().map(|l| l.value))
    }

    /// The same for these values in the place of the losses.
    pub fn trained_by(&self, roots: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
        let mut trained = vec![false; self.params.len()];
        let mut seen = vec![false; self.len()];
        let mut stack: Vec<NodeId> = roots.into_iter().collect();
        while let Some(id) = stack.pop() {
            let Some(seen) = seen.get_mut(id.index()).filter(|seen| !**seen) else { continue };
            *seen = true;
            match self.node(id).map(|n| &n.op) {
                Some(Op::StopGrad) => {}
                Some(Op::Param(param)) => trained.iter_mut().skip(param.index()).take(1).for_each(|t| *t = true),
                _ => stack.extend(self.operands(id)),
            }
        }
        trained
    }

    /// For each parameter, whether it is meant to be a constant: nothing else is read with it before `stop_grad`, as in
    /// `learned(..) |> stop_grad()`.
    pub fn constant_params(&self) -> Vec<bool> {
        let mut uses = vec![0_usize; self.len()];
        self.nodes().flat_map(|(id, _)| self.operands(id)).for_each(|o| {
            uses.iter_mut().skip(o.index()).take(1).for_each(|n| *n += 1);
        });
        let mut constant = vec![false; self.params.len()];
        for (id, _) in self.nodes().filter(|(_, n)| matches!(n.op, Op::StopGrad)) {
            let mut at = id;
            while let [only] = self.operands(at)[..]
                && uses.get(only.index()) == Some(&1)
            {
                if let Some(Op::Param(param)) = self.node(only).map(|n| &n.op) {
                    constant.iter_mut().skip(param.index()).take(1).for_each(|c| *c = true);
                }
                at = only;
            }
        }
        constant
    }

    /// For each parameter, whether no output and no loss reaches it.
    pub fn dead_params(&self) -> Vec<bool> {
        self.dead_beside([])
    }

    /// The same if `others` are looked at like outputs.
    pub fn dead_beside(&self, others: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
        let outputs = self.outputs.iter().map(|o| o.value).chain(others);
        let needed = self.needed_by(outputs.chain(self.losses.iter().map(|l| l.value)));
        let mut dead = vec![true; self.params.len()];
        for (id, node) in self.nodes() {
            if let Op::Param(param) = node.op
                && needed.get(id.index()) == Some(&true)
                && let Some(slot) = dead.get_mut(param.index())
            {
                *slot = false;
            }
        }
        dead
    }
}
