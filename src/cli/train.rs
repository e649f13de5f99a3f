//! `dsc train FILE --data NAME|FILE`: trains a model and leaves a run folder.

use std::path::PathBuf;

use dsc_experiment::metrics::Family;
use dsc_experiment::report::profile::profile_tables;
use dsc_experiment::report::results::{aggregate_json, results_tables};
use dsc_graph::passes::OptLevel;
use dsc_project::engine::Trained;
use dsc_project::{Engine, Failure, TrainRequest};
use dsc_recipe::KeyValue;
use dsc_syntax::diag::Diagnostic;

use super::interrupts::{self, Second};
use super::model::ModelArgs;
use super::process;
use super::progress::Progress;
use super::{Exit, Output};

/// `dsc train`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    /// A known data set (sims, simsv2, mosi, mosi_aligned, mosei, mosei_aligned, demo), a feature file, or a file per split:
    /// train=FILE,valid=FILE,test=FILE
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) data: String,
    /// Folder below which the known data sets lie
    #[arg(long, value_name = "DIR", env = "DSC_DATA")]
    pub(super) data_root: Option<PathBuf>,
    /// The recipe; by default the one named like the data set
    #[arg(long, value_name = "NAME")]
    pub(super) recipe: Option<String>,
    /// Set a key of the recipe: `--with optimizer.lr=2e-5`, `--with "select=max corr"`
    #[arg(long = "with", value_name = "KEY=VALUE")]
    pub(super) with: Vec<String>,
    /// Epochs; short for `--with epochs=N`
    #[arg(long, value_name = "N")]
    pub(super) epochs: Option<String>,
    /// Anchors per batch; short for `--with batch=N`
    #[arg(long, value_name = "N")]
    pub(super) batch: Option<String>,
    /// Folder of the pretrained text encoder
    #[arg(long, value_name = "DIR")]
    pub(super) text_encoder: Option<PathBuf>,
    /// cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    pub(super) device: String,
    /// Threads; by default one for each core. Results do not depend on it
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// The first seed; without --seeds, the only one
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<String>,
    /// How many seeds, one run each
    #[arg(long, value_name = "N")]
    pub(super) seeds: Option<String>,
    /// Passes over the graph before it runs: 0 none, 1 all (`dsc dump -O1` shows what they do)
    #[arg(short = 'O', long, value_name = "LEVEL", default_value_t)]
    pub(super) opt_level: OptLevel,
    /// The run's folder, which must not exist; by default runs/MODEL-DATA-TIME
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Measure the time of the steps by line of the model, forward and backward: a table, and profile.json in the run's folder
    #[arg(long)]
    pub(super) profile: bool,
}

/// Trains and prints the table.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    match request(args, out) {
        Ok(request) => carry_out(&request, engine, out),
        Err(exit) => exit,
    }
}

/// The arguments as a request.
///
/// # Errors
/// How the command ends where they contradict themselves.
pub(super) fn request(args: &Args, out: &mut Output) -> Result<TrainRequest, Exit> {
    Ok(TrainRequest {
        model: args.model.request(out)?,
        data: args.data.clone(),
        data_root: args.data_root.clone(),
        recipe: args.recipe.clone(),
        keys: keys(args).map_err(|fault| out.fault(&fault))?,
        text_encoder: args.text_encoder.clone(),
        device: args.device.clone(),
        threads: args.threads,
        opt_level: args.opt_level,
        out: args.out.clone(),
        import: None,
        profile: args.profile,
        command: process::command_line(),
    })
}

fn keys(args: &Args) -> Result<Vec<KeyValue>, Diagnostic> {
    let mut list = with_keys(&args.with)?;
    let short = [("--epochs", "epochs", &args.epochs), ("--batch", "batch", &args.batch)];
    let seeds = [("--seed", "seed", &args.seed), ("--seeds", "seeds", &args.seeds)];
    for (option, key, value) in short.into_iter().chain(seeds) {
        if let Some(value) = value {
            list.push(KeyValue { option: format!("{option} {value}"), key: key.to_owned(), value: value.clone() });
        }
    }
    // Who names one seed means that one, however many the recipe has.
    if let (Some(seed), None) = (&args.seed, &args.seeds) {
        list.push(KeyValue { option: format!("--seed {seed}"), key: "seeds".to_owned(), value: "1".to_owned() });
    }
    Ok(list)
}

/// The keys of `--with KEY=VALUE`.
///
/// # Errors
/// `E0901` for text without `=`.
pub(super) fn with_keys(with: &[String]) -> Result<Vec<KeyValue>, Diagnostic> {
    with.iter().map(|text| KeyValue::parse("--with", text)).collect()
}

/// Trains, or imports, and prints the table.
pub(super) fn carry_out(request: &TrainRequest, engine: &dyn Engine, out: &mut Output) -> Exit {
    let stop = interrupts::watch(Second::Ends);
    let trained = engine.train(request, stop, &mut Progress::new(out));
    show(trained, out)
}

/// Prints the results of a training.
pub(super) fn show(trained: Result<Trained, Failure>, out: &mut Output) -> Exit {
    let trained = match trained {
        Ok(trained) => trained,
        Err(Failure::Interrupted) => return Exit::Interrupted,
        Err(Failure::Faults(faults)) => return out.faults(&faults),
    };
    let results = &trained.results;
    let Some(family) = results.first().and_then(|r| Family::parse(&r.family)) else { return Exit::Done };
    if out.is_json() {
        match results.as_slice() {
            [one] => out.json(one),
            several => out.json(&aggregate_json(family, several, several.len())),
        }
    } else {
        let mut tables: Vec<String> = results_tables(results).iter().map(|t| t.text().trim_end().to_owned()).collect();
        tables.extend(trained.profiles.iter().flat_map(profile_tables).map(|t| t.text().trim_end().to_owned()));
        out.line(tables.join("\n\n"));
        out.line(format_args!("run: {}", trained.folder.display()));
    }
    Exit::Done
}
