//! The memory of a training step over time: its plan carried out without numbers.
//!
//! # How
//! A batch is computed in parts, one after the other ([`parts`]), each with the lengths of its own samples. A part is simulated as
//! `dsc-runtime` runs it: inputs are copied, operations are computed in their order and on the rows that they have there (anchors, or
//! companions too), packed or padded as their lengths say; a value is freed after its last reader, unless the tape of the backward pass
//! keeps it (`tape`). Then the tape is gone through from its end: the gradients of a few values live at a time, what an operation kept
//! is freed behind it, the gradients of parameters stay. What a recipe has computed again is freed forward and computed when its turn comes. Gradients of parts before are there all the while. Every tensor gets an address
//! as the allocator gives it (`pool`), so that holes which fit nothing count too.
//!
//! # What is left out
//! Small objects (nodes of the tape, shapes, lists), workspaces of libtorch's kernels for products and convolutions, the code of
//! libtorch's kernels, which the system loads when they are first called. Recurrent layers and convolutions are counted roughly.

mod attention;
mod ops;
mod part;
mod plan;
mod pool;
mod rows;
mod sequences;
mod tape;

use std::collections::VecDeque;
use std::rc::Rc;

use dsc_graph::dims::{Atom, DimTable, DimValues};
use dsc_graph::recompute::Parts;
use dsc_graph::{Graph, Joint};

pub use rows::{PartRows, StepRows};

use self::part::Forward;
use self::plan::StepPlan;
use self::tape::{Block, Meter};
use super::summary::Summary;

/// What a training runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Processor cores: attention has a kernel of its own, which keeps a bit for each weight that dropout may change.
    #[default]
    Cpu,
    /// A GPU: attention is padded to the longest sample, and keeps its weights where there is dropout on them.
    Gpu,
}

/// The number of parts by the multiply-adds of the forward pass of a batch, from which on it has as many. Each part calls all operators,
/// has a gradient of every parameter that has to be added up, and computes companions that other parts have too: so the number of parts
/// grows by far less than the work. Powers of 2, so that common numbers of threads have the same number of parts each.
const PARTS: [(i64, usize); 3] = [(64_000_000_000, 8), (8_000_000_000, 4), (1_000_000_000, 2)];

/// The number of parts that a batch of a training is cut into, if it has as many anchors. It is 1 on a GPU, and where sequences of
/// different lengths are compared with each other over the batch.
pub fn parts(graph: &Graph, dims: &DimTable, batch: usize, target: Target) -> usize {
    let joint = Joint::of(graph);
    if target != Target::Cpu || (joint.reads_batch() && !joint.joins()) {
        return 1;
    }
    let samples = i64::try_from(batch).unwrap_or(i64::MAX);
    let number = |atom: &Atom| if *atom == Atom::Batch { Some(samples) } else { dims.value(atom) };
    let work = Summary::of(graph).training.forward().eval(&number).unwrap_or(0).saturating_mul(samples);
    PARTS.iter().find(|(least, _)| work >= *least).map_or(1, |(_, parts)| *parts)
}

/// How a batch of a training is cut into parts.
#[derive(Clone, Copy, Debug)]
pub struct Cutting {
    /// The parts that its work asks for, see [`parts`].
    pub parts: usize,
    /// Whether losses read several samples, and what they read of each can be joined, see [`Joint::joins`].
    pub joins: bool,
    /// Whether a loss reads all anchors of the batch.
    pub reads_batch: bool,
}

impl Cutting {
    /// Where each part of `anchors` anchors begins and ends.
    pub fn ranges(self, anchors: usize) -> Vec<std::ops::Range<usize>> {
        cut(anchors, if self.reads_batch && !self.joins { 1 } else { self.parts })
    }

    /// Whether the parts are shards: each of the `samples` of the batch is computed once, of which all is kept until the losses are known.
    /// Parts by themselves have `of_parts` samples altogether, companions in several parts counted in each. They need the memory of one
    /// of them, so they may compute a quarter more.
    pub fn in_shards(self, samples: impl FnOnce() -> usize, of_parts: impl FnOnce() -> usize) -> bool {
        self.joins && (self.reads_batch || 4 * of_parts() > 5 * samples())
    }
}

/// Where each of `parts` parts of `anchors` anchors begins and ends. The sizes differ by at most 1.
pub fn cut(anchors: usize, parts: usize) -> Vec<std::ops::Range<usize>> {
    let parts = parts.clamp(1, anchors.max(1));
    (0..parts).map(|part| part * anchors / parts..(part + 1) * anchors / parts).collect()
}

/// Where the lengths of an estimate come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthsOf {
    /// Of the samples of the training split.
    Samples,
    /// Every sample is as long as the longest may be.
    Longest,
}

/// Bytes of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StepEstimate {
    /// Anchors per batch.
    pub batch: usize,
    /// Parts that a batch is computed in, one after the other on each thread.
    pub parts: usize,
    /// Steps that were simulated.
    pub steps: usize,
    /// Where the lengths come from.
    pub lengths: LengthsOf,
    /// Weights, gradients, moments.
    pub fixed: u64,
    /// Beyond these: the most in the simulated steps, on one thread.
    pub above: u64,
    /// What each thread beyond the first adds at most.
    pub per_thread: u64,
}

impl StepEstimate {
    /// Bytes of a training on one thread.
    pub fn total(&self) -> u64 {
        self.fixed.saturating_add(self.above)
    }
}

/// Bytes of steps, beside weights and moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct StepMemory {
    /// What the process holds for tensors in the end, gradients of the parameters and holes between tensors included.
    pub resident: u64,
    /// The most that tensors held at once.
    pub peak: u64,
    /// What the largest part held at its peak, without the gradients of parts before. Each thread beyond the first adds as much at most.
    pub part: u64,
    /// The gradients of the parameters when a step is done.
    pub gradients: u64,
}

impl StepMemory {
    /// Of a graph as it is run, after its passes, for steps of some parts each, one after the other. `trained` says of each parameter
    /// whether a gradient is wanted, `again` of each node which part it belongs to that is computed again on the way back. None where a
    /// name has no number.
    pub fn of(
        graph: &Graph,
        dims: &DimTable,
        trained: &[bool],
        again: Option<&Parts>,
        target: Target,
        steps: &[StepRows],
    ) -> Option<StepMemory> {
        let plan = StepPlan::new(graph, trained, again);
        let meter = Rc::new(Meter::default());
        let mut all = StepMemory::default();
        // The gradients of a step are there until the next one begins.
        for StepRows { parts, shards } in steps {
            let mut held: Vec<Rc<Block>> = Vec::new();
            let forward = |rows| Forward::run(&plan, dims, target, rows, &meter);
            let mut waiting = VecDeque::new();
            if *shards {
                meter.again();
                waiting = parts.iter().map(forward).collect::<Option<_>>()?;
                all.peak = all.peak.max(meter.most());
            }
            for rows in parts {
                let before = meter.now();
                meter.again();
                let part = match waiting.pop_front() {
                    Some(shard) => shard.backward()?,
                    None => forward(rows)?.backward()?,
                };
                all.part = all.part.max(meter.most().saturating_sub(before));
                all.peak = all.peak.max(meter.most());
                all.gradients = all.gradients.max(part.whole);
                // Those of the first part are added to. Rows of tables are collected.
                match held.is_empty() {
                    true => held = part.gradients,
                    false => {
                        drop(part.gradients);
                        held.push(meter.block(part.sparse));
                    }
                }
            }
            // In the end rows of tables become whole tables.
            let rest = all.gradients.saturating_sub(meter.now());
            held.push(meter.block(rest));
        }
        all.peak = all.peak.max(all.gradients);
        all.resident = meter.resident();
        Some(all)
    }

    /// What is needed beyond weights, gradients and moments.
    pub fn above(&self) -> u64 {
        self.resident.saturating_sub(self.gradients)
    }
}

#[cfg(test)]
mod tests;
