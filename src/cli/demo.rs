//! `dsc demo`: the stock model and the unimodal ones on the generated data, in one table.

use std::path::{Path, PathBuf};

use dsc_data::demo::{Ceiling, SEED, SPLITS, ceiling};
use dsc_experiment::metrics::Family;
use dsc_experiment::report::results::{ModelRow, models_table};
use dsc_experiment::run_folder::RunFolder;
use dsc_project::{Engine, Failure, TrainRequest};
use indexmap::IndexMap;

use super::interrupts::{self, Second};
use super::process;
use super::progress::Progress;
use super::{Exit, Output};

/// `dsc demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Folder for the runs, which must not exist; by default runs/demo-TIME
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Epochs instead of the recipes' own
    #[arg(long, value_name = "N")]
    epochs: Option<String>,
    /// The seed
    #[arg(long, value_name = "N", default_value = "1")]
    seed: String,
    /// Threads; by default one for each core. Results do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// The models that are compared, the fused one first.
const MODELS: [&str; 4] = ["dashfusion", "unimodal/text", "unimodal/audio", "unimodal/vision"];

/// Trains the models and prints the table.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    let stop = interrupts::watch(Second::Ends);
    let top = match RunFolder::create(args.out.as_deref(), Path::new("runs"), "demo") {
        Ok(folder) => folder,
        Err(d) => return out.fault(&d),
    };
    let mut rows = Vec::new();
    let mut constants = Vec::new();
    let mut family = Family::Sims;
    for model in MODELS {
        out.note(format_args!("== {model}"));
        let mut request = TrainRequest::new(model, "demo").with("seed", &args.seed).with("seeds", "1");
        if let Some(epochs) = &args.epochs {
            request = request.with("epochs", epochs);
        }
        request.threads = args.threads;
        request.out = Some(top.file(&model.replace('/', "-")));
        request.command = process::command_line();
        let trained = engine.train(&request, stop, &mut Progress::new(out));
        let trained = match trained {
            Ok(trained) => trained,
            Err(Failure::Interrupted) => return Exit::Interrupted,
            Err(Failure::Faults(faults)) => {
                // Nothing is in it where the first model was refused.
                top.discard();
                return out.faults(&faults);
            }
        };
        let Some(r) = trained.results.into_iter().next() else { continue };
        family = Family::parse(&r.family).unwrap_or(family);
        if constants.is_empty() {
            constants.push(ModelRow {
                name: format!("constant {}", r.constant.value),
                metrics: r.constant.test.metrics.clone(),
                parameters: None,
                seconds: None,
            });
        }
        rows.push(ModelRow {
            name: model.to_owned(),
            metrics: r.test.metrics.clone(),
            parameters: Some(r.parameters),
            seconds: Some(r.seconds),
        });
    }
    // What the best rule for each metric is expected to score.
    let known = ["none", "text", "audio", "vision", "text+audio+vision"];
    let all: Vec<_> = ceiling(SEED).into_iter().filter(|c| known.contains(&c.known.as_str())).collect();
    let spread = |of: fn(&Ceiling) -> f64| all.iter().map(of).fold(0.0, f64::max);
    let (mae_spread, acc2_spread) = (spread(|c| c.mae_spread), spread(|c| c.acc2_spread));
    let ceilings = all.iter().map(|c| ModelRow {
        name: format!("expected ceiling: {}", if c.known == "none" { "constant" } else { &c.known }),
        metrics: IndexMap::from([
            ("acc2".to_owned(), Some(c.acc2)),
            ("mae".to_owned(), Some(c.mae)),
            ("corr".to_owned(), Some(c.corr).filter(|corr| *corr > 1e-9)),
        ]),
        parameters: None,
        seconds: None,
    });
    let ceilings = ceilings.collect();
    let mut table = models_table(family, &[rows, constants, ceilings]);
    table.note("generated data (--data demo); the epoch was chosen on the validation split, the test split read once per model");
    table.note("expected ceiling: what the best predictor of those modalities scores in expectation over new samples");
    table.note(format!(
        "scores on the {} samples of this test split scatter around expectations, MAE by up to {mae_spread:.3} and Acc-2 by up to \
         {:.2} (standard deviations), so a model may be a little above its ceiling here",
        SPLITS[2],
        100.0 * acc2_spread
    ));
    out.line(table.text().trim_end());
    out.line(format_args!("runs: {}", top.path().display()));
    Exit::Done
}
