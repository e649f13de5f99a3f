//! Where the time of training steps goes, by line of the model: `profile.json`, and part of what `dsc bench --profile` prints.
//!
//! Times are seconds of a step, the mean over the steps. Parts of a batch run on several threads: the times of each are added up, by the
//! clock on the wall of that thread. All lines and [`StepProfile::other_s`] together are [`StepProfile::threads_s`].

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What is in [`StepProfile::other_s`], with what it means.
pub const OTHER: [(&str, &str); 6] = [
    ("batch", "reading the samples"),
    ("forward", "lengths, means of the losses"),
    ("backward", "autograd itself"),
    ("gradients", "adding up gradients"),
    ("optimiser", "clipping, the optimiser's step"),
    ("rest", "waiting for other parts, and the rest"),
];

/// The profile of the steps of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepProfile {
    /// Name of the model, with its variant.
    pub model: String,
    /// Optimiser steps that were measured.
    pub steps: u64,
    /// Threads that compute parts of a batch.
    pub threads: usize,
    /// Seconds of a step by the clock on the wall.
    pub wall_s: f64,
    /// Seconds of a step, summed over the threads that compute it; with one thread those of the wall.
    pub threads_s: f64,
    /// Seconds from the start of the process to the end of its first step; none where the system does not tell.
    pub start_s: Option<f64>,
    /// By line of the user's files and loop turn, the longest first.
    pub lines: Vec<LineTime>,
    /// By operation, call path and loop turn, the longest first. These are the times of the lines once more.
    pub operations: Vec<OperationTime>,
    /// What belongs to no line, by its name in [`OTHER`].
    pub other_s: IndexMap<String, f64>,
}

/// Time of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// How many operations were computed, in all parts of the batch.
    pub calls: f64,
    /// Seconds of the forward pass.
    pub forward_s: f64,
    /// Seconds of the backward pass.
    pub backward_s: f64,
    /// Both, of [`StepProfile::threads_s`]: 0 to 1.
    pub share: f64,
}

impl Spent {
    /// Seconds of both passes.
    pub fn seconds(&self) -> f64 {
        self.forward_s + self.backward_s
    }

    /// Adds what another operation takes.
    pub fn add(&mut self, other: &Spent) {
        self.calls += other.calls;
        self.forward_s += other.forward_s;
        self.backward_s += other.backward_s;
        self.share += other.share;
    }
}

/// The time of a line of the user's files, in one turn of the loops around it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineTime {
    /// Name of the file.
    pub file: String,
    /// Line, from 1; 0 for operations whose line is not known.
    pub line: usize,
    /// The line's text.
    pub text: String,
    /// Calls of the user's blocks and loop turns that the line is in, from the outside.
    pub around: Vec<String>,
    /// What it takes, with what it calls of the standard library.
    #[serde(flatten)]
    pub spent: Spent,
}

/// The time of an operation at one place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationTime {
    /// Name of the operation.
    pub operation: String,
    /// File and line of the operation: `std/attention.dsl:31`.
    pub at: String,
    /// The file of the line that it counts for.
    pub file: String,
    /// That line, from 1.
    pub line: usize,
    /// Calls and loop turns from the model to the operation.
    pub path: Vec<String>,
    /// What it takes.
    #[serde(flatten)]
    pub spent: Spent,
}
