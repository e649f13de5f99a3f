//! The results of a finished run: `results.json`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::metrics::Metrics;

/// Scores and costs of a run: `results.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Version of the layout, [`SCHEMA`](crate::run_folder::SCHEMA).
    pub schema: u32,
    /// Name of the compiled model, variant included.
    pub model: String,
    /// Seed of the run.
    pub seed: u64,
    /// Name of the metric family: `sims`, `mosi`, `binary`, `regression`.
    pub family: String,
    /// The label of the first output.
    pub label: String,
    /// The rule that selected the epoch on the validation split, such as `min mae`, or `min mae` of another output, `min arousal.mae`.
    pub select: String,
    /// The selected epoch, from 0.
    pub epoch: u64,
    /// Number of epochs trained; 0 for imported weights.
    pub epochs: u64,
    /// Number of epochs requested, if the training was stopped before the last one and its test split was scored afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_of: Option<u64>,
    /// How often the test split was read: once, after the epoch was selected.
    pub test_reads: u32,
    /// Scores of the first output on the validation split.
    pub valid: Scores,
    /// Scores of the first output on the test split.
    pub test: Scores,
    /// The constant baseline of the first output, scored on the test split.
    pub constant: Constant,
    /// The other outputs, by label.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, OutputResults>,
    /// Number of parameters (elements) of the model.
    pub parameters: u64,
    /// Number of parameters (elements) of the text encoder, included in `parameters`.
    pub encoder_parameters: u64,
    /// Duration of the training in seconds, validation included.
    pub seconds: f64,
    /// Peak resident memory; `None` if the system does not report it.
    pub peak_memory: Option<PeakMemory>,
    /// SHA-256 of the files of the run that the scores are computed from, and of its predictions, by name. Runs of earlier versions
    /// have none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub sha256: IndexMap<String, String>,
}

/// Scores of an output besides the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputResults {
    /// Name of its metric family.
    pub family: String,
    /// Scores on the validation split.
    pub valid: Scores,
    /// Scores on the test split.
    pub test: Scores,
    /// The constant baseline, scored on the test split.
    pub constant: Constant,
}

impl Results {
    /// Every output with its scores, the first one first.
    pub fn all_outputs(&self) -> IndexMap<String, OutputResults> {
        let first = OutputResults {
            family: self.family.clone(),
            valid: self.valid.clone(),
            test: self.test.clone(),
            constant: self.constant.clone(),
        };
        let others = self.outputs.iter().map(|(label, output)| (label.clone(), output.clone()));
        std::iter::once((self.label.clone(), first)).chain(others).collect()
    }
}

/// Peak resident memory of the host: weights, batches, libtorch and the mapped parts of the data file. GPU memory is not
/// included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeakMemory {
    /// Peak resident memory in bytes.
    pub resident: u64,
    /// The period that the peak was measured over.
    pub during: During,
}

/// The period of a memory measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum During {
    /// This run alone.
    Run,
    /// The whole process, earlier runs included: the kernel does not allow to reset the peak.
    Process,
}

/// Scores on a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Number of samples.
    pub samples: usize,
    /// Metrics by name; `null` where undefined.
    pub metrics: IndexMap<String, Option<f64>>,
}

impl Scores {
    /// Converts computed metrics.
    pub fn of(metrics: &Metrics) -> Scores {
        Scores { samples: metrics.samples, metrics: by_name(metrics) }
    }
}

/// The constant baseline: the same prediction for every sample, the best one for the training labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// The constant prediction.
    pub value: f32,
    /// Scores of that prediction on the test split.
    pub test: Scores,
}

/// The values of metrics by name, in the order of the metric family.
pub fn by_name(metrics: &Metrics) -> IndexMap<String, Option<f64>> {
    metrics.entries.iter().map(|m| (m.info.name.to_owned(), m.value)).collect()
}
