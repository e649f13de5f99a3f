//! Calls of blocks, and named values that are computed in another way.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::compare::Pair;
use super::names::Key;
use super::{Change, Detail, Entry, Location, Side};
use dsc_graph::{Graph, NameKind, Region, RegionId, RegionKind};

/// A call: its path, and which of several calls of that path it is.
type CallKey = (String, usize);

/// The calls of a graph.
struct Calls<'a> {
    graph: &'a Graph,
    by_key: IndexMap<CallKey, &'a Region>,
    /// The keys by region; none for turns.
    keys: Vec<Option<CallKey>>,
}

impl<'a> Calls<'a> {
    fn new(graph: &'a Graph) -> Self {
        let (mut by_key, mut keys) = (IndexMap::new(), Vec::new());
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for region in &graph.regions {
            keys.push(matches!(region.kind, RegionKind::Call { .. }).then(|| {
                let count = seen.entry(&region.path).or_default();
                let key = (region.path.clone(), *count);
                *count += 1;
                by_key.insert(key.clone(), region);
                key
            }));
        }
        Calls { graph, by_key, keys }
    }

    /// The innermost call that a region is or lies in.
    fn around(&self, mut region: Option<RegionId>) -> Option<&CallKey> {
        while let Some(id) = region {
            if let Some(Some(key)) = self.keys.get(id.index()) {
                return Some(key);
            }
            region = self.graph.region(id)?.parent;
        }
        None
    }

    /// Whether `region` lies in a call that the other graph has too, or in the model itself.
    fn shared_with(&self, other: &Calls<'_>, region: Option<RegionId>) -> bool {
        self.around(region).is_none_or(|key| other.by_key.contains_key(key))
    }
}

fn block_of(region: &Region) -> &str {
    match &region.kind {
        RegionKind::Call { block, .. } => block,
        RegionKind::Turn { .. } => "",
    }
}

/// The calls that came, went, or are of another block. What a call holds comes and goes with it.
pub(super) fn calls(a: &Side<'_>, b: &Side<'_>, both: &Pair<'_>) -> Vec<Entry> {
    let (in_a, in_b) = (Calls::new(both.a), Calls::new(both.b));
    let mut out = Vec::new();
    for (key, call) in &in_a.by_key {
        let entry = |change, details| {
            let other = in_b.by_key.get(key).and_then(|c| b.location(c.span));
            Entry { change, names: vec![key.0.clone()], details, a: a.location(call.span), b: other }
        };
        match in_b.by_key.get(key) {
            None if in_a.shared_with(&in_b, call.parent) => {
                let gone = Detail { what: "block".into(), a: block_of(call).to_owned(), b: String::new() };
                out.push(entry(Change::Removed, vec![gone]));
            }
            Some(other) if block_of(other) != block_of(call) => {
                let (a, b) = (block_of(call).to_owned(), block_of(other).to_owned());
                out.push(entry(Change::Changed, vec![Detail { what: "block".into(), a, b }]));
            }
            _ => {}
        }
    }
    for (key, call) in &in_b.by_key {
        if !in_a.by_key.contains_key(key) && in_b.shared_with(&in_a, call.parent) {
            let come = Detail { what: "block".into(), a: String::new(), b: block_of(call).to_owned() };
            let (names, b) = (vec![key.0.clone()], b.location(call.span));
            out.push(Entry { change: Change::Added, names, details: vec![come], a: None, b });
        }
    }
    grouped(out)
}

/// The named values that are computed in another way, and those that only one model has.
pub(super) fn bindings(a: &Side<'_>, b: &Side<'_>, both: &Pair<'_>) -> Vec<Entry> {
    let (in_a, in_b) = (Calls::new(both.a), Calls::new(both.b));
    let mut out = Vec::new();
    for (key, named) in &both.names_a.by_key {
        let entry = |change, details: Vec<Detail>, a, b| Entry { change, names: vec![shown(key)], details, a, b };
        match both.names_b.by_key.get(key) {
            Some(other) => {
                if let Some(detail) = both.values(key, named, other) {
                    out.push(entry(Change::Changed, vec![detail], a.location(named.span), b.location(other.span)));
                }
            }
            None if key.0 == NameKind::Bound && in_a.shared_with(&in_b, named.region) => {
                out.push(entry(Change::Removed, Vec::new(), a.location(named.span), None));
            }
            None => {}
        }
    }
    for (key, named) in &both.names_b.by_key {
        let new = key.0 == NameKind::Bound && !both.names_a.by_key.contains_key(key);
        if new && in_b.shared_with(&in_a, named.region) {
            let (names, b) = (vec![shown(key)], b.location(named.span));
            out.push(Entry { change: Change::Added, names, details: Vec::new(), a: None, b });
        }
    }
    grouped(out)
}

/// A name as it is shown: `fuse.0()` for the value of a call, `fuse.0(h:)` for an argument.
fn shown((kind, path, _): &Key) -> String {
    match kind {
        NameKind::Bound => path.clone(),
        NameKind::Result => format!("{path}()"),
        NameKind::Argument => match path.rsplit_once('.') {
            Some((call, argument)) => format!("{call}({argument}:)"),
            None => path.clone(),
        },
    }
}

/// Entries of the same lines become one: a line within a loop or a block that is called often.
fn grouped(entries: Vec<Entry>) -> Vec<Entry> {
    let mut out: IndexMap<(u8, Option<Location>, Option<Location>, String), Entry> = IndexMap::new();
    for entry in entries {
        let alike: Vec<Detail> = entry.details.iter().map(without_indices).collect();
        let key = (entry.change as u8, entry.a.clone(), entry.b.clone(), format!("{alike:?}"));
        match out.get_mut(&key) {
            Some(before) => {
                if before.details != entry.details {
                    before.details = alike;
                }
                let new: Vec<String> = entry.names.into_iter().filter(|n| !before.names.contains(n)).collect();
                before.names.extend(new);
            }
            None => {
                out.insert(key, entry);
            }
        }
    }
    out.into_values().collect()
}

/// A detail that covers every turn of a loop: `fuse.*.hb` for `fuse.1.hb`.
fn without_indices(detail: &Detail) -> Detail {
    let steps = |text: &str| {
        let step = |s: &str| if !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()) { "*" } else { s }.to_owned();
        text.split('.').map(step).collect::<Vec<_>>().join(".")
    };
    // Numbers of attributes follow a blank and are no steps of a path.
    let path = |text: &str| if text.contains(' ') { text.to_owned() } else { steps(text) };
    Detail { what: detail.what.clone(), a: path(&detail.a), b: path(&detail.b) }
}
