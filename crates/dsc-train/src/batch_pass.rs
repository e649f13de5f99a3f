//! Losses and gradients of one batch, computed in parts.
//!
//! A batch is cut by its anchors; each part has some anchors and their companions, and is computed by one thread. The number of parts
//! follows from model, data and batch size alone, and sums are taken in the order of the parts. So a training has the same results,
//! bit for bit, with any number of threads.
//!
//! A sample that is a companion of anchors in several parts is computed in each of them.

use std::ops::Range;
use std::time::{Duration, Instant};

use dsc_analysis::Summary;
use dsc_data::Split;
use dsc_graph::dims::DimTable;
use dsc_graph::{Graph, MaxOver, Op};
use dsc_runtime::device::Device;
use dsc_runtime::{Gradients, Mode, Program, SharedParams, StepBatch, Want, Workers, values};
use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

use super::batch_source::BatchSource;
use super::companions::{self, Listed};

/// The number of parts by the multiply-adds of the forward pass of a batch, from which on it has as many. Each part calls all operators,
/// has a gradient of every parameter that has to be added up, and computes companions that other parts have too: so the number of parts
/// grows by far less than the work. Powers of 2, so that common numbers of threads have the same number of parts each.
const PARTS: [(i64, usize); 3] = [(64_000_000_000, 8), (8_000_000_000, 4), (1_000_000_000, 2)];

/// The number of parts that a batch of a training is cut into, if it has as many anchors. It is 1 on a GPU, and where a value depends
/// on the other anchors of the batch.
pub(crate) fn parts(graph: &Graph, dims: &DimTable, batch: usize, device: Device) -> usize {
    let whole = |op: &Op| matches!(op, Op::InBatch | Op::Own | Op::Dense { to: MaxOver::Batch });
    if device != Device::Cpu || graph.nodes().any(|(_, node)| whole(&node.op)) {
        return 1;
    }
    let anchor = Summary::of(graph).training.forward().eval(dims).unwrap_or(0);
    let work = anchor.saturating_mul(i64::try_from(batch).unwrap_or(i64::MAX));
    PARTS.iter().find(|(least, _)| work >= *least).map_or(1, |(_, parts)| *parts)
}

/// Where each of `parts` parts of `anchors` anchors begins and ends. The sizes differ by at most 1.
pub(crate) fn cut(anchors: usize, parts: usize) -> Vec<Range<usize>> {
    let parts = parts.clamp(1, anchors.max(1));
    (0..parts).map(|part| part * anchors / parts..(part + 1) * anchors / parts).collect()
}

/// What a batch is computed with.
pub(crate) struct BatchPass<'a> {
    pub program: &'a Program,
    pub params: SharedParams<'a>,
    pub data: &'a BatchSource<'a>,
    pub lists: &'a [Option<Listed>],
    pub workers: &'a Workers,
    /// See [`parts`].
    pub parts: usize,
    pub seed: u64,
    pub epoch: u64,
    pub step: u64,
}

/// Time of the phases of a batch, summed over its parts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// Reading the samples.
    pub batch: Duration,
    pub forward: Duration,
    pub backward: Duration,
}

/// Losses and gradients.
#[derive(Default)]
pub(crate) struct Passed {
    pub times: Times,
    /// The loss terms by name, each a mean over the anchors.
    pub losses: IndexMap<String, f64>,
    pub gradients: Gradients,
    /// The first loss that is not finite; then the gradients are not those of the whole batch.
    pub bad: Option<BadLoss>,
}

/// A loss that is not finite.
pub(crate) struct BadLoss {
    /// The part of the batch that it belongs to.
    pub batch: StepBatch,
    pub name: String,
    pub value: f64,
}

impl BatchPass<'_> {
    pub(crate) fn mode(&self) -> Mode {
        Mode::Train { seed: self.seed, epoch: self.epoch, step: self.step }
    }

    /// Some anchors of the training split with their companions.
    ///
    /// # Errors
    /// As [`BatchSource::batch`].
    pub(crate) fn batch(&self, anchors: &[usize]) -> Result<StepBatch, Diagnostic> {
        let (samples, companions) = companions::rows(self.lists, anchors, self.seed, self.epoch);
        let mut batch = self.data.batch(Split::Train, &samples, anchors.len(), true)?;
        batch.companions = companions;
        Ok(batch)
    }

    /// Losses, and `scale` times the gradients of their sum.
    ///
    /// # Errors
    /// As [`batch`](Self::batch) and [`Program::run`].
    pub(crate) fn run(&self, anchors: &[usize], scale: f64) -> Result<Passed, Diagnostic> {
        let parts = cut(anchors.len(), self.parts);
        let mut all = Passed::default();
        let work = |part: usize| {
            let own = parts.get(part).and_then(|range| anchors.get(range.clone())).unwrap_or_default();
            self.part(own, own.len() as f64 / anchors.len() as f64, scale)
        };
        self.workers.in_order(parts.len(), work, |_, part| {
            for (name, loss) in part.losses {
                *all.losses.entry(name).or_insert(0.0) += loss;
            }
            all.bad = all.bad.take().or(part.bad);
            all.times.batch += part.times.batch;
            all.times.forward += part.times.forward;
            all.times.backward += part.times.backward;
            all.gradients.add(part.gradients)
        })?;
        Ok(all)
    }

    /// One part, which is the fraction `share` of the batch.
    fn part(&self, anchors: &[usize], share: f64, scale: f64) -> Result<Passed, Diagnostic> {
        let began = Instant::now();
        let batch = self.batch(anchors)?;
        let read = Instant::now();
        let store = self.params.get();
        let result = self.program.run(store, &batch, self.mode(), Want::LOSSES)?;
        let mut part = Passed::default();
        for (name, loss) in &result.losses {
            let value = values::scalar(loss)?;
            if !value.is_finite() {
                let bad = Some(BadLoss { batch, name: name.clone(), value });
                return Ok(Passed { bad, ..Passed::default() });
            }
            part.losses.insert(name.clone(), value * share);
        }
        let computed = Instant::now();
        if let Some(total) = values::total(&result.losses, scale * share)? {
            part.gradients = store.gradients_of(&total)?;
        }
        part.times = Times { batch: read - began, forward: computed - read, backward: computed.elapsed() };
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_anchors_and_differ_by_one() {
        for anchors in 1..40 {
            for parts in 1..10 {
                let cut = cut(anchors, parts);
                assert_eq!(cut.len(), parts.min(anchors));
                assert_eq!(cut.iter().cloned().flatten().collect::<Vec<_>>(), (0..anchors).collect::<Vec<_>>());
                let sizes = || cut.iter().map(Range::len);
                assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
            }
        }
    }
}
