//! Bytes that training takes at a batch size.
//!
//! # What the number means
//! Weights, gradients and the optimiser's moments in 32-bit floats, the inputs of a batch, and everything that has to
//! stay from the forward to the backward pass ([`super::cost`]), at the moment at which the backward pass begins. Every
//! sequence is as long as the longest, and every companion a sample of its own: batches of short texts, or of samples that
//! are drawn again and again from a small data set, take less.
//!
//! # What it does not mean
//! It leaves out the gradients of activations, of which the backward pass holds a few at a time, values that are freed
//! within the forward pass, workspaces of kernels, what the allocator holds back, and the CUDA context (some hundred MB);
//! and it takes no account of passes, which keep less. On the CPU small attentions run unfused and keep their weights too.
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

/// The largest batch whose training fits into so many bytes; 0 where not even one anchor does, nothing where a dim has no
/// number.
pub fn largest_batch(summary: &Summary, dims: &DimTable, plan: MemoryPlan, bytes: u64) -> Option<u64> {
    let total = |batch| Memory::of(summary, dims, MemoryPlan { batch, ..plan }).map(|m| m.total());
    let fits = |batch| total(batch).is_some_and(|t| t <= bytes);
    total(1)?;
    // A batch never takes less than a smaller one.
    let (mut good, mut bad) = (0, 1);
    while fits(bad) && bad < 1 << 40 {
        (good, bad) = (bad, 2 * bad);
    }
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fits(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Some(good)
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
    fn the_largest_batch_is_the_last_that_fits() {
        let (dims, plan) = (DimTable::default(), MemoryPlan::default());
        let fixed = summary(Dim::from(90));
        let memory = Memory::of(&fixed, &dims, plan).unwrap();
        assert_eq!((memory.fixed(), memory.total()), (1_600, 3_200));
        let largest = |summary: &Summary, bytes| largest_batch(summary, &dims, plan, bytes).unwrap();
        assert_eq!(largest(&fixed, 3_199), 15);
        assert_eq!(largest(&fixed, 3_200), 16);
        assert_eq!(largest(&fixed, 1_699), 0);
        assert_eq!(largest(&fixed, 100), 0);
        // Kept bytes that grow with the batch: each anchor keeps one number for each of them.
        let square = summary(Dim::batch().times(&Dim::from(4)));
        assert_eq!(largest(&square, 1_600 + 10 * 10 + 4 * 10 * 10), 10);
        assert_eq!(largest(&square, 1_600 + 10 * 10 + 4 * 10 * 10 - 1), 9);
        assert_eq!(largest_batch(&summary(Dim::width("fa")), &dims, plan, 1 << 40), None);
    }
}
