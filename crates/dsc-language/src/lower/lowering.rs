//! The state of one lowering: what it reads, what it makes, and what it notes on the way, each in a part of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::budget::Budget;
use super::faults::Faults;
use super::frame::{Frame, FrameKind};
use super::nodes::{Nodes, Weights};
use super::notes::Notes;
use super::options::Options;
use crate::sema::program::{ModuleId, Program};
use crate::sema::resolve::{DefId, Remedy, Res, Site};
use dsc_graph::Graph;
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_syntax::ast::Change;
use dsc_syntax::source::Span;

/// Models of the usual size have fewer nodes.
const USUAL_NODES: usize = 1024;

/// One lowering.
pub(super) struct Lowering<'p> {
    pub(super) program: &'p Program,
    pub(super) options: &'p Options,
    pub(super) graph: Graph,
    /// The calls that are being lowered, the model first.
    pub(super) frames: Vec<Frame>,
    pub(super) faults: Faults,
    pub(super) budget: Budget,
    pub(super) changes: Changes<'p>,
    pub(super) hypers: Hypers,
    pub(super) nodes: Nodes,
    pub(super) weights: Weights,
    pub(super) notes: Notes,
    /// Widths of the data that a `where` says to be another width or a number.
    pub(super) equal: BTreeMap<String, Dim>,
    /// Dims of the inputs by name.
    pub(super) data_dims: HashMap<String, Dim>,
}

/// What the variant changes.
#[derive(Debug, Default)]
pub(super) struct Changes<'p> {
    /// Changes of the variant and of those it inherits from, the strongest last.
    pub(super) list: Vec<&'p Change>,
    /// Places of those that have met something.
    pub(super) applied: BTreeSet<Span>,
}

impl<'p> Changes<'p> {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, &'p Change> {
        self.list.iter()
    }
}

/// Hypers that have been evaluated.
#[derive(Debug, Default)]
pub(super) struct Hypers {
    /// Values; none for one whose fault was reported.
    pub(super) values: BTreeMap<DefId, Option<Static>>,
    /// Those that are being evaluated.
    pub(super) open: Vec<DefId>,
    /// Values in the place of those that break a range or condition.
    pub(super) replaced: BTreeMap<DefId, Option<Static>>,
}

impl<'p> Lowering<'p> {
    pub(super) fn new(program: &'p Program, options: &'p Options, equal: BTreeMap<String, Dim>) -> Self {
        let mut graph = Graph::new(match &options.variant {
            Some(v) => format!("{}/{v}", program.model.name.value),
            None => program.model.name.value.clone(),
        });
        graph.reserve(USUAL_NODES);
        Lowering {
            program,
            options,
            graph,
            frames: Vec::new(),
            faults: Faults::default(),
            budget: Budget::default(),
            changes: Changes::default(),
            hypers: Hypers::default(),
            nodes: Nodes::default(),
            weights: Weights::default(),
            notes: Notes::default(),
            equal,
            data_dims: HashMap::new(),
        }
    }

    /// The innermost frame. There is always one while the model is lowered.
    pub(super) fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::new(FrameKind::Model, ModuleId(0)));
        }
        let last = self.frames.len() - 1;
        // The stack was made non-empty above.
        #[expect(clippy::indexing_slicing, reason = "the stack is not empty")]
        &mut self.frames[last]
    }

    pub(super) fn module(&self) -> ModuleId {
        self.frames.last().map_or(ModuleId(0), |f| f.module)
    }

    /// Runs `f`, with what gives a name again, which was reported, where `again` holds: its weights have the paths of the first.
    pub(super) fn repeated<T>(&mut self, again: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.notes.again;
        self.notes.again |= again;
        let value = f(self);
        self.notes.again = before;
        value
    }

    /// What the name at `span`, which refers to nothing, is taken for.
    pub(super) fn taken_for(&self, span: Span) -> Option<&Remedy> {
        self.program.names.remedy(self.frames.last().and_then(|f| f.site), span)
    }

    /// What the name at `span`, which is being lowered, refers to.
    pub(super) fn resolve(&self, span: Span) -> Res {
        self.program.names.resolve(self.frames.last().and_then(|f| f.site), span)
    }

    /// The definition that the name at `span` makes.
    pub(super) fn defined_at(&self, span: Span) -> Option<DefId> {
        self.program.names.defined_at(self.frames.last().and_then(|f| f.site), span)
    }

    /// Runs `f` with an expression of the variant that takes the place of the value of `site`.
    pub(super) fn in_place_of<T>(&mut self, site: Site, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.frame().site, site);
        let value = f(self);
        self.frame().site = before;
        value
    }
}
