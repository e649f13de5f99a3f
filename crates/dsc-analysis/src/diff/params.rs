//! Parameters by path: what came, went or has another shape or start, grouped so that hundreds of lines become a few.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::{Change, Side};
use crate::count;
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::{Graph, Param};

/// A parameter that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParamChange {
    /// Path in the model: `fuse.1.hl.ffn.inner.weight`.
    pub path: String,
    /// What it was: shape, and start or `dead` where that is what differs. None if it is new.
    pub a: Option<String>,
    /// The same in the second model. None if it is gone.
    pub b: Option<String>,
}

/// Parameters that changed in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParamGroup {
    /// Whether they were added, removed or changed.
    pub change: Change,
    /// What their paths have in common: `fuse.1.**` for all below `fuse.1`, `**.inner.weight`, or the path of a lone one.
    pub pattern: String,
    /// How many places in the model this is true of: the same layer in several turns of a loop.
    pub times: usize,
    /// What they were, in each of those places: the shape if it is one parameter, else the sum of numbers in them.
    pub a: Option<String>,
    /// The same in the second model.
    pub b: Option<String>,
    /// The parameters, in the order of the graph.
    pub list: Vec<ParamChange>,
}

struct Leaf<'a> {
    path: &'a str,
    a: Option<(&'a Param, bool)>,
    b: Option<(&'a Param, bool)>,
}

impl Leaf<'_> {
    fn change(&self) -> Option<Change> {
        match (self.a, self.b) {
            (Some((p, dead_a)), Some((q, dead_b))) => {
                let same = p.shape == q.shape && p.init == q.init && p.encoder == q.encoder && dead_a == dead_b;
                (!same).then_some(Change::Changed)
            }
            (Some(_), None) => Some(Change::Removed),
            (None, _) => Some(Change::Added),
        }
    }

    fn described(&self) -> ParamChange {
        let text = |one: Option<(&Param, bool)>, other: Option<(&Param, bool)>| {
            let (p, dead) = one?;
            let mut text = shape(&p.shape);
            if let Some((q, other_dead)) = other {
                // A start that follows from the shape is not worth a word.
                if p.shape == q.shape && p.init != q.init {
                    text.push_str(&format!(" {}", p.init));
                }
                if p.encoder != q.encoder {
                    text.push_str(if p.encoder.is_some() { " pretrained" } else { " not pretrained" });
                }
                if dead != other_dead {
                    text.push_str(if dead { " dead" } else { " live" });
                }
            }
            Some(text)
        };
        ParamChange { path: self.path.to_owned(), a: text(self.a, self.b), b: text(self.b, self.a) }
    }
}

fn shape(dims: &[Dim]) -> String {
    format!("[{}]", dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// What differs in the tables of parameters.
pub(super) fn parameters(a: &Side<'_>, b: &Side<'_>) -> Vec<ParamGroup> {
    let table = |graph: &'_ Graph| -> Vec<bool> { graph.dead_params() };
    let (dead_a, dead_b) = (table(a.graph), table(b.graph));
    let mut leaves: IndexMap<&str, Leaf<'_>> = IndexMap::new();
    for (param, dead) in a.graph.params.iter().zip(dead_a) {
        leaves.insert(&param.path, Leaf { path: &param.path, a: Some((param, dead)), b: None });
    }
    for (param, dead) in b.graph.params.iter().zip(dead_b) {
        leaves.entry(&param.path).or_insert(Leaf { path: &param.path, a: None, b: None }).b = Some((param, dead));
    }
    let all: Vec<&Leaf<'_>> = leaves.values().collect();
    let dims = (a.dims.or(b.dims), b.dims.or(a.dims));
    let mut groups = Vec::new();
    by_prefix("", &all, dims, &mut groups);
    by_suffix(groups)
}

/// One group for all parameters below a prefix that changed alike, else what is below its next steps.
fn by_prefix(
    prefix: &str,
    leaves: &[&Leaf<'_>],
    dims: (Option<&DimTable>, Option<&DimTable>),
    out: &mut Vec<ParamGroup>,
) {
    let changes: Vec<Option<Change>> = leaves.iter().map(|l| l.change()).collect();
    let Some(first) = changes.first().copied() else { return };
    if changes.iter().all(|c| *c == first) {
        out.extend(first.map(|change| group(change, prefix, leaves, dims)));
        return;
    }
    let depth = if prefix.is_empty() { 0 } else { prefix.len() + 1 };
    let mut parts: IndexMap<&str, Vec<&Leaf<'_>>> = IndexMap::new();
    for leaf in leaves {
        let rest = leaf.path.get(depth..).unwrap_or_default();
        let end = depth + rest.find('.').unwrap_or(rest.len());
        parts.entry(leaf.path.get(..end).unwrap_or(leaf.path)).or_default().push(leaf);
    }
    if parts.len() == 1 && parts.keys().all(|p| *p == prefix) {
        return;
    }
    for (prefix, leaves) in parts {
        by_prefix(prefix, &leaves, dims, out);
    }
}

fn group(
    change: Change,
    prefix: &str,
    leaves: &[&Leaf<'_>],
    dims: (Option<&DimTable>, Option<&DimTable>),
) -> ParamGroup {
    let list: Vec<ParamChange> = leaves.iter().map(|l| l.described()).collect();
    if let [one] = list.as_slice() {
        return ParamGroup { change, pattern: one.path.clone(), times: 1, a: one.a.clone(), b: one.b.clone(), list };
    }
    let sum = |of: &dyn Fn(&Leaf<'_>) -> Option<Dim>, dims: Option<&DimTable>| {
        let sizes: Option<Vec<Dim>> = leaves.iter().map(|l| of(l)).collect();
        sizes.map(|s| count::text(&s.iter().fold(Dim::from(0), |sum, n| sum.plus(n)), dims))
    };
    let pattern = if prefix.is_empty() { "**".to_owned() } else { format!("{prefix}.**") };
    let a = sum(&|l| l.a.map(|(p, _)| count::size(p)), dims.0);
    let b = sum(&|l| l.b.map(|(p, _)| count::size(p)), dims.1);
    ParamGroup { change, pattern, times: 1, a, b, list }
}

/// Groups that differ in their place alone become one: the same layer in every turn of a loop.
fn by_suffix(groups: Vec<ParamGroup>) -> Vec<ParamGroup> {
    type Likeness = (u8, Option<String>, Option<String>, usize, String);
    let mut kinds: BTreeMap<Likeness, usize> = BTreeMap::new();
    let mut out: Vec<ParamGroup> = Vec::new();
    for group in groups {
        let last = group.pattern.strip_suffix(".**").unwrap_or(&group.pattern).rsplit('.').find(|s| !is_index(s));
        let likeness = (
            group.change as u8,
            group.a.clone(),
            group.b.clone(),
            group.list.len(),
            format!("{}{}", last.unwrap_or_default(), group.pattern.ends_with("**")),
        );
        match kinds.get(&likeness).and_then(|i| out.get_mut(*i)) {
            Some(before) => {
                before.pattern = common(&before.pattern, &group.pattern);
                before.times += 1;
                before.list.extend(group.list);
            }
            None => {
                kinds.insert(likeness, out.len());
                out.push(group);
            }
        }
    }
    out
}

fn is_index(step: &str) -> bool {
    step.bytes().all(|b| b.is_ascii_digit())
}

/// The steps that two patterns have in common at both ends, with `*` for one step between that differs and `**` for more.
fn common(a: &str, b: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split('.').collect(), b.split('.').collect());
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y && **x != "*").count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y && **x != "*").count();
    let back = back.min(a.len() - front).min(b.len() - front);
    let between = if a.len() == b.len() && a.len() - front - back == 1 { "*" } else { "**" };
    let steps = a.iter().take(front).chain([&between]).chain(a.iter().skip(a.len() - back));
    steps.copied().collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_keep_what_paths_have_in_common() {
        assert_eq!(common("fuse.0.hl.ffn.inner.weight", "fuse.1.hl.ffn.inner.weight"), "fuse.*.hl.ffn.inner.weight");
        assert_eq!(common("fuse.*.hl.inner.weight", "fuse.2.hl.inner.weight"), "fuse.*.hl.inner.weight");
        assert_eq!(common("a.f.ffn.inner.weight", "fuse.1.ffn.inner.weight"), "**.ffn.inner.weight");
        assert_eq!(common("fuse.0.spread.**", "fuse.1.spread.**"), "fuse.*.spread.**");
    }
}
