//! `dsc resume RUN`: resumes a training that was stopped.

use dsc_project::Engine;

use super::interrupts::{self, Second};
use super::progress::Progress;
use super::run_args::RunArgs;
use super::train::show;
use super::{Exit, Output};

/// `dsc resume`.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("run", |a| a.help("The folder of a run, or of the runs of several seeds")))]
#[command(mut_arg("data", |a| a.help("Where the feature file of the run lies now; it has to be the same file")))]
#[command(mut_arg("split", |a| a.hide(true).value_parser(|_: &str| NO_SPLIT)))]
#[command(after_help = "\
A run is resumed from its last checkpoint (after each epoch, and every ten minutes within one), whether it was stopped by Ctrl-C, a kill, a
full disk or a power cut, and ends with the same weights, predictions and scores, bit for bit, as if it had not been stopped. Model,
settings and seed are those in the run folder. Of several seeds, those that are not finished are trained.

  dsc resume runs/dashfusion-sims-20260131-101500
  dsc resume runs/dashfusion-sims-20260131-101500 --threads 4

For a comparison give `dsc ablate` or `dsc sweep` the same `--out` again: finished runs are kept, others are trained anew.")]
pub struct Args {
    #[command(flatten)]
    run: RunArgs,
}

const NO_SPLIT: Result<dsc_data::Split, &str> = Err("a training reads all splits: take the option away");

/// Resumes and prints the table.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    let stop = interrupts::watch(Second::Ends);
    let trained = engine.resume(&args.run.request(), stop, &mut Progress::new(out));
    show(trained, out)
}
