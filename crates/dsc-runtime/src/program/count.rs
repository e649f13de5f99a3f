//! Sums of dims over the samples of a batch, at their own lengths.

use super::Program;
use crate::batch::StepBatch;
use dsc_graph::Group;
use dsc_graph::dims::{Atom, Dim};
use dsc_syntax::diag::Diagnostic;

impl Program {
    /// The sum of `anchor` over the anchors of a batch and of `other` over its other rows, each with the sample's own lengths. Multiply-
    /// adds counted like this are those of a step without padding. `None` for a dim that the batch gives no number to.
    ///
    /// # Errors
    /// As [`run`](Self::run), for streams that do not fit the program.
    pub fn sum_over(&self, batch: &StepBatch, anchor: &Dim, other: &Dim) -> Result<Option<i64>, Diagnostic> {
        let base = self.base_lengths(&batch.samples, |input| Some(batch.streams.get(input)?.time()?.1))?;
        let companion = |view: &str, row: usize| {
            let (declaration, group, index) = *self.views.get(view)?;
            let rows = batch.companions.get(declaration)?;
            let group = if group == Group::Pos { &rows.pos } else { &rows.neg };
            Some(*group.get(index)?.get(row)? as usize)
        };
        let longest = |atom: &Atom| match atom {
            Atom::Length { name, .. } => base.get(name.as_str())?.iter().copied().max(),
            Atom::Width(name) => self.dims.widths.get(name).copied(),
            _ => None,
        };
        let number = |atom: &Atom, row: usize| match atom {
            Atom::Length { name, view } => {
                let row = view.as_ref().map_or(Some(row), |view| companion(view, row))?;
                base.get(name.as_str())?.get(row).copied()
            }
            Atom::Width(name) => self.dims.widths.get(name).copied(),
            Atom::Longest(of) => of.eval(&longest),
            Atom::Most(name) => self.dims.max_lengths.get(name).copied(),
            Atom::Batch => i64::try_from(batch.anchors).ok(),
            _ => None,
        };
        let rows = (0..batch.rows()).map(|row| {
            let dim = if row < batch.anchors { anchor } else { other };
            dim.eval(&|atom: &Atom| number(atom, row))
        });
        Ok(rows.sum())
    }
}
