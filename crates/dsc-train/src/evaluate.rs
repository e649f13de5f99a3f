//! Predictions and scores on a whole split, in evaluation mode.

use indexmap::IndexMap;

use super::batch_source::BatchSource;
use dsc_data::Split;
use dsc_experiment::metrics::{Family, Metrics, evaluate_named};
use dsc_graph::Graph;
use dsc_runtime::{Mode, ParamStore, Program, SharedParams, Want, Workers, values};
use dsc_syntax::diag::Diagnostic;

/// Batch size for evaluation: as large as gives every thread several batches of a small split.
const BATCH: usize = 32;

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
    workers: &Workers,
) -> Result<IndexMap<String, Vec<f32>>, Diagnostic> {
    let n = data.len(split)?;
    let mut all: IndexMap<String, Vec<f32>> = IndexMap::new();
    evaluated(program, store, data, (split, Want::OUTPUTS), workers, |samples, result| {
        for (label, numbers) in result.outputs {
            scatter(all.entry(label).or_insert_with(|| vec![0.0; n]), 1, samples, &numbers);
        }
    })?;
    Ok(all)
}

/// The results of a batch on the host.
struct HostResults {
    outputs: Vec<(String, Vec<f32>)>,
    /// By declaration and expression.
    retrieval: Vec<Vec<Vec<f32>>>,
}

/// Computes the batches of a split, one per thread at a time, and takes their results in order.
fn evaluated(
    program: &Program,
    store: &ParamStore,
    data: &BatchSource<'_>,
    (split, want): (Split, Want),
    workers: &Workers,
    mut take: impl FnMut(&[usize], HostResults) + Send,
) -> Result<(), Diagnostic> {
    let mut batches = data.evaluation_batches(split, BATCH)?;
    // The longest samples first, so that no thread begins with them when the others are at their end.
    batches.reverse();
    let samples = |part: usize| batches.get(part).map(Vec::as_slice).unwrap_or_default();
    let params = SharedParams::new(store);
    let work = |part: usize| {
        let batch = data.batch(split, samples(part), samples(part).len(), false)?;
        let result = program.run(params.get(), &batch, Mode::Eval, want)?;
        let outputs = result.outputs.iter().map(|(label, tensor)| Ok((label.clone(), values::host(tensor)?)));
        let retrieval = result.retrieval.iter().map(|by| by.iter().map(values::host).collect());
        Ok(HostResults { outputs: outputs.collect::<Result<_, _>>()?, retrieval: retrieval.collect::<Result<_, _>>()? })
    };
    workers.in_order(batches.len(), work, |part, result| {
        take(samples(part), result);
        Ok(())
    })
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
    workers: &Workers,
) -> Result<Vec<Vec<Vectors>>, Diagnostic> {
    let n = data.len(Split::Train)?;
    let mut all: Vec<Vec<Vectors>> = graph.companions.iter().map(|c| vec![Vectors::default(); c.by.len()]).collect();
    evaluated(program, store, data, (Split::Train, Want::RETRIEVAL), workers, |samples, result| {
        for (into, numbers) in all.iter_mut().flatten().zip(result.retrieval.into_iter().flatten()) {
            into.width = numbers.len() / samples.len().max(1);
            into.data.resize(n * into.width, 0.0);
            scatter(&mut into.data, into.width, samples, &numbers);
        }
    })?;
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
