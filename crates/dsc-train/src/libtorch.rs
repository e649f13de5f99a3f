//! [`Libtorch`]: the engine that runs requests in this process.

use dsc_experiment::events::{Reporter, Stop};
use dsc_experiment::run_folder::Prediction;
use dsc_project::bench::{Bench, BenchRequest};
use dsc_project::engine::{Compared, NoGpu, Probe, Scored, Trained};
use dsc_project::{AblationRequest, Engine, Failure, Faults, RunRequest, SweepRequest, TrainRequest};
use dsc_runtime::{TORCH_VERSION, device};

use crate::comparison::{self, Worker};
use crate::{bench, predict, resume, run, score};

/// Runs requests on the libtorch that is loaded in this process.
#[derive(Clone, Debug)]
pub struct Libtorch {
    /// The program that trains the runs of a comparison.
    pub worker: Worker,
}

impl Engine for Libtorch {
    fn train(&self, request: &TrainRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Trained, Failure> {
        run::train(request, stop, reporter)
    }

    fn resume(&self, request: &RunRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Trained, Failure> {
        resume::resume(request, stop, reporter)
    }

    fn score(&self, request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Scored, Faults> {
        score::score(request, reporter)
    }

    fn predict(&self, request: &RunRequest, reporter: &mut dyn Reporter) -> Result<Vec<Prediction>, Faults> {
        predict::predict(request, reporter)
    }

    fn ablate(&self, request: &AblationRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Compared, Faults> {
        comparison::ablate(request, &self.worker, stop, reporter)
    }

    fn sweep(&self, request: &SweepRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Compared, Faults> {
        comparison::sweep(request, &self.worker, stop, reporter)
    }

    fn bench(&self, request: &BenchRequest, reporter: &mut dyn Reporter) -> Result<Bench, Faults> {
        bench::bench(request, reporter)
    }

    fn probe(&self) -> Probe {
        let (gpus, no_gpu_because) = match device::load_cuda() {
            Ok(count) => (count, None),
            Err(fault) => (0, Some(NoGpu { code: fault.code.0.to_owned(), message: fault.message, help: fault.help })),
        };
        Probe {
            libtorch: device::libtorch_folder(),
            built_for: TORCH_VERSION.to_owned(),
            threads: device::threads(None).unwrap_or(0),
            gpus,
            no_gpu_because,
        }
    }
}
