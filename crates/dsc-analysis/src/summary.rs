//! Figures grouped by block: a tree that follows the calls of the source, and the totals.

use std::collections::HashMap;

use serde::Serialize;

use super::count;
use super::node_costs::{Costs, NodeCost, Phase};
use dsc_graph::dims::Dim;
use dsc_graph::types::Type;
use dsc_graph::{Graph, NameKind, Named, NodeId, Op, ParamId, RegionId, RegionKind};
use dsc_syntax::source::Span;

/// Parameters, multiply-adds and kept memory of a model, a block or a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Numbers in its parameters, dead ones included.
    pub params: Dim,
    /// Those of them that neither an output nor a loss reaches.
    pub dead: Dim,
    /// Multiply-adds of the forward pass of one sample.
    pub multiply_adds: Dim,
    /// Multiply-adds of one sample that are added for the losses.
    pub loss_multiply_adds: Dim,
    /// Bytes that training keeps from the forward to the backward pass, per anchor, its companions included.
    pub kept: Dim,
}

impl Figures {
    fn add(&mut self, other: &Figures) {
        self.params.add(&other.params);
        self.dead.add(&other.dead);
        self.multiply_adds.add(&other.multiply_adds);
        self.loss_multiply_adds.add(&other.loss_multiply_adds);
        self.kept.add(&other.kept);
    }

    /// Adds figures up, each field by itself.
    pub fn sum<'a>(parts: impl IntoIterator<Item = &'a Figures>) -> Figures {
        let mut sum = Figures::default();
        parts.into_iter().for_each(|f| sum.add(f));
        sum
    }

    pub(super) fn add_node(&mut self, cost: &NodeCost) {
        match cost.phase {
            Phase::Forward => self.multiply_adds.add(&cost.multiply_adds),
            Phase::Losses => self.loss_multiply_adds.add(&cost.multiply_adds),
            Phase::Retrieval => {}
        }
        self.kept.add(&cost.kept);
    }

    pub(super) fn add_param(&mut self, graph: &Graph, id: ParamId, dead: &[bool]) {
        let size = graph.param(id).map(count::size).unwrap_or_default();
        self.params.add(&size);
        if dead.get(id.index()) == Some(&true) {
            self.dead.add(&size);
        }
    }
}

/// The model, a call of a block, or what a body computes itself at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SummaryNode {
    /// Path below the enclosing node: `b.transformer_layer`, `q.linear`.
    pub name: String,
    /// Path in the model.
    pub path: String,
    /// The block that is called; none for the model and for an operation.
    pub block: Option<String>,
    /// Where that block's name is declared.
    pub declared: Span,
    /// The call or operation in its file.
    pub span: Span,
    /// Types of its values.
    pub results: Vec<Type>,
    /// Its figures, those of its children included.
    pub figures: Figures,
    /// Calls and operations within it, in the order in which they run. Operations without parameters and multiply-adds
    /// are not listed; their memory is in the figures of the whole.
    pub children: Vec<SummaryNode>,
}

impl SummaryNode {
    /// All nodes at any depth, this one first.
    pub fn all(&self) -> Vec<&SummaryNode> {
        let mut list = vec![self];
        self.children.iter().for_each(|node| list.extend(node.all()));
        list
    }
}

/// What training adds to the forward pass, per anchor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Training {
    /// Multiply-adds of the forward pass of an anchor with its losses.
    pub anchor: Dim,
    /// Multiply-adds of each of its companions: what losses read of them.
    pub companion: Dim,
    /// Companions of each anchor, at most.
    pub companions: usize,
}

impl Training {
    /// Multiply-adds of the forward pass of one training step, per anchor.
    pub fn forward(&self) -> Dim {
        self.anchor.plus(&self.companion.times(&Dim::from(self.companions as i64)))
    }
}

/// The figures of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The model, with its calls and operations as children.
    pub root: SummaryNode,
    /// Parameters that weights of a pretrained encoder fill.
    pub encoder_params: Dim,
    /// Multiply-adds of training.
    pub training: Training,
    /// Bytes of the inputs and labels that one anchor and its companions have, as far as the model reads them.
    pub input_bytes: Dim,
}

impl Summary {
    /// Computes the costs of a graph's nodes and groups them.
    pub fn of(graph: &Graph) -> Summary {
        Self::counted(graph, &Costs::of(graph))
    }

    /// Groups node costs that were computed before.
    pub fn counted(graph: &Graph, costs: &Costs) -> Summary {
        let mut drafts = Drafts::new(graph);
        for (id, node) in graph.nodes() {
            if let Some(cost) = costs.node(id)
                && !matches!(node.op, Op::Param(_))
            {
                drafts.node(id, cost);
            }
        }
        drafts.orphans();
        let mut training = Training { anchor: Dim::from(0), companion: Dim::from(0), companions: costs.companions };
        for cost in costs.nodes().filter(|c| c.phase != Phase::Retrieval) {
            training.anchor.add(&cost.multiply_adds);
            if cost.at_companions {
                training.companion.add(&cost.multiply_adds);
            }
        }
        let encoder = graph.params.iter().filter(|p| p.encoder.is_some());
        Summary {
            encoder_params: encoder.fold(Dim::from(0), |n, p| n.plus(&count::size(p))),
            training,
            input_bytes: costs.inputs.clone(),
            root: drafts.tree(),
        }
    }

    /// Figures of the whole model.
    pub fn total(&self) -> &Figures {
        &self.root.figures
    }
}

/// The innermost call that a path of weights lies in.
pub(super) fn region_of(graph: &Graph, path: &str) -> Option<RegionId> {
    let regions = graph.regions.iter().enumerate();
    let around = regions.filter(|(_, r)| matches!(r.kind, RegionKind::Call { .. }) && begins(&r.path, path));
    // Of two calls with one path, the first.
    let longest = around.fold(None, |best: Option<(usize, usize)>, (i, r)| match best {
        Some((length, _)) if length >= r.path.len() => best,
        _ => Some((r.path.len(), i)),
    });
    longest.map(|(_, i)| RegionId(i as u32))
}

/// Whether `path` is `prefix` or lies below it.
pub(super) fn begins(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A node of the tree while it is built.
struct Draft {
    node: SummaryNode,
    parent: usize,
    /// Its first graph node, by which siblings are ordered.
    first: usize,
    /// Whether some node or parameter lies in it.
    used: bool,
}

impl Draft {
    fn new(node: SummaryNode, parent: usize) -> Draft {
        Draft { node, parent, first: usize::MAX, used: false }
    }
}

struct Drafts<'g> {
    graph: &'g Graph,
    /// The model first, then calls before the calls within them, then operations.
    list: Vec<Draft>,
    /// For each region, the draft of the innermost call that it is or lies in.
    calls: Vec<usize>,
    operations: HashMap<(usize, &'g str, &'static str), usize>,
    dead: Vec<bool>,
    /// Parameters that are counted already.
    placed: Vec<bool>,
}

impl<'g> Drafts<'g> {
    fn new(graph: &'g Graph) -> Self {
        let outputs = graph.outputs.iter().filter_map(|o| graph.node(o.value)).map(|n| n.ty.clone());
        let root = SummaryNode { name: graph.name.clone(), results: outputs.collect(), ..SummaryNode::default() };
        let mut drafts = Drafts {
            graph,
            list: vec![Draft::new(root, 0)],
            calls: Vec::with_capacity(graph.regions.len()),
            operations: HashMap::new(),
            dead: graph.dead_params(),
            placed: vec![false; graph.params.len()],
        };
        let results: HashMap<(&str, Span), &Named> =
            graph.names.iter().filter(|n| n.kind == NameKind::Result).map(|n| ((n.path.as_str(), n.span), n)).collect();
        for region in &graph.regions {
            let parent = region.parent.and_then(|p| drafts.calls.get(p.index()).copied()).unwrap_or(0);
            let RegionKind::Call { block, declared, .. } = &region.kind else {
                drafts.calls.push(parent);
                continue;
            };
            let values = results.get(&(region.path.as_str(), region.span)).map_or([].as_slice(), |n| &n.values);
            let call = SummaryNode {
                name: below(drafts.path(parent), &region.path),
                path: region.path.clone(),
                block: Some(block.clone()),
                declared: *declared,
                span: region.span,
                results: values.iter().filter_map(|(_, id)| graph.node(*id)).map(|n| n.ty.clone()).collect(),
                ..SummaryNode::default()
            };
            drafts.calls.push(drafts.list.len());
            drafts.list.push(Draft::new(call, parent));
        }
        drafts
    }

    fn path(&self, draft: usize) -> &str {
        self.list.get(draft).map(|d| d.node.path.as_str()).unwrap_or_default()
    }

    /// The draft of the call that a region is or lies in.
    fn call(&self, region: Option<RegionId>) -> usize {
        region.and_then(|r| self.calls.get(r.index()).copied()).unwrap_or(0)
    }

    fn node(&mut self, id: NodeId, cost: &NodeCost) {
        let Some(node) = self.graph.node(id) else { return };
        let mut figures = Figures::default();
        figures.add_node(cost);
        for param in &cost.params {
            figures.add_param(self.graph, *param, &self.dead);
            self.placed.get_mut(param.index()).into_iter().for_each(|p| *p = true);
        }
        let call = self.call(node.region);
        let listed = figures != Figures { kept: figures.kept.clone(), ..Figures::default() };
        let at = if listed { self.operation(id, call) } else { call };
        self.add(at, &figures, id.index());
    }

    /// The draft of an operation; operations of one kind at one path share it.
    fn operation(&mut self, id: NodeId, call: usize) -> usize {
        let Some(node) = self.graph.node(id) else { return call };
        let key = (call, node.scope.as_str(), node.op.name());
        if let Some(known) = self.operations.get(&key) {
            return *known;
        }
        let dotted = |path: &str| match path.is_empty() {
            true => node.op.name().to_owned(),
            false => format!("{path}.{}", node.op.name()),
        };
        let operation = SummaryNode {
            name: dotted(&below(self.path(call), &node.scope)),
            path: dotted(&node.scope),
            span: node.span,
            results: vec![node.ty.clone()],
            ..SummaryNode::default()
        };
        self.operations.insert(key, self.list.len());
        self.list.push(Draft::new(operation, call));
        self.list.len() - 1
    }

    /// Parameters that no node reads: they belong to their call.
    fn orphans(&mut self) {
        for (i, param) in self.graph.params.iter().enumerate() {
            if self.placed.get(i) == Some(&false) {
                let mut figures = Figures::default();
                figures.add_param(self.graph, ParamId(i as u32), &self.dead);
                let call = self.call(region_of(self.graph, &param.path));
                self.add(call, &figures, usize::MAX);
            }
        }
    }

    /// Adds figures to a draft and to all that it lies in.
    fn add(&mut self, mut at: usize, figures: &Figures, first: usize) {
        while let Some(draft) = self.list.get_mut(at) {
            draft.node.figures.add(figures);
            draft.first = draft.first.min(first);
            draft.used = true;
            if at == 0 {
                break;
            }
            at = draft.parent;
        }
    }

    /// The drafts as a tree, without those that hold no node and no parameter.
    fn tree(self) -> SummaryNode {
        let mut inside: Vec<Vec<(usize, SummaryNode)>> = self.list.iter().map(|_| Vec::new()).collect();
        let mut root = None;
        // A draft comes after its parent in the list.
        for (i, draft) in self.list.into_iter().enumerate().rev() {
            let mut children = inside.get_mut(i).map(std::mem::take).unwrap_or_default();
            // They come from the last to the first; sorting keeps the order of those without nodes.
            children.reverse();
            children.sort_by_key(|(first, _)| *first);
            let node = SummaryNode { children: children.into_iter().map(|(_, child)| child).collect(), ..draft.node };
            if i == 0 {
                root = Some(node);
            } else if draft.used
                && let Some(siblings) = inside.get_mut(draft.parent)
            {
                siblings.push((draft.first, node));
            }
        }
        root.unwrap_or_default()
    }
}

/// `path` as seen from `above`.
fn below(above: &str, path: &str) -> String {
    match path.strip_prefix(above) {
        Some(rest) if !above.is_empty() => rest.trim_start_matches('.').to_owned(),
        _ => path.to_owned(),
    }
}
