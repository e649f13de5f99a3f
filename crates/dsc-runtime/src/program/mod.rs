//! A graph prepared for execution.
//!
//! A graph describes the computation for one sample; a program runs it on a batch. Values of samples get a leading batch axis. A
//! node that some [`Op::At`] depends on is *extended*: it runs once on all rows of the batch, anchors and companions together, and
//! `At` selects rows of its result. All other nodes run on the anchors only. If such a node reads an extended value, it reads the
//! rows of the anchors, cut to the longest of them.

mod alone;
mod count;
mod plan;
mod run;
mod segments;
mod shards;
mod trace;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use indexmap::IndexMap;
use tch::Tensor;

use self::plan::{Halves, Plan};
pub(crate) use self::run::{Computed, Run};
pub use self::shards::{Joined, Shard, ShardGradients};
pub use self::trace::{Operand, Origin};
use super::batch::{Mode, StepBatch, Want};
use super::lengths::Packing;
use super::params::ParamStore;
use super::precision::Products;
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::passes::{self, OptLevel};
use dsc_graph::{CompanionsId, Graph, Group, Joint, NodeId, Op, Output, recompute};
use dsc_syntax::diag::{Diagnostic, codes::runtime as code};
use dsc_syntax::source::Span;

/// A node of the graph, as the executor uses it.
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) operands: Vec<usize>,
    /// Index of the time axis of the result in [`Program::lengths`].
    pub(crate) time: Option<usize>,
    pub(crate) span: Span,
    pub(crate) loops: String,
}

/// A companion: declaration, group, index.
pub(crate) type View = (usize, Group, usize);

/// A value that a run may return.
struct Root {
    name: String,
    node: usize,
    /// The `companions` declarations that it depends on.
    companions: Vec<usize>,
    /// Whether it depends on all anchors of the batch.
    batch: bool,
}

/// The other samples that a loss may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// None.
    Sample,
    /// All anchors of the step.
    Batch,
    /// All anchors and their companions.
    Companions,
}

impl Reach {
    pub(crate) fn of(mode: Mode, companions: bool) -> Reach {
        match (mode, companions) {
            (Mode::Eval, _) => Reach::Sample,
            (Mode::Train { .. }, false) => Reach::Batch,
            (Mode::Train { .. }, true) => Reach::Companions,
        }
    }

    fn allows(self, root: &Root) -> bool {
        match self {
            Reach::Sample => root.companions.is_empty() && !root.batch,
            Reach::Batch => root.companions.is_empty(),
            Reach::Companions => true,
        }
    }
}

/// A graph with its execution plans. It is built in one pass over the graph and contains no tensors.
pub struct Program {
    pub(crate) steps: Vec<Step>,
    /// Paths of the parameters, by [`ParamId`](dsc_graph::ParamId).
    pub(crate) params: Vec<String>,
    pub(crate) dims: DimTable,
    /// All time axes of the graph.
    pub(crate) lengths: Vec<Dim>,
    /// The companion of each view of a length, by the name of the view.
    pub(crate) views: HashMap<String, View>,
    /// Time axes of the inputs, by name.
    pub(crate) inputs: IndexMap<String, Option<Dim>>,
    outputs: Vec<Root>,
    losses: Vec<Root>,
    retrieval: Vec<Vec<usize>>,
    plans: [OnceLock<Plan>; 24],
    /// Of the losses without companions, and with them.
    halves: [OnceLock<Halves>; 2],
    /// What is computed again on the way back, if anything is.
    again: Option<recompute::Parts>,
    joint: Joint,
    pub(crate) packing: Packing,
    pub(crate) products: Products,
}

/// The results of a run. Tensors have the device and kind of the parameters; in training they require gradients.
pub struct Evaluated {
    /// Predictions by label, `[anchors]` each.
    pub outputs: IndexMap<String, Tensor>,
    /// Loss terms by name, each a mean over the anchors (a scalar). The training loss is their sum.
    pub losses: IndexMap<String, Tensor>,
    /// For each `companions` declaration one tensor `[U, d]` per expression in `by`.
    pub retrieval: Vec<Vec<Tensor>>,
}

impl Program {
    /// Prepares a graph after applying the passes of a level.
    ///
    /// # Errors
    /// As [`new`](Self::new); `E1005` if a pass broke the graph, which is a bug in `dsc`.
    pub fn optimised(graph: &Graph, dims: &DimTable, level: OptLevel) -> Result<Program, Diagnostic> {
        Program::new(&passes::run(graph, level.passes(), Some(dims))?, dims)
    }

    /// Prepares a graph without passes.
    ///
    /// # Errors
    /// `E0724` if a value that is read at companions depends on a label; `E0725` if the time axis of an input is
    /// neither a name nor a number.
    pub fn new(graph: &Graph, dims: &DimTable) -> Result<Program, Diagnostic> {
        let mut lengths: Vec<Dim> = Vec::new();
        let mut known: HashMap<Dim, usize> = HashMap::new();
        let mut steps = Vec::with_capacity(graph.len());
        let mut views = HashMap::new();
        for (id, node) in graph.nodes() {
            let time = node.ty.len().map(|dim| {
                *known.entry(dim.clone()).or_insert_with(|| {
                    lengths.push(dim.clone());
                    lengths.len() - 1
                })
            });
            if let Op::At { companions, group, index } = &node.op {
                let view = dsc_graph::View { companions: *companions, group: *group, index: *index };
                views.insert(view.to_string(), (companions.index(), *group, *index));
            }
            steps.push(Step {
                op: node.op.clone(),
                operands: graph.operands(id).into_iter().map(NodeId::index).collect(),
                time,
                span: node.span,
                loops: node.loops.clone(),
            });
        }
        let inputs = graph.inputs.iter().map(|(name, decl)| (name.clone(), decl.ty.len().cloned())).collect();
        let root = |name: &str, node: NodeId| {
            let needed = graph.needed_by([node]);
            let mut list: Vec<usize> = graph
                .nodes()
                .filter(|(id, _)| needed.get(id.index()) == Some(&true))
                .filter_map(|(_, n)| match &n.op {
                    Op::At { companions, .. } => Some(companions.index()),
                    _ => None,
                })
                .collect();
            list.sort_unstable();
            list.dedup();
            let read =
                |(id, n): (NodeId, &dsc_graph::Node)| needed.get(id.index()) == Some(&true) && n.op == Op::InBatch;
            Root { name: name.to_owned(), node: node.index(), companions: list, batch: graph.nodes().any(read) }
        };
        let program = Program {
            steps,
            params: graph.params.iter().map(|p| p.path.clone()).collect(),
            dims: dims.clone(),
            lengths,
            views,
            inputs,
            outputs: graph.outputs.iter().map(|o: &Output| root(&o.label, o.value)).collect(),
            losses: graph.losses.iter().map(|l| root(&l.name, l.value)).collect(),
            retrieval: graph.companions.iter().map(|c| c.by.iter().map(|n| n.index()).collect()).collect(),
            plans: std::array::from_fn(|_| OnceLock::new()),
            halves: std::array::from_fn(|_| OnceLock::new()),
            again: None,
            joint: Joint::of(graph),
            packing: Packing::default(),
            products: Products::default(),
        };
        program.check(graph)?;
        Ok(program)
    }

    /// Runs one step.
    ///
    /// In [`Mode::Eval`] no gradients are recorded, all rows are anchors, and losses that depend on companions or on the whole batch
    /// are not computed. In [`Mode::Train`] losses that depend on companions are not computed if the batch has none.
    ///
    /// # Errors
    /// `E0721` to `E0723` for a batch that does not fit, `E0726` for parameters of another graph, `E0701` and `E0706` for
    /// errors of libtorch, with the line in the model file.
    pub fn run(&self, store: &ParamStore, batch: &StepBatch, mode: Mode, want: Want) -> Result<Evaluated, Diagnostic> {
        let _guard = (mode == Mode::Eval).then(tch::no_grad_guard);
        Run::new(self, store, batch, mode, want)?.evaluate()
    }

    /// Sets where padding is skipped. Results are equal up to rounding, and random bits are equal; only the time differs.
    pub fn set_packing(&mut self, packing: Packing) {
        self.packing = packing;
    }

    /// Sets how matrix products are computed.
    pub fn set_products(&mut self, products: Products) {
        self.products = products;
    }

    /// Number of operations of a run that computes `want`, with or without companions.
    pub fn operations(&self, want: Want, companions: bool) -> usize {
        self.plan(want, if companions { Reach::Companions } else { Reach::Sample }).order.len()
    }

    fn plan(&self, want: Want, reach: Reach) -> &Plan {
        let index = want.index() | (reach as usize) << 3;
        let [first, ..] = &self.plans;
        // Three flags and three kinds of reach: the index is always below 24.
        self.plans.get(index).unwrap_or(first).get_or_init(|| Plan::new(self, want, reach))
    }

    fn halves(&self, reach: Reach) -> &Halves {
        let [without, with] = &self.halves;
        let halves = if reach == Reach::Companions { with } else { without };
        halves.get_or_init(|| Halves::of(self, self.plan(Want::LOSSES, reach)))
    }

    /// Whether a training step computes something again on its way back.
    pub fn recomputes(&self) -> bool {
        self.again.is_some()
    }

    /// Sets which parts of the graph that this is the program of a training step computes again on its way back, in the place of keeping
    /// them. Losses are the same to the bit, gradients up to the order of sums.
    pub fn set_recompute(&mut self, parts: Option<recompute::Parts>) {
        self.again = parts;
        self.halves = std::array::from_fn(|_| OnceLock::new());
    }

    fn check(&self, graph: &Graph) -> Result<(), Diagnostic> {
        for (name, decl) in &graph.inputs {
            if let Some(dim) = decl.ty.len()
                && dim.as_const().is_none()
                && !matches!(dim.as_atom(), Some(dsc_graph::dims::Atom::Length { view: None, .. }))
            {
                return Err(Diagnostic::error(
                    code::E0725,
                    format!("input `{name}` has the time axis `{dim}`, whose length the data do not determine"),
                )
                .at(decl.span, "declared here")
                .help("give the axis a name of its own"));
            }
        }
        let extended = plan::extended(self, &vec![true; self.steps.len()]);
        for (step, _) in self.steps.iter().zip(&extended).filter(|(_, e)| **e) {
            if let Op::Label(name) = &step.op {
                return Err(Diagnostic::error(
                    code::E0724,
                    format!("a value that depends on label `{name}` is read at companions"),
                )
                .at(step.span, "the label is read here")
                .help("labels are known for the anchors only: at companions, read values that come from inputs"));
            }
        }
        Ok(())
    }

    /// "`linear` (l = 1)".
    pub(crate) fn describe(step: &Step) -> String {
        match step.loops.is_empty() {
            true => format!("`{}`", step.op.name()),
            false => format!("`{}` ({})", step.op.name(), step.loops),
        }
    }

    /// Lengths of all rows by the name of the time axis, from the inputs.
    pub(crate) fn base_lengths<'b>(
        &self,
        samples: &[u64],
        lens_of: impl Fn(&str) -> Option<&'b [u32]>,
    ) -> Result<BTreeMap<&str, Vec<i64>>, Diagnostic> {
        use dsc_graph::dims::Atom;
        let mut base: BTreeMap<&str, (&str, Vec<i64>)> = BTreeMap::new();
        for (input, dim) in &self.inputs {
            let (Some(dim), Some(lens)) = (dim, lens_of(input)) else { continue };
            let lens: Vec<i64> = lens.iter().map(|l| i64::from(*l)).collect();
            let wrong = |row: usize, why: String| {
                let sample = samples.get(row).copied().unwrap_or_default();
                Err(super::batch::misfit(format!("sample {sample}, stream `{input}`: {why}")))
            };
            if let Some(fixed) = dim.as_const() {
                if let Some((row, len)) = lens.iter().enumerate().find(|(_, l)| **l != fixed) {
                    return wrong(row, format!("length {len}, the model file declares {fixed}"));
                }
            } else if let Some(Atom::Length { name, .. }) = dim.as_atom() {
                match base.get(name.as_str()) {
                    Some((other, theirs)) => {
                        if let Some((row, (a, b))) = lens.iter().zip(theirs).enumerate().find(|(_, (a, b))| a != b) {
                            return wrong(
                                row,
                                format!("length {a}, but {b} in `{other}`, which has the same length `{name}`"),
                            );
                        }
                    }
                    None => {
                        base.insert(name, (input, lens));
                    }
                }
            }
        }
        Ok(base.into_iter().map(|(name, (_, lens))| (name, lens)).collect())
    }
}

/// The companion that an [`Op::At`] selects; `None` for other operations.
pub(crate) fn view_of(op: &Op) -> Option<View> {
    match op {
        Op::At { companions: CompanionsId(c), group, index } => Some((*c as usize, *group, *index)),
        _ => None,
    }
}

/// Whether the value of a node has a batch axis.
pub(crate) fn has_rows(op: &Op) -> bool {
    !matches!(op, Op::Param(_))
}
