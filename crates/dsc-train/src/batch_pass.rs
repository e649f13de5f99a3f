//! Losses and gradients of one batch, computed in parts.
//!
//! A batch is cut by its anchors; each part has some anchors and their companions, and is computed by one thread. The number of parts
//! follows from model, data and batch size alone, and sums are taken in the order of the parts. So a training has the same results,
//! bit for bit, with any number of threads.
//!
//! A sample that is a companion of anchors in several parts is computed in each of them.

use std::time::{Duration, Instant};

use dsc_analysis::step::{Target, cut};
use dsc_data::Split;
use dsc_runtime::device::Device;
use dsc_runtime::{Gradients, Mode, Program, SharedParams, StepBatch, Want, Workers, values};
use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

use super::batch_source::BatchSource;
use super::companions::{self, Listed};

/// What a device is for the plan of a step.
pub(crate) fn target(device: Device) -> Target {
    if device == Device::Cpu { Target::Cpu } else { Target::Gpu }
}

/// What a batch is computed with.
pub(crate) struct BatchPass<'a> {
    pub program: &'a Program,
    pub params: SharedParams<'a>,
    pub data: &'a BatchSource<'a>,
    pub lists: &'a [Option<Listed>],
    pub workers: &'a Workers,
    /// See [`dsc_analysis::step::parts`].
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
