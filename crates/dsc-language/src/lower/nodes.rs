//! What is known of the nodes of the graph beside the graph itself.

use std::collections::BTreeMap;

use dsc_graph::{NodeId, ParamId, RandomSite};
use dsc_syntax::source::Span;

/// What a node reads beside its own sample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reads {
    /// Companions of the sample.
    pub(super) companion: bool,
    /// The values of the whole batch.
    pub(super) batch: bool,
    /// A label of the sample.
    pub(super) label: bool,
    /// A value that stands for what has a fault: it may read anything.
    pub(super) faulty: bool,
    /// A value whose type is what a fault is about: once that is mended it may be another.
    pub(super) disputed: bool,
}

/// Notes about nodes, each by its id.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    reads: Vec<Reads>,
    places: Vec<Span>,
    /// Nodes of inputs and labels that were read.
    pub(super) inputs: BTreeMap<String, NodeId>,
    /// Nodes that were given names so far; one with several counts several times.
    pub(super) named: usize,
    sites: BTreeMap<String, usize>,
}

impl Nodes {
    /// What a node reads beside its own sample.
    pub(super) fn reads(&self, id: NodeId) -> Reads {
        self.reads.get(id.index()).copied().unwrap_or_default()
    }

    /// The call in the user's files that a node is made by; none for a weight.
    pub(super) fn place(&self, id: NodeId) -> Span {
        self.places.get(id.index()).copied().unwrap_or(Span::NONE)
    }

    /// Notes what the newest node reads, and its call.
    pub(super) fn note(&mut self, id: NodeId, reads: Reads, place: Span) {
        self.reads.resize(id.index(), Reads::default());
        self.reads.push(reads);
        self.places.resize(id.index(), Span::NONE);
        self.places.push(place);
    }

    /// Notes that the type of a node is what a fault is about.
    pub(super) fn dispute(&mut self, id: NodeId) {
        self.reads.get_mut(id.index()).into_iter().for_each(|reads| reads.disputed = true);
    }

    /// A random site at a path: the second one there is another.
    pub(super) fn site(&mut self, path: String) -> RandomSite {
        let n = self.sites.entry(path.clone()).or_insert(0);
        *n += 1;
        RandomSite(if *n == 1 { path } else { format!("{path}#{n}") })
    }
}

/// Weights that were made, and who owns them.
#[derive(Debug, Default)]
pub(super) struct Weights {
    pub(super) by_path: BTreeMap<String, ParamId>,
    /// The node that reads each.
    pub(super) nodes: BTreeMap<ParamId, NodeId>,
    /// For each weight, the call in the user's files that owns it.
    pub(super) calls: Vec<Span>,
    /// Weights that primitives requested, shared ones too.
    pub(super) requests: usize,
    /// Path of the text encoder's block, while inside it.
    pub(super) encoder_root: Option<String>,
}

impl Weights {
    /// Whether some weight lies below a path.
    pub(super) fn some_below(&self, path: &str) -> bool {
        let prefix = format!("{path}.");
        self.by_path.range(prefix.clone()..).next().is_some_and(|(path, _)| path.starts_with(&prefix))
    }
}
