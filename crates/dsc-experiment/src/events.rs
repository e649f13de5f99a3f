//! What happens while a request is carried out. Nothing in the library prints: a [`Reporter`] decides what is shown.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::SourceMap;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use crate::notice::Notice;

/// What is going to happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// The metric that chooses the epoch.
    pub metric: String,
    /// Epochs.
    pub epochs: u64,
    /// Batches of an epoch.
    pub batches: u64,
    /// Training samples.
    pub samples: usize,
    /// Trained numbers, those of the pretrained encoder among them.
    pub parameters: u64,
    /// Numbers of the pretrained encoder.
    pub encoder_parameters: u64,
}

/// After each batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchDone {
    /// Epoch from 0.
    pub epoch: u64,
    /// Batches of the epoch done.
    pub batch: u64,
    /// Anchors of the epoch done.
    pub samples: usize,
    /// Means of the loss terms over the epoch so far.
    pub losses: IndexMap<String, f64>,
}

/// One line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch from 0.
    pub epoch: u64,
    /// Optimiser steps done.
    pub step: u64,
    /// Learning rate of the epoch's last step.
    pub lr: f64,
    /// Mean of each loss term over the epoch's anchors, in training mode.
    pub losses: IndexMap<String, f64>,
    /// Their sum.
    pub total: f64,
    /// Metrics of the validation split; `null` where undefined.
    pub valid: IndexMap<String, Option<f64>>,
    /// Anchors without companions, by declaration.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub without_companions: IndexMap<String, usize>,
    /// Largest gradient norm before clipping, if gradients are clipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// Whether this epoch is the best so far.
    pub best: bool,
    /// Seconds of the epoch, validation and retrieval included.
    pub seconds: f64,
}

/// Receives what happens, in its order. Every method does nothing unless it is implemented.
pub trait Reporter {
    /// Something worth a line.
    fn notice(&mut self, _notice: &Notice) {}
    /// Warnings, with the sources that they point into.
    fn warnings(&mut self, _list: &[Diagnostic], _sources: &SourceMap) {}
    /// Training begins.
    fn started(&mut self, _plan: &Plan) {}
    /// Something takes a while: `retrieving companions`, `validation`. Empty when it is over.
    fn busy(&mut self, _what: &str) {}
    /// A batch is done.
    fn batch(&mut self, _done: &BatchDone) {}
    /// An epoch is done and logged.
    fn epoch(&mut self, _record: &EpochRecord) {}
    /// The training of this seed is over, whatever came of it.
    fn ended(&mut self) {}
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {}

/// Requests from outside to stop: what runs ends after its step and saves its state.
#[derive(Debug, Default)]
pub struct Stop {
    requests: AtomicUsize,
    has_listener: AtomicBool,
}

impl Stop {
    /// No request yet.
    pub const fn new() -> Stop {
        Stop { requests: AtomicUsize::new(0), has_listener: AtomicBool::new(false) }
    }

    /// Requests to stop. Returns how often that was requested, this time included.
    pub fn request(&self) -> usize {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How often it was requested.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// From now on there is a state to save, and requests are answered; before, nothing is lost by ending the process.
    pub fn listen(&self) {
        self.has_listener.store(true, Ordering::Relaxed);
    }

    /// Whether requests are answered.
    pub fn has_listener(&self) -> bool {
        self.has_listener.load(Ordering::Relaxed)
    }

    /// Whether it was requested.
    pub fn is_requested(&self) -> bool {
        self.requests() > 0
    }
}
