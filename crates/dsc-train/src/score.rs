//! Scores of the selected weights of a run, or of all finished seeds below a folder.

use dsc_experiment::run_folder::files;
use std::path::{Path, PathBuf};

use dsc_data::Split;
use dsc_experiment::checkpoint::Checkpoint;
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::results::{Results, Scores};
use dsc_experiment::run_folder::{Manifest, RunFolder, Seeds};
use dsc_project::engine::{RunScores, Scored};
use dsc_project::{Faults, RunRequest};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0923, E0925};

use crate::trained_model::TrainedModel;

/// Scores a run, or all finished runs of several seeds. The default split is test for a finished run, otherwise valid.
///
/// # Errors
/// `E0923` for the test split of a run that is not finished, `E0925` if none of several seeds is finished; errors of
/// opening a run.
pub fn score(request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Scored, Faults> {
    match Seeds::open(&request.run)? {
        None => one(request, reporter),
        Some(seeds) => several(request, &seeds, reporter),
    }
}

fn one(request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Scored, Faults> {
    let (folder, manifest) = RunFolder::open(&request.run)?;
    let finished = folder.is_finished();
    let split = request.split.unwrap_or(if finished { Split::Test } else { Split::Valid });
    if !finished {
        if split == Split::Test {
            let fault = Diagnostic::error(E0923, format!("`{}` is not finished", request.run.display()));
            return Err(fault
                .help(
                    "use the validation split, `--split valid`; the test split is evaluated once, at the end of a run",
                )
                .into());
        }
        reporter.notice(&unfinished(&folder, &manifest));
    }
    let request = RunRequest { split: Some(split), ..request.clone() };
    let model = TrainedModel::open(&request.run, &request)?;
    model.remarks(reporter);
    let scores = run_scores(&model, split, reporter)?;
    Ok(Scored { manifest: model.manifest, split, finished, seeds: None, runs: vec![scores] })
}

fn several(request: &RunRequest, seeds: &Seeds, reporter: &mut dyn Reporter) -> Result<Scored, Faults> {
    let top = &request.run;
    let folders: Vec<PathBuf> = seeds.finished().map(|r| top.join(&r.folder)).collect();
    let Some((first, rest)) = folders.split_first() else { return Err(none_finished(top, seeds).into()) };
    if folders.len() < seeds.seeds {
        let (finished, asked) = (folders.len(), seeds.seeds);
        reporter.notice(&Notice::SomeSeeds { finished, asked });
    }
    let split = request.split.unwrap_or(Split::Test);
    let request = RunRequest { split: Some(split), ..request.clone() };
    let mut model = TrainedModel::open(first, &request)?;
    model.remarks(reporter);
    let mut runs = vec![run_scores(&model, split, reporter)?];
    for folder in rest {
        model = model.other_seed(folder)?;
        runs.push(run_scores(&model, split, reporter)?);
    }
    Ok(Scored { manifest: model.manifest, split, finished: true, seeds: Some(seeds.seeds), runs })
}

fn run_scores(model: &TrainedModel<'_>, split: Split, reporter: &mut dyn Reporter) -> Result<RunScores, Faults> {
    let scores = model.scores(split, reporter).map_err(|d| model.fault(d))?;
    Ok(RunScores { seed: model.manifest.seed, scores, recorded: recorded(model, split) })
}

/// The scores that the training wrote for the split, if the data are the same.
fn recorded(model: &TrainedModel<'_>, split: Split) -> Option<Scores> {
    let results: Results = model.folder.read_json(files::RESULTS).ok().filter(|_| model.has_own_data())?;
    match split {
        Split::Valid => Some(results.valid),
        Split::Test => Some(results.test),
        Split::Train => None,
    }
}

fn none_finished(top: &Path, seeds: &Seeds) -> Diagnostic {
    let message = format!("none of the {} seeds of `{}` is finished", seeds.seeds, top.display());
    let fault = Diagnostic::error(E0925, message);
    match seeds.runs.last() {
        Some(run) => {
            let folder = top.join(&run.folder);
            fault.help(format!("`dsc eval {} --split valid` scores the best epoch so far", folder.display()))
        }
        None => fault.help("train again: no seed was started"),
    }
}

fn unfinished(folder: &RunFolder, manifest: &Manifest) -> Notice {
    let last = Checkpoint::open(&folder.file(files::LAST)).ok().map(|c| c.state);
    Notice::Unfinished {
        done: last.as_ref().map(|s| (s.epoch, manifest.settings.epochs, s.step)),
        best: last.and_then(|s| s.best).map(|b| b.epoch),
    }
}
