//! Figures by line of the user's files, which for most lines means: by equation.

use std::collections::BTreeMap;

use super::node_costs::Costs;
use super::summary::{Figures, region_of};
use dsc_graph::{Graph, ParamId, RegionId, RegionKind};
use dsc_syntax::source::{FileId, SourceMap, Span};

/// A file and the number of a line in it, from 1.
pub(super) type FileLine = (FileId, usize);

/// The figures of one line. What it calls of the standard library counts for it; what it calls of the user's blocks counts
/// for their lines.
#[derive(Clone, Debug, PartialEq)]
pub struct LineCost {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The line's text without the spaces around it.
    pub text: String,
    /// Its figures, over all turns of the loops around it.
    pub figures: Figures,
}

/// Figures by line, in the order of files and lines. Lines without any are left out.
pub fn by_line(graph: &Graph, costs: &Costs, sources: &SourceMap) -> Vec<LineCost> {
    let mut lines: BTreeMap<FileLine, Figures> = BTreeMap::new();
    let dead = graph.dead_params();
    let mut read = vec![false; graph.params.len()];
    for (id, node) in graph.nodes() {
        let (Some(cost), Some(line)) = (costs.node(id), counted_line(graph, sources, node.region, node.span)) else {
            continue;
        };
        let figures = lines.entry(line).or_default();
        figures.add_node(cost);
        for param in &cost.params {
            figures.add_param(graph, *param, &dead);
            read.get_mut(param.index()).into_iter().for_each(|r| *r = true);
        }
    }
    for (i, param) in graph.params.iter().enumerate().filter(|(i, _)| read.get(*i) == Some(&false)) {
        if let Some(line) = counted_line(graph, sources, region_of(graph, &param.path), param.span) {
            lines.entry(line).or_default().add_param(graph, ParamId(i as u32), &dead);
        }
    }
    let nothing = Figures::default();
    lines
        .into_iter()
        .filter(|(_, figures)| *figures != nothing)
        .filter_map(|((file, line), figures)| {
            let (file, text) = name_and_text(sources, (file, line))?;
            Some(LineCost { file, line, text, figures })
        })
        .collect()
}

/// The name of a line's file, and its text without the spaces around it.
pub(super) fn name_and_text(sources: &SourceMap, (file, line): FileLine) -> Option<(String, String)> {
    let file = sources.file(file)?;
    Some((file.name.clone(), file.text.lines().nth(line - 1).unwrap_or_default().trim().to_owned()))
}

/// The line of the user's files that `span` in a region counts for: the one it is on, or that of the call that led into
/// the standard library.
pub(super) fn counted_line(
    graph: &Graph,
    sources: &SourceMap,
    region: Option<RegionId>,
    span: Span,
) -> Option<FileLine> {
    let (mut span, mut region) = (span, region);
    while let Some(inner) = region.and_then(|r| graph.region(r)) {
        match inner.kind {
            RegionKind::Call { library: true, .. } => span = inner.span,
            // Turns of the user's loops and calls of the user's blocks hold the user's lines.
            RegionKind::Call { library: false, .. } => break,
            RegionKind::Turn { .. } => {}
        }
        region = inner.parent;
    }
    Some((sources.file_of(span)?.0, sources.locate(span)?.line))
}
