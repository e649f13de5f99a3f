//! Running a model over a whole split without training it.

use indexmap::IndexMap;

use super::feed::Feed;
use dsc_data::Split;
use dsc_experiment::metrics::{Family, Metrics, evaluate_named};
use dsc_graph::Graph;
use dsc_runtime::{Mode, ParamStore, Program, Want, values};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0922;

/// Samples of an evaluation batch: without gradients they can be many.
const BATCH: usize = 64;

/// Vectors of all samples of a split, row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    /// `[n, width]`.
    pub data: Vec<f32>,
    /// Numbers per sample.
    pub width: usize,
}

/// Predictions on a split by label, each in the order of the samples.
///
/// # Errors
/// As [`Feed::batch`] and [`Program::run`].
pub fn predict(
    program: &Program,
    store: &ParamStore,
    feed: &Feed<'_>,
    split: Split,
) -> Result<IndexMap<String, Vec<f32>>, Diagnostic> {
    let n = feed.len(split)?;
    let mut all: IndexMap<String, Vec<f32>> = IndexMap::new();
    for samples in feed.evaluation_batches(split, BATCH)? {
        let batch = feed.batch(split, &samples, samples.len(), false)?;
        let result = program.run(store, &batch, Mode::Eval, Want::OUTPUTS)?;
        for (label, tensor) in &result.outputs {
            let numbers = values::host(tensor)?;
            scatter(all.entry(label.clone()).or_insert_with(|| vec![0.0; n]), 1, &samples, &numbers);
        }
    }
    Ok(all)
}

/// The vectors by which companions are ranked, of all training samples: per declaration, per `by`.
///
/// # Errors
/// As [`predict`].
pub fn retrieval_vectors(
    graph: &Graph,
    program: &Program,
    store: &ParamStore,
    feed: &Feed<'_>,
) -> Result<Vec<Vec<Vectors>>, Diagnostic> {
    let n = feed.len(Split::Train)?;
    let mut all: Vec<Vec<Vectors>> = graph.companions.iter().map(|c| vec![Vectors::default(); c.by.len()]).collect();
    for samples in feed.evaluation_batches(Split::Train, BATCH)? {
        let batch = feed.batch(Split::Train, &samples, samples.len(), false)?;
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

/// Scores predictions, naming the sample of one that is not a number.
///
/// # Errors
/// `E0960` to `E0962`.
pub fn score(family: Family, predictions: &[f32], truth: &[f32], ids: &[String]) -> Result<Metrics, Diagnostic> {
    evaluate_named(family, predictions, truth, |i| match ids.get(i) {
        Some(id) => format!("`{id}` (number {i})"),
        None => format!("number {i}"),
    })
}

/// The label whose prediction is scored and selected by: that of the first `output`.
///
/// # Errors
/// `E0922` for a model without output.
pub fn primary(graph: &Graph) -> Result<&str, Diagnostic> {
    graph.outputs.first().map(|o| o.label.as_str()).ok_or_else(|| {
        Diagnostic::error(E0922, format!("`{}` has no output", graph.name)).help("add `output score for y`")
    })
}

fn scatter(into: &mut [f32], width: usize, samples: &[usize], numbers: &[f32]) {
    for (sample, row) in samples.iter().zip(numbers.chunks_exact(width.max(1))) {
        if let Some(place) = into.get_mut(sample * width..(sample + 1) * width) {
            place.copy_from_slice(row);
        }
    }
}
