//! Where the nodes of a graph come from, in words.

use super::line_costs::{counted_line, name_and_text};
use dsc_graph::{Graph, Node, RegionKind};
use dsc_syntax::source::SourceMap;

/// The line of the user's files that a node counts for, and the way from there to the operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Name of the file of the line; empty where it is not known.
    pub file: String,
    /// Line, from 1; 0 where it is not known.
    pub line: usize,
    /// The line's text without the spaces around it.
    pub text: String,
    /// The calls of the user's blocks and the loop turns that the line is in, from the outside: `Fuse`, `l = 1`.
    pub around: Vec<String>,
    /// The calls of the standard library between the line and the operation, with their loop turns, likewise.
    pub within: Vec<String>,
    /// File and line of the operation itself: `std/attention.dsl:31`.
    pub operation: String,
}

impl Place {
    /// The place of a node of `graph`, whose files are `sources`. A node that a pass made has the place of one that it stands for.
    pub fn of(graph: &Graph, node: &Node, sources: &SourceMap) -> Place {
        let (mut names, mut inside) = (Vec::new(), 0);
        let mut region = node.region;
        while let Some(inner) = region.and_then(|r| graph.region(r)) {
            names.push(match &inner.kind {
                RegionKind::Call { block, .. } => block.clone(),
                RegionKind::Turn { variable, step } => format!("{variable} = {step}"),
            });
            // Turns outside of the outermost call of the library are the user's.
            if matches!(inner.kind, RegionKind::Call { library: true, .. }) {
                inside = names.len();
            }
            region = inner.parent;
        }
        let mut around = names.split_off(inside);
        around.reverse();
        names.reverse();
        let line = counted_line(graph, sources, node.region, node.span);
        let (file, text) = line.and_then(|line| name_and_text(sources, line)).unwrap_or_default();
        let own = sources.locate(node.span).map(|at| format!("{}:{}", at.file, at.line));
        Place {
            line: if file.is_empty() { 0 } else { line.map_or(0, |(_, line)| line) },
            file,
            text,
            around,
            within: names,
            operation: own.unwrap_or_default(),
        }
    }
}
