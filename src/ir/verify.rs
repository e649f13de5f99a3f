//! The invariants of a graph, checked between phases.

use super::typing::{operand_types, speaks_of_view};
use super::{Graph, NodeId, Op};
use crate::sema::dims::Dim;

/// Checks a graph: operands stand before their users, every node has the type that its rule gives (`same_dim` decides
/// what equal dims are), parameters have one path each, roots are Reals where they must be, and no node reads a view
/// of a view.
///
/// # Errors
/// What is broken, one line per node. A broken graph is a fault of `dsc`, never of the user's file.
pub fn verify(graph: &Graph, same_dim: &dyn Fn(&Dim, &Dim) -> bool) -> Result<(), Vec<String>> {
    let mut faults = Vec::new();
    let eq = |a: &Dim, b: &Dim| same_dim(a, b);
    for (id, node) in graph.nodes() {
        let operands = graph.operands(id);
        if operands.iter().any(|o| *o >= id) {
            faults.push(format!("{id}: an operand stands behind it"));
        }
        match &node.op {
            Op::Input(name) if !graph.inputs.contains_key(name) => faults.push(format!("{id}: no input `{name}`")),
            Op::Label(name) if !graph.labels.contains_key(name) => faults.push(format!("{id}: no label `{name}`")),
            Op::Param(param) if graph.param(*param).is_none() => faults.push(format!("{id}: no parameter {param}")),
            Op::At { companions, .. } if companions.index() >= graph.companions.len() => {
                faults.push(format!("{id}: no {companions}"));
            }
            Op::Input(_) | Op::Param(_) => {}
            op => match op.infer(&operand_types(graph, id), &eq) {
                Ok(ty) if ty == node.ty => {}
                Ok(ty) => faults.push(format!("{id}: stated {}, its rule gives {ty}", node.ty)),
                Err(fault) => faults.push(format!("{id}: {}", fault.message)),
            },
        }
        if matches!(node.op, Op::At { .. }) && depends_on_view(graph, operands.first().copied()) {
            faults.push(format!("{id}: a companion of a companion"));
        }
    }
    let mut paths = std::collections::BTreeSet::new();
    for param in &graph.params {
        if !paths.insert(&param.path) {
            faults.push(format!("two parameters at `{}`", param.path));
        }
        if param.shape.iter().any(speaks_of_view) {
            faults.push(format!("`{}` has a shape that differs by companion", param.path));
        }
    }
    let is_real = |id: NodeId| graph.node(id).and_then(|n| n.ty.tensor()).is_some_and(|t| t.is_real());
    for (what, id) in graph
        .outputs
        .iter()
        .map(|o| (format!("output for {}", o.label), o.value))
        .chain(graph.losses.iter().map(|l| (format!("loss {}", l.name), l.value)))
    {
        if !is_real(id) {
            faults.push(format!("{what}: {id} is no Real"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn depends_on_view(graph: &Graph, root: Option<NodeId>) -> bool {
    let needed = graph.needed_by(root);
    graph.nodes().any(|(id, n)| needed.get(id.index()) == Some(&true) && matches!(n.op, Op::At { .. }))
}
