//! Bytes that training takes at a batch size, as formulas of lengths and widths: a bound without data.
//!
//! # What the number means
//! Weights, gradients and the optimiser's moments in 32-bit floats, the inputs of a batch, and everything that has to
//! stay from the forward to the backward pass ([`super::cost`]), at the moment at which the backward pass begins. Every
//! sequence is as long as the longest, every companion a sample of its own, and the whole batch is computed at once: batches of short
//! texts, of samples that are drawn again and again, and those that are computed in parts take less.
//! [`super::step`] follows a step over time, with the lengths that its samples have.
//!
//! # What it does not mean
//! It leaves out the gradients of activations, of which the backward pass holds a few at a time, values that are freed
//! within the forward pass, workspaces of kernels, what the allocator holds back, and the CUDA context (some hundred MB);
//! and it takes no account of passes, which keep less.
//! What is made of values of the whole batch counts for each sample anew.

use serde::Serialize;

use super::cost::FLOAT;
use super::summary::Summary;
use dsc_graph::dims::{Atom, Dim, DimTable, DimValues as _};

/// How a model would be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Samples per batch, without their companions.
    pub batch: u64,
    /// Numbers that the optimiser holds for each parameter: 2 for Adam.
    pub moments: u64,
}

impl Default for MemoryPlan {
    fn default() -> Self {
        MemoryPlan { batch: 16, moments: 2 }
    }
}

/// Bytes of training, by what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Samples per batch, without their companions.
    pub batch: u64,
    /// Parameters, dead ones included.
    pub params: u64,
    /// Gradients of the live parameters.
    pub gradients: u64,
    /// The optimiser's moments of the live parameters.
    pub moments: u64,
    /// Inputs and labels of one anchor with its companions.
    pub input_per_anchor: u64,
    /// What is kept for the backward pass, for one anchor with its companions.
    pub kept_per_anchor: u64,
}

impl Memory {
    /// The bytes of a model whose dims have numbers; none where one lacks it.
    pub fn of(summary: &Summary, dims: &DimTable, plan: MemoryPlan) -> Option<Memory> {
        let values = at_batch(dims, plan.batch);
        let number = |d: &Dim| d.eval(&values).and_then(|n| u64::try_from(n).ok());
        let total = summary.total();
        let live = number(&total.params.minus(&total.dead))?;
        let float = FLOAT.unsigned_abs();
        Some(Memory {
            batch: plan.batch,
            params: number(&total.params)?.saturating_mul(float),
            gradients: live.saturating_mul(float),
            moments: live.saturating_mul(float).saturating_mul(plan.moments),
            input_per_anchor: number(&summary.input_bytes)?,
            kept_per_anchor: number(&total.kept)?,
        })
    }

    /// Inputs of a batch.
    pub fn inputs(&self) -> u64 {
        self.input_per_anchor.saturating_mul(self.batch)
    }

    /// What a batch keeps for the backward pass.
    pub fn kept(&self) -> u64 {
        self.kept_per_anchor.saturating_mul(self.batch)
    }

    /// What does not depend on the batch.
    pub fn fixed(&self) -> u64 {
        self.params.saturating_add(self.gradients).saturating_add(self.moments)
    }

    /// Bytes of training: fixed, inputs and kept.
    pub fn total(&self) -> u64 {
        self.fixed().saturating_add(self.inputs()).saturating_add(self.kept())
    }
}

/// Numbers of the data, and that of the samples in a batch.
pub fn at_batch(dims: &DimTable, batch: u64) -> impl Fn(&Atom) -> Option<i64> + '_ {
    move |atom| match atom {
        Atom::Batch => i64::try_from(batch).ok(),
        atom => dims.value(atom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Figures, SummaryNode, Training};

    /// 100 parameters, 10 bytes of inputs and so many kept bytes for each anchor.
    fn summary(kept: Dim) -> Summary {
        let figures = Figures { params: Dim::from(100), kept, ..Figures::default() };
        Summary {
            root: SummaryNode { figures, ..SummaryNode::default() },
            encoder_params: Dim::from(0),
            training: Training { anchor: Dim::from(0), companion: Dim::from(0), companions: 0 },
            input_bytes: Dim::from(10),
        }
    }

    #[test]
    fn what_grows_with_the_batch_is_counted_for_each_anchor() {
        let (dims, plan) = (DimTable::default(), MemoryPlan::default());
        let total = |kept: Dim, batch| Memory::of(&summary(kept), &dims, MemoryPlan { batch, ..plan }).unwrap();
        let fixed = total(Dim::from(90), 16);
        assert_eq!((fixed.fixed(), fixed.total()), (1_600, 3_200));
        // Kept bytes that grow with the batch: each anchor keeps one number for each of them.
        let square = |batch| total(Dim::batch().times(&Dim::from(4)), batch).total();
        assert_eq!(square(10), 1_600 + 10 * 10 + 4 * 10 * 10);
        assert_eq!(Memory::of(&summary(Dim::width("fa")), &dims, plan), None);
    }
}
