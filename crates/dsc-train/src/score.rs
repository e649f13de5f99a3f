//! Scores of the selected weights of a run, or of all finished seeds below a folder.

use dsc_experiment::run_folder::files;
use std::path::{Path, PathBuf};

use dsc_data::Split;
use dsc_experiment::checkpoint::Checkpoint;
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::run_folder::{Manifest, RunFolder, Seeds};
use dsc_project::engine::Scored;
use dsc_project::{Faults, RunRequest};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0923, E0925};

use crate::trained_model::TrainedModel;

/// Scores a run, or all finished runs of several seeds. The default split is test for a finished run, otherwise valid. The test split
/// of a stopped run finishes it: its training cannot continue, and `results.json` is written.
///
/// # Errors
/// `E0923` for the test split of a run that is being trained, `E0925` if none of several seeds is finished; errors of
/// opening a run.
pub fn score(request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Scored, Faults> {
    match Seeds::open(&request.run)? {
        None => one(request, reporter),
        Some(seeds) => several(request, &seeds, reporter),
    }
}

fn one(request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Scored, Faults> {
    let (folder, manifest) = RunFolder::open(&request.run)?;
    let mut finished = folder.is_finished();
    let split = request.split.unwrap_or(if finished { Split::Test } else { Split::Valid });
    let request = RunRequest { split: Some(split), ..request.clone() };
    if !finished && split == Split::Test && folder.is_in_progress() {
        let fault = Diagnostic::error(E0923, format!("`{}` is being trained", request.run.display()));
        return Err(fault
            .help("use the validation split, `--split valid`; the test split is evaluated once, at the end of the training")
            .into());
    }
    let ends = !finished && split == Split::Test && request.data.is_none();
    // Both splits are scored when a run is finished.
    let opened = RunRequest { split: request.split.filter(|_| !ends), ..request.clone() };
    let model = TrainedModel::open(&request.run, &opened)?;
    if !finished && split == Split::Test && !ends && model.on_own_data() {
        let fault = Diagnostic::error(E0923, format!("`{}` is not finished", request.run.display()));
        return Err(fault.help("without `--data`, its own test split is scored, which finishes the run").into());
    }
    model.remarks(reporter);
    if ends {
        model.finish(reporter).map_err(|d| model.fault(d))?;
        finished = true;
    } else if !finished {
        reporter.notice(&unfinished(&folder, &manifest));
    }
    let scores = model.scores(split, reporter).map_err(|d| model.fault(d))?;
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
    let mut runs = vec![model.scores(split, reporter).map_err(|d| model.fault(d))?];
    for folder in rest {
        model = model.other_seed(folder)?;
        runs.push(model.scores(split, reporter).map_err(|d| model.fault(d))?);
    }
    Ok(Scored { manifest: model.manifest, split, finished: true, seeds: Some(seeds.seeds), runs })
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
    let state = |name| Checkpoint::open(&folder.file(name)).ok().map(|c| c.state);
    let (best, last) = (state(files::BEST), state(files::LAST));
    // The selected weights are written first: after a kill between the two files they are ahead of the last state.
    let latest = best.iter().chain(&last).max_by_key(|s| s.step);
    Notice::Unfinished {
        done: latest.map(|s| (s.epoch, manifest.settings.epochs, s.step)),
        best: best.as_ref().and_then(|s| s.best.as_ref()).map(|b| b.epoch),
    }
}
