//! `dsc eval RUN`: scores the selected weights of a run again, or those of all finished seeds below a folder.

use dsc_data::file_sha256;
use dsc_experiment::metrics::{Family, aggregate};
use dsc_experiment::report::results::{metrics_of, scores_table};
use dsc_experiment::results::Scores;
use dsc_experiment::run_folder::files;
use dsc_project::Engine;
use dsc_project::engine::{OutputScores, RunScores, Scored};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0927;
use dsc_syntax::source::SourceMap;
use indexmap::IndexSet;
use serde_json::{Value, json};

use super::progress::Progress;
use super::run_args::RunArgs;
use super::{Exit, Output};

/// `dsc eval`.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("run", |a| a.help("The folder of a run, or of the runs of several seeds")))]
#[command(mut_arg("split", |a| a.help("train, valid or test; by default test for a finished run, valid for an unfinished one. The test split of a stopped run finishes it")))]
pub struct Args {
    #[command(flatten)]
    run: RunArgs,
}

/// Scores a run, or the finished ones of several seeds.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    let scored = engine.score(&args.run.request(), &mut Progress::new(out));
    let scored = match scored {
        Ok(scored) => scored,
        Err(faults) => return out.faults(&faults),
    };
    match (out.is_json(), scored.seeds) {
        (true, None) => out.json(&one_json(&scored)),
        (true, Some(seeds)) => out.json(&several_json(&scored, seeds)),
        (false, None) => show_one(&scored, out),
        (false, Some(_)) => show_several(&scored, out),
    }
    match weights_changed(&scored) {
        // Standard output has the scores.
        Some(fault) => {
            out.remarks(&[fault], &SourceMap::new());
            Exit::Faults
        }
        None => Exit::Done,
    }
}

fn one_json(scored: &Scored) -> Option<Value> {
    let run = scored.runs.first()?;
    let mut json = json!({
        "model": scored.manifest.model, "seed": run.seed, "split": scored.split, "finished": scored.finished,
        "samples": run.scores.samples, "metrics": run.scores.metrics, "equal_to_results": scored.equal_to_recorded(),
        "changed_files": run.changed,
    });
    add_outputs(&mut json, run);
    Some(json)
}

fn several_json(scored: &Scored, seeds: usize) -> Value {
    let family = scored.manifest.settings.family;
    let metrics: Vec<_> = scored.runs.iter().map(|run| metrics_of(family, &run.scores)).collect();
    let each = |run: &RunScores| {
        let mut json = json!({
            "seed": run.seed, "samples": run.scores.samples, "metrics": run.scores.metrics, "changed_files": run.changed,
        });
        add_outputs(&mut json, run);
        json
    };
    let mut json = json!({
        "model": scored.manifest.model, "split": scored.split, "seeds": seeds, "finished": scored.runs.len(),
        "runs": scored.runs.iter().map(each).collect::<Vec<_>>(), "summary": aggregate(family, &metrics),
        "equal_to_results": scored.equal_to_recorded(),
    });
    let others = scored.runs.first().into_iter().flat_map(|run| &run.outputs).map(|(label, output)| {
        let scores = scored.runs.iter().filter_map(|run| run.outputs.get(label));
        let metrics: Vec<_> = scores.map(|o| metrics_of(output.family, &o.scores)).collect();
        (label.clone(), json!({ "family": output.family, "summary": aggregate(output.family, &metrics) }))
    });
    let others: serde_json::Map<String, Value> = others.collect();
    if let (Some(json), false) = (json.as_object_mut(), others.is_empty()) {
        json.insert("outputs".to_owned(), others.into());
    }
    json
}

/// The outputs besides the first, if there are any.
fn add_outputs(json: &mut Value, run: &RunScores) {
    let each = |output: &OutputScores| json!({ "family": output.family, "metrics": output.scores.metrics });
    let others: serde_json::Map<String, Value> =
        run.outputs.iter().map(|(label, o)| (label.clone(), each(o))).collect();
    if let (Some(json), false) = (json.as_object_mut(), others.is_empty()) {
        json.insert("outputs".to_owned(), others.into());
    }
}

fn show_one(scored: &Scored, out: &mut Output) {
    let Some(run) = scored.runs.first() else { return };
    let (manifest, split) = (&scored.manifest, scored.split);
    let title = format!("{}, seed {}", manifest.model, run.seed);
    let table = |family: Family, title: &str, scores: &Scores, recorded: Option<&Scores>| {
        let mut rows = vec![(split.name().to_owned(), vec![scores])];
        rows.extend(recorded.map(|s| (format!("{split}, as the run says"), vec![s])));
        scores_table(family, title, &rows).text().trim_end().to_owned()
    };
    let mut tables = vec![table(manifest.settings.family, &title, &run.scores, run.recorded.as_ref())];
    for (label, output) in &run.outputs {
        let title = format!("{title}, output for {label}");
        tables.push(table(output.family, &title, &output.scores, output.recorded.as_ref()));
    }
    out.line(tables.join("\n\n"));
    if let Some(equal) = scored.equal_to_recorded() {
        out.line(verdict(equal, scored, "results.json"));
    }
}

/// The tables of all finished seeds below a folder, with mean and spread, one for each output.
fn show_several(scored: &Scored, out: &mut Output) {
    let (manifest, split) = (&scored.manifest, scored.split);
    let table = |family: Family, title: &str, of: &dyn Fn(&RunScores) -> Option<Scores>| {
        let all: Vec<(u64, Scores)> = scored.runs.iter().filter_map(|run| Some((run.seed, of(run)?))).collect();
        let mut rows: Vec<(String, Vec<&Scores>)> =
            all.iter().map(|(seed, scores)| (format!("{split}, seed {seed}"), vec![scores])).collect();
        rows.push((format!("{split}, {} seeds", all.len()), all.iter().map(|(_, scores)| scores).collect()));
        let mut table = scores_table(family, title, &rows);
        table.note("mean ± population standard deviation");
        table.text().trim_end().to_owned()
    };
    let mut tables = vec![table(manifest.settings.family, &manifest.model, &|run| Some(run.scores.clone()))];
    for (label, output) in scored.runs.first().into_iter().flat_map(|run| &run.outputs) {
        let title = format!("{}, output for {label}", manifest.model);
        tables.push(table(output.family, &title, &|run| run.outputs.get(label).map(|o| o.scores.clone())));
    }
    out.line(tables.join("\n\n"));
    if let Some(equal) = scored.equal_to_recorded() {
        out.line(verdict(equal, scored, "the results.json of each seed"));
    }
}

fn verdict(equal: bool, scored: &Scored, what: &str) -> String {
    if equal {
        return format!("equal to {what}");
    }
    let manifest = &scored.manifest;
    let same_file = || {
        let (path, sha) = (manifest.data.path.as_ref()?, manifest.data.sha256.as_ref()?);
        Some(file_sha256(path, None).ok()? == *sha)
    };
    let unique = |words: Vec<String>| words.into_iter().collect::<IndexSet<_>>().into_iter().collect::<Vec<_>>();
    let files = scored.runs.iter().flat_map(|run| run.changed.iter().filter(|f| !f.ends_with(".csv")).cloned());
    let files = unique(files.collect());
    let elsewhere = unique(scored.runs.iter().flat_map(|run| run.elsewhere.iter().map(|w| (*w).to_owned())).collect());
    let why = if same_file() == Some(false) {
        "the data file has changed since the run".to_owned()
    } else if !files.is_empty() {
        format!("changed since the run was finished: {}", files.join(", "))
    } else if !elsewhere.is_empty() {
        format!("another {} than that of the run, which gives other last digits", elsewhere.join(", another "))
    } else if scored.runs.iter().all(|run| run.hashed) {
        format!(
            "weights, data, version and machine are those of the run: {what} was changed, or the files of the model were"
        )
    } else {
        "the run has no hash of its weights, since an earlier version of dsc trained it: they may have changed"
            .to_owned()
    };
    format!("{what}: other scores ({why})")
}

/// An error for runs whose selected weights are not those that the training wrote.
fn weights_changed(scored: &Scored) -> Option<Diagnostic> {
    let changed = scored.runs.iter().filter(|run| run.changed.iter().any(|name| name == files::BEST));
    let folders: Vec<String> = changed.map(|run| format!("`{}`", run.folder.display())).collect();
    (!folders.is_empty()).then(|| {
        let message = format!("the weights of {} have changed since the run was finished", folders.join(", "));
        Diagnostic::error(E0927, message).help(
            "the SHA-256 of `best.safetensors` is not the one in `results.json`: these are not the scores of the run; restore the \
             file, or train again",
        )
    })
}
