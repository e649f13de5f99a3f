//! The time of training steps, by line of the model.

use std::collections::BTreeMap;
use std::time::Duration;

use dsc_analysis::Place;
use dsc_experiment::profile::{LineTime, OTHER, OperationTime, Spent, StepProfile};
use dsc_graph::Graph;
use dsc_runtime::device::{Device, process_seconds};
use dsc_runtime::{NodeTime, Profile};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::runtime::E0702;
use dsc_syntax::source::SourceMap;

use crate::batch_pass::{Passed, Times};

/// Refuses to profile where operations are not computed while they are called.
///
/// # Errors
/// `E0702` on a GPU.
pub(crate) fn check(device: Device) -> Result<(), Diagnostic> {
    if device == Device::Cpu {
        return Ok(());
    }
    Err(Diagnostic::error(E0702, "a profile needs `--device cpu`: a GPU is given its work, and computes it later")
        .help("profile on the CPU, where the lines have other times, or run `nsys profile dsc train ..`"))
}

/// Times of the steps so far.
pub(crate) struct Profiler<'a> {
    /// The graph that runs, behind the passes.
    graph: Graph,
    sources: &'a SourceMap,
    nodes: Profile,
    times: Times,
    gradients: Duration,
    optimiser: Duration,
    wall: Duration,
    steps: u64,
    start_s: Option<f64>,
}

impl<'a> Profiler<'a> {
    /// Without any step.
    pub(crate) fn new(graph: Graph, sources: &'a SourceMap) -> Profiler<'a> {
        Profiler {
            graph,
            sources,
            nodes: Profile::default(),
            times: Times::default(),
            gradients: Duration::ZERO,
            optimiser: Duration::ZERO,
            wall: Duration::ZERO,
            steps: 0,
            start_s: None,
        }
    }

    /// Adds the passes of a batch.
    pub(crate) fn batch(&mut self, passed: &Passed) {
        self.times.add(&passed.times);
        if let Some(profile) = &passed.profile {
            self.nodes.add(profile);
        }
    }

    /// Adds what it took to add gradients to those of the batches before.
    pub(crate) fn gradients(&mut self, time: Duration) {
        self.gradients += time;
    }

    /// Ends a step that took `wall`, `optimiser` of it behind the last gradient.
    pub(crate) fn step(&mut self, wall: Duration, optimiser: Duration) {
        if self.steps == 0 {
            self.start_s = process_seconds();
        }
        self.steps += 1;
        self.wall += wall;
        self.optimiser += optimiser;
    }

    /// The means of the steps, of which threads computed the parts.
    pub(crate) fn finish(&self, threads: usize) -> StepProfile {
        let steps = self.steps.max(1) as f64;
        let mean = |time: Duration| time.as_secs_f64() / steps;
        let whole = mean(self.times.threads) + mean(self.wall.saturating_sub(self.times.wall));
        let spent = |time: NodeTime| {
            let (forward_s, backward_s) = (mean(time.forward), mean(time.backward));
            let share = (forward_s + backward_s) / whole.max(f64::MIN_POSITIVE);
            Spent { calls: time.calls as f64 / steps, forward_s, backward_s, share }
        };
        let mut lines: BTreeMap<Line, LineTime> = BTreeMap::new();
        let mut operations: BTreeMap<(Place, &str), Spent> = BTreeMap::new();
        let mut of_nodes = Spent::default();
        for (id, node) in self.graph.nodes() {
            let time = self.nodes.node(id.index());
            if time == NodeTime::default() {
                continue;
            }
            let (spent, place) = (spent(time), Place::of(&self.graph, node, self.sources));
            of_nodes.add(&spent);
            let line =
                lines.entry((place.file.clone(), place.line, place.around.clone())).or_insert_with(|| LineTime {
                    file: place.file.clone(),
                    line: place.line,
                    text: place.text.clone(),
                    around: place.around.clone(),
                    spent: Spent::default(),
                });
            line.spent.add(&spent);
            operations.entry((place, node.op.name())).or_default().add(&spent);
        }
        let mut lines: Vec<LineTime> = lines.into_values().collect();
        lines.sort_by(|a, b| b.spent.seconds().total_cmp(&a.spent.seconds()));
        let operation = |((place, name), spent): ((Place, &str), Spent)| OperationTime {
            operation: name.to_owned(),
            at: place.operation,
            file: place.file,
            line: place.line,
            path: [place.around, place.within].concat(),
            spent,
        };
        let mut operations: Vec<OperationTime> = operations.into_iter().map(operation).collect();
        operations.sort_by(|a, b| b.spent.seconds().total_cmp(&a.spent.seconds()));
        let [batch, forward, backward] = [self.times.batch, self.times.forward, self.times.backward].map(mean);
        let gradients = mean(self.times.adding) + mean(self.gradients);
        let optimiser = mean(self.optimiser);
        let rest = whole - batch - forward - backward - gradients - optimiser;
        // What is computed again on the way back is time of the backward pass, and a forward pass of its operations.
        let of_forward = forward - of_nodes.forward_s;
        let of_backward = backward - of_nodes.backward_s + of_forward.min(0.0);
        let other = [batch, of_forward, of_backward, gradients, optimiser, rest];
        StepProfile {
            model: self.graph.name.clone(),
            steps: self.steps,
            threads,
            wall_s: mean(self.wall),
            threads_s: whole,
            start_s: self.start_s,
            lines,
            operations,
            other_s: OTHER
                .iter()
                .zip(other)
                .map(|((name, _), seconds)| ((*name).to_owned(), seconds.max(0.0)))
                .collect(),
        }
    }
}

/// File and line, and the calls and loop turns around it.
type Line = (String, usize, Vec<String>);
