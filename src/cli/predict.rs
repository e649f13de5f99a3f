//! `dsc predict RUN`: predictions of a run's selected weights, as CSV or JSON.

use std::path::PathBuf;

/// `dsc predict`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// A known data set or a feature file, with labels or without; by default the data of the run
    #[arg(long, value_name = "NAME|FILE")]
    data: Option<String>,
    /// train, valid or test; without it all splits that the data have, with a column that says which
    #[arg(long, value_name = "SPLIT")]
    split: Option<String>,
    /// Where the predictions go, as CSV, or as JSON with --format json; by default to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Folder below which the known data sets lie
    #[arg(long, value_name = "DIR", env = "DSC_DATA")]
    data_root: Option<PathBuf>,
    /// cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: String,
    /// Threads for operators
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

#[cfg(feature = "torch")]
pub(super) use with_torch::run;

#[cfg(feature = "torch")]
mod with_torch {
    use std::fs::File;
    use std::io::Write as _;
    use std::path::Path;

    use super::Args;
    use crate::cli::reopened::{Faults, Opened, Place};
    use crate::cli::session::parse_split;
    use crate::cli::{Exit, Output};
    use crate::data::Split;
    use crate::diag::Diagnostic;
    use crate::diag::codes::run::{E0911, E0913, E0921, E0923, E0960};
    use crate::train::run_folder::{Columns, Prediction, RunFolder, Seeds, predictions_csv};

    /// Predicts and writes.
    pub(in crate::cli) fn run(args: &Args, out: &mut Output) -> Exit {
        let asked = match args.split.as_deref().map(|text| (text, parse_split(text))) {
            None => None,
            Some((_, Ok(split))) => Some(split),
            Some((text, Err(wanted))) => {
                let _ = out.fault(&Diagnostic::error(E0911, format!("`{text}` is no split")).help(wanted));
                return Exit::Usage;
            }
        };
        match predicted(args, asked, out) {
            Ok(()) => Exit::Done,
            Err(faults) => faults.show(out),
        }
    }

    fn predicted(args: &Args, asked: Option<Split>, out: &mut Output) -> Result<(), Faults> {
        if let Some(path) = &args.out {
            check_free(path)?;
        }
        if let Some(seeds) = Seeds::open(&args.run)? {
            return Err(one_of(&args.run, &seeds).into());
        }
        let finished = RunFolder::open(&args.run)?.0.is_finished();
        let (data, data_root) = (args.data.as_deref(), args.data_root.as_deref());
        let place = Place { data, data_root, split: asked, device: &args.device, threads: args.threads };
        let opened = Opened::new(&args.run, place)?;
        opened.remarks(out);
        let mut splits: Vec<Split> = opened.session.dataset.tables.iter().map(|t| t.split).collect();
        if !finished && opened.on_own_data() {
            // Predictions beside labels are scores.
            let before = splits.len();
            splits.retain(|s| *s != Split::Test);
            if asked == Some(Split::Test) {
                let fault = Diagnostic::error(E0923, format!("`{}` is not finished", args.run.display()));
                return Err(fault.help("the test split of its data is read once, at the end of a run").into());
            }
            if splits.len() < before {
                out.note("the run is not finished: the test split of its data is left out");
            }
        }
        if asked.is_none() {
            splits.retain(|s| opened.session.dataset.split(*s).is_ok_and(|t| !t.is_empty()));
        }
        if splits.is_empty() {
            return Err(Diagnostic::error(
                E0921,
                format!("`{}` has no samples to predict", opened.session.dataset.name),
            )
            .help("give a data file with samples in at least one of train, valid and test")
            .into());
        }
        let mut rows = Vec::new();
        for split in splits {
            rows.extend(opened.predict(split, out).map_err(|d| opened.fault(d))?);
        }
        if let Some(Prediction { split, id, prediction, .. }) = rows.iter().find(|r| !r.prediction.is_finite()) {
            let message = format!("the prediction for sample `{id}` of {split} is {prediction}");
            return Err(Diagnostic::error(E0960, message)
                .help("look at the sample's features with `dsc data info`, or train again with a smaller rate")
                .into());
        }
        write(&rows, asked.is_none(), args.out.as_deref(), out).map_err(Faults::from)
    }

    /// Several seeds make several predictions.
    fn one_of(top: &Path, seeds: &Seeds) -> Diagnostic {
        let fault = Diagnostic::error(E0911, format!("`{}` holds the runs of several seeds", top.display()));
        let runs: Vec<String> = seeds.finished().map(|r| format!("`{}`", top.join(&r.folder).display())).collect();
        match runs.as_slice() {
            [] => fault.help("none of them is finished"),
            _ => fault.help(format!("give one of them: {}", runs.join(", "))),
        }
    }

    fn check_free(path: &Path) -> Result<(), Diagnostic> {
        // What stands there is somebody's work and stays.
        if path.exists() {
            return Err(unwritten(&format!("`{}` exists", path.display())).help("name a file that does not exist yet"));
        }
        match path.parent().filter(|p| !p.as_os_str().is_empty() && !p.is_dir()) {
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
            out.line(String::from_utf8_lossy(&bytes).trim_end());
            return Ok(());
        };
        let written = File::create_new(path).and_then(|mut file| file.write_all(&bytes));
        written.map_err(|e| {
            unwritten(&format!("`{}`: {e}", path.display())).help("name a file that does not exist yet")
        })?;
        out.note(format_args!("{} predictions in `{}`", rows.len(), path.display()));
        Ok(())
    }
}
