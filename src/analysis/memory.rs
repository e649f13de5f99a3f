//! Bytes that training takes at a batch size.
//!
//! # What the number means
//! Weights, gradients and the optimiser's moments in 32-bit floats, the inputs of a batch, and everything that has to
//! stay from the forward to the backward pass ([`super::cost`]): the floor under what training takes, at the moment at
//! which the backward pass begins, with every sequence as long as the longest. Companions count as if all were different
//! samples.
//!
//! # What it does not mean
//! It leaves out the gradients of activations, of which the backward pass holds a few at a time, values that are freed
//! within the forward pass, workspaces of kernels, fragments of the allocator and the CUDA context (some hundred MB); and
//! it takes no account of passes, which keep less, nor of batches whose sequences are shorter than the longest. On the
//! CPU small attentions run unfused and keep their weights too.

use serde::Serialize;

use super::cost::FLOAT;
use super::part::Summary;
use crate::sema::dims::{Dim, DimTable};

/// How a model would be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Anchors per batch.
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
    /// Anchors per batch.
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
        let number = |d: &Dim| d.eval(dims).and_then(|n| u64::try_from(n).ok());
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

    /// All of it.
    pub fn total(&self) -> u64 {
        self.fixed().saturating_add(self.inputs()).saturating_add(self.kept())
    }

    /// The largest batch that fits into so many bytes; 0 where not even one anchor does.
    pub fn largest_batch(&self, bytes: u64) -> u64 {
        let each = self.input_per_anchor.saturating_add(self.kept_per_anchor).max(1);
        bytes.saturating_sub(self.fixed()) / each
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_batch_is_the_last_that_fits() {
        let memory =
            Memory { batch: 16, params: 400, gradients: 400, moments: 800, input_per_anchor: 10, kept_per_anchor: 90 };
        assert_eq!((memory.fixed(), memory.total()), (1_600, 3_200));
        assert_eq!(memory.largest_batch(3_199), 15);
        assert_eq!(memory.largest_batch(3_200), 16);
        assert_eq!(memory.largest_batch(1_699), 0);
        assert_eq!(memory.largest_batch(100), 0);
        for bytes in [3_199, 3_200, 99_999] {
            let batch = memory.largest_batch(bytes);
            assert!(
                Memory { batch, ..memory }.total() <= bytes && Memory { batch: batch + 1, ..memory }.total() > bytes
            );
        }
    }
}
