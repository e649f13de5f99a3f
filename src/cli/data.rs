//! `dsc data info NAME|FILE`.

use super::{Exit, Output};
use crate::data::{Dataset, card, info};
use crate::diag::Diagnostic;
use std::path::{Path, PathBuf};

/// `dsc data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to do with the data.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show counts, shapes, histograms of lengths and labels, NaN and infinite values
    Info {
        /// A feature file, or the name of a known data set: sims, simsv2, mosi, mosei, demo
        #[arg(value_name = "NAME|FILE")]
        data: String,
        /// Folder with the known data sets in MMSA's layout
        #[arg(long, value_name = "DIR", env = "DSC_DATA")]
        data_root: Option<PathBuf>,
    },
}

/// Shows what a data set holds.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let What::Info { data, data_root } = &args.what;
    match open(data, data_root.as_deref()) {
        Ok(dataset) => {
            out.remarks(&dataset.notes, &crate::source::SourceMap::new());
            let info = match info(&dataset) {
                Ok(info) => info,
                Err(fault) => return out.fault(&fault),
            };
            if out.is_json() {
                out.json(&info);
            } else {
                out.line(info.to_string().trim_end());
            }
            Exit::Done
        }
        Err(fault) => out.fault(&fault),
    }
}

/// Opens a known data set by its name, else a feature file; a file called like a data set is given as `./demo`.
///
/// # Errors
/// A file that is missing or cannot be read, a name that nothing has.
pub fn open(data: &str, data_root: Option<&Path>) -> Result<Dataset, Diagnostic> {
    let path = Path::new(data);
    if card::card(data).is_none() && path.exists() {
        return Dataset::open(path);
    }
    card::locate(data, data_root)?.open(DEMO_SEED)
}

/// The seed of the embedded default: its data are one fixed set, whatever the seed of the training.
pub const DEMO_SEED: u64 = 1;
