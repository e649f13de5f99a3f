//! A measurement of training and evaluation steps, beside what the machine can do.
//!
//! The steps are those of a training: batches in the order of the recipe's seed, companions retrieved and drawn, losses checked,
//! gradients added up, the optimiser's step. The limits of the machine are measured in the same process behind them: their buffers, which
//! the allocator keeps, are no memory of the steps.

mod limits;

use std::time::{Duration, Instant};

use dsc_analysis::{Costs, Phase, Summary, step};
use dsc_data::{Split, batch};
use dsc_experiment::events::Reporter;
use dsc_experiment::profile::StepProfile;
use dsc_experiment::run_folder::Machine;
use dsc_graph::Graph;
use dsc_graph::dims::Dim;
use dsc_graph::passes::{self, Pass};
use dsc_project::bench::{Bench, BenchMachine, BenchMemory, BenchRequest, Measured, Spread};
use dsc_project::{Faults, Session, StepModel};
use dsc_runtime::device::{Device, cpu_seconds, peak_rss, reset_peak_rss, rss, threads};
use dsc_runtime::{Optimizer, ParamStore, Program, SharedParams, StepBatch, TORCH_VERSION, Workers, ffi};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0901;
use indexmap::IndexMap;

use crate::batch_pass::{self, BadLoss, BatchPass, Times};
use crate::batch_source::BatchSource;
use crate::companions::{self, Listed};
use crate::encoder_weights;
use crate::evaluate;
use crate::non_finite::{At, Replay};
use crate::optimizer::optimizer;
use crate::precision;
use crate::profile::{self, Profiler};
use crate::run;
use crate::trainer::count_parameters;

/// Training steps that are run and not measured: the first ones allocate the moments, and pages of the allocator.
const WARM_UP: usize = 2;

/// Evaluations of the validation split that are measured.
const EVALUATIONS: usize = 3;

/// Measures the steps of a training.
///
/// # Errors
/// As [`Engine::bench`](dsc_project::Engine::bench).
pub(crate) fn bench(request: &BenchRequest, reporter: &mut dyn Reporter) -> Result<Bench, Faults> {
    let device = Device::parse(&request.train.device)?;
    device.open()?;
    if request.train.profile {
        profile::check(device)?;
    }
    let workers = Workers::on(device, threads(request.train.threads)?)?;
    let passes = chosen(&request.passes)?;
    let session = Session::open(&request.train, reporter)?;
    // Every value is looked at, so that the data are resident before memory is measured.
    let (data, _) = run::batches(&session)?;
    let measure = Measure { request, session: &session, data: &data, device, workers: &workers };
    measure.all(&passes, reporter).map_err(|d| Faults::at(d, &session.sources))
}

/// The passes of these names.
fn chosen(names: &[String]) -> Result<Vec<Pass>, Diagnostic> {
    let find = |name: &String| {
        passes::find(name).copied().ok_or_else(|| {
            let all: Vec<&str> = passes::PIPELINE.iter().map(|p| p.name).collect();
            Diagnostic::error(E0901, format!("there is no pass `{name}`"))
                .help(format!("the passes are {}", all.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

/// What the measurements have in common.
struct Measure<'a> {
    request: &'a BenchRequest,
    session: &'a Session,
    data: &'a BatchSource<'a>,
    device: Device,
    workers: &'a Workers,
}

/// A training that is being measured.
struct Running<'a> {
    graph: &'a Graph,
    program: Program,
    store: ParamStore,
    optimizer: Optimizer,
    lists: Vec<Option<Listed>>,
    parts: usize,
}

impl Measure<'_> {
    fn all(&self, passes: &[Pass], reporter: &mut dyn Reporter) -> Result<Bench, Diagnostic> {
        let (session, settings) = (self.session, &self.session.resolved.settings);
        let graph = passes::run(&session.graph, passes, Some(&session.dims))?;
        let mut program = Program::new(&graph, &session.dims)?;
        program.set_products(precision::products(settings.precision, self.device)?);
        program.set_recompute(settings.recompute.parts(&graph));
        let anchors = settings.batch.min(self.data.len(Split::Train)?);
        let parts = step::parts(&session.graph, &session.dims, anchors, batch_pass::target(self.device));
        let shapes = self.shapes(&graph, &program, parts)?;
        ffi::trim_pool();
        let base = rss().unwrap_or_default();
        let mut store = ParamStore::init(&session.graph, &session.dims, settings.seed, self.device.open()?)?;
        if let Some(folder) = session.encoder.as_ref().and_then(|e| e.folder.as_ref()) {
            encoder_weights::load(&session.graph, &mut store, &folder.weights()?)?;
        }
        let optimizer = optimizer(&session.graph, &mut store, settings)?;
        let lists = vec![None; graph.companions.len()];
        let mut running = Running { graph: &graph, program, store, optimizer, lists, parts };
        reporter.busy("retrieving companions");
        let retrieval_s = self.retrieval(&mut running)?;
        let mut profiler = self.request.train.profile.then(|| Profiler::new(graph.clone(), &session.sources));
        let (mut train, between) = self.train(&mut running, profiler.as_mut(), reporter)?;
        let model = model_bytes(&session.graph, &running.store, session);
        let above = |bytes: u64| bytes.saturating_sub(base).saturating_sub(model);
        let between = between.filter(|_| self.device == Device::Cpu).map(above);
        let peak = between.and_then(|_| peak_rss());
        let plan = StepModel::of_session(session, passes, batch_pass::target(self.device))?;
        let predicted = plan.estimate(None).map(|estimate| {
            let others = self.workers.threads().min(estimate.parts).saturating_sub(1) as u64;
            estimate.above + others * estimate.per_thread
        });
        let memory = BenchMemory { base, model, above: peak.map(above), between, predicted };
        reporter.busy("evaluation");
        let mut eval = self.eval(&running)?;
        reporter.busy("measuring the machine");
        let limits = limits::measure(&shapes, self.workers, self.device)?;
        reporter.busy("");
        for measured in [&mut train, &mut eval] {
            measured.share_of_limit =
                limits.float32.map(|limit| measured.multiply_adds / measured.wall_s.median.max(1e-9) / limit);
        }
        let machine = Machine::here(self.device.to_string(), self.workers.threads());
        Ok(Bench {
            model: session.graph.name.clone(),
            data: self.request.train.data.clone(),
            recipe: session.resolved.recipe.clone(),
            batch: settings.batch,
            accumulate: settings.accumulate,
            parts,
            passes: self.request.passes.clone(),
            machine: BenchMachine {
                processor: machine.processor,
                kernels: ffi::cpu_capability(),
                libtorch: TORCH_VERSION.to_owned(),
                device: machine.device,
                threads: machine.threads,
                float32: limits.float32,
                bfloat16: limits.bfloat16,
                bandwidth: limits.bandwidth,
            },
            train,
            eval,
            retrieval_s,
            memory,
            profile: profiler.map(|profiler| StepProfile {
                // Warm-up and retrieval come before the steps.
                start_s: None,
                ..profiler.finish(self.workers.threads().min(parts))
            }),
        })
    }

    fn retrieval(&self, running: &mut Running<'_>) -> Result<Option<f64>, Diagnostic> {
        if running.lists.is_empty() {
            return Ok(None);
        }
        let began = Instant::now();
        let mut lists = running.lists.clone();
        let replay = self.replay(running);
        companions::refresh(&replay, &self.session.resolved.settings, &mut lists, self.at(0))?;
        running.lists = lists;
        Ok(Some(began.elapsed().as_secs_f64()))
    }

    /// The training split, for companions and for errors.
    fn replay<'r>(&'r self, running: &'r Running<'_>) -> Replay<'r> {
        let Running { graph, program, store, .. } = running;
        Replay { graph, program, store, data: self.data, workers: self.workers, split: Split::Train }
    }

    fn at(&self, step: u64) -> At {
        At { epoch: 0, step, lr: self.session.resolved.settings.optimizer.lr }
    }

    fn pass<'r>(&'r self, running: &'r Running<'_>, step: u64) -> BatchPass<'r> {
        BatchPass {
            program: &running.program,
            params: SharedParams::new(&running.store),
            data: self.data,
            lists: &running.lists,
            workers: self.workers,
            parts: running.parts,
            seed: self.session.resolved.settings.seed,
            epoch: 0,
            step,
            profiled: self.request.train.profile,
            ahead: None,
        }
    }

    /// The steps of whole batches, and what is resident between them; none where the peak is not theirs alone.
    fn train(
        &self,
        running: &mut Running<'_>,
        mut profiler: Option<&mut Profiler<'_>>,
        reporter: &mut dyn Reporter,
    ) -> Result<(Measured, Option<u64>), Diagnostic> {
        let settings = &self.session.resolved.settings;
        let mut batches = batch::epoch(self.data.len(Split::Train)?, settings.batch, settings.seed, 0);
        // The last batch of an epoch may be small: another step.
        let whole = batches.iter().map(Vec::len).max().unwrap_or_default();
        batches.retain(|batch| batch.len() == whole);
        let training = Summary::of(running.graph).training;
        let (mut wall, mut cpu) = (Vec::new(), Vec::new());
        let (mut times, mut gradients, mut optimiser) = (Times::default(), Duration::ZERO, Duration::ZERO);
        let mut multiply_adds = 0i64;
        let mut between = None;
        let mut endless = batches.iter().cycle();
        for step in 0..WARM_UP + self.request.steps {
            if step == WARM_UP {
                ffi::trim_pool();
                between = rss().filter(|_| reset_peak_rss());
            }
            reporter.busy(&format!("training step {}", step + 1));
            let group: Vec<&Vec<usize>> = endless.by_ref().take(settings.accumulate).collect();
            let (began, used) = (Instant::now(), cpu_seconds());
            running.store.zero_grads();
            let (mut of_step, mut added) = (Times::default(), Duration::ZERO);
            for anchors in &group {
                let pass = self.pass(running, step as u64);
                let passed = pass.run(anchors, 1.0 / group.len() as f64)?;
                if let Some(BadLoss { batch, name, value }) = &passed.bad {
                    let replay = self.replay(running);
                    return Err(replay.of_loss(self.at(step as u64), batch, pass.mode(), name, *value));
                }
                of_step.add(&passed.times);
                let adds = Instant::now();
                if let Some(profiler) = profiler.as_deref_mut().filter(|_| step >= WARM_UP) {
                    profiler.batch(&passed);
                }
                running.store.add_gradients(passed.gradients)?;
                added += adds.elapsed();
            }
            let ready = Instant::now();
            let norm = match settings.clip {
                Some(most) => running.optimizer.clip(&running.store, most)?,
                None => running.optimizer.gradient_norm(&running.store)?,
            };
            let lr = settings.optimizer.lr;
            running.optimizer.step(&running.store, lr, lr, norm.as_ref())?;
            if step < WARM_UP {
                continue;
            }
            let (took, behind) = (began.elapsed(), ready.elapsed());
            wall.push(took.as_secs_f64());
            cpu.push(cpu_seconds() - used);
            times.add(&of_step);
            gradients += added;
            optimiser += behind;
            if let Some(profiler) = profiler.as_deref_mut() {
                profiler.gradients(added);
                profiler.step(took, behind);
            }
            for anchors in &group {
                for part in self.pass(running, 0).computed(anchors)? {
                    multiply_adds +=
                        running.program.sum_over(&part, &training.anchor, &training.companion)?.unwrap_or_default();
                }
            }
        }
        let steps = wall.len().max(1) as f64;
        let mean = |total: Duration| total.as_secs_f64() / steps;
        let phases = [
            ("batch", mean(times.batch)),
            ("forward", mean(times.forward)),
            ("backward", mean(times.backward)),
            ("gradients", mean(times.adding + gradients)),
            ("optimiser", mean(optimiser)),
        ];
        let samples = (whole * settings.accumulate) as f64;
        let measured = Measured {
            steps: wall.len(),
            samples_per_s: samples / Spread::of(&wall).median.max(1e-9),
            wall_s: Spread::of(&wall),
            cpu_s: Spread::of(&cpu),
            phases_s: phases.map(|(name, seconds)| (name.to_owned(), seconds)).into_iter().collect(),
            multiply_adds: 3.0 * multiply_adds as f64 / steps,
            share_of_limit: None,
        };
        Ok((measured, between))
    }

    fn eval(&self, running: &Running<'_>) -> Result<Measured, Diagnostic> {
        let costs = Costs::of(running.graph);
        let mut forward = Dim::from(0);
        costs.nodes().filter(|c| c.phase == Phase::Forward).for_each(|c| forward.add(&c.multiply_adds));
        let n = self.data.len(Split::Valid)?;
        let all: Vec<usize> = (0..n).collect();
        let multiply_adds = running.program.sum_over(&self.batch(Split::Valid, &all)?, &forward, &forward)?;
        let (mut wall, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..EVALUATIONS {
            let (began, used) = (Instant::now(), cpu_seconds());
            evaluate::predict(&running.program, &running.store, self.data, Split::Valid, self.workers)?;
            wall.push(began.elapsed().as_secs_f64());
            cpu.push(cpu_seconds() - used);
        }
        Ok(Measured {
            steps: wall.len(),
            samples_per_s: n as f64 / Spread::of(&wall).median.max(1e-9),
            wall_s: Spread::of(&wall),
            cpu_s: Spread::of(&cpu),
            phases_s: IndexMap::new(),
            multiply_adds: multiply_adds.unwrap_or_default() as f64,
            share_of_limit: None,
        })
    }

    fn batch(&self, split: Split, samples: &[usize]) -> Result<StepBatch, Diagnostic> {
        self.data.batch(split, samples, samples.len(), false)
    }

    /// The linear maps of the model with the rows that they have in a part of a batch.
    fn shapes(&self, graph: &Graph, program: &Program, parts: usize) -> Result<Vec<limits::Shape>, Diagnostic> {
        let n = self.session.resolved.settings.batch.div_ceil(parts).min(self.data.len(Split::Train)?).max(1);
        let batch = self.batch(Split::Train, &(0..n).collect::<Vec<_>>())?;
        let costs = Costs::of(graph);
        let mut shapes = Vec::new();
        for (id, node) in graph.nodes().filter(|(_, node)| matches!(node.op, dsc_graph::Op::Linear)) {
            let columns = |id: dsc_graph::NodeId| graph.node(id)?.ty.tensor()?.dims.last();
            let source = graph.operands(id).first().copied().and_then(columns);
            let Some((out, inputs)) = columns(id).zip(source) else { continue };
            let (Some(out), Some(inputs)) = (out.eval(&self.session.dims), inputs.eval(&self.session.dims)) else {
                continue;
            };
            let length = node.ty.len().cloned().unwrap_or_else(|| Dim::from(1));
            let rows = program.sum_over(&batch, &length, &length)?.unwrap_or(1);
            let views = match costs.node(id) {
                Some(cost) if cost.at_companions => 1 + costs.companions as i64,
                _ => 1,
            };
            shapes.push(limits::Shape { rows: rows.saturating_mul(views).max(1), inputs, outputs: out });
        }
        Ok(shapes)
    }
}

/// Bytes of weights, gradients and moments.
fn model_bytes(graph: &Graph, store: &ParamStore, session: &Session) -> u64 {
    let (all, _) = count_parameters(graph, &session.dims);
    let trained: usize = store.iter().filter(|(path, _)| store.gradient(path).is_some()).map(|(_, t)| t.numel()).sum();
    4 * (all + 3 * trained as u64)
}

#[cfg(test)]
mod tests;
