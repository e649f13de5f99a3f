//! Whether two values are computed in the same way out of the named values that they read.

use std::collections::BTreeSet;

use super::Detail;
use super::names::{Key, Names};
use dsc_graph::{Attributes, Graph, Named, Node, NodeId, Op};

/// Two graphs with their names.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) a: &'a Graph,
    pub(super) b: &'a Graph,
    pub(super) names_a: Names<'a>,
    pub(super) names_b: Names<'a>,
}

impl<'a> Pair<'a> {
    pub(super) fn new(a: &'a Graph, b: &'a Graph) -> Self {
        Pair { a, b, names_a: Names::new(a), names_b: Names::new(b) }
    }

    /// The first way in which two values of one name differ, none if they do not.
    pub(super) fn values(&self, key: &Key, a: &Named, b: &Named) -> Option<Detail> {
        let places = |named: &Named| named.values.iter().map(|(place, _)| place.clone()).collect::<Vec<_>>();
        let (in_a, in_b) = (places(a), places(b));
        if in_a != in_b {
            let text = |places: &[String]| match places {
                [one] if one.is_empty() => "a tensor".to_owned(),
                _ => format!("[{}]", places.join(", ")),
            };
            return Some(Detail { what: "elements".into(), a: text(&in_a), b: text(&in_b) });
        }
        let before = (self.names_a.place(key), self.names_b.place(key));
        a.values.iter().zip(&b.values).find_map(|((_, x), (_, y))| self.from(*x, *y, before))
    }

    /// The first way in which two nodes differ.
    pub(super) fn nodes(&self, a: NodeId, b: NodeId) -> Option<Detail> {
        self.from(a, b, (usize::MAX, usize::MAX))
    }

    /// The first way in which two nodes differ, which are not the same for a name that they got at `before` or later.
    ///
    /// Both are followed to their operands until two nodes share a name: there, the difference is that name's. Where one
    /// has a name that the other has not, they may be the same all the same; if not, it is them who differ, not what they
    /// are made of.
    fn from(&self, a: NodeId, b: NodeId, before: (usize, usize)) -> Option<Detail> {
        const ALL: (usize, usize) = (usize::MAX, usize::MAX);
        let mut seen = BTreeSet::new();
        let mut open = vec![(a, b, before, None)];
        while let Some((x, y, before, blamed)) = open.pop() {
            if !seen.insert((x, y)) || self.share_a_name(x, y, before) {
                continue;
            }
            let (Some(node_a), Some(node_b)) = (self.a.node(x), self.b.node(y)) else { continue };
            let (in_a, in_b) = (self.a.operands(x), self.b.operands(y));
            let named = self.names_a.best(x, before.0).is_some() || self.names_b.best(y, before.1).is_some();
            let blamed = blamed.or(named.then_some((x, y, before)));
            let same = self.same_operation(node_a, node_b);
            if !same || in_a.len() != in_b.len() {
                let what = if blamed.is_some_and(|(x, y, _)| (x, y) != (a, b)) { "reads" } else { "is" };
                let (x, y, before) = blamed.unwrap_or((x, y, before));
                let mut texts = (self.text_a(x, before.0), self.text_b(y, before.1));
                if texts.0 == texts.1 {
                    texts.0.push_str(&format!(" of {}", in_a.len()));
                    texts.1.push_str(&format!(" of {}", in_b.len()));
                }
                return Some(Detail { what: what.to_owned(), a: texts.0, b: texts.1 });
            }
            // The first operand is looked at first.
            open.extend(in_a.into_iter().zip(in_b).rev().map(|(x, y)| (x, y, ALL, blamed)));
        }
        None
    }

    fn text_a(&self, node: NodeId, before: usize) -> String {
        self.names_a.best(node, before).unwrap_or_else(|| operation(self.a, node))
    }

    fn text_b(&self, node: NodeId, before: usize) -> String {
        self.names_b.best(node, before).unwrap_or_else(|| operation(self.b, node))
    }

    fn share_a_name(&self, a: NodeId, b: NodeId, before: (usize, usize)) -> bool {
        let of_b: BTreeSet<_> = self.names_b.of(b, before.1).collect();
        self.names_a.of(a, before.0).any(|name| of_b.contains(&name))
    }

    fn same_operation(&self, a: &Node, b: &Node) -> bool {
        match (&a.op, &b.op) {
            // Shapes and initial values are compared with the parameters.
            (Op::Param(x), Op::Param(y)) => self.a.param(*x).map(|p| &p.path) == self.b.param(*y).map(|p| &p.path),
            (Op::Param(_), _) | (_, Op::Param(_)) => false,
            (x, y) => x.name() == y.name() && attributes(x) == attributes(y),
        }
    }
}

/// Where random bits come from follows from the names around a call, which are compared by themselves.
fn attributes(op: &Op) -> Attributes {
    op.attributes().without("site")
}

/// An operation with its attributes, a parameter by its path.
fn operation(graph: &Graph, node: NodeId) -> String {
    let Some(node) = graph.node(node) else { return String::new() };
    match &node.op {
        Op::Param(id) => graph.param(*id).map_or_else(|| "a parameter".to_owned(), |p| format!("@{}", p.path)),
        op => {
            format!("{}{}", op.name(), attributes(op))
        }
    }
}
