//! `dsc predict RUN --data FILE`: predictions of a run's selected weights on other data, as CSV.

use std::path::PathBuf;

/// `dsc predict`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// A known data set or a feature file
    #[arg(long, value_name = "NAME|FILE")]
    data: String,
    /// train, valid or test
    #[arg(long, default_value = "test", value_name = "SPLIT")]
    split: String,
    /// Where the CSV goes; by default to standard output
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

/// Predicts and writes.
#[cfg(feature = "torch")]
pub(super) fn run(args: &Args, out: &mut super::Output) -> super::Exit {
    use std::io::Write as _;

    use super::Exit;
    use super::eval::Opened;
    use super::session::parse_split;
    use crate::diag::Diagnostic;
    use crate::diag::codes::run::{E0911, E0913, E0960};
    use crate::train::run_folder::predictions_csv;

    let split = match parse_split(&args.split) {
        Ok(split) => split,
        Err(wanted) => {
            let _ = out.fault(&Diagnostic::error(E0911, format!("`{}` is no split", args.split)).help(wanted));
            return Exit::Usage;
        }
    };
    let root = args.data_root.as_deref();
    let opened = match Opened::new(&args.run, Some(&args.data), root, &args.device, args.threads) {
        Ok(opened) => opened,
        Err(faults) => return out.diagnostics(&faults, &Default::default()),
    };
    let (ids, predictions, labels) = match opened.predict(split) {
        Ok(predicted) => predicted,
        Err(d) => return out.diagnostics(&[d], &opened.session.sources),
    };
    if let Some((id, value)) = ids.iter().zip(&predictions).find(|(_, p)| !p.is_finite()) {
        return out.fault(
            &Diagnostic::error(E0960, format!("the prediction for sample `{id}` is {value}"))
                .help("look at the sample's features with `dsc data info`, or train again with a smaller rate"),
        );
    }
    let fail = |e: &dyn std::fmt::Display| Diagnostic::error(E0913, format!("cannot write the predictions: {e}"));
    let bytes = match predictions_csv(&ids, labels.as_deref().ok(), &predictions) {
        Ok(bytes) => bytes,
        Err(e) => return out.fault(&fail(&e)),
    };
    match &args.out {
        None => out.line(String::from_utf8_lossy(&bytes).trim_end()),
        Some(path) => {
            // What stands there is somebody's work and stays.
            let written = std::fs::File::create_new(path).and_then(|mut file| file.write_all(&bytes));
            if let Err(e) = written {
                let place = format!("`{}`: {e}", path.display());
                return out.fault(&fail(&place).help("name a file that does not exist yet"));
            }
            out.note(format_args!("{} predictions in `{}`", predictions.len(), path.display()));
        }
    }
    Exit::Done
}
