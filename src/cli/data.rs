//! `dsc data info NAME|FILE`.

use super::{Exit, Output};
use dsc_data::info;
use dsc_project::open_data;
use std::path::PathBuf;

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
    match open_data(data, data_root.as_deref()) {
        Ok(dataset) => {
            out.remarks(&dataset.notes, &dsc_syntax::source::SourceMap::new());
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
