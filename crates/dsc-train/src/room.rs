//! The disk space that a training takes, estimated from the sizes of what it writes.

use dsc_data::Split;
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_recipe::Settings;
use dsc_syntax::diag::Diagnostic;

use crate::batch_source::BatchSource;

/// Bytes of a parameter's entry in the header of a checkpoint, name included; with its moments there are three.
const ENTRY: u64 = 256;
/// Bytes of a line of predictions, or of `metrics.jsonl`.
const LINE: u64 = 256;

/// The sizes of the checkpoints of one seed, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoints {
    /// `best.safetensors`: the weights.
    pub best: u64,
    /// `last.safetensors` while the training runs: weights, moments of what is trained, companion lists.
    pub last: u64,
}

impl Checkpoints {
    /// Those of a graph. `samples` is the size of the training split.
    pub(crate) fn of(graph: &Graph, dims: &DimTable, settings: &Settings, samples: usize) -> Checkpoints {
        let is_frozen = settings.optimizer.encoder_lr == Some(0.0);
        let (mut weights, mut moments) = (0u64, 0u64);
        for (param, trained) in graph.params.iter().zip(graph.trained_params()) {
            let elements = param.shape.iter().map(|d| d.eval(dims).and_then(|n| u64::try_from(n).ok()).unwrap_or(0));
            let bytes = elements.fold(4u64, u64::saturating_mul);
            weights = weights.saturating_add(bytes + ENTRY);
            if trained && !(is_frozen && param.encoder.is_some()) {
                moments = moments.saturating_add(bytes.saturating_mul(2).saturating_add(2 * ENTRY));
            }
        }
        // Three lists of samples by declaration, each with its offsets.
        let list = |pool: usize| 3 * 4 * (samples as u64 + 1).saturating_mul(pool as u64 + 1);
        let lists = graph.companions.iter().map(|c| list(c.pool)).fold(0, u64::saturating_add);
        Checkpoints { best: weights, last: weights.saturating_add(moments).saturating_add(lists) }
    }

    /// What the folders of `seeds` seeds take at most: the finished ones keep the weights twice, and the last one writes a new
    /// checkpoint beside the old one.
    pub(crate) fn room(self, seeds: u64) -> u64 {
        let finished = self.best.saturating_mul(2).saturating_mul(seeds.saturating_sub(1));
        let running = self.best.saturating_add(self.last.saturating_mul(2));
        finished.saturating_add(running)
    }
}

/// Bytes that a training takes on the disk at most, checkpoints and tables of predictions.
///
/// # Errors
/// As [`BatchSource::len`].
pub(crate) fn room(
    graph: &Graph,
    dims: &DimTable,
    data: &BatchSource<'_>,
    settings: &Settings,
) -> Result<u64, Diagnostic> {
    let checkpoints = Checkpoints::of(graph, dims, settings, data.len(Split::Train)?);
    let predictions = data.len(Split::Valid)? + data.len(Split::Test)?;
    let lines = (predictions as u64).saturating_add(settings.epochs).saturating_mul(LINE);
    Ok(checkpoints.room(settings.seeds).saturating_add(lines.saturating_mul(settings.seeds)))
}
