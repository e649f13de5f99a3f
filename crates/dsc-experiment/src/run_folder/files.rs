//! Names of the files of a run folder; their content is described in [`run_folder`](super).

use std::path::Path;

/// The [`Manifest`](super::Manifest): settings, hypers, hashes, data, machine.
pub const MANIFEST: &str = "run.json";
/// The files of the model as they were compiled; a folder.
pub const SOURCES: &str = "source";
/// The file that a process locks while it trains in the folder; see [`FolderLock`](super::FolderLock).
pub const LOCK: &str = ".lock";
/// The compiled graph in its text form, before any pass.
pub const GRAPH: &str = "graph.txt";
/// Configuration and vocabulary of the text encoder; a folder.
pub const ENCODER: &str = "encoder";
/// Mean and standard deviation of the features, if they are standardised.
pub const STANDARDIZER: &str = "standardizer.json";
/// One [`EpochRecord`](crate::events::EpochRecord) per line.
pub const METRICS: &str = "metrics.jsonl";
/// Weights of the selected epoch.
pub const BEST: &str = "best.safetensors";
/// The state to resume from.
pub const LAST: &str = "last.safetensors";
/// The [`StepProfile`](crate::profile::StepProfile) of `--profile`.
pub const PROFILE: &str = "profile.json";
/// Scores of a run; for several seeds mean and standard deviation.
pub const RESULTS: &str = "results.json";
/// How many seeds were requested, and which are finished.
pub const SEEDS: &str = "seeds.json";
/// Marks the folder of a comparison: rows of runs, and tables.
pub const COMPARISON: &str = "comparison.json";

/// The files of a finished run whose SHA-256 `results.json` records: those that the scores are computed from, and the predictions.
pub fn hashed(run: &Path) -> Vec<String> {
    let mut names = vec![MANIFEST.to_owned(), BEST.to_owned(), STANDARDIZER.to_owned()];
    let entries = std::fs::read_dir(run.join(ENCODER)).into_iter().flatten().flatten();
    let mut encoder: Vec<String> =
        entries.filter_map(|e| Some(format!("{ENCODER}/{}", e.file_name().to_str()?))).collect();
    encoder.sort_unstable();
    names.append(&mut encoder);
    names.extend(["valid.csv".to_owned(), "test.csv".to_owned()]);
    names.retain(|name| run.join(name).is_file());
    names
}
