//! Comparisons: several models trained with the same seeds, in one table. Ablations and sweeps.
//!
//! Every row is compiled, bound and checked before the first one is trained (`rows`). Each pair of row and seed is a run in a
//! process of its own (`queue`), so that a failing run does not affect the others. Finished runs are found by the hashes of graph,
//! data and encoder and by the settings, and are used as they are: an interrupted comparison continues where it stopped, and after
//! a change of one variant only that row is trained again.

mod folder;
mod once;
mod queue;
mod rows;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dsc_data::card::data_stem;
use dsc_experiment::events::{Reporter, Stop};
use dsc_experiment::report::ablation::{Comparison, Group};
use dsc_experiment::report::plot::plot;
use dsc_experiment::write;
use dsc_project::engine::Compared;
use dsc_project::{AblationRequest, Assignment, Faults, OpenData, SweepRequest, TrainRequest, load};
use dsc_syntax::diag::codes::structure::E0517;
use dsc_syntax::diag::{Diagnostic, the_file_has};

pub use queue::Worker;

use once::Once;
use rows::{Row, add_unimodal, row};

/// Compares a model with its variants and with models of one modality.
///
/// # Errors
/// See [`Engine::ablate`](dsc_project::Engine::ablate).
pub fn ablate(
    request: &AblationRequest,
    worker: &Worker,
    stop: &Stop,
    reporter: &mut dyn Reporter,
) -> Result<Compared, Faults> {
    let train = &request.train;
    let loaded = load(&train.model.file);
    let Some(program) = &loaded.program else { return Err(Faults::new(loaded.diagnostics, loaded.sources)) };
    let base = train.model.variant.clone();
    let all: Vec<String> = program.variants.keys().filter(|v| Some(*v) != base.as_ref()).cloned().collect();
    let selected = request.variants.as_ref().unwrap_or(&all);
    if let Some(unknown) = selected.iter().find(|v| !all.contains(v)) {
        return Err(Diagnostic::error(
            E0517,
            format!("`{}` has no variant `{unknown}` to compare with", train.model.file),
        )
        .help(the_file_has("other variants", &all))
        .did_you_mean(unknown, all.iter().map(String::as_str))
        .into());
    }
    let of = |variant: Option<&String>| {
        let mut train = train.clone();
        train.model.variant = variant.cloned();
        train
    };
    let name = base.clone().unwrap_or_else(|| program.model.name.value.clone());
    let (mut open, once) = (OpenData::default(), &mut Once::new(reporter));
    let (first, modalities) = row(name, Group::Baseline, of(base.as_ref()), &mut open, once)?;
    let mut names = BTreeSet::from([first.name.clone()]);
    let mut rows = vec![first];
    for variant in selected {
        if names.insert(variant.clone()) {
            rows.push(row(variant.clone(), Group::Variant, of(Some(variant)), &mut open, once)?.0);
        }
    }
    if request.unimodal {
        add_unimodal(&mut rows, train, &modalities, &mut open, once)?;
    }
    let folder = train.out.clone().unwrap_or_else(|| default_folder("ablate", train));
    compare(&rows, folder, request.jobs, worker, stop, &|_| Vec::new(), reporter)
}

/// Compares several values of a hyper.
///
/// # Errors
/// See [`Engine::sweep`](dsc_project::Engine::sweep).
pub fn sweep(
    request: &SweepRequest,
    worker: &Worker,
    stop: &Stop,
    reporter: &mut dyn Reporter,
) -> Result<Compared, Faults> {
    let SweepRequest { train, hyper, values, .. } = request;
    let mut rows = Vec::new();
    let mut modalities = BTreeSet::new();
    let (mut open, once) = (OpenData::default(), &mut Once::new(reporter));
    for (i, value) in values.iter().enumerate() {
        let mut train = train.clone();
        train.model.sets.push(Assignment { name: hyper.clone(), value: value.clone() });
        let group = if i == 0 { Group::Baseline } else { Group::Variant };
        let (row, found) = row(format!("{hyper}={value}"), group, train, &mut open, once)?;
        rows.push(row);
        modalities = found;
    }
    if request.unimodal {
        add_unimodal(&mut rows, train, &modalities, &mut open, once)?;
    }
    let drawn = |comparison: &Comparison| {
        let scores: Vec<_> = comparison.scores_of_rows().into_iter().take(values.len()).collect();
        vec![("plot.svg", plot(hyper, values, comparison.family(), &scores))]
    };
    let folder = train.out.clone().unwrap_or_else(|| default_folder("sweep", train));
    compare(&rows, folder, request.jobs, worker, stop, &drawn, reporter)
}

/// Trains the runs that are missing, and writes the tables, and the files that `more` makes, into the folder.
fn compare(
    rows: &[Row],
    folder: PathBuf,
    jobs: Option<usize>,
    worker: &Worker,
    stop: &Stop,
    more: &dyn Fn(&Comparison) -> Vec<(&'static str, String)>,
    reporter: &mut dyn Reporter,
) -> Result<Compared, Faults> {
    let _lock = folder::open(&folder)?;
    let ended = queue::train_all(rows, &folder, jobs, worker, stop, reporter)?;
    let comparison = Comparison::new(rows.iter().map(Row::heading).collect(), ended.results);
    for (name, text) in comparison.files().into_iter().chain(more(&comparison)) {
        let path = folder.join(name);
        write::replace(&path, text.as_bytes()).map_err(|why| folder::unwritable(&path, &why))?;
    }
    Ok(Compared { comparison, folder, failed: ended.failed, interrupted: stop.is_requested() })
}

/// A function of model and data, so that a second call continues the first one.
fn default_folder(what: &str, train: &TrainRequest) -> PathBuf {
    let clean = |text: &str| {
        text.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect::<String>()
    };
    let stem = |text: &str| Path::new(text).file_stem().map_or(text.to_owned(), |s| s.to_string_lossy().into_owned());
    Path::new("runs").join(format!("{what}-{}-{}", clean(&stem(&train.model.file)), clean(&data_stem(&train.data))))
}
