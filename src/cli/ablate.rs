//! `dsc ablate FILE --data D`: a model, its variants and the unimodal models on the same data with the same seeds, in one table.

use dsc_project::engine::Compared;
use dsc_project::{AblationRequest, Engine, Faults};

use super::interrupts::{self, Second};
use super::progress::Progress;
use super::{Exit, Output, train};

/// `dsc ablate`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(mut_arg("out", |a| a.help("Folder of runs and tables, made or gone on with; by default runs/ablate-MODEL-DATA")))]
#[command(mut_arg("profile", |a| a.help("Write profile.json, the time of the steps by line of the model, into the folder of each run")))]
#[command(mut_arg("threads", |a| a.help("Threads of each run; by default one on the CPU")))]
#[command(after_help = "\
  dsc ablate models/dashfusion.dsl --data sims --seeds 5
  dsc ablate mine.dsl --data demo --variants narrow,wide --no-unimodal

Rows are the model as the file has it, its variants, and the stock models of one modality, trained
as the model is; the last row is the constant prediction. All have the same seeds, so that
differences are taken seed by seed. The folder holds a run folder for each row and seed, and the
tables as table.txt, .md, .csv and .tex. Called again with the same folder, it trains what is
missing or has changed. Ctrl-C ends it; what was finished is kept.")]
pub struct Args {
    #[command(flatten)]
    pub(super) train: train::Args,
    /// Only these variants, separated by commas
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    variants: Option<Vec<String>>,
    /// Without the rows of one modality
    #[arg(long)]
    no_unimodal: bool,
    /// Runs at a time; by default as many as cores and memory allow, on a GPU one
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    jobs: Option<usize>,
}

/// A number of runs at a time.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "a whole number from 1 on".to_owned())
}

/// Trains what is missing and prints the table.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    let train = match train::request(&args.train, out) {
        Ok(train) => train,
        Err(exit) => return exit,
    };
    let (variants, unimodal, jobs) = (args.variants.clone(), !args.no_unimodal, args.jobs);
    let request = AblationRequest { train, variants, unimodal, jobs };
    let stop = interrupts::watch(Second::Counts);
    let compared = engine.ablate(&request, stop, &mut Progress::new(out));
    show(compared, out)
}

/// Prints the table of a comparison.
pub(super) fn show(compared: Result<Compared, Faults>, out: &mut Output) -> Exit {
    let compared = match compared {
        Ok(compared) => compared,
        Err(faults) => return out.faults(&faults),
    };
    if out.is_json() {
        out.json(&compared.comparison.json());
    } else {
        out.line(compared.comparison.text().trim_end());
        out.line(format_args!("runs and tables: {}", compared.folder.display()));
    }
    match (compared.interrupted, compared.failed) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Done,
        (false, _) => Exit::Faults,
    }
}
