//! Losses and gradients of one batch, computed in parts.
//!
//! A batch is cut by its anchors; each part has some anchors and their companions, and is computed by one thread. The number of parts
//! follows from model, data and batch size alone, and sums are taken in the order of the parts. So a training has the same results,
//! bit for bit, with any number of threads.
//!
//! A sample that is a companion of anchors in several parts is computed in each of them. Where that are many, and where losses read the
//! whole batch, the parts are [shards](super::shard_pass).

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dsc_analysis::step::{Cutting, Target};
use dsc_data::Split;
use dsc_runtime::device::Device;
use dsc_runtime::{
    CompanionRows, Gradients, Mode, Profile, Program, SharedParams, StepBatch, Timed, Want, WholeBatch, Workers,
    own_time, values,
};
use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

use super::ahead::Ahead;
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
    /// Whether every operation is timed.
    pub profiled: bool,
    /// The batch that comes next and its anchors, where it is made before it is due: on a GPU, where a batch is one part.
    pub ahead: Option<(&'a Ahead, Option<&'a [usize]>)>,
}

/// Time of the phases of a batch, summed over its parts: that of the threads that computed them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// Reading the samples.
    pub batch: Duration,
    pub forward: Duration,
    pub backward: Duration,
    /// Adding up the gradients of the parts.
    pub adding: Duration,
    /// From the first part to the last one, by the clock on the wall.
    pub wall: Duration,
    /// The same, once for each thread that computes.
    pub threads: Duration,
}

impl Times {
    pub(crate) fn add(&mut self, other: &Times) {
        self.batch += other.batch;
        self.forward += other.forward;
        self.backward += other.backward;
        self.adding += other.adding;
        self.wall += other.wall;
        self.threads += other.threads;
    }
}

/// Losses and gradients.
#[derive(Default)]
pub(crate) struct Passed {
    pub times: Times,
    /// The loss terms by name, each a mean over the anchors.
    pub losses: IndexMap<String, f64>,
    pub gradients: Gradients,
    /// Times of the operations, if they were asked for.
    pub profile: Option<Profile>,
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

    /// The parts of a batch by its anchors, and whether they are shards.
    fn cut(&self, anchors: &[usize]) -> (Vec<Range<usize>>, bool) {
        let program = self.program;
        let joins = program.joins_shards(self.lists.iter().any(Option::is_some));
        let cutting = Cutting { parts: self.parts, joins, reads_batch: program.reads_batch() };
        let parts = cutting.ranges(anchors.len());
        let samples = |anchors: &[usize]| companions::rows(self.lists, anchors, self.seed, self.epoch).0.len();
        let of_parts = || parts.iter().filter_map(|range| anchors.get(range.clone())).map(samples).sum();
        let shards = parts.len() > 1 && cutting.in_shards(|| samples(anchors), of_parts);
        (parts, shards)
    }

    /// The batches that are computed for one: its parts, or all of it where no sample is computed twice.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    pub(crate) fn computed(&self, anchors: &[usize]) -> Result<Vec<StepBatch>, Diagnostic> {
        match self.cut(anchors) {
            (_, true) => Ok(vec![self.batch(anchors)?]),
            (parts, false) => {
                parts.into_iter().filter_map(|range| anchors.get(range)).map(|own| self.batch(own)).collect()
            }
        }
    }

    /// What the parts of a batch have to know of it: something if a value depends on its longest sample.
    pub(super) fn whole(
        &self,
        samples: &[usize],
        anchors: usize,
        companions: &[CompanionRows],
    ) -> Result<Option<Arc<WholeBatch>>, Diagnostic> {
        if !self.data.pads_to_batch() {
            return Ok(None);
        }
        let lens = self.data.lengths(Split::Train, samples)?;
        let (samples, companions) = (samples.iter().map(|s| *s as u64).collect(), companions.to_vec());
        Ok(Some(Arc::new(WholeBatch { samples, anchors, lens, companions })))
    }

    /// Losses, and `scale` times the gradients of their sum.
    ///
    /// # Errors
    /// As [`batch`](Self::batch) and [`Program::run`].
    pub(crate) fn run(&self, anchors: &[usize], scale: f64) -> Result<Passed, Diagnostic> {
        let (parts, in_shards) = self.cut(anchors);
        if in_shards {
            return self.in_shards(anchors, &parts, scale);
        }
        let whole = match parts.len() {
            1 => None,
            _ => {
                let (samples, companions) = companions::rows(self.lists, anchors, self.seed, self.epoch);
                self.whole(&samples, anchors.len(), &companions)?
            }
        };
        let mut all = Passed::default();
        let work = |part: usize| {
            let own = parts.get(part).and_then(|range| anchors.get(range.clone())).unwrap_or_default();
            self.part(own, whole.as_ref(), own.len() as f64 / anchors.len() as f64, scale)
        };
        let began = Instant::now();
        self.workers.in_order(parts.len(), work, |_, part| {
            let taken = own_time();
            for (name, loss) in part.losses {
                *all.losses.entry(name).or_insert(0.0) += loss;
            }
            all.bad = all.bad.take().or(part.bad);
            all.times.add(&part.times);
            Profile::add_to(&mut all.profile, part.profile);
            all.gradients.add(part.gradients)?;
            all.times.adding += own_time().saturating_sub(taken);
            Ok(())
        })?;
        all.times.wall = began.elapsed();
        all.times.threads = all.times.wall * u32::try_from(self.workers.threads().min(parts.len())).unwrap_or(1);
        Ok(all)
    }

    /// One part, which is the fraction `share` of the batch.
    fn part(
        &self,
        anchors: &[usize],
        whole: Option<&Arc<WholeBatch>>,
        share: f64,
        scale: f64,
    ) -> Result<Passed, Diagnostic> {
        let began = own_time();
        let batch = match self.ahead {
            Some((ahead, _)) => ahead.take(anchors, |anchors| self.batch(anchors))?,
            None => self.batch(anchors)?,
        };
        let batch = StepBatch { part_of: whole.cloned(), ..batch };
        let read = own_time();
        if self.program.recomputes() {
            let mut part = self.again(batch, scale * share)?;
            part.losses.values_mut().for_each(|loss| *loss *= share);
            part.times.batch = read.saturating_sub(began);
            return Ok(part);
        }
        let (store, mode) = (self.params.get(), self.mode());
        let (result, mut timed) = match self.profiled {
            true => {
                let (result, timed) = self.program.run_timed(store, &batch, mode, Want::LOSSES)?;
                (result, Some(timed))
            }
            false => (self.program.run(store, &batch, mode, Want::LOSSES)?, None),
        };
        let mut part = Passed::default();
        let computed = own_time();
        if let Some(total) = values::total(&result.losses, scale * share)? {
            part.gradients = match &mut timed {
                Some(timed) => timed.gradients_of(store, &total)?,
                None => store.gradients_of(&total)?,
            };
        }
        if let Some((ahead, Some(next))) = self.ahead {
            ahead.keep(next, self.batch(next)?);
        }
        // Read now: what leads to the gradients is queued on the device by then.
        part.losses = values::of_losses(&result.losses)?;
        if let Some((name, value)) = part.losses.iter().find(|(_, value)| !value.is_finite()) {
            let bad = Some(BadLoss { batch, name: name.clone(), value: *value });
            return Ok(Passed { bad, ..Passed::default() });
        }
        part.losses.values_mut().for_each(|loss| *loss *= share);
        part.profile = timed.map(Timed::finish);
        part.times.batch = read.saturating_sub(began);
        part.times.forward = computed.saturating_sub(read);
        part.times.backward = own_time().saturating_sub(computed);
        Ok(part)
    }
}
