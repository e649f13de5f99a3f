//! Rewrites of a graph: the same numbers for less work.
//!
//! A pass takes a graph and gives a graph with the same parameters, inputs, labels, outputs, losses and retrievals, and
//! the same values of them but for rounding: random bits of training included, for these belong to a site and a sample,
//! not to a node. Hashes are taken of the canonical graph, before any pass, and passes know nothing of data: dims stay
//! names; what is decided by a length that is none is decided for sequences of the usual lengths.
//!
//! One file is one pass. Its documentation shows the rewrite as text before and after, and a test compares that with
//! what the pass does.
//!
//! # Adding a pass
//! 1. `crates/dsc-graph/src/passes/NAME.rs` with `pub(super) const PASS: Pass`; build the new graph with [`Rewriter`](crate::Rewriter);
//! 2. its place in [`PIPELINE`];
//! 3. a graph that it changes in `crates/dsc-runtime/src/tests/passes.rs`, where outputs, losses and gradients are compared.

mod absorbed_projections;
mod common_subexpressions;
mod constant_folding;
mod dead_code;
mod merged_projections;
mod row_demand;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::dims::{Dim, DimTable};
use crate::{Graph, Rewritten, verify};
use dsc_syntax::diag::{Diagnostic, codes::graph as code};

/// A rewrite.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// What `--pass` calls it: the name of its file.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// The graph after it.
    pub run: fn(&Graph) -> Rewritten,
}

/// Sequences of this field have more rows than that, but for short texts: what pays from a length on has to pay from this one on.
const USUAL_ROWS: i64 = 16;

/// All passes in the order in which they run. Numbers come first: what they make equal is one value then. What the first ones leave unread is swept before the readers of a value are counted, and
/// maps are merged that are still there when others have been absorbed.
pub const PIPELINE: &[Pass] = &[
    constant_folding::PASS,
    common_subexpressions::PASS,
    row_demand::PASS,
    dead_code::PASS,
    absorbed_projections::PASS,
    merged_projections::PASS,
];

/// The pass of that name.
pub fn find(name: &str) -> Option<&'static Pass> {
    PIPELINE.iter().find(|pass| pass.name == name)
}

/// How much a graph is rewritten before it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum OptLevel {
    /// `-O0`: no pass.
    None,
    /// `-O1`: all of them.
    #[default]
    All,
}

impl OptLevel {
    /// The passes that run, in order.
    pub fn passes(self) -> &'static [Pass] {
        match self {
            OptLevel::None => &[],
            OptLevel::All => PIPELINE,
        }
    }
}

impl From<OptLevel> for u8 {
    fn from(level: OptLevel) -> u8 {
        match level {
            OptLevel::None => 0,
            OptLevel::All => 1,
        }
    }
}

impl TryFrom<u8> for OptLevel {
    type Error = String;

    fn try_from(n: u8) -> Result<Self, String> {
        match n {
            0 => Ok(OptLevel::None),
            1 => Ok(OptLevel::All),
            _ => Err(format!("there is no level {n}: 0 runs no pass, 1 runs all")),
        }
    }
}

impl FromStr for OptLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let n = text.parse::<u8>().map_err(|_| format!("`{text}` is no level: 0 runs no pass, 1 runs all"))?;
        OptLevel::try_from(n)
    }
}

impl fmt::Display for OptLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u8::from(*self).fmt(f)
    }
}

/// The graph after some passes. In debug builds the verifier looks at it after each of them; `dims` are the numbers of the
/// data if they are bound.
///
/// # Errors
/// `E1005` if a pass broke the graph, which is a bug in `dsc`.
pub fn run(graph: &Graph, passes: &[Pass], dims: Option<&DimTable>) -> Result<Graph, Diagnostic> {
    let mut graph = graph.clone();
    for pass in passes {
        graph = (pass.run)(&graph).graph;
        if cfg!(debug_assertions) {
            check(pass, &graph, dims)?;
        }
    }
    Ok(graph)
}

/// One pass and what it makes of a graph, verified in any build.
///
/// # Errors
/// As [`run`].
pub fn step(graph: &Graph, pass: &Pass, dims: Option<&DimTable>) -> Result<Rewritten, Diagnostic> {
    let rewritten = (pass.run)(graph);
    check(pass, &rewritten.graph, dims)?;
    Ok(rewritten)
}

fn check(pass: &Pass, graph: &Graph, dims: Option<&DimTable>) -> Result<(), Diagnostic> {
    let same = |a: &Dim, b: &Dim| a == b || dims.is_some_and(|table| table.same(a, b));
    verify(graph, &same).map_err(|faults| {
        let messages: Vec<String> = faults.iter().take(3).map(ToString::to_string).collect();
        Diagnostic::error(code::E1005, format!("the pass `{}` broke the graph: {}", pass.name, messages.join("; ")))
            .help("this is a bug in dsc; -O0 runs the graph without passes")
    })
}
