//! `dsc predict RUN`: predictions of a run's selected weights, as CSV or JSON.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use dsc_experiment::run_folder::{Columns, Prediction, predictions_csv};
use dsc_experiment::write::create;
use dsc_project::Engine;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0913;

use super::progress::Progress;
use super::run_args::RunArgs;
use super::{Exit, Output};

/// `dsc predict`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "An id that a spreadsheet would run as a formula (`=..`, `@..`, `+..`) has `'` before it in the CSV."
)]
#[command(mut_arg("data", |a| a.help("A known data set or a feature file, with labels or without; by default the data of the run")))]
#[command(mut_arg("split", |a| a.help("train, valid or test; by default all splits that the data have, with a column that names them")))]
pub struct Args {
    #[command(flatten)]
    run: RunArgs,
    /// Where the predictions go, as CSV, or as JSON with --format json; by default to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Predicts and writes.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    if let Some(Err(fault)) = args.out.as_deref().map(check_free) {
        return out.fault(&fault);
    }
    let rows = engine.predict(&args.run.request(), &mut Progress::new(out));
    let rows = match rows {
        Ok(rows) => rows,
        Err(faults) => return out.faults(&faults),
    };
    match write(&rows, args.run.split.is_none(), args.out.as_deref(), out) {
        Ok(()) => Exit::Done,
        Err(fault) => out.fault(&fault),
    }
}

fn check_free(path: &Path) -> Result<(), Diagnostic> {
    // A file that is there is somebody's work and stays, and so is what a link leads to.
    if path.symlink_metadata().is_ok() {
        return Err(unwritten(&format!("`{}` exists", path.display())).help("name a file that does not exist yet"));
    }
    match path.parent().filter(|p| !p.as_os_str().is_empty() && !p.is_dir()) {
        Some(file) if file.exists() => {
            Err(unwritten(&format!("`{}` is a file, not a folder", file.display())).help("name another file"))
        }
        Some(folder) => Err(unwritten(&format!("there is no folder `{}`", folder.display())).help("make it first")),
        None => Ok(()),
    }
}

fn unwritten(why: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(E0913, format!("cannot write the predictions: {why}"))
}

fn write(rows: &[Prediction], several: bool, path: Option<&Path>, out: &mut Output) -> Result<(), Diagnostic> {
    let columns = Columns { split: several, label: rows.iter().any(|r| r.label.is_some()) };
    let bytes = match out.is_json() {
        true => serde_json::to_vec_pretty(rows).map_err(|e| unwritten(&e))?,
        false => predictions_csv(rows, columns).map_err(|e| unwritten(&e))?,
    };
    let Some(path) = path else {
        out.verbatim(String::from_utf8_lossy(&bytes).trim_end());
        return Ok(());
    };
    create(path, &bytes).map_err(|e| {
        let help = match e.kind() {
            ErrorKind::AlreadyExists => "name a file that does not exist yet",
            _ => "free some space, or name a file in another folder",
        };
        unwritten(&format!("`{}`: {e}", path.display())).help(help)
    })?;
    out.note(format_args!("{} predictions in `{}`", rows.len(), path.display()));
    Ok(())
}
