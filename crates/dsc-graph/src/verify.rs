//! The invariants of a graph, checked between phases.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::typing::{operand_types, speaks_of_view};
use super::{Graph, Group, Node, NodeId, Op, RandomSite};
use crate::dims::Dim;
use crate::types::{TensorType, Type};
use dsc_syntax::diag::{Diagnostic, codes::graph as code};
use dsc_syntax::source::Span;

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsound {
    /// The node that breaks it, if it is one node.
    pub node: Option<NodeId>,
    /// How, without the node.
    pub message: String,
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node {
            Some(id) => write!(f, "{id}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Checks a graph: operands come before their users, every node has the type that its rule or declaration gives
/// (`same_dim` decides what equal dims are), parameters have one path each, random sites one draw each, roots have the
/// types they must have, and no node reads a view of a view or a companion that is not drawn.
///
/// # Errors
/// What is broken. A broken graph is a fault of `dsc` or of a text form that was written by hand, never of the user's
/// file.
pub fn verify(graph: &Graph, same_dim: &dyn Fn(&Dim, &Dim) -> bool) -> Result<(), Vec<Unsound>> {
    let mut faults = Vec::new();
    let mut sites: HashMap<&RandomSite, (&Node, Vec<Option<&Dim>>)> = HashMap::new();
    let reads = Reads::of(graph);
    for (id, node) in graph.nodes() {
        let mut fault = |message: String| faults.push(Unsound { node: Some(id), message });
        let operands = graph.operands(id);
        if operands.iter().any(|o| *o >= id) {
            fault("an operand comes after it".to_owned());
        }
        match given_type(graph, id, node, same_dim) {
            Ok(ty) if ty == node.ty => {}
            Ok(ty) => fault(format!("stated {}, its rule gives {ty}", node.ty)),
            Err(message) => fault(message),
        }
        if let Op::At { companions, group, index } = &node.op {
            let drawn = graph.companions.get(companions.index()).map(|c| match group {
                Group::Pos => c.pos,
                Group::Neg => c.near + c.far,
            });
            match drawn {
                None => fault(format!("no {companions}")),
                Some(drawn) if *index >= drawn => fault(format!("{companions} draws {drawn} of {group}, from 0")),
                Some(_) => {}
            }
            if reads.view(operands.first().copied()) {
                fault("a companion of a companion".to_owned());
            }
        }
        if let Some(site) = node.op.random_site() {
            let length = node.ty.len();
            let (first, lengths) = sites.entry(site).or_insert_with(|| (node, Vec::new()));
            // A pass may draw the first rows apart from the others: the same operation, with another number of rows.
            if first.op != node.op || lengths.contains(&length) {
                fault(format!("a second draw at the random site `{}`", site.0));
            }
            lengths.push(length);
        }
        let from = operands.first().copied();
        if matches!(node.op, Op::At { .. }) && reads.batch(from) {
            fault("values of the batch at a companion".to_owned());
        }
        if matches!(node.op, Op::At { .. }) && reads.label(from) {
            fault("a label at a companion".to_owned());
        }
        if matches!(node.op, Op::InBatch) && reads.view(from) {
            fault("companions of all anchors".to_owned());
        }
    }
    let mut fault = |message: String| faults.push(Unsound { node: None, message });
    let mut paths = BTreeSet::new();
    for param in &graph.params {
        if !paths.insert(&param.path) {
            fault(format!("two parameters at `{}`", param.path));
        }
        if param.shape.iter().any(speaks_of_view) {
            fault(format!("`{}` has a shape that differs by companion", param.path));
        }
        if param.shape.iter().any(Dim::speaks_of_batch) {
            fault(format!("`{}` has a shape that differs by step", param.path));
        }
    }
    let outputs = graph.outputs.iter().map(|o| (format!("output for {}", o.label), o.value));
    let losses = graph.losses.iter().map(|l| (format!("loss {}", l.name), l.value));
    for (what, id) in outputs.chain(losses) {
        if !is(graph, id, TensorType::is_real) {
            fault(format!("{what} is no Real"));
        }
    }
    for c in &graph.companions {
        if c.by.iter().any(|id| !is(graph, *id, |t| t.time.is_none() && t.dims.len() == 1)) {
            fault(format!("companions {} are compared by something that is no Vec", c.name));
        }
    }
    let predicted = graph.outputs.iter().map(|o| (format!("output for {}", o.label), o.value));
    let ranked = graph.companions.iter().flat_map(|c| c.by.iter().map(|v| (format!("`by` of {}", c.name), *v)));
    for (what, id) in predicted.chain(ranked) {
        if reads.batch(Some(id)) {
            fault(format!("{what} depends on the rest of the batch"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// [`verify`] for a graph that was read from its text form: `E1005` at the lines that break something.
pub fn diagnose(graph: &Graph, same_dim: &dyn Fn(&Dim, &Dim) -> bool) -> Vec<Diagnostic> {
    let faults = verify(graph, same_dim).err().unwrap_or_default();
    let place = |f: &Unsound| f.node.and_then(|id| graph.node(id)).map_or(Span::NONE, |n| n.span);
    faults.into_iter().map(|f| Diagnostic::error(code::E1005, f.message.clone()).at(place(&f), "here")).collect()
}

/// The type that a node must have.
fn given_type(graph: &Graph, id: NodeId, node: &Node, same: &dyn Fn(&Dim, &Dim) -> bool) -> Result<Type, String> {
    let leaf = |ty: Option<Type>, missing: String| match ty {
        Some(_) if !graph.operands(id).is_empty() => Err("operands of something that has none".to_owned()),
        Some(ty) => Ok(ty),
        None => Err(missing),
    };
    match &node.op {
        Op::Input(name) => leaf(graph.inputs.get(name).map(|i| i.ty.clone()), format!("no input `{name}`")),
        Op::Param(param) => {
            let ty = graph.param(*param).map(|p| TensorType { time: None, dims: p.shape.clone() }.into());
            leaf(ty, format!("no parameter {param}"))
        }
        Op::Label(name) if !graph.labels.contains_key(name) => Err(format!("no label `{name}`")),
        op => op.infer(&operand_types(graph, id), &|a: &Dim, b: &Dim| same(a, b)).map_err(|fault| fault.message),
    }
}

fn is(graph: &Graph, id: NodeId, test: impl Fn(&TensorType) -> bool) -> bool {
    graph.node(id).and_then(|n| n.ty.tensor()).is_some_and(test)
}

/// What every node reads beside inputs and weights: companions, the batch, labels.
struct Reads(Vec<[bool; 3]>);

impl Reads {
    fn of(graph: &Graph) -> Reads {
        let mut reads: Vec<[bool; 3]> = Vec::with_capacity(graph.len());
        for (id, node) in graph.nodes() {
            let own = [Op::is_view, Op::is_of_batch, Op::is_label].map(|is| is(&node.op));
            let all = graph.operands(id).iter().filter_map(|o| reads.get(o.index())).fold(own, |all, of| {
                let [a, b, c] = all;
                let [x, y, z] = *of;
                [a || x, b || y, c || z]
            });
            reads.push(all);
        }
        Reads(reads)
    }

    fn at(&self, node: Option<NodeId>) -> [bool; 3] {
        node.and_then(|id| self.0.get(id.index())).copied().unwrap_or_default()
    }

    fn view(&self, node: Option<NodeId>) -> bool {
        let [view, ..] = self.at(node);
        view
    }

    fn batch(&self, node: Option<NodeId>) -> bool {
        let [_, batch, _] = self.at(node);
        batch
    }

    fn label(&self, node: Option<NodeId>) -> bool {
        let [.., label] = self.at(node);
        label
    }
}

impl Op {
    fn is_view(&self) -> bool {
        matches!(self, Op::At { .. })
    }

    fn is_of_batch(&self) -> bool {
        matches!(self, Op::InBatch)
    }

    fn is_label(&self) -> bool {
        matches!(self, Op::Label(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exists_for_the_sample_alone_is_not_read_at_companions() {
        let text = "graph M\ninput x : Vec[f] from \"x\"\nlabel y : Real\n\
                    companions0 c : by [%0] class y pos 1 near 1 far 1 pool 4 refresh 1\n\
                    %0 = input() x : Vec[f]\n%1 = label() y : Real\n%2 = square(%1) : Real\n\
                    %3 = at(%2) companions0.pos.0 : Real\n%4 = in_batch(%1) : Vec[batch]\n\
                    %5 = at(%4) companions0.pos.0 : Vec[batch]\n%6 = in_batch(%3) : Vec[batch]\nloss l = %3\n";
        let graph = Graph::from_text(text).unwrap();
        let faults: Vec<String> = verify(&graph, &|a, b| a == b).unwrap_err().iter().map(ToString::to_string).collect();
        for fault in [
            "%3: a label at a companion",
            "%5: values of the batch at a companion",
            "%5: a label at a companion",
            "%6: companions of all anchors",
        ] {
            assert!(faults.iter().any(|f| f == fault), "{fault}: {faults:#?}");
        }
    }
}
