//! Which operation of a program takes how much time, in both directions.
//!
//! Forward, the time between two operations of the plan is read. Backward, libtorch runs nodes that it has numbered as the forward pass
//! made them, on the thread that makes them: so the numbers before and behind an operation tell which nodes are its own. A node's time
//! goes on until the next one begins: what libtorch does between them is adding its gradients to others.
//!
//! Nothing is computed differently, and nothing waits, so a profile is for the CPU: a GPU is given its work and computes it later.

use std::time::Duration;

use super::batch::{Mode, StepBatch, Want};
use super::error::fault;
use super::fault::Fault;
use super::ffi::{self, BackwardNodes};
use super::params::{Gradients, ParamStore};
use super::program::{Computed, Evaluated, Program, Run};
use super::workers::own_time;
use dsc_syntax::diag::Diagnostic;
use tch::Tensor;

/// The time of one operation, summed over the steps and their parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeTime {
    /// How often it was computed.
    pub calls: u64,
    /// Time of its forward passes.
    pub forward: Duration,
    /// Time of the nodes of its backward passes.
    pub backward: Duration,
}

/// Times of the operations of a program: those of the threads that computed them, by [`own_time`]. What a pass takes beyond them, as for
/// lengths, the means of the losses, and the order of the nodes backward, belongs to no operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// By the node of the program's graph.
    nodes: Vec<NodeTime>,
}

impl Profile {
    /// The time of a node of the program's graph, by its index.
    pub fn node(&self, index: usize) -> NodeTime {
        self.nodes.get(index).copied().unwrap_or_default()
    }

    /// Adds the times of other operations to `sum`, where there are any.
    pub fn add_to(sum: &mut Option<Profile>, more: Option<Profile>) {
        match (sum, more) {
            (Some(sum), Some(more)) => sum.add(&more),
            (none @ None, more) => *none = more,
            (Some(_), None) => {}
        }
    }

    /// Adds the times of other steps of the same program.
    pub fn add(&mut self, other: &Profile) {
        if self.nodes.len() < other.nodes.len() {
            self.nodes.resize_with(other.nodes.len(), NodeTime::default);
        }
        for (sum, more) in self.nodes.iter_mut().zip(&other.nodes) {
            sum.calls += more.calls;
            sum.forward += more.forward;
            sum.backward += more.backward;
        }
    }
}

/// A forward pass that was timed, until its backward pass is.
pub struct Timed {
    profile: Profile,
    /// The number of the first node of the backward pass.
    first: u64,
    /// For each operation, in their order, the number behind its nodes, and its index.
    ends: Vec<(u64, usize)>,
}

impl Program {
    /// As [`run`](Self::run) in training, timed. Results are the same bits.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_timed(
        &self,
        store: &ParamStore,
        batch: &StepBatch,
        mode: Mode,
        want: Want,
    ) -> Result<(Evaluated, Timed), Diagnostic> {
        let run = Run::new(self, store, batch, mode, want)?;
        let mut watch = Stopwatch::start(self);
        let found = run.evaluate_watched(&mut |computed| watch.see(computed))?;
        Ok((found, watch.stop()))
    }
}

/// A forward pass that is being timed.
pub(crate) struct Stopwatch {
    timed: Timed,
    before: Duration,
}

impl Stopwatch {
    pub(crate) fn start(program: &Program) -> Stopwatch {
        let profile = Profile { nodes: vec![NodeTime::default(); program.steps.len()] };
        let (first, ends) = (ffi::sequence_number(), Vec::with_capacity(program.steps.len()));
        Stopwatch { timed: Timed { profile, first, ends }, before: own_time() }
    }

    pub(crate) fn see(&mut self, computed: &Computed<'_>) -> Result<(), Fault> {
        let now = own_time();
        if let Some(node) = self.timed.profile.nodes.get_mut(computed.node) {
            node.calls += 1;
            node.forward += now.saturating_sub(self.before);
        }
        self.timed.ends.push((ffi::sequence_number(), computed.node));
        self.before = now;
        Ok(())
    }

    pub(crate) fn stop(self) -> Timed {
        self.timed
    }
}

impl Timed {
    /// As [`ParamStore::gradients_of`] of a loss that the forward pass led to.
    ///
    /// # Errors
    /// As [`ParamStore::gradients_of`].
    pub fn gradients_of(&mut self, store: &ParamStore, loss: &Tensor) -> Result<Gradients, Diagnostic> {
        self.record(|| store.gradients_of(loss))
    }

    /// Times a backward pass of what the forward pass led to.
    pub(crate) fn record<T>(&mut self, pass: impl FnOnce() -> Result<T, Diagnostic>) -> Result<T, Diagnostic> {
        let recorded = ffi::recorded(pass);
        let (found, nodes) = recorded.map_err(|why| fault("timing a backward pass", why))?;
        self.add(&nodes);
        found
    }

    /// The times.
    pub fn finish(self) -> Profile {
        self.profile
    }

    fn add(&mut self, nodes: &BackwardNodes) {
        let ends = nodes.begun.iter().skip(1).map(|(_, began)| *began).chain(std::iter::once(nodes.lasted));
        for ((number, began), end) in nodes.begun.iter().zip(ends) {
            if let Some(node) = self.owner(*number).and_then(|node| self.profile.nodes.get_mut(node)) {
                node.backward += end.saturating_sub(*began);
            }
        }
    }

    /// The operation that made the node of that number.
    fn owner(&self, number: u64) -> Option<usize> {
        let at = self.ends.partition_point(|(end, _)| *end <= number);
        self.ends.get(at).filter(|_| number >= self.first).map(|(_, node)| *node)
    }
}
