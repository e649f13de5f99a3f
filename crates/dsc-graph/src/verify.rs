//! The invariants of a graph, checked between phases.

use std::collections::BTreeSet;
use std::fmt;

use super::typing::{operand_types, speaks_of_view};
use super::{Graph, Group, Node, NodeId, Op};
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
/// (`same_dim` decides what equal dims are), parameters have one path each, random sites one node each, roots have the
/// types they must have, and no node reads a view of a view or a companion that is not drawn.
///
/// # Errors
/// What is broken. A broken graph is a fault of `dsc` or of a text form that was written by hand, never of the user's
/// file.
pub fn verify(graph: &Graph, same_dim: &dyn Fn(&Dim, &Dim) -> bool) -> Result<(), Vec<Unsound>> {
    let mut faults = Vec::new();
    let mut sites = BTreeSet::new();
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
            if depends_on_view(graph, operands.first().copied()) {
                fault("a companion of a companion".to_owned());
            }
        }
        if let Some(site) = node.op.random_site()
            && !sites.insert(site)
        {
            fault(format!("a second draw at the random site `{}`", site.0));
        }
        if matches!(node.op, Op::At { .. }) && depends_on_batch(graph, operands.first().copied()) {
            fault("values of the batch at a companion".to_owned());
        }
        if matches!(node.op, Op::InBatch) && depends_on_view(graph, operands.first().copied()) {
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
        if depends_on_batch(graph, Some(id)) {
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

fn depends_on_view(graph: &Graph, root: Option<NodeId>) -> bool {
    depends_on(graph, root, |op| matches!(op, Op::At { .. }))
}

fn depends_on_batch(graph: &Graph, root: Option<NodeId>) -> bool {
    depends_on(graph, root, |op| matches!(op, Op::InBatch))
}

fn depends_on(graph: &Graph, root: Option<NodeId>, what: impl Fn(&Op) -> bool) -> bool {
    let needed = graph.needed_by(root);
    graph.nodes().any(|(id, n)| needed.get(id.index()) == Some(&true) && what(&n.op))
}
