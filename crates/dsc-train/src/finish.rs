//! The end of a run: predictions and scores of the selected weights, `results.json`.

use dsc_data::{Split, file_sha256};
use dsc_experiment::metrics::constant_row;
use dsc_experiment::results::{Constant, OutputResults, PeakMemory, Results, Scores};
use dsc_experiment::run_folder::{Predictions, RunFolder, SCHEMA, files};
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_recipe::Settings;
use dsc_runtime::{ParamStore, Program, Workers};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0922;
use indexmap::IndexMap;

use super::batch_source::BatchSource;
use super::non_finite::{At, Replay};
use super::outputs::{OutputRule, Predicted, score_outputs, without_scores};
use super::trainer::count_parameters;

/// A run with its selected weights loaded, about to be finished.
pub(crate) struct Finish<'a> {
    pub graph: &'a Graph,
    pub dims: &'a DimTable,
    pub program: &'a Program,
    pub store: &'a ParamStore,
    pub data: &'a BatchSource<'a>,
    pub workers: &'a Workers,
    pub outputs: &'a [OutputRule],
    pub settings: &'a Settings,
    pub folder: &'a RunFolder,
    pub seed: u64,
    /// The selected epoch, from 0.
    pub epoch: u64,
    /// Optimiser steps up to the selected epoch.
    pub step: u64,
    /// Number of epochs that were trained.
    pub epochs: u64,
    /// Number of epochs that were requested, if the training was stopped before the last one.
    pub stopped_of: Option<u64>,
    pub seconds: f64,
    pub peak_memory: Option<PeakMemory>,
}

impl Finish<'_> {
    /// Scores the validation and the test split, and writes their predictions and `results.json`.
    ///
    /// # Errors
    /// As [`score_outputs`]; `E0913` when a file cannot be written.
    pub(crate) fn write(&self) -> Result<Results, Diagnostic> {
        let (data, folder) = (self.data, self.folder);
        let at = At { epoch: self.epoch, step: self.step, lr: self.settings.optimizer.lr };
        // Imported weights belong to no epoch.
        let at = (self.epochs > 0).then_some(at);
        let mut scored = Vec::new();
        for split in [Split::Valid, Split::Test] {
            let (program, store, workers) = (self.program, self.store, self.workers);
            let replay = Replay { graph: self.graph, program, store, data, workers, split };
            // A test split without labels is predicted and not scored.
            let outputs = match split == Split::Test && data.is_unlabelled(split)? {
                true => without_scores(&replay, self.outputs, at)?,
                false => score_outputs(&replay, self.outputs, at)?,
            };
            let ids = data.ids(split)?;
            let known = |label: &str| data.known_labels(split, label).unwrap_or_else(|_| vec![None; ids.len()]);
            let labels: Vec<Vec<Option<f32>>> = outputs.iter().map(|output| known(&output.label)).collect();
            let columns: Vec<Predictions<'_>> = outputs
                .iter()
                .zip(&labels)
                .map(|(o, labels)| Predictions { name: &o.label, labels, predictions: &o.predictions })
                .collect();
            folder.write_predictions(split, ids, &columns)?;
            scored.push(outputs);
        }
        let (Some(test), Some(valid)) = (scored.pop(), scored.pop()) else {
            return Err(Diagnostic::error(E0922, "a split was not scored").help("this is a bug in dsc"));
        };
        let mut outputs = IndexMap::new();
        for (valid, test) in valid.iter().zip(&test) {
            outputs.insert(test.label.clone(), self.results(valid, test)?);
        }
        let Some((label, first)) = outputs.shift_remove_index(0) else {
            return Err(super::outputs::no_output(self.graph));
        };
        let (parameters, encoder_parameters) = count_parameters(self.graph, self.dims);
        let results = Results {
            schema: SCHEMA,
            model: self.graph.name.clone(),
            seed: self.seed,
            family: first.family,
            label,
            select: self.settings.select.to_string(),
            epoch: self.epoch,
            epochs: self.epochs,
            stopped_of: self.stopped_of,
            test_reads: 1,
            valid: first.valid,
            test: first.test,
            constant: first.constant,
            outputs,
            parameters,
            encoder_parameters,
            seconds: self.seconds,
            peak_memory: self.peak_memory,
            sha256: hashes(folder)?,
        };
        folder.write_json(files::RESULTS, &results)?;
        Ok(results)
    }

    fn results(&self, valid: &Predicted, test: &Predicted) -> Result<OutputResults, Diagnostic> {
        let train = self.data.label(Split::Train, &test.label)?;
        let (value, constant) = if self.data.is_unlabelled(Split::Test)? {
            let (value, _) = constant_row(test.family, &train, &train)?;
            (value, test.metrics.clone())
        } else {
            constant_row(test.family, &train, &self.data.label(Split::Test, &test.label)?)?
        };
        Ok(OutputResults {
            family: test.family.name().to_owned(),
            valid: Scores::of(&valid.metrics),
            test: Scores::of(&test.metrics),
            constant: Constant { value, test: Scores::of(&constant) },
        })
    }
}

/// SHA-256 of the files of a run that its scores are computed from, and of its predictions, by name.
///
/// # Errors
/// `E0601` for a file that cannot be read.
fn hashes(folder: &RunFolder) -> Result<IndexMap<String, String>, Diagnostic> {
    let mut found = IndexMap::new();
    for name in files::hashed(folder.path()) {
        found.insert(name.clone(), file_sha256(&folder.file(&name), None)?);
    }
    Ok(found)
}

/// The files whose SHA-256 is not the recorded one, or that are missing.
pub(crate) fn changed(folder: &RunFolder, results: &Results) -> Vec<String> {
    let same = |name: &str, sha: &str| file_sha256(&folder.file(name), None).is_ok_and(|now| now == sha);
    results.sha256.iter().filter(|(name, sha)| !same(name, sha)).map(|(name, _)| name.clone()).collect()
}
