//! The cost rules applied to the nodes of a graph.

use std::collections::HashSet;

use super::cost::{self, Cost, Kept, Storage};
use super::count::NodeCosts;
use dsc_graph::dims::Dim;
use dsc_graph::types::Type;
use dsc_graph::{Graph, NodeId, Op, ParamId};

/// When a node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Whenever a prediction is made, training included.
    Forward,
    /// In training alone: losses and what only they read.
    Losses,
    /// When companions are retrieved, and not otherwise.
    Retrieval,
}

/// What one node costs.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCost {
    /// Multiply-adds for one sample.
    pub multiply_adds: Dim,
    /// Bytes that training keeps because of this node and no node before it, per anchor, companions included.
    pub kept: Dim,
    /// When it is computed.
    pub phase: Phase,
    /// Whether training computes it for companions too, because a loss reads what it leads to at a companion.
    pub at_companions: bool,
    /// The parameters that it reads and no node before it does.
    pub params: Vec<ParamId>,
}

/// The costs of a graph's nodes.
#[derive(Clone, Debug)]
pub struct Costs {
    nodes: Vec<NodeCost>,
    /// Bytes of the inputs and labels that one anchor and its companions have.
    pub inputs: Dim,
    /// Companions of one anchor, over all declarations. A sample that is drawn twice in one batch is computed once, so
    /// this is the most that can be.
    pub companions: usize,
}

impl Costs {
    /// Applies the cost rules to every node, and finds when it is computed and what training keeps of it.
    pub fn of(graph: &Graph) -> Costs {
        let marks = |roots: &mut dyn Iterator<Item = NodeId>| graph.needed_by(roots);
        let forward = marks(&mut graph.outputs.iter().map(|o| o.value));
        let training = marks(&mut graph.losses.iter().map(|l| l.value));
        let is = |marks: &[bool], id: NodeId| marks.get(id.index()) == Some(&true);
        let views = graph.nodes().filter(|(id, n)| is(&training, *id) && matches!(n.op, Op::At { .. }));
        let at_companions = graph.needed_by(views.flat_map(|(id, _)| graph.operands(id)));
        let companions: usize = graph.companions.iter().map(|c| c.pos + c.near + c.far).sum();
        let rows = |id: NodeId| Dim::from(if is(&at_companions, id) { 1 + companions as i64 } else { 1 });
        let receives = receives_gradient(graph);
        let mut keeper = Keeper::new(graph);
        let mut read: HashSet<ParamId> = HashSet::new();
        let nodes = graph.nodes().map(|(id, node)| {
            let operands = graph.operands(id);
            let types: Vec<Type> = operands.iter().filter_map(|o| graph.node(*o)).map(|n| n.ty.clone()).collect();
            let cost = Cost::of(&node.op, &types, &node.ty);
            keeper.storage(id, &operands, cost.storage);
            let kept = match keeper.has_gradient(id, &node.op, &operands) && is(&receives, id) {
                true => keeper.kept(id, &operands, &cost.keeps, &rows),
                false => Dim::from(0),
            };
            NodeCost {
                multiply_adds: cost.multiply_adds,
                kept,
                phase: match (is(&forward, id), is(&training, id)) {
                    (true, _) => Phase::Forward,
                    (false, true) => Phase::Losses,
                    (false, false) => Phase::Retrieval,
                },
                at_companions: is(&at_companions, id),
                params: operands.iter().filter_map(|o| param_of(graph, *o)).filter(|p| read.insert(*p)).collect(),
            }
        });
        let nodes = nodes.collect();
        let mut inputs = Dim::from(0);
        for (id, node) in graph.nodes().filter(|(_, n)| matches!(n.op, Op::Input(_) | Op::Label(_))) {
            inputs = inputs.plus(&cost::bytes(&node.ty).times(&rows(id)));
        }
        Costs { nodes, inputs, companions }
    }

    /// Multiply-adds of every node, by its place in the graph.
    pub fn multiply_adds(&self) -> NodeCosts {
        self.nodes.iter().map(|n| n.multiply_adds.clone()).collect()
    }

    /// The cost of a node.
    pub fn node(&self, id: NodeId) -> Option<&NodeCost> {
        self.nodes.get(id.index())
    }

    /// All nodes' costs.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeCost> {
        self.nodes.iter()
    }
}

fn param_of(graph: &Graph, id: NodeId) -> Option<ParamId> {
    match graph.node(id)?.op {
        Op::Param(param) => Some(param),
        _ => None,
    }
}

/// For each node, whether a gradient of some loss arrives at it.
fn receives_gradient(graph: &Graph) -> Vec<bool> {
    let mut marks = vec![false; graph.len()];
    let mark = |marks: &mut Vec<bool>, id: NodeId| {
        if let Some(slot) = marks.get_mut(id.index()) {
            *slot = true;
        }
    };
    graph.losses.iter().for_each(|l| mark(&mut marks, l.value));
    // Operands come before their users, so one pass from the end is enough.
    let nodes: Vec<_> = graph.nodes().collect();
    for (id, node) in nodes.into_iter().rev() {
        if marks.get(id.index()) == Some(&true) && !matches!(node.op, Op::StopGrad) {
            graph.operands(id).into_iter().for_each(|o| mark(&mut marks, o));
        }
    }
    marks
}

/// What has been kept so far: each piece of memory once.
struct Keeper<'g> {
    graph: &'g Graph,
    /// For each node, the node whose memory it lies in; none for a parameter's.
    memory: Vec<Option<NodeId>>,
    kept: Vec<bool>,
    gradient: Vec<bool>,
}

impl<'g> Keeper<'g> {
    fn new(graph: &'g Graph) -> Self {
        let n = graph.len();
        // Inputs are there anyway and are counted apart.
        let kept = graph.nodes().map(|(_, node)| matches!(node.op, Op::Input(_) | Op::Label(_))).collect();
        Keeper { graph, memory: vec![None; n], kept, gradient: vec![false; n] }
    }

    fn storage(&mut self, id: NodeId, operands: &[NodeId], storage: Storage) {
        let memory = match storage {
            Storage::Own => Some(id),
            Storage::Parameter => None,
            Storage::Of(i) => operands.get(i).and_then(|o| self.memory.get(o.index()).copied().flatten()),
        };
        if let Some(slot) = self.memory.get_mut(id.index()) {
            *slot = memory;
        }
    }

    /// Whether a gradient is taken of the node: some parameter reaches it, and nothing stops it on the way.
    fn has_gradient(&mut self, id: NodeId, op: &Op, operands: &[NodeId]) -> bool {
        let has = match op {
            Op::Param(_) => true,
            Op::StopGrad => false,
            _ => operands.iter().any(|o| self.gradient.get(o.index()) == Some(&true)),
        };
        if let Some(slot) = self.gradient.get_mut(id.index()) {
            *slot = has;
        }
        has
    }

    /// Bytes that are kept for this node and were not before.
    fn kept(&mut self, id: NodeId, operands: &[NodeId], keeps: &[Kept], rows: &dyn Fn(NodeId) -> Dim) -> Dim {
        let mut sum = Dim::from(0);
        for keep in keeps {
            let value = match keep {
                Kept::Private(bytes) => {
                    sum = sum.plus(&bytes.times(&rows(id)));
                    continue;
                }
                Kept::Operand(i) => operands.get(*i).copied(),
                Kept::Result => Some(id),
            };
            let memory = value.and_then(|v| self.memory.get(v.index()).copied().flatten());
            let Some(memory) = memory else { continue };
            if let Some(kept @ false) = self.kept.get_mut(memory.index()) {
                *kept = true;
                let bytes = self.graph.node(memory).map(|n| cost::bytes(&n.ty)).unwrap_or_default();
                sum = sum.plus(&bytes.times(&rows(memory)));
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_language::lower::{Options, compile};
    use dsc_language::sema::program::Program;
    use dsc_syntax::source::MemoryWorld;

    fn costs(body: &str) -> (Graph, Costs) {
        let text = format!(
            "use std::{{mse}}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {{\n{body}\n  output score for y\n}}\n"
        );
        let loaded = Program::load_text(&MemoryWorld::new(), "m.dsl", &text);
        let compiled = compile(&loaded.program.unwrap(), &Options::default());
        let graph = compiled.graph.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
        let costs = Costs::of(&graph);
        (graph, costs)
    }

    fn of<'a>(graph: &Graph, costs: &'a Costs, op: &str) -> Vec<&'a NodeCost> {
        graph.nodes().filter(|(_, n)| n.op.name() == op).filter_map(|(id, _)| costs.node(id)).collect()
    }

    #[test]
    fn a_tensor_that_several_operations_keep_is_kept_once() {
        let (graph, costs) = costs(
            "  let x = linear(audio, out: 3)\n  let a = linear(x, out: 4)\n  let b = linear(x, out: 4)\n  let m = a * b\n  \
             let score = sum_features(mean(m))\n  loss p = mse(score, target: y)",
        );
        let kept: Vec<String> = of(&graph, &costs, "linear").iter().map(|c| c.kept.to_string()).collect();
        assert_eq!(kept, ["0", "12*Ta", "0"], "inputs are there anyway; `x` is kept by the first that reads it");
        let kept: Vec<String> = of(&graph, &costs, "mul").iter().map(|c| c.kept.to_string()).collect();
        assert_eq!(kept, ["32*Ta"], "both factors");
        assert_eq!(costs.inputs.to_string(), "4*Ta*fa + 4", "frames and the label");
        assert_eq!(of(&graph, &costs, "square")[0].phase, Phase::Losses);
        assert_eq!(of(&graph, &costs, "linear")[0].phase, Phase::Forward);
    }

    #[test]
    fn a_view_is_part_of_what_it_views() {
        let (graph, costs) = costs(
            "  let a = linear(audio, out: 4)\n  let score = sum_features(a[0] * a[0])\n  loss p = mse(score, target: y)",
        );
        // The row lies in the memory of the whole sequence, which is what stays alive.
        assert_eq!(of(&graph, &costs, "mul")[0].kept.to_string(), "16*Ta");
    }

    #[test]
    fn nothing_is_kept_where_no_gradient_flows() {
        let (graph, costs) = costs(
            "  let a = linear(audio, out: 4)\n  let b = stop_grad(a * a)\n  let score = sum_features(mean(b * b))\n  \
             let again = linear(mean(audio), out: 1) |> scalar()\n  loss p = mse(score + again, target: y)",
        );
        // Neither in front of the stop, where no gradient arrives, nor behind it, where none would lead anywhere.
        let kept: Vec<String> = of(&graph, &costs, "mul").iter().map(|c| c.kept.to_string()).collect();
        assert_eq!(kept, ["0", "0"]);
        let kept: Vec<String> = of(&graph, &costs, "linear").iter().map(|c| c.kept.to_string()).collect();
        assert_eq!(kept, ["0", "4*fa"], "the mean");
    }

    #[test]
    fn what_losses_read_at_companions_counts_for_all_of_them() {
        let (graph, costs) = costs(
            "  let a = linear(audio, out: 4)\n  let m = mean(a)\n  let score = linear(m, out: 1) |> scalar()\n  \
             companions c { by = [m]  class = class(y)  pos = 1  near = 1  far = 2 }\n  loss p = mse(score, target: y)\n  \
             loss c2 = sum x in m at c.pos { dot(m, with: x) }",
        );
        assert_eq!(costs.companions, 4);
        let linear = of(&graph, &costs, "linear");
        assert_eq!((linear[0].at_companions, linear[1].at_companions), (true, false));
        assert_eq!(linear[1].kept.to_string(), "80", "`m` of one anchor and four companions");
        assert_eq!(costs.inputs.to_string(), "20*Ta*fa + 4");
        let dot = of(&graph, &costs, "dot");
        assert_eq!((dot[0].multiply_adds.to_string(), dot[0].phase), ("4".to_owned(), Phase::Losses));
    }
}
