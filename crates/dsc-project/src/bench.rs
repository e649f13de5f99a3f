//! A measurement of training and evaluation steps: its request, and what was measured.

use dsc_experiment::profile::StepProfile;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::request::TrainRequest;

/// What is measured: `dsc bench`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchRequest {
    /// The training whose steps are measured. No run folder is made, and weights are not kept.
    pub train: TrainRequest,
    /// Names of the passes that rewrite the graph, in their order.
    pub passes: Vec<String>,
    /// Optimiser steps that are measured, after some that are not.
    pub steps: usize,
}

/// What was measured, on which machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bench {
    /// Name of the model, with its variant.
    pub model: String,
    /// The data set, as it was given.
    pub data: String,
    /// The recipe.
    pub recipe: Option<String>,
    /// Anchors per batch.
    pub batch: usize,
    /// Batches per training step.
    pub accumulate: usize,
    /// Parts that a batch is computed in; the most threads that a training step uses.
    pub parts: usize,
    /// The passes.
    pub passes: Vec<String>,
    /// Where it was measured.
    pub machine: BenchMachine,
    /// Training steps.
    pub train: Measured,
    /// Evaluation of the validation split.
    pub eval: Measured,
    /// Retrieval of companions: vectors of all training samples, and their ranking. None without companions.
    pub retrieval_s: Option<f64>,
    /// Memory of the training steps.
    pub memory: BenchMemory,
    /// Where the time of the training steps goes, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<StepProfile>,
}

/// The machine, and its limits as they were measured beside the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchMachine {
    /// Model name of the processor; empty if it is unknown.
    pub processor: String,
    /// Vector instructions of libtorch's kernels.
    pub kernels: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// The device.
    pub device: String,
    /// Threads.
    pub threads: usize,
    /// Multiply-adds per second of float32 matrix products with the shapes of the model's linear maps, each shape with its share of
    /// the multiply-adds, all threads together. None for a model without linear maps, and on a GPU.
    pub float32: Option<f64>,
    /// The same in bfloat16, for the largest shape; none on a processor without such instructions.
    pub bfloat16: Option<f64>,
    /// Bytes per second that copies of a large buffer read and write, all threads together.
    pub bandwidth: f64,
}

/// Times of steps. A step is that of the optimiser, with the forward and backward passes of its batches, or the evaluation of a split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Number of steps.
    pub steps: usize,
    /// Samples (anchors) per second, at the median.
    pub samples_per_s: f64,
    /// Wall-clock seconds of a step: median, least and most.
    pub wall_s: Spread,
    /// Processor seconds of a step, of all threads: median, least and most.
    pub cpu_s: Spread,
    /// Mean seconds of each phase in a step, summed over the threads.
    pub phases_s: IndexMap<String, f64>,
    /// Multiply-adds of a step, padding excluded: the mean. A training step counts three times its forward pass.
    pub multiply_adds: f64,
    /// Multiply-adds per second at the median, over [`BenchMachine::float32`].
    pub share_of_limit: Option<f64>,
}

/// A median with its range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The middle value.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of some values; 0 without any.
    pub fn of(values: &[f64]) -> Spread {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let middle = sorted.len().saturating_sub(1);
        Spread { median: f64::midpoint(at(middle / 2), at(middle.div_ceil(2))), least: at(0), most: at(middle) }
    }
}

/// Bytes of a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchMemory {
    /// Resident before the model was made: program, libtorch, data.
    pub base: u64,
    /// Weights, their gradients, and the moments of the optimiser.
    pub model: u64,
    /// The most that was resident beyond these two; none on a GPU, and where the system does not tell.
    pub above: Option<u64>,
    /// Of these, what is resident between two steps: code of kernels and their caches, lists of companions, the graph. The rest is a
    /// step's.
    pub between: Option<u64>,
    /// What the simulation of the steps says that a step takes; none where a dim has no number.
    pub predicted: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_middle_of_an_even_number_too() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, least: 1.0, most: 3.0 });
        assert_eq!(Spread::of(&[4.0, 1.0]), Spread { median: 2.5, least: 1.0, most: 4.0 });
        assert_eq!(Spread::of(&[]), Spread::default());
    }
}
