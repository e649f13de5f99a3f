//! Predictions with the selected weights of a run.

use std::path::Path;

use dsc_data::Split;
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::run_folder::{Prediction, RunFolder, Seeds};
use dsc_project::{Faults, RunRequest};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0911, E0921, E0923};

use crate::trained_model::TrainedModel;

/// Predicts the requested split, or all splits of the data, in the order of the samples.
///
/// # Errors
/// `E0911` for a folder of several seeds, `E0923` for the test split of the data of a run that is not finished, `E0921` for data
/// without samples, `E0960` for a prediction that is not a number; errors of opening a run.
pub fn predict(request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Vec<Prediction>, Faults> {
    if let Some(seeds) = Seeds::open(&request.run)? {
        return Err(one_of(&request.run, &seeds).into());
    }
    let finished = RunFolder::open(&request.run)?.0.is_finished();
    let model = TrainedModel::open(&request.run, request)?;
    model.remarks(reporter);
    let mut splits: Vec<Split> = model.session.dataset.tables.iter().map(|t| t.split).collect();
    if !finished && model.on_own_data() {
        // Predictions beside labels are scores.
        let before = splits.len();
        splits.retain(|s| *s != Split::Test);
        if request.split == Some(Split::Test) {
            let fault = Diagnostic::error(E0923, format!("`{}` is not finished", request.run.display()));
            let run = request.run.display();
            return Err(fault
                .help(format!(
                    "the test split of its data is evaluated once, at the end of a run: `dsc eval {run} --split test` finishes a \
                     stopped one"
                ))
                .into());
        }
        if splits.len() < before {
            reporter.notice(&Notice::TestSplitLeftOut);
        }
    }
    if request.split.is_none() {
        splits.retain(|s| model.session.dataset.split(*s).is_ok_and(|t| !t.is_empty()));
    }
    if splits.is_empty() {
        return Err(Diagnostic::error(E0921, format!("`{}` has no samples to predict", model.session.dataset.name))
            .help("use a data file with samples in at least one of train, valid and test")
            .into());
    }
    model.check_files(reporter);
    let mut rows = Vec::new();
    for split in splits {
        rows.extend(model.predict(split, reporter).map_err(|d| model.fault(d))?);
    }
    Ok(rows)
}

/// An error for a folder of several seeds, which would give several predictions per sample.
fn one_of(top: &Path, seeds: &Seeds) -> Diagnostic {
    let fault = Diagnostic::error(E0911, format!("`{}` contains the runs of several seeds", top.display()));
    let runs: Vec<String> = seeds.finished().map(|r| format!("`{}`", top.join(&r.folder).display())).collect();
    match runs.as_slice() {
        [] => fault.help("none of them is finished"),
        _ => fault.help(format!("use one of them: {}", runs.join(", "))),
    }
}
