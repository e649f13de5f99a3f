//! Which call, loop turn and name of the source nodes come from.

use super::budget::{MAX_NODES, of_text};
use super::lowering::Lowering;
use super::value::Value;
use dsc_graph::{NameKind, Named, Region, RegionId, RegionKind};
use dsc_syntax::source::Span;

/// Names are kept of this many nodes; a node may have several. What is beyond has no names to show.
const MAX_NAMED: usize = 200_000;

impl Lowering<'_> {
    /// The innermost region.
    pub(super) fn region(&self) -> Option<RegionId> {
        self.frames.iter().rev().find_map(|f| f.regions.last().copied())
    }

    /// A new region within the present one.
    pub(super) fn open_region(&mut self, kind: RegionKind, path: String, span: Span) -> Option<RegionId> {
        let parent = self.region();
        if self.graph.regions.len() >= MAX_NODES || !self.spend(of_text(path.len()), span) {
            return parent;
        }
        self.graph.regions.push(Region { kind, path, parent, span });
        Some(RegionId(self.graph.regions.len() as u32 - 1))
    }

    /// Notes the name of a value, if it holds nodes.
    pub(super) fn name_value(&mut self, kind: NameKind, path: String, value: &Value, span: Span) {
        let size = if matches!(value, Value::List(_) | Value::Tuple(_)) { value.measure().0 } else { 1 };
        if !self.spend(size as u64 / 2 + of_text(path.len()), span) {
            return;
        }
        if value.is_error() {
            self.notes.in_question.insert(path.clone());
        }
        let values = value.nodes();
        self.nodes.named += values.len();
        if !values.is_empty() && self.nodes.named <= MAX_NAMED {
            let region = self.region();
            self.graph.names.push(Named { kind, path, region, values, span });
        }
    }

    /// Takes the names of values away whose types may be others once the faults are mended.
    pub(super) fn forget_names_in_doubt(&mut self) {
        let mut in_question = std::mem::take(&mut self.notes.in_question);
        let is_disputed = |n: &&Named| n.values.iter().any(|(_, id)| self.nodes.reads(*id).disputed);
        in_question.extend(self.graph.names.iter().filter(is_disputed).map(|n| n.path.clone()));
        self.graph.names.retain(|n| !in_question.contains(&n.path));
    }
}
