//! What a finished run says of itself.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::metrics::Metrics;

/// Scores and costs of a run: `results.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Version of the layout.
    pub schema: u32,
    /// Name of the model.
    pub model: String,
    /// The seed.
    pub seed: u64,
    /// The metric family.
    pub family: String,
    /// The label that is scored.
    pub label: String,
    /// The rule that chose the epoch, on the validation split.
    pub select: String,
    /// The epoch it chose, from 0.
    pub epoch: u64,
    /// Epochs trained; none where the weights were imported.
    pub epochs: u64,
    /// How often the test split was read: once, after the choice.
    pub test_reads: u32,
    /// Scores on the validation split.
    pub valid: Scores,
    /// Scores on the test split.
    pub test: Scores,
    /// The best constant by the training labels, scored on the test split.
    pub constant: Constant,
    /// Numbers of the model.
    pub parameters: u64,
    /// Of them, numbers of the text encoder.
    pub encoder_parameters: u64,
    /// Seconds of training, validation included.
    pub seconds: f64,
    /// The most memory that was resident; nothing where the system does not tell.
    pub peak_memory: Option<PeakMemory>,
}

/// Memory of the host that was resident at one moment: weights, batches, libtorch and the mapped parts of the data file.
/// Memory of a GPU is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeakMemory {
    /// Bytes.
    pub resident: u64,
    /// Over what time it is the largest.
    pub during: During,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum During {
    /// This run alone.
    Run,
    /// All that the process did, earlier runs included: the kernel does not let the mark be set back.
    Process,
}

/// Scores on a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Samples.
    pub samples: usize,
    /// Metrics by name; `null` where undefined.
    pub metrics: IndexMap<String, Option<f64>>,
}

impl Scores {
    /// Of computed metrics.
    pub fn of(metrics: &Metrics) -> Scores {
        Scores { samples: metrics.samples, metrics: by_name(metrics) }
    }
}

/// A prediction that knows no input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// The prediction.
    pub value: f32,
    /// Its scores on the test split.
    pub test: Scores,
}

/// Metrics by name, in the order of a table.
pub fn by_name(metrics: &Metrics) -> IndexMap<String, Option<f64>> {
    metrics.entries.iter().map(|m| (m.info.name.to_owned(), m.value)).collect()
}
