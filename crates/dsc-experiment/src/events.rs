//! Events of a run in progress. The library never prints: a [`Reporter`] receives the events and decides what is shown.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::SourceMap;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use crate::notice::Notice;

/// What a training is about to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Seed of the run.
    pub seed: u64,
    /// The metric that selects the epoch.
    pub metric: String,
    /// The label of the output that it scores; `None` for the first output.
    pub output: Option<String>,
    /// Number of epochs.
    pub epochs: u64,
    /// Number of batches per epoch.
    pub batches: u64,
    /// Number of training samples.
    pub samples: usize,
    /// Number of parameters (elements), including those of the pretrained encoder.
    pub parameters: u64,
    /// Number of parameters (elements) of the pretrained encoder.
    pub encoder_parameters: u64,
}

/// Progress after a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchDone {
    /// Epoch from 0.
    pub epoch: u64,
    /// Number of finished batches of the epoch.
    pub batch: u64,
    /// Number of anchors in these batches.
    pub samples: usize,
    /// Mean of each loss term over the epoch so far.
    pub losses: IndexMap<String, f64>,
}

/// One line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch from 0.
    pub epoch: u64,
    /// Number of optimiser steps at the end of the epoch.
    pub step: u64,
    /// Learning rate of the last step of the epoch.
    pub lr: f64,
    /// Mean of each loss term over the anchors of the epoch, in training mode.
    pub losses: IndexMap<String, f64>,
    /// Sum of `losses`.
    pub total: f64,
    /// Metrics of the first output on the validation split; `null` where undefined.
    pub valid: IndexMap<String, Option<f64>>,
    /// The same of the other outputs, by label.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, IndexMap<String, Option<f64>>>,
    /// Number of anchors without companions, by declaration.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub without_companions: IndexMap<String, usize>,
    /// Largest gradient norm before clipping, if gradients are clipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// Whether this epoch is the best so far.
    pub best: bool,
    /// Duration of the epoch in seconds, validation and retrieval included.
    pub seconds: f64,
}

/// Receives events in order. The default implementations do nothing.
pub trait Reporter {
    /// A message to the user.
    fn notice(&mut self, _notice: &Notice) {}
    /// Warnings, with the sources that they point into.
    fn warnings(&mut self, _list: &[Diagnostic], _sources: &SourceMap) {}
    /// The training of a seed begins.
    fn started(&mut self, _plan: &Plan) {}
    /// A step that takes a while begins: `retrieving companions`, `validation`. An empty text when it is over.
    fn busy(&mut self, _what: &str) {}
    /// A batch is finished.
    fn batch(&mut self, _done: &BatchDone) {}
    /// An epoch is finished and written to `metrics.jsonl`.
    fn epoch(&mut self, _record: &EpochRecord) {}
    /// The training of a seed has ended, with or without success.
    fn ended(&mut self) {}
}

/// A reporter that ignores all events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {}

/// A request from outside to stop, such as Ctrl-C: the training finishes its step, saves its state and ends. It may be requested
/// more than once.
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

    /// Requests a stop. Returns the number of requests so far, including this one.
    pub fn request(&self) -> usize {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Number of requests so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// From now on there is a state to save, and requests are handled; before, nothing is lost by ending the process.
    pub fn listen(&self) {
        self.has_listener.store(true, Ordering::Relaxed);
    }

    /// Whether requests are handled.
    pub fn has_listener(&self) -> bool {
        self.has_listener.load(Ordering::Relaxed)
    }

    /// Whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        self.requests() > 0
    }
}
