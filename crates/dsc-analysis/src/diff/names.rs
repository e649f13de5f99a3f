//! The names of a graph's values, by what two graphs are matched with.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use dsc_graph::{Graph, NameKind, Named, NodeId};

/// What a value is called: how it got the name, the path, and which of several values of one path it is, for calls that
/// own no weights share paths.
pub(super) type Key = (NameKind, String, usize);

/// The names of one graph.
#[derive(Debug)]
pub(super) struct Names<'a> {
    /// Values by name, in the order of the source.
    pub(super) by_key: IndexMap<Key, &'a Named>,
    /// For each node, its names: the place in [`Names::by_key`] and the place in the value.
    of_node: Vec<Vec<(usize, &'a str)>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        let mut by_key = IndexMap::new();
        let mut of_node = vec![Vec::new(); graph.len()];
        let mut seen: BTreeMap<(NameKind, &str), usize> = BTreeMap::new();
        for named in &graph.names {
            let count = seen.entry((named.kind, &named.path)).or_default();
            let (index, _) = by_key.insert_full((named.kind, named.path.clone(), *count), named);
            *count += 1;
            for (place, node) in &named.values {
                if let Some(list) = of_node.get_mut(node.index()) {
                    list.push((index, place.as_str()));
                }
            }
        }
        Names { by_key, of_node }
    }

    /// The place of a name in the order of the source; behind all if there is none.
    pub(super) fn place(&self, key: &Key) -> usize {
        self.by_key.get_index_of(key).unwrap_or(usize::MAX)
    }

    /// The names that a node got before the place `before`.
    pub(super) fn of(&self, node: NodeId, before: usize) -> impl Iterator<Item = (&Key, &'a str)> {
        let list = self.of_node.get(node.index()).into_iter().flatten().filter(move |(index, _)| *index < before);
        list.filter_map(|(index, place)| Some((self.by_key.get_index(*index)?.0, *place)))
    }

    /// What people would call a node by the names that it got before the place `before`: the one that was bound first, else
    /// the call, else the argument.
    pub(super) fn best(&self, node: NodeId, before: usize) -> Option<String> {
        let (key, place) = self.of(node, before).min_by_key(|((kind, ..), _)| *kind)?;
        Some(if place.is_empty() { key.1.clone() } else { format!("{}[{place}]", key.1) })
    }
}
