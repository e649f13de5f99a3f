//! What a lowering notes for lints, for messages and for people.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{Seen, TypeTable, Typed, together};
use crate::sema::resolve::DefId;
use dsc_graph::NodeId;
use dsc_graph::dims::Dim;
use dsc_syntax::source::Span;

/// What a lowering has met, for lints that names alone do not decide.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    /// Blocks that were called.
    pub(super) blocks: BTreeSet<DefId>,
    /// Blocks whose bodies were looked at, in a call without a fault.
    pub(super) lowered: BTreeSet<DefId>,
    /// Loop variables that took more than numbers.
    pub(super) elements: BTreeSet<DefId>,
}

/// Types that were seen at one place, each with the call and turn that it was seen in.
pub(super) type Sightings = Vec<(String, String)>;

/// Notes of one lowering.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) uses: Uses,
    /// Numbers that calls in the user's files were given, with the places of the arguments.
    pub(super) numbers: BTreeMap<Span, Vec<(Span, Dim)>>,
    /// `reveal` statements.
    pub(super) reveals: BTreeMap<Span, Sightings>,
    /// Bound names.
    pub(super) names: BTreeMap<Span, (String, Sightings)>,
    /// Expressions.
    pub(super) expressions: BTreeMap<Span, Sightings>,
    /// Whether a statement of the model is being lowered.
    pub(super) in_statement: bool,
    /// Nodes that names in the present statement of the model were read as.
    pub(super) touched: Vec<NodeId>,
    /// Nodes that a statement with a fault has read or made, or that text that could not be read may mention: whether
    /// they are of use is not known.
    pub(super) in_doubt: Vec<NodeId>,
    /// Losses that compare a value with itself: which parameters, the call, the result.
    pub(super) with_themselves: Vec<(String, Span, NodeId)>,
    /// Whether blocks are looked at without a call, with dims that may be any.
    pub(super) alone: bool,
    /// Labels that an output was given for, and names of losses, with their statements: also of those with a fault.
    pub(super) outputs: BTreeMap<String, Span>,
    pub(super) losses: BTreeMap<String, Span>,
    /// Whether a statement is being lowered that gives a name again, which was reported: its weights have the paths of the first.
    pub(super) again: bool,
    /// Arguments that are taken for those that the remedies of their names say.
    pub(super) guessed: BTreeSet<Span>,
    /// Paths of names one of whose values has a fault or is not the one that was given last.
    pub(super) in_question: BTreeSet<String>,
    /// Whether an expression is lowered of which not all could be read.
    pub(super) half_read: bool,
    /// Whether the present turn of the innermost loop selects an element that is not there, which was reported: it is one too many.
    pub(super) beyond: bool,
    /// For names that have no value for a fault, what is made of labels or of the batch and may be in it.
    pub(super) made_of: BTreeMap<DefId, Vec<NodeId>>,
    /// Outputs that have no value for a fault: the label, the statement, and what may be in it as in `made_of`.
    pub(super) lost_outputs: Vec<(String, Span, Vec<NodeId>)>,
    /// Vectors of one entry that were reported to be no Reals.
    pub(super) without_scalar: BTreeSet<NodeId>,
}

impl Notes {
    /// The types that were noted, and what was met.
    pub(super) fn finish(self) -> (TypeTable, Uses) {
        let names = self.names.into_iter().map(|(span, (name, seen))| Typed { name, span, types: together(&seen) });
        let expressions = self.expressions.into_iter().map(|(span, seen)| Seen { span, types: together(&seen) });
        (TypeTable { names: names.collect(), expressions: expressions.collect() }, self.uses)
    }
}
