//! The training loop of one seed: epochs, validation, selection of the epoch, one evaluation on the test split.

mod checks;
mod restoring;
mod saving;

use dsc_experiment::run_folder::files;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use super::ahead::Ahead;
use super::batch_pass::{BadLoss, BatchPass};
use super::batch_source::BatchSource;
use super::companions::{self, Listed};
use super::encoder_weights;
use super::finish::Finish;
use super::initial_weights::InitialWeights;
use super::non_finite::{At, Replay};
use super::optimizer::optimizer;
use super::outputs::{self, OutputRule, Predicted, score_outputs};
use super::precision;
use super::profile::Profiler;
use dsc_data::text::WeightFile;
use dsc_data::{Split, batch};
use dsc_experiment::checkpoint::{self, Best, Checkpoint, EpochProgress, State};
use dsc_experiment::events::{BatchDone, EpochRecord, Notice, Plan, Reporter, Stop};
use dsc_experiment::results::{During, PeakMemory, Results, by_name};
use dsc_experiment::run_folder::{Log, RunFolder};
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_graph::passes::{self, OptLevel};
use dsc_recipe::Settings;
use dsc_runtime::device::{peak_rss, reset_peak_rss};
use dsc_runtime::tch::Tensor;
use dsc_runtime::{Optimizer, ParamStore, Program, SharedParams, Workers, values};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0926;
use dsc_syntax::source::SourceMap;

use checks::check_model;
use restoring::{restore, resumed};

pub use checks::check;
pub use restoring::load_weights;

/// Minimum time between two checkpoints within an epoch.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(600);

/// One training: model, data, settings, and the run folder for the result.
pub struct Job<'a> {
    /// The graph of the model, before any pass.
    pub graph: &'a Graph,
    /// The dims of the data.
    pub dims: &'a DimTable,
    /// The batches of the data.
    pub data: &'a BatchSource<'a>,
    /// The settings of the recipe.
    pub settings: &'a Settings,
    /// The level of the passes that rewrite the graph before it runs.
    pub level: OptLevel,
    /// Seed of initial values, dropout, shuffling and companions.
    pub seed: u64,
    /// The device to train on.
    pub device: dsc_runtime::device::Device,
    /// Weights of the pretrained text encoder, if the model has one.
    pub encoder: Option<&'a WeightFile>,
    /// The state that the training is resumed from; without one it starts.
    pub checkpoint: Option<&'a Checkpoint>,
    /// Weights of the whole model from another program. They are evaluated as they are, without training.
    pub imported: Option<&'a InitialWeights>,
    /// The threads that compute the parts of a batch.
    pub workers: &'a Workers,
    /// The number of parts that a batch is computed in, as `dsc_analysis::step::parts` has it.
    pub parts: usize,
    /// Whether the batch that comes next is made while the device computes the present one: of use on a GPU.
    pub ahead: bool,
    /// The run folder that the results are written to.
    pub folder: &'a RunFolder,
    /// The files of the model, if the time of its steps is to be measured by line.
    pub profile: Option<&'a SourceMap>,
    /// Requested from outside (Ctrl-C): the training finishes its step, saves its state and ends.
    pub stop: &'a Stop,
}

/// The outcome of a training.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All epochs are finished and the test split was evaluated.
    Finished(Box<Results>),
    /// It was stopped; `last.safetensors` contains the state.
    Interrupted {
        /// Number of finished epochs.
        epoch: u64,
        /// Number of optimiser steps.
        step: u64,
        /// The selected epoch so far, from 0; `None` before the end of the first one.
        best: Option<u64>,
    },
}

/// Trains a model and writes its run folder, except for `run.json` and the files that describe the run.
///
/// # Errors
/// `E0920` for a loss, `E0926` for a gradient or a weight and `E0960` for a prediction that is not a number, `E0922` for a model
/// without loss or output; errors of data, libtorch and file system.
pub fn train(job: &Job<'_>, reporter: &mut dyn Reporter) -> Result<Outcome, Diagnostic> {
    Training::start(job)?.run(reporter)
}

/// Number of parameters (elements) of a graph: all, and those of the text encoder.
pub fn count_parameters(graph: &Graph, dims: &DimTable) -> (u64, u64) {
    let size = |p: &dsc_graph::Param| {
        let numbers = p.shape.iter().map(|d| d.eval(dims).and_then(|n| u64::try_from(n).ok()).unwrap_or(0));
        numbers.fold(1, u64::saturating_mul)
    };
    let all = graph.params.iter().map(size).fold(0, u64::saturating_add);
    (all, graph.params.iter().filter(|p| p.encoder.is_some()).map(size).fold(0, u64::saturating_add))
}

struct Training<'a> {
    job: &'a Job<'a>,
    program: Program,
    store: ParamStore,
    optimizer: Optimizer,
    /// How every output is scored, the first one first.
    outputs: Vec<OutputRule>,
    /// Index of the output whose validation scores select the epoch.
    selected: usize,
    /// The last optimiser step, while the norm of its gradients has not been read from the device.
    unread: Option<Unread>,
    /// See [`BatchPass::ahead`].
    ahead: Ahead,
    lists: Vec<Option<Listed>>,
    state: State,
    log: Log,
    /// The seconds that the training took before it was resumed.
    before: f64,
    began: Instant,
    saved: Instant,
    /// The period that the peak memory is measured over.
    during: During,
    profiler: Option<Profiler<'a>>,
}

/// The norm of the gradients of an optimiser step, still on the device. If it is not finite, the device skipped the step.
struct Unread {
    norm: Tensor,
    at: At,
    /// The anchors of each batch of the step.
    batches: Vec<Vec<usize>>,
}

/// Sums over the batches of an epoch, and the last learning rate.
#[derive(Default)]
struct Sums {
    within: EpochProgress,
    lr: f64,
}

impl<'a> Training<'a> {
    fn start(job: &'a Job<'a>) -> Result<Training<'a>, Diagnostic> {
        let (graph, settings) = (job.graph, job.settings);
        let during = if reset_peak_rss() { During::Run } else { During::Process };
        check_model(graph)?;
        let outputs = outputs::rules(graph, job.data, settings)?;
        let selected = outputs::selected(&outputs, &settings.select)?;
        let optimised = passes::run(graph, job.level.passes(), Some(job.dims))?;
        let mut program = Program::new(&optimised, job.dims)?;
        program.set_products(precision::products(settings.precision, job.device)?);
        program.set_recompute(settings.recompute.parts(&optimised));
        let mut store = ParamStore::init(graph, job.dims, job.seed, job.device.open()?)?;
        match (job.imported, job.encoder) {
            (Some(weights), _) => {
                weights.load(graph, job.dims, &mut store)?;
            }
            (None, Some(encoder)) => {
                encoder_weights::load(graph, &mut store, encoder)?;
            }
            (None, None) => {}
        }
        let mut optimizer = optimizer(graph, &mut store, settings)?;
        let samples = job.data.len(Split::Train)? as u64;
        let steps_per_epoch = samples.div_ceil(settings.batch as u64).div_ceil(settings.accumulate as u64);
        let state = State {
            schema: checkpoint::SCHEMA,
            graph: graph.hash(),
            bound: graph.bound_hash(job.dims),
            seed: job.seed,
            schedule: settings.schedule,
            total_steps: steps_per_epoch * settings.epochs,
            ..State::default()
        };
        let mut lists = vec![None; graph.companions.len()];
        let state = match job.checkpoint {
            Some(checkpoint) => resumed(job, checkpoint, state, (&mut store, &mut optimizer, &mut lists))?,
            None => state,
        };
        let log = job.folder.log(files::METRICS, state.logs.get(files::METRICS).copied().unwrap_or_default())?;
        let now = Instant::now();
        Ok(Training {
            job,
            program,
            store,
            optimizer,
            outputs,
            selected,
            unread: None,
            ahead: Ahead::default(),
            lists,
            before: state.seconds,
            state,
            log,
            began: now,
            saved: now,
            during,
            profiler: job.profile.map(|sources| Profiler::new(optimised, sources)),
        })
    }

    fn run(mut self, reporter: &mut dyn Reporter) -> Result<Outcome, Diagnostic> {
        let (job, settings) = (self.job, self.job.settings);
        let n = job.data.len(Split::Train)?;
        let batches = n.div_ceil(settings.batch) as u64;
        let (seed, epochs) = (job.seed, settings.epochs);
        if job.imported.is_some() {
            return self.import(reporter);
        }
        let (parameters, encoder_parameters) = count_parameters(job.graph, job.dims);
        reporter.started(&Plan {
            seed,
            metric: settings.select.metric_name().to_owned(),
            output: settings.select.output().map(str::to_owned),
            epochs,
            batches,
            samples: n,
            parameters,
            encoder_parameters,
        });
        // Warnings that do not depend on the number of steps were reported with the recipe.
        if settings.schedule.warning(settings.epochs).is_none()
            && let Some(warning) = self.schedule().warning()
        {
            reporter.notice(&Notice::Warning(warning.to_string()));
        }
        if let Some(warning) = precision::warning(settings.precision, job.device)? {
            reporter.notice(&Notice::Warning(warning.to_string()));
        }
        for epoch in self.state.epoch..settings.epochs {
            let began = Instant::now();
            if companions::is_due(job.graph, &self.lists, epoch) {
                reporter.busy("retrieving companions");
                let at = self.at(epoch);
                let (program, store, data, workers) = (&self.program, &self.store, job.data, job.workers);
                let replay = Replay { graph: job.graph, program, store, data, workers, split: Split::Train };
                companions::refresh(&replay, settings, &mut self.lists, at)?;
            }
            let Some(sums) = self.epoch(epoch, n, reporter)? else {
                self.write_profile()?;
                self.save_last(true)?;
                let best = self.state.best.as_ref().map(|b| b.epoch);
                return Ok(Outcome::Interrupted { epoch: self.state.epoch, step: self.state.step, best });
            };
            self.finish_epoch(epoch, &sums, began, reporter)?;
        }
        self.write_profile()?;
        self.finish(reporter)
    }

    fn write_profile(&self) -> Result<(), Diagnostic> {
        let Some(profiler) = &self.profiler else { return Ok(()) };
        self.job.folder.write_json(files::PROFILE, &profiler.finish(self.job.workers.threads().min(self.job.parts)))
    }

    /// Uses the imported weights as the selected ones, without training.
    fn import(mut self, reporter: &mut dyn Reporter) -> Result<Outcome, Diagnostic> {
        if let Some((path, value)) = self.store.bad_parameter()? {
            return Err(Diagnostic::error(E0926, format!("the imported weight `{path}` has an entry that is {value}"))
                .help("the file is damaged, or it holds the weights of a training that diverged: import those of an earlier epoch"));
        }
        self.state.total_steps = 0;
        checkpoint::write(&self.job.folder.file(files::BEST), &self.state, &self.weights())?;
        self.save_last(false)?;
        self.finish(reporter)
    }

    fn schedule(&self) -> dsc_experiment::schedule::Plan {
        let per_epoch = self.state.total_steps / self.job.settings.epochs.max(1);
        dsc_experiment::schedule::Plan::new(&self.job.settings.schedule, self.state.total_steps, per_epoch)
    }

    /// The steps of an epoch; `None` if a stop was requested.
    fn epoch(&mut self, epoch: u64, n: usize, reporter: &mut dyn Reporter) -> Result<Option<Sums>, Diagnostic> {
        let settings = self.job.settings;
        let plan = self.schedule();
        let mut sums = Sums::default();
        if let Some(within) = self.state.within.take() {
            sums = Sums { within, lr: plan.lr(settings.optimizer.lr, self.state.step.saturating_sub(1)) };
        }
        reporter.busy("");
        let batches = batch::epoch(n, settings.batch, self.job.seed, epoch);
        // A checkpoint lies between two steps of the optimiser.
        let open = batches.get(sums.within.batches as usize..).unwrap_or_default();
        let mut coming = open.iter().skip(1);
        for group in open.chunks(settings.accumulate) {
            let began = Instant::now();
            self.store.zero_grads();
            for anchors in group {
                let next = coming.next().map(Vec::as_slice);
                self.backward(epoch, (anchors, next), 1.0 / group.len() as f64, &mut sums.within)?;
                sums.within.batches += 1;
                sums.within.samples += anchors.len() as u64;
                reporter.batch(&BatchDone {
                    epoch,
                    batch: sums.within.batches,
                    samples: sums.within.samples as usize,
                    losses: means(&sums.within),
                });
            }
            let ready = Instant::now();
            let norm = match settings.clip {
                Some(most) => self.optimizer.clip(&self.store, most)?,
                None => self.optimizer.gradient_norm(&self.store)?,
            };
            sums.lr = plan.lr(settings.optimizer.lr, self.state.step);
            self.optimizer.step(&self.store, sums.lr, settings.optimizer.lr, norm.as_ref())?;
            self.unread = norm.map(|norm| Unread { norm, at: self.at(epoch), batches: group.to_vec() });
            self.state.step += 1;
            if let Some(profiler) = &mut self.profiler {
                profiler.step(began.elapsed(), ready.elapsed());
            }
            let save = self.saved.elapsed() > CHECKPOINT_EVERY;
            if self.job.stop.is_requested() || save {
                self.read_norm(&mut sums.within)?;
                self.state.within = Some(sums.within.clone());
            }
            if self.job.stop.is_requested() {
                return Ok(None);
            }
            if save {
                self.save_last(true)?;
            }
        }
        self.read_norm(&mut sums.within)?;
        self.store.zero_grads();
        Ok(Some(sums))
    }

    fn at(&self, epoch: u64) -> At {
        At { epoch, step: self.state.step, lr: self.job.settings.optimizer.lr }
    }

    fn replay(&self, split: Split) -> Replay<'_> {
        let (program, store, data, workers) = (&self.program, &self.store, self.job.data, self.job.workers);
        Replay { graph: self.job.graph, program, store, data, workers, split }
    }

    /// What the batches of an optimiser step are computed with.
    fn pass<'s>(&'s self, epoch: u64, step: u64, next: Option<&'s [usize]>) -> BatchPass<'s> {
        BatchPass {
            program: &self.program,
            params: SharedParams::new(&self.store),
            data: self.job.data,
            lists: &self.lists,
            workers: self.job.workers,
            parts: self.job.parts,
            seed: self.job.seed,
            epoch,
            step,
            profiled: self.profiler.is_some(),
            ahead: self.job.ahead.then_some((&self.ahead, next)),
        }
    }

    /// Reads the norm of the last optimiser step, if that has not been done.
    ///
    /// # Errors
    /// `E0926` if it is not finite.
    fn read_norm(&mut self, within: &mut EpochProgress) -> Result<(), Diagnostic> {
        let Some(Unread { norm, at, batches }) = self.unread.take() else { return Ok(()) };
        let norm = values::scalar(&norm)?;
        if Optimizer::skips(norm) {
            return Err(self.gradient_fault(at, &batches));
        }
        if self.job.settings.clip.is_some() {
            within.gradient_norm = Some(within.gradient_norm.map_or(norm, |m| m.max(norm)));
        }
        Ok(())
    }

    /// Computes the gradients of a skipped step again, before clipping, and looks for what is wrong with them.
    fn gradient_fault(&mut self, at: At, anchors: &[Vec<usize>]) -> Diagnostic {
        self.store.zero_grads();
        let mut batches = Vec::new();
        for anchors in anchors {
            let pass = self.pass(at.epoch, at.step, None);
            let again = pass.batch(anchors).and_then(|batch| {
                batches.push(batch);
                pass.run(anchors, 1.0)
            });
            if let Err(fault) = again.and_then(|again| self.store.add_gradients(again.gradients)) {
                return fault;
            }
        }
        let mode = self.pass(at.epoch, at.step, None).mode();
        self.replay(Split::Train).of_gradient(at, &batches, mode, self.job.settings.clip.is_some())
    }

    /// Forward and backward pass of a batch, `next` are the anchors of the one behind it; `scale` is its share of the optimiser step.
    fn backward(
        &mut self,
        epoch: u64,
        (anchors, next): (&[usize], Option<&[usize]>),
        scale: f64,
        within: &mut EpochProgress,
    ) -> Result<(), Diagnostic> {
        let pass = self.pass(epoch, self.state.step, next);
        let (mode, passed) = (pass.mode(), pass.run(anchors, scale)?);
        // The losses were read, so the device does not have to be waited for.
        self.read_norm(within)?;
        if let Some(BadLoss { batch, name, value }) = &passed.bad {
            return Err(self.replay(Split::Train).of_loss(self.at(epoch), batch, mode, name, *value));
        }
        for (name, value) in &passed.losses {
            *within.sums.entry(name.clone()).or_insert(0.0) += value * anchors.len() as f64;
        }
        let began = Instant::now();
        if let Some(profiler) = &mut self.profiler {
            profiler.batch(&passed);
        }
        self.store.add_gradients(passed.gradients)?;
        if let Some(profiler) = &mut self.profiler {
            profiler.gradients(began.elapsed());
        }
        Ok(())
    }

    /// Validates, selects, and writes log and checkpoints.
    fn finish_epoch(
        &mut self,
        epoch: u64,
        sums: &Sums,
        began: Instant,
        reporter: &mut dyn Reporter,
    ) -> Result<(), Diagnostic> {
        reporter.busy("validation");
        if let Some((path, value)) = self.store.bad_parameter()? {
            return Err(self.replay(Split::Train).of_weight(self.at(epoch), path, value));
        }
        let scored = self.score(Split::Valid, epoch)?;
        let rule = &self.job.settings.select;
        let value = scored.get(self.selected).and_then(|s| s.metrics.get(rule.metric_name()));
        let best = match &self.state.best {
            None => true,
            Some(best) => rule.better(value, best.value),
        };
        self.state.epoch = epoch + 1;
        self.state.within = None;
        if best {
            self.state.best = Some(Best { epoch, value });
        }
        let losses = means(&sums.within);
        let absent = |(decl, listed): (&dsc_graph::Companions, &Option<Listed>)| {
            Some((decl.name.clone(), listed.as_ref()?.pools.absent())).filter(|(_, n)| *n > 0)
        };
        let record = EpochRecord {
            epoch,
            step: self.state.step,
            lr: sums.lr,
            total: losses.values().sum(),
            losses,
            valid: scored.first().map(|s| by_name(&s.metrics)).unwrap_or_default(),
            outputs: scored.iter().skip(1).map(|s| (s.label.clone(), by_name(&s.metrics))).collect(),
            without_companions: self.job.graph.companions.iter().zip(&self.lists).filter_map(absent).collect(),
            gradient_norm: sums.within.gradient_norm,
            best,
            seconds: began.elapsed().as_secs_f64(),
        };
        self.log.add(&record)?;
        reporter.epoch(&record);
        if best {
            // Without times, so that the file is a function of the seed.
            let state = State {
                logs: IndexMap::new(),
                pools: IndexMap::new(),
                moment_steps: IndexMap::new(),
                seconds: 0.0,
                ..self.state.clone()
            };
            checkpoint::write(&self.job.folder.file(files::BEST), &state, &self.weights())?;
        }
        self.save_last(true)
    }

    /// Evaluates the selected weights and writes predictions and results.
    fn finish(mut self, reporter: &mut dyn Reporter) -> Result<Outcome, Diagnostic> {
        let seconds = self.before + self.began.elapsed().as_secs_f64();
        let job = self.job;
        let best = Checkpoint::open(&job.folder.file(files::BEST))?;
        restore(&mut self.store, &best)?;
        reporter.busy("scoring");
        let results = Finish {
            graph: job.graph,
            dims: job.dims,
            program: &self.program,
            store: &self.store,
            data: job.data,
            workers: job.workers,
            outputs: &self.outputs,
            settings: job.settings,
            folder: job.folder,
            seed: job.seed,
            epoch: best.state.best.as_ref().map_or(0, |b| b.epoch),
            step: best.state.step,
            epochs: if job.imported.is_some() { 0 } else { job.settings.epochs },
            stopped_of: None,
            seconds,
            peak_memory: peak_rss().map(|resident| PeakMemory { resident, during: self.during }),
        };
        let results = results.write()?;
        reporter.busy("");
        // The run is finished now: an error from here on only costs disk space.
        if let Err(fault) = self.drop_moments() {
            reporter.notice(&Notice::MomentsKept { why: fault.message });
        }
        Ok(Outcome::Finished(Box::new(results)))
    }

    /// Scores every output on a split, after an epoch.
    fn score(&self, split: Split, epoch: u64) -> Result<Vec<Predicted>, Diagnostic> {
        score_outputs(&self.replay(split), &self.outputs, Some(self.at(epoch)))
    }
}

fn means(within: &EpochProgress) -> IndexMap<String, f64> {
    let n = within.samples.max(1) as f64;
    within.sums.iter().map(|(name, sum)| (name.clone(), sum / n)).collect()
}
