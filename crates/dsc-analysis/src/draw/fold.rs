//! What is drawn once although it is computed several times: equal turns of a loop, equal expressions, the companions of
//! one group, the summands of one `sum`.

use std::collections::{BTreeMap, HashMap};

use super::set;
use dsc_graph::{Attributes, Binary, Graph, NodeId, Op, Param, RegionId, RegionKind};
use dsc_syntax::source::Span;

/// Which nodes are drawn as one.
#[derive(Debug)]
pub(super) struct Folds {
    /// For each node, the one that is drawn for it, itself for most.
    pub(super) drawn: Vec<NodeId>,
    /// For each node that is drawn, what it reads; of a chain of additions all summands.
    pub(super) operands: Vec<Vec<NodeId>>,
    /// For each region, how many turns it is drawn for: 1 for most, 0 for a turn that another is drawn for.
    pub(super) times: Vec<usize>,
}

impl Folds {
    /// Folds a graph without dead nodes.
    pub(super) fn of(graph: &Graph) -> Folds {
        let mut folding = Folding::new(graph);
        folding.sums();
        folding.run();
        let Folding { drawn, operands, times, .. } = folding;
        Folds { drawn, operands, times }
    }
}

/// Turns of one loop that were found equal so far.
struct Run {
    /// The turn that is drawn.
    first: RegionId,
    /// The turn before the one that is looked at.
    last: RegionId,
    /// Nodes of the first turn that are drawn, and their places in it.
    nodes: Vec<NodeId>,
    places: HashMap<NodeId, usize>,
    /// For each operand from outside, the node of the turn before that it is from the second turn on; none where it
    /// stays the same. Not known before the second turn.
    carried: Option<Carried>,
}

type Carried = BTreeMap<(usize, usize), Option<usize>>;

struct Folding<'a> {
    graph: &'a Graph,
    drawn: Vec<NodeId>,
    operands: Vec<Vec<NodeId>>,
    times: Vec<usize>,
    /// Nodes of each turn, nested ones included.
    inside: Vec<Vec<NodeId>>,
    runs: HashMap<(Option<RegionId>, Span), Run>,
    /// What was met before: operation, operands, region.
    met: HashMap<(String, Vec<NodeId>, Option<RegionId>), NodeId>,
}

impl<'a> Folding<'a> {
    fn new(graph: &'a Graph) -> Self {
        let ids: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
        Folding {
            graph,
            operands: ids.iter().map(|id| graph.operands(*id)).collect(),
            drawn: ids,
            times: vec![1; graph.regions.len()],
            inside: vec![Vec::new(); graph.regions.len()],
            runs: HashMap::new(),
            met: HashMap::new(),
        }
    }

    fn drawn_for(&self, id: NodeId) -> NodeId {
        self.drawn.get(id.index()).copied().unwrap_or(id)
    }

    fn draw_as(&mut self, id: NodeId, other: NodeId) {
        set(&mut self.drawn, id.index(), other);
    }

    /// `a + b + c` of one `sum` is one operation of three operands: the last addition is drawn for those before it.
    fn sums(&mut self) {
        let mut uses = vec![0usize; self.graph.len()];
        let read = self.operands.iter().flatten().copied().chain(self.graph.roots());
        read.for_each(|id| uses.get_mut(id.index()).into_iter().for_each(|n| *n += 1));
        let mut chains: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for (id, node) in self.graph.nodes() {
            let Some(first) = self.operands.get(id.index()).and_then(|o| o.first()).copied() else { continue };
            let Some(before) = self.graph.node(first) else { continue };
            let one_sum = (&node.op, node.span, node.region) == (&before.op, before.span, before.region);
            if node.op == Op::Binary(Binary::Add) && one_sum && uses.get(first.index()) == Some(&1) {
                let mut all = self.operands.get_mut(first.index()).map(std::mem::take).unwrap_or_default();
                if let Some(operands) = self.operands.get_mut(id.index()) {
                    all.extend(operands.iter().skip(1));
                    *operands = all;
                }
                let mut chain = chains.remove(&first).unwrap_or_default();
                chain.push(first);
                chains.insert(id, chain);
            }
        }
        for (end, chain) in chains {
            chain.into_iter().for_each(|n| self.draw_as(n, end));
        }
    }

    /// Goes through the nodes in order and looks at each turn when it is over.
    fn run(&mut self) {
        let mut open: Vec<RegionId> = Vec::new();
        for (id, node) in self.graph.nodes() {
            if matches!(node.op, Op::Param(_) | Op::Input(_) | Op::Label(_)) {
                continue;
            }
            let chain = regions_of(self.graph, node.region);
            let kept = open.iter().zip(&chain).take_while(|(a, b)| a == b).count();
            while open.len() > kept {
                open.pop().into_iter().for_each(|region| self.close(region));
            }
            open.extend(chain.iter().skip(kept));
            for region in &open {
                self.inside.get_mut(region.index()).into_iter().for_each(|list| list.push(id));
            }
            if self.drawn_for(id) == id {
                self.met_before(id, &node.op, node.region);
            }
        }
        while let Some(region) = open.pop() {
            self.close(region);
        }
    }

    /// The same operation of the same operands in one place is drawn once; so are the companions of one group.
    fn met_before(&mut self, id: NodeId, op: &Op, region: Option<RegionId>) {
        if op.random_site().is_some() {
            return;
        }
        let what = match op {
            Op::At { companions, group, .. } => format!("at {companions} {group:?}"),
            op => format!("{}{}", op.name(), attributes(op)),
        };
        let read = self.operands.get(id.index()).into_iter().flatten().map(|o| self.drawn_for(*o)).collect();
        let first = *self.met.entry((what, read, region)).or_insert(id);
        self.draw_as(id, first);
    }

    /// A turn is over: does it repeat the one before?
    fn close(&mut self, region: RegionId) {
        let Some(turn) = self.graph.region(region).filter(|r| matches!(r.kind, RegionKind::Turn { .. })) else {
            return;
        };
        let nodes: Vec<NodeId> = self.inside.get(region.index()).cloned().unwrap_or_default();
        let kept: Vec<NodeId> = nodes.iter().copied().filter(|n| self.drawn_for(*n) == *n).collect();
        let key = (turn.parent, turn.span);
        let run = self.runs.remove(&key).filter(|run| run.last != region);
        let equal = run.as_ref().and_then(|run| self.repeats(run, region, &kept));
        match (run, equal) {
            (Some(mut run), Some(carried)) => {
                // All that a node was drawn for goes with it.
                let first: HashMap<NodeId, NodeId> = kept.iter().copied().zip(run.nodes.iter().copied()).collect();
                for node in nodes {
                    first.get(&self.drawn_for(node)).into_iter().for_each(|other| self.draw_as(node, *other));
                }
                let n = self.times.get(region.index()).copied().unwrap_or(1);
                self.times.get_mut(run.first.index()).into_iter().for_each(|t| *t += n);
                set(&mut self.times, region.index(), 0);
                run.last = region;
                run.carried = Some(carried);
                self.runs.insert(key, run);
            }
            _ => {
                let places = kept.iter().enumerate().map(|(i, n)| (*n, i)).collect();
                let run = Run { first: region, last: region, nodes: kept, places, carried: None };
                self.runs.insert(key, run);
            }
        }
    }

    /// Whether `region`, with these nodes, does what the first turn of the run does; what is carried from turn to turn.
    fn repeats(&self, run: &Run, region: RegionId, nodes: &[NodeId]) -> Option<Carried> {
        if run.nodes.len() != nodes.len() || nodes.is_empty() {
            return None;
        }
        let places: HashMap<NodeId, usize> = nodes.iter().enumerate().map(|(i, n)| (*n, i)).collect();
        let steps = (self.step(run.first)?, self.step(region)?);
        let mut carried = Carried::new();
        for (i, (a, b)) in run.nodes.iter().zip(nodes).enumerate() {
            let (x, y) = (self.graph.node(*a)?, self.graph.node(*b)?);
            let same = x.op.name() == y.op.name()
                && attributes(&x.op) == attributes(&y.op)
                && x.ty == y.ty
                && self.calls_below(x.region, run.first) == self.calls_below(y.region, region);
            let (in_a, in_b) = (self.operands.get(a.index())?, self.operands.get(b.index())?);
            if !same || in_a.len() != in_b.len() {
                return None;
            }
            for (slot, (p, q)) in in_a.iter().zip(in_b).enumerate() {
                if let (Some(Op::Param(p)), Some(Op::Param(q))) =
                    (self.graph.node(*p).map(|n| &n.op), self.graph.node(*q).map(|n| &n.op))
                {
                    if p != q && !alike(self.graph.param(*p)?, self.graph.param(*q)?, steps) {
                        return None;
                    }
                    continue;
                }
                let (first, second) = (self.drawn_for(*p), self.drawn_for(*q));
                match (run.places.get(&first), places.get(&second)) {
                    (Some(m), Some(n)) if m == n => continue,
                    (None, None) => {}
                    _ => return None,
                }
                let from_before = self.lies_in(self.graph.node(*q)?.region, run.last);
                let came = match run.places.get(&second) {
                    Some(place) if from_before => Some(*place),
                    None if first == second => None,
                    _ => return None,
                };
                if run.carried.as_ref().is_some_and(|known| known.get(&(i, slot)) != Some(&came)) {
                    return None;
                }
                carried.insert((i, slot), came);
            }
        }
        Some(carried)
    }

    fn step(&self, region: RegionId) -> Option<&'a str> {
        match &self.graph.region(region)?.kind {
            RegionKind::Turn { step, .. } => Some(step),
            RegionKind::Call { .. } => None,
        }
    }

    /// The places of the calls and loops between a turn and something in it.
    fn calls_below(&self, region: Option<RegionId>, turn: RegionId) -> Vec<Span> {
        let chain = regions_of(self.graph, region);
        let below = chain.iter().skip_while(|r| **r != turn).skip(1);
        below.filter_map(|r| self.graph.region(*r)).map(|r| r.span).collect()
    }

    fn lies_in(&self, region: Option<RegionId>, outer: RegionId) -> bool {
        regions_of(self.graph, region).contains(&outer)
    }
}

/// Attributes that say what is computed; where random bits come from differs from turn to turn.
pub(super) fn attributes(op: &Op) -> Attributes {
    op.attributes().without("site")
}

/// A region and those around it, the outermost first.
pub(super) fn regions_of(graph: &Graph, mut region: Option<RegionId>) -> Vec<RegionId> {
    let mut chain = Vec::new();
    while let Some(id) = region {
        chain.push(id);
        region = graph.region(id).and_then(|r| r.parent);
    }
    chain.reverse();
    chain
}

/// Whether two parameters are the same but for the turn that they belong to.
fn alike(a: &Param, b: &Param, steps: (&str, &str)) -> bool {
    let paths = a.path.split('.').count() == b.path.split('.').count()
        && a.path.split('.').zip(b.path.split('.')).all(|(x, y)| x == y || (x, y) == steps);
    paths && a.shape == b.shape && a.init == b.init
}
