//! A summary as rows for reading: what the turns of a loop repeat is joined, so that twelve equal layers are one row.

use super::summary::{Figures, SummaryNode};
use dsc_graph::types::Type;

/// A node of a summary, or all nodes that one call site makes in the turns of the loops around it.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// Path below the enclosing row, with `*` for what differs between the joined nodes.
    pub name: String,
    /// The block, none for an operation.
    pub block: Option<String>,
    /// Types of the values, where all joined nodes agree in them.
    pub results: Vec<Type>,
    /// The sum over the joined nodes.
    pub figures: Figures,
    /// How many nodes are joined.
    pub times: usize,
    /// Rows of what it calls and computes.
    pub rows: Vec<SummaryRow>,
    /// Whether the rows within are the joined nodes one by one, because they are not alike.
    pub turns: bool,
}

/// Whether two figures count as equal, which depends on whether the data's dims are bound.
type Same<'a> = &'a dyn Fn(&Figures, &Figures) -> bool;

impl SummaryRow {
    /// The row of a node, with the rows within.
    pub fn of(node: &SummaryNode, same: Same<'_>) -> SummaryRow {
        SummaryRow {
            name: node.name.clone(),
            block: node.block.clone(),
            results: node.results.clone(),
            figures: node.figures.clone(),
            times: 1,
            rows: rows_of(node, same),
            turns: false,
        }
    }

    /// Adds a row of the same form.
    fn add(&mut self, other: SummaryRow) {
        self.figures = Figures::sum([&self.figures, &other.figures]);
        self.times += other.times;
        if self.results != other.results {
            self.results.clear();
        }
        self.rows.iter_mut().zip(other.rows).for_each(|(a, b)| a.add(b));
    }
}

fn rows_of(node: &SummaryNode, same: Same<'_>) -> Vec<SummaryRow> {
    let mut sites: Vec<Vec<&SummaryNode>> = Vec::new();
    for child in &node.children {
        match sites.iter_mut().find(|s| s.first().is_some_and(|first| same_site(first, child))) {
            Some(site) => site.push(child),
            None => sites.push(vec![child]),
        }
    }
    sites.into_iter().filter_map(|nodes| joined(&nodes, same)).collect()
}

/// Whether two children of one node come from one place of its body.
fn same_site(a: &SummaryNode, b: &SummaryNode) -> bool {
    let operation = |p: &SummaryNode| p.block.is_none().then(|| p.name.rsplit('.').next().map(str::to_owned));
    (a.span, a.declared, &a.block, operation(a)) == (b.span, b.declared, &b.block, operation(b))
}

fn joined(nodes: &[&SummaryNode], same: Same<'_>) -> Option<SummaryRow> {
    let (first, others) = nodes.split_first()?;
    if others.is_empty() {
        return Some(SummaryRow::of(first, same));
    }
    let mut rows = nodes.iter().map(|p| SummaryRow::of(p, same));
    let mut all = rows.next()?;
    if others.iter().all(|p| alike(first, p, same)) {
        rows.for_each(|row| all.add(row));
    } else {
        let rows: Vec<SummaryRow> = std::iter::once(all).chain(rows).collect();
        let results = &first.results;
        all = SummaryRow {
            name: String::new(),
            block: first.block.clone(),
            results: if others.iter().all(|p| p.results == *results) { results.clone() } else { Vec::new() },
            figures: Figures::sum(rows.iter().map(|r| &r.figures)),
            times: rows.len(),
            rows,
            turns: true,
        };
    }
    all.name = pattern(nodes);
    Some(all)
}

fn alike(a: &SummaryNode, b: &SummaryNode, same: Same<'_>) -> bool {
    let inner = || a.children.iter().zip(&b.children).all(|(x, y)| same_site(x, y) && alike(x, y, same));
    same(&a.figures, &b.figures) && a.children.len() == b.children.len() && inner()
}

/// `fuse.*` of `fuse.0` and `fuse.1`.
fn pattern(nodes: &[&SummaryNode]) -> String {
    let names: Vec<Vec<&str>> = nodes.iter().map(|p| p.name.split('.').collect()).collect();
    let Some(first) = names.first() else { return String::new() };
    let word = |i: usize, word: &str| match names.iter().all(|n| n.get(i) == Some(&word)) {
        true => word.to_owned(),
        false => "*".to_owned(),
    };
    first.iter().enumerate().map(|(i, w)| word(i, w)).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_graph::dims::Dim;
    use dsc_syntax::source::Span;

    fn node(name: &str, place: usize, macs: i64, children: Vec<SummaryNode>) -> SummaryNode {
        let figures = Figures { multiply_adds: Dim::from(macs), ..Figures::default() };
        SummaryNode {
            name: name.into(),
            block: Some("B".into()),
            span: Span::new(place, place + 1),
            figures,
            children,
            ..SummaryNode::default()
        }
    }

    /// Indented lines `name x times: multiply-adds`.
    fn lines(row: &SummaryRow, depth: usize, out: &mut Vec<String>) {
        out.push(format!("{}{} x {}: {}", "  ".repeat(depth), row.name, row.times, row.figures.multiply_adds));
        row.rows.iter().for_each(|r| lines(r, depth + 1, out));
    }

    #[test]
    fn equal_turns_are_one_row_and_unequal_ones_are_below_their_sum() {
        let layer =
            |i: usize| node(&format!("layer.{i}"), 1, 12, vec![node("q", 2, 5, vec![]), node("k", 3, 7, vec![])]);
        let fuse = |i: usize, n: i64| node(&format!("fuse.{i}"), 4, n, vec![node("b", 5, n, vec![])]);
        let root = node("m", 0, 66, vec![layer(0), layer(1), fuse(0, 20), layer(2), fuse(1, 10)]);
        let mut out = Vec::new();
        lines(&SummaryRow::of(&root, &|a, b| a == b), 0, &mut out);
        let expected = [
            "m x 1: 66",
            "  layer.* x 3: 36",
            "    q x 3: 15",
            "    k x 3: 21",
            "  fuse.* x 2: 30",
            "    fuse.0 x 1: 20",
            "      b x 1: 20",
            "    fuse.1 x 1: 10",
            "      b x 1: 10",
        ];
        assert_eq!(out, expected);
    }
}
