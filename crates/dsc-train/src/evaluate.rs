//! Predictions and scores on a whole split, in evaluation mode.

use indexmap::IndexMap;

use super::batch_source::BatchSource;
use dsc_data::Split;
use dsc_experiment::metrics::{Family, Metrics, evaluate_named};
use dsc_graph::Graph;
use dsc_runtime::{Mode, ParamStore, Program, Want, values};
use dsc_syntax::diag::Diagnostic;

/// Batch size for evaluation; it can be large, since there are no gradients.
const BATCH: usize = 64;

/// One vector per sample of a split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    /// `[n, width]`, row-major.
    pub data: Vec<f32>,
    /// Length of each vector.
    pub width: usize,
}

/// Predictions on a split, for each label `[n]` in the order of the samples.
///
/// # Errors
/// As [`BatchSource::batch`] and [`Program::run`].
pub fn predict(
    program: &Program,
    store: &ParamStore,
    data: &BatchSource<'_>,
    split: Split,
) -> Result<IndexMap<String, Vec<f32>>, Diagnostic> {
    let n = data.len(split)?;
    let mut all: IndexMap<String, Vec<f32>> = IndexMap::new();
    for samples in data.evaluation_batches(split, BATCH)? {
        let batch = data.batch(split, &samples, samples.len(), false)?;
        let result = program.run(store, &batch, Mode::Eval, Want::OUTPUTS)?;
        for (label, tensor) in &result.outputs {
            let numbers = values::host(tensor)?;
            scatter(all.entry(label.clone()).or_insert_with(|| vec![0.0; n]), 1, &samples, &numbers);
        }
    }
    Ok(all)
}

/// The retrieval vectors of all training samples: for each `companions` declaration one entry per expression in `by`.
///
/// # Errors
/// As [`predict`].
pub fn retrieval_vectors(
    graph: &Graph,
    program: &Program,
    store: &ParamStore,
    data: &BatchSource<'_>,
) -> Result<Vec<Vec<Vectors>>, Diagnostic> {
    let n = data.len(Split::Train)?;
    let mut all: Vec<Vec<Vectors>> = graph.companions.iter().map(|c| vec![Vectors::default(); c.by.len()]).collect();
    for samples in data.evaluation_batches(Split::Train, BATCH)? {
        let batch = data.batch(Split::Train, &samples, samples.len(), false)?;
        let result = program.run(store, &batch, Mode::Eval, Want::RETRIEVAL)?;
        for (into, tensors) in all.iter_mut().zip(&result.retrieval) {
            for (into, tensor) in into.iter_mut().zip(tensors) {
                let numbers = values::host(tensor)?;
                into.width = numbers.len() / samples.len().max(1);
                into.data.resize(n * into.width, 0.0);
                scatter(&mut into.data, into.width, &samples, &numbers);
            }
        }
    }
    Ok(all)
}

/// Computes the metrics of predictions; errors name the sample by its id.
///
/// # Errors
/// `E0960` for a prediction that is NaN or infinite, `E0961` for such a label, `E0962` for lists of different length.
pub fn score(family: Family, predictions: &[f32], truth: &[f32], ids: &[String]) -> Result<Metrics, Diagnostic> {
    evaluate_named(family, predictions, truth, |i| match ids.get(i) {
        Some(id) => format!("`{id}` (index {i})"),
        None => format!("index {i}"),
    })
}

fn scatter(into: &mut [f32], width: usize, samples: &[usize], numbers: &[f32]) {
    for (sample, row) in samples.iter().zip(numbers.chunks_exact(width.max(1))) {
        if let Some(place) = into.get_mut(sample * width..(sample + 1) * width) {
            place.copy_from_slice(row);
        }
    }
}
