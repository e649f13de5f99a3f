//! `dsc eval RUN`: scores the selected weights of a run again, or those of all finished seeds below a folder.

use dsc_data::file_sha256;
use dsc_experiment::metrics::aggregate;
use dsc_experiment::report::results::{metrics_of, scores_table};
use dsc_experiment::results::Scores;
use dsc_experiment::run_folder::Manifest;
use dsc_project::Engine;
use dsc_project::engine::Scored;
use serde_json::json;

use super::progress::Progress;
use super::run_args::RunArgs;
use super::{Exit, Output};

/// `dsc eval`.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("run", |a| a.help("The folder of a run, or of the runs of several seeds")))]
#[command(mut_arg("split", |a| a.help("train, valid or test; by default test for a finished run, valid for an unfinished one")))]
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
    Exit::Done
}

fn one_json(scored: &Scored) -> Option<serde_json::Value> {
    let run = scored.runs.first()?;
    Some(json!({
        "model": scored.manifest.model, "seed": run.seed, "split": scored.split, "finished": scored.finished,
        "samples": run.scores.samples, "metrics": run.scores.metrics, "equal_to_results": scored.equal_to_recorded(),
    }))
}

fn several_json(scored: &Scored, seeds: usize) -> serde_json::Value {
    let family = scored.manifest.settings.family;
    let metrics: Vec<_> = scored.runs.iter().map(|run| metrics_of(family, &run.scores)).collect();
    let each = |run: &dsc_project::engine::RunScores| json!({"seed": run.seed, "samples": run.scores.samples, "metrics": run.scores.metrics});
    json!({
        "model": scored.manifest.model, "split": scored.split, "seeds": seeds, "finished": scored.runs.len(),
        "runs": scored.runs.iter().map(each).collect::<Vec<_>>(), "summary": aggregate(family, &metrics),
        "equal_to_results": scored.equal_to_recorded(),
    })
}

fn show_one(scored: &Scored, out: &mut Output) {
    let Some(run) = scored.runs.first() else { return };
    let (manifest, split) = (&scored.manifest, scored.split);
    let mut rows = vec![(split.name().to_owned(), vec![&run.scores])];
    rows.extend(run.recorded.iter().map(|s| (format!("{split}, as the run says"), vec![s])));
    let title = format!("{}, seed {}", manifest.model, run.seed);
    out.line(scores_table(manifest.settings.family, &title, &rows).text().trim_end());
    if let Some(equal) = scored.equal_to_recorded() {
        out.line(verdict(equal, manifest, "results.json"));
    }
}

/// The table of all finished seeds below a folder, with mean and spread.
fn show_several(scored: &Scored, out: &mut Output) {
    let (manifest, split) = (&scored.manifest, scored.split);
    let mut rows: Vec<(String, Vec<&Scores>)> =
        scored.runs.iter().map(|run| (format!("{split}, seed {}", run.seed), vec![&run.scores])).collect();
    rows.push((format!("{split}, {} seeds", scored.runs.len()), scored.runs.iter().map(|run| &run.scores).collect()));
    let mut table = scores_table(manifest.settings.family, &manifest.model, &rows);
    table.note("mean ± population standard deviation");
    out.line(table.text().trim_end());
    if let Some(equal) = scored.equal_to_recorded() {
        out.line(verdict(equal, manifest, "the results.json of each seed"));
    }
}

fn verdict(equal: bool, manifest: &Manifest, what: &str) -> String {
    let same_file = || {
        let (path, sha) = (manifest.data.path.as_ref()?, manifest.data.sha256.as_ref()?);
        Some(file_sha256(path, None).ok()? == *sha)
    };
    let why = match equal {
        true => return format!("equal to {what}"),
        false if same_file() == Some(false) => "the data file has changed since the run",
        false => "another processor, thread count or version gives other last digits",
    };
    format!("{what}: other scores ({why})")
}
