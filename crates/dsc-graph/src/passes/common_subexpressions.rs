//! `common_subexpressions`: of nodes with the same operation, attributes and operands one is kept.
//!
//! Before:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = mean(%0) : Vec[fa]
//! %2 = mean(%0) : Vec[fa]
//! %3 = cosine(%1, %2) : Real
//! output %3 for y
//! ```
//! After:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = mean(%0) : Vec[fa]
//! %2 = cosine(%1, %1) : Real
//! output %2 for y
//! ```
//! A model says `mean(t)` wherever it means it, and lowering makes a node of each. Two draws of random numbers are never
//! one (`dropout`, `attention` that drops weights): each has a site of its own. Two parameters are never one, though they
//! start equal.

use std::collections::HashMap;

use super::Pass;
use crate::{Graph, NodeId, Op, Rewriter, Rewritten};

pub(super) const PASS: Pass =
    Pass { name: "common_subexpressions", about: "computes equal operations on equal operands once", run };

fn run(graph: &Graph) -> Rewritten {
    let mut new = Rewriter::new(graph);
    let mut known: HashMap<(&'static str, String, Vec<NodeId>), NodeId> = HashMap::new();
    for (id, node) in graph.nodes() {
        if matches!(node.op, Op::Param(_)) || node.op.random_site().is_some() {
            new.keep(id, node);
            continue;
        }
        let key = (node.op.name(), node.op.attributes().to_string(), new.operands(id));
        match known.get(&key) {
            Some(equal) => new.merge(id, *equal),
            None => {
                let kept = new.keep(id, node);
                known.insert(key, kept);
            }
        }
    }
    new.finish()
}
