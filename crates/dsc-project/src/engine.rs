//! What runs a request: training and evaluation, behind a trait so that programs without libtorch can hold requests too.

use std::path::PathBuf;

use dsc_data::Split;
use dsc_experiment::events::{Reporter, Stop};
use dsc_experiment::metrics::Family;
use dsc_experiment::profile::StepProfile;
use dsc_experiment::report::ablation::Comparison;
use dsc_experiment::results::{Results, Scores};
use dsc_experiment::run_folder::{Manifest, Prediction};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::bench::{Bench, BenchRequest};
use crate::faults::{Failure, Faults};
use crate::request::{AblationRequest, RunRequest, SweepRequest, TrainRequest};

/// Runs requests. `dsc-train` has the one that runs on libtorch.
pub trait Engine {
    /// Trains every seed of a request, or imports its weights, and leaves run folders.
    ///
    /// # Errors
    /// What is wrong with the request, or what failed in a seed; the seeds before it are kept. `Interrupted` after a request to stop.
    fn train(&self, request: &TrainRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Trained, Failure>;

    /// Resumes a training that was stopped, of one seed or of several, in its folder; `split` of the request is not looked at.
    ///
    /// # Errors
    /// A folder that is no run, or in use; data that are others than those of the run; as [`Engine::train`].
    fn resume(&self, request: &RunRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Trained, Failure>;

    /// Scores the selected weights of a run, or those of all finished seeds below a folder.
    ///
    /// # Errors
    /// A run that cannot be opened or is not finished, data that do not fit it.
    fn score(&self, request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Scored, Faults>;

    /// Predicts with the selected weights of a run.
    ///
    /// # Errors
    /// A run that cannot be opened, data that do not fit it, a prediction that is not a number.
    fn predict(&self, request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Vec<Prediction>, Faults>;

    /// Trains a model, its variants and the models of one modality with the same seeds.
    ///
    /// # Errors
    /// What is wrong with one of the rows, before any is trained; a folder that cannot be written. A run that fails takes no other
    /// with it and is counted.
    fn ablate(&self, request: &AblationRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Compared, Faults>;

    /// Trains a model with several values of a hyper, likewise.
    ///
    /// # Errors
    /// As [`Engine::ablate`].
    fn sweep(&self, request: &SweepRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Compared, Faults>;

    /// Measures steps of a training and of an evaluation. Writes nothing.
    ///
    /// # Errors
    /// What is wrong with the request; errors of data and libtorch.
    fn bench(&self, request: &BenchRequest, reporter: &mut dyn Reporter) -> Result<Bench, Faults>;

    /// What really happens when the engine loads.
    fn probe(&self) -> Probe;
}

/// A training that has ended.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The results of every seed, in their order.
    pub results: Vec<Results>,
    /// The run's folder; of several seeds, the folder of their folders.
    pub folder: PathBuf,
    /// Where the time of the steps went, of every seed that was profiled.
    pub profiles: Vec<StepProfile>,
}

/// Scores of one run, or of the finished seeds below a folder.
#[derive(Clone, Debug)]
pub struct Scored {
    /// What the runs are; of several seeds, the last one's.
    pub manifest: Manifest,
    /// The split.
    pub split: Split,
    /// Whether every run is finished.
    pub finished: bool,
    /// How many seeds were to be trained; none for a single run.
    pub seeds: Option<usize>,
    /// The runs.
    pub runs: Vec<RunScores>,
}

/// Scores of a run.
#[derive(Clone, Debug)]
pub struct RunScores {
    /// Its seed.
    pub seed: u64,
    /// Its folder.
    pub folder: PathBuf,
    /// The scores of the first output now.
    pub scores: Scores,
    /// Those that `results.json` has for the same split of the same data.
    pub recorded: Option<Scores>,
    /// The other outputs, by label.
    pub outputs: IndexMap<String, OutputScores>,
    /// Files of the finished run that differ from those that `results.json` was computed from, by their SHA-256.
    pub changed: Vec<String>,
    /// Whether `results.json` has the SHA-256 of the weights.
    pub hashed: bool,
    /// How this machine and this program differ from those of the run.
    pub elsewhere: Vec<&'static str>,
}

/// Scores of an output besides the first.
#[derive(Clone, Debug)]
pub struct OutputScores {
    /// Its metric family.
    pub family: Family,
    /// The scores now.
    pub scores: Scores,
    /// Those that `results.json` has for the same split of the same data.
    pub recorded: Option<Scores>,
}

impl Scored {
    /// Whether all scores are those that were recorded; nothing where some were not.
    pub fn equal_to_recorded(&self) -> Option<bool> {
        let of = |run: &'_ RunScores| -> Vec<(Scores, Option<Scores>)> {
            let others = run.outputs.values().map(|o| (o.scores.clone(), o.recorded.clone()));
            std::iter::once((run.scores.clone(), run.recorded.clone())).chain(others).collect()
        };
        let pairs = self.runs.iter().flat_map(of).map(|(now, recorded)| Some((now, recorded?)));
        let pairs: Vec<_> = pairs.collect::<Option<_>>()?;
        (!pairs.is_empty()).then(|| pairs.iter().all(|(now, recorded)| now == recorded))
    }
}

/// A comparison, as far as its runs are finished.
#[derive(Clone, Debug)]
pub struct Compared {
    /// All rows with their results.
    pub comparison: Comparison,
    /// The folder of runs and tables.
    pub folder: PathBuf,
    /// How many runs failed.
    pub failed: usize,
    /// Whether a request to stop ended it.
    pub interrupted: bool,
}

/// The libtorch of a process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Probe {
    /// Its folder.
    pub libtorch: Option<PathBuf>,
    /// The version that the program was compiled against.
    pub built_for: String,
    /// Threads that a training uses by default.
    pub threads: usize,
    /// Usable GPUs.
    pub gpus: usize,
    /// Why there are none.
    pub no_gpu_because: Option<NoGpu>,
}

/// Why no GPU is usable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoGpu {
    /// The code of the diagnostic.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub help: Option<String>,
}
