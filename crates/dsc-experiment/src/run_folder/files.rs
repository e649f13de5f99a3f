//! Names of the files of a run folder; what they hold is in the table of [`run_folder`](super).

/// What the run is.
pub const MANIFEST: &str = "run.json";
/// The compiled graph as text.
pub const GRAPH: &str = "graph.txt";
/// Configuration and vocabulary of the text encoder; a folder.
pub const ENCODER: &str = "encoder";
/// Statistics of the features.
pub const STANDARDIZER: &str = "standardizer.json";
/// One line per epoch.
pub const METRICS: &str = "metrics.jsonl";
/// Weights of the selected epoch.
pub const BEST: &str = "best.safetensors";
/// The state to go on from.
pub const LAST: &str = "last.safetensors";
/// Scores; of several seeds, mean and spread.
pub const RESULTS: &str = "results.json";
/// How many seeds were asked for, and which are finished.
pub const SEEDS: &str = "seeds.json";
