//! The arguments that say which run is opened again, and on what.

use std::path::PathBuf;

use dsc_data::Split;
use dsc_project::RunRequest;

/// A run, and other data than its own.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// The folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Other data than the run's own: a known data set or a feature file
    #[arg(long, value_name = "NAME|FILE")]
    data: Option<String>,
    /// Folder below which the known data sets lie
    #[arg(long, value_name = "DIR", env = "DSC_DATA")]
    data_root: Option<PathBuf>,
    /// train, valid or test
    #[arg(long, value_name = "SPLIT", value_parser = parse_split)]
    pub split: Option<Split>,
    /// cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: String,
    /// Threads; by default one for each core. Results do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl RunArgs {
    /// The arguments as a request.
    pub(super) fn request(&self) -> RunRequest {
        RunRequest {
            run: self.run.clone(),
            split: self.split,
            data: self.data.clone(),
            data_root: self.data_root.clone(),
            device: self.device.clone(),
            threads: self.threads,
        }
    }
}

fn parse_split(text: &str) -> Result<Split, String> {
    Split::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| "one of train, valid, test".to_owned())
}
