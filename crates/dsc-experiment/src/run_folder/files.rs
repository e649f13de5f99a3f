//! Names of the files of a run folder; their content is described in [`run_folder`](super).

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
/// Scores of a run; for several seeds mean and standard deviation.
pub const RESULTS: &str = "results.json";
/// How many seeds were requested, and which are finished.
pub const SEEDS: &str = "seeds.json";
