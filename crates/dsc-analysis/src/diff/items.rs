//! Hypers, inputs, labels, outputs, losses and companions.

use super::compare::Pair;
use super::{Change, Detail, Entry, Side};
use dsc_graph::{Companions, Graph, NodeId, Op, Ranks};
use dsc_syntax::source::Span;

/// A declaration with its name and source.
struct Item<'a, T> {
    name: &'a str,
    span: Span,
    value: &'a T,
}

/// What only one list has, and for what both have, what differs.
fn by_name<'a, T: 'a>(
    (a, in_a): (&Side<'_>, Vec<Item<'a, T>>),
    (b, in_b): (&Side<'_>, Vec<Item<'a, T>>),
    details: impl Fn(&T, &T) -> Vec<Detail>,
) -> Vec<Entry> {
    let entry =
        |change, name: &str| Entry { change, names: vec![name.to_owned()], details: Vec::new(), a: None, b: None };
    let mut out = Vec::new();
    for x in &in_a {
        let location = a.location(x.span);
        match in_b.iter().find(|y| y.name == x.name) {
            None => out.push(Entry { a: location, ..entry(Change::Removed, x.name) }),
            Some(y) => {
                let details = details(x.value, y.value);
                if !details.is_empty() {
                    out.push(Entry { details, a: location, b: b.location(y.span), ..entry(Change::Changed, x.name) });
                }
            }
        }
    }
    let new = in_b.iter().filter(|y| !in_a.iter().any(|x| x.name == y.name));
    out.extend(new.map(|y| Entry { b: b.location(y.span), ..entry(Change::Added, y.name) }));
    out
}

/// A detail for each pair of texts that differ.
fn differing<const N: usize>(pairs: [(&str, String, String); N]) -> Vec<Detail> {
    let unequal = pairs.into_iter().filter(|(_, a, b)| a != b);
    unequal.map(|(what, a, b)| Detail { what: what.to_owned(), a, b }).collect()
}

pub(super) fn hypers(a: &Side<'_>, b: &Side<'_>) -> Vec<Entry> {
    let list = |hypers| -> Vec<Item<'_, super::Hyper>> {
        let hypers: &[super::Hyper] = hypers;
        hypers.iter().map(|h| Item { name: &h.name, span: h.span, value: h }).collect()
    };
    by_name((a, list(a.hypers)), (b, list(b.hypers)), |x, y| differing([("value", x.value.clone(), y.value.clone())]))
}

pub(super) fn inputs(a: &Side<'_>, b: &Side<'_>) -> Vec<Entry> {
    let list = |graph| -> Vec<_> {
        let graph: &Graph = graph;
        graph.inputs.values().map(|i| Item { name: &i.name, span: i.span, value: i }).collect()
    };
    by_name((a, list(a.graph)), (b, list(b.graph)), |x, y| {
        differing([("type", x.ty.to_string(), y.ty.to_string()), ("from", x.key.clone(), y.key.clone())])
    })
}

pub(super) fn labels(a: &Side<'_>, b: &Side<'_>) -> Vec<Entry> {
    let list = |graph| -> Vec<_> {
        let graph: &Graph = graph;
        graph.labels.values().map(|l| Item { name: &l.name, span: l.span, value: l }).collect()
    };
    let key = |key: &Option<String>| key.clone().unwrap_or_else(|| "the default".to_owned());
    by_name((a, list(a.graph)), (b, list(b.graph)), |x, y| differing([("from", key(&x.key), key(&y.key))]))
}

pub(super) fn outputs(a: &Side<'_>, b: &Side<'_>, both: &Pair<'_>) -> Vec<Entry> {
    let list = |graph| -> Vec<_> {
        let graph: &Graph = graph;
        graph.outputs.iter().map(|o| Item { name: &o.label, span: o.span, value: o }).collect()
    };
    by_name((a, list(a.graph)), (b, list(b.graph)), |x, y| both.nodes(x.value, y.value).into_iter().collect())
}

pub(super) fn losses(a: &Side<'_>, b: &Side<'_>, both: &Pair<'_>) -> Vec<Entry> {
    let list = |graph| -> Vec<_> {
        let graph: &Graph = graph;
        graph.losses.iter().map(|l| Item { name: &l.name, span: l.span, value: l }).collect()
    };
    by_name((a, list(a.graph)), (b, list(b.graph)), |x, y| {
        let ((weight_a, term_a), (weight_b, term_b)) = (weighted(a.graph, x.value), weighted(b.graph, y.value));
        let mut details = differing([("weight", weight_a.to_string(), weight_b.to_string())]);
        details.extend(both.nodes(term_a, term_b));
        details
    })
}

/// A loss without the number that it is multiplied by.
fn weighted(graph: &Graph, mut node: NodeId) -> (f64, NodeId) {
    let mut weight = 1.0;
    while let Some(Op::Affine { mul, add: 0.0 }) = graph.node(node).map(|n| &n.op)
        && let [term] = graph.operands(node).as_slice()
    {
        weight *= mul;
        node = *term;
    }
    (weight, node)
}

fn listed(companions: &Companions) -> String {
    companions.ranks.map_or_else(
        || "samples".into(),
        |Ranks { upper, lower }| format!("ranks of the upper {upper} and the lower {lower}"),
    )
}

pub(super) fn companions(a: &Side<'_>, b: &Side<'_>, both: &Pair<'_>) -> Vec<Entry> {
    let list = |graph| -> Vec<_> {
        let graph: &Graph = graph;
        graph.companions.iter().map(|c| Item { name: &c.name, span: c.span, value: c }).collect()
    };
    let vectors = |x: &Companions, y: &Companions| match x.by.len() == y.by.len() {
        false => Some(Detail {
            what: "by".into(),
            a: format!("{} vectors", x.by.len()),
            b: format!("{} vectors", y.by.len()),
        }),
        true => x.by.iter().zip(&y.by).find_map(|(p, q)| both.nodes(*p, *q)),
    };
    by_name((a, list(a.graph)), (b, list(b.graph)), |x, y| {
        let mut details = differing([
            ("class", x.class.clone(), y.class.clone()),
            ("pos", x.pos.to_string(), y.pos.to_string()),
            ("near", x.near.to_string(), y.near.to_string()),
            ("far", x.far.to_string(), y.far.to_string()),
            ("pool", x.pool.to_string(), y.pool.to_string()),
            ("refresh", x.refresh.to_string(), y.refresh.to_string()),
            ("listed", listed(x), listed(y)),
        ]);
        details.extend(vectors(x, y));
        details
    })
}
