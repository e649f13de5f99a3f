//! `dsc ablate FILE --data D`: a model, its variants and the unimodal models on the same data with the same seeds, in one table.
//!
//! Every row is compiled, bound and checked before the first one is trained (`rows`); every pair of row and seed is a run
//! of its own, in a process of its own (`queue`), so that a run that fails takes no other with it. A run that is there
//! already, by the hashes of graph, data and encoder and by the settings, is taken as it is: an ablation that was broken off
//! goes on where it was, and after a change of one variant only that row is trained again.

#[cfg(feature = "torch")]
mod queue;
#[cfg(feature = "torch")]
pub(super) mod rows;

use super::train;
#[cfg(feature = "torch")]
use crate::report::ablation::Comparison;

/// `dsc ablate`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(mut_arg("out", |a| a.help("Folder of runs and tables, made or gone on with; by default runs/ablate-MODEL-DATA")))]
#[command(mut_arg("threads", |a| a.help("Threads of each run; by default one on the CPU")))]
#[command(after_help = "\
  dsc ablate models/dashfusion.dsl --data sims --seeds 5
  dsc ablate mine.dsl --data demo --variants narrow,wide --no-unimodal

Rows are the model as the file has it, its variants, and the stock models of one modality, trained
as the model is; the constant prediction stands below them. All have the same seeds, so that
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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    jobs: Option<u64>,
}

/// Trains what is missing and prints the table.
#[cfg(feature = "torch")]
pub(super) fn run(args: &Args, out: &mut super::Output) -> super::Exit {
    match rows::rows(args, out) {
        Ok(rows) => compare(&rows, "ablate", &args.train, args.jobs, &|_| Vec::new(), out),
        Err(exit) => exit,
    }
}

/// Trains what is missing of the rows, prints their table and writes it, and what `more` makes of it, into the folder.
#[cfg(feature = "torch")]
pub(super) fn compare(
    rows: &[rows::Row],
    what: &str,
    asked: &train::Args,
    jobs: Option<u64>,
    more: &dyn Fn(&Comparison) -> Vec<(&'static str, String)>,
    out: &mut super::Output,
) -> super::Exit {
    use super::Exit;
    use crate::diag::Diagnostic;
    use crate::diag::codes::run::E0932;

    let folder = asked.out.clone().unwrap_or_else(|| default_folder(what, asked));
    let ended = match queue::train_all(rows, &folder, jobs, out) {
        Ok(ended) => ended,
        Err(fault) => return out.fault(&fault),
    };
    let comparison = Comparison::new(rows.iter().map(rows::Row::heading).collect(), ended.results);
    for (name, text) in comparison.files().into_iter().chain(more(&comparison)) {
        let path = folder.join(name);
        if let Err(why) = std::fs::write(&path, text) {
            return out.fault(&Diagnostic::error(E0932, format!("cannot write `{}`: {why}", path.display())));
        }
    }
    if out.is_json() {
        out.json(&comparison.json());
    } else {
        out.line(comparison.text().trim_end());
        out.line(format_args!("runs and tables: {}", folder.display()));
    }
    match (ended.interrupted, ended.failed) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Done,
        (false, _) => Exit::Faults,
    }
}

/// The same for the same model and data, so that a second call goes on with the first one's runs.
#[cfg(feature = "torch")]
fn default_folder(what: &str, asked: &train::Args) -> std::path::PathBuf {
    let clean = |text: &str| {
        text.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect::<String>()
    };
    let stem = |text: &str| {
        std::path::Path::new(text).file_stem().map_or(text.to_owned(), |s| s.to_string_lossy().into_owned())
    };
    std::path::Path::new("runs").join(format!(
        "{what}-{}-{}",
        clean(&stem(&asked.model.file)),
        clean(&stem(&asked.data))
    ))
}
