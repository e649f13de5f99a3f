//! Losses and gradients of a batch whose losses read several samples, companions or the whole batch.
//!
//! Every sample of the batch is computed once, in shards that have some of the anchors and some of the companions each. The losses read
//! the values of all shards, and each shard goes backward from the gradients of its values. As for parts, how a batch is cut does not
//! depend on the threads, and sums are taken in the order of the shards.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use dsc_analysis::step::cut;
use dsc_data::Split;
use dsc_runtime::{Profile, Shard, StepBatch, own_time, values};
use dsc_syntax::diag::Diagnostic;

use super::batch_pass::{BadLoss, BatchPass, Passed, Times};
use super::companions;

impl BatchPass<'_> {
    /// Losses, and `scale` times the gradients of their sum, in a shard for each of `cuts`, ranges of the anchors.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(super) fn in_shards(&self, anchors: &[usize], cuts: &[Range<usize>], scale: f64) -> Result<Passed, Diagnostic> {
        let (program, mode) = (self.program, self.mode());
        let (samples, companions) = companions::rows(self.lists, anchors, self.seed, self.epoch);
        let whole = self.whole(&samples, anchors.len(), &companions)?;
        let with_companions = !companions.is_empty();
        let others = samples.get(anchors.len()..).unwrap_or_default();
        let other_cuts = cut(others.len(), cuts.len());
        let forward = |at: usize| -> Result<(Shard, Times), Diagnostic> {
            let began = own_time();
            let own = cuts.get(at).and_then(|range| anchors.get(range.clone())).unwrap_or_default();
            let other = other_cuts.get(at).and_then(|range| others.get(range.clone())).unwrap_or_default();
            let batch = self.data.batch(Split::Train, &[own, other].concat(), own.len(), true)?;
            let batch = Arc::new(StepBatch { part_of: whole.clone(), ..batch });
            let read = own_time();
            let shard = program.shard(self.params.get(), &batch, mode, with_companions, self.profiled)?;
            let times = Times { batch: read.saturating_sub(began), ..Times::default() };
            Ok((shard, Times { forward: own_time().saturating_sub(read), ..times }))
        };
        let began = Instant::now();
        let mut all = Passed::default();
        let mut shards = Vec::with_capacity(cuts.len());
        self.workers.in_order(cuts.len(), forward, |_, (shard, times)| {
            all.times.add(&times);
            shards.push(shard);
            Ok(())
        })?;

        let samples = samples.iter().map(|s| *s as u64).collect();
        let batch = StepBatch { samples, anchors: anchors.len(), companions, part_of: whole, ..StepBatch::default() };
        let mut upstream = None;
        let shards = Mutex::new(shards);
        let join = |_| -> Result<_, Diagnostic> {
            let began = own_time();
            let shards = shards.lock().unwrap_or_else(PoisonError::into_inner);
            let joined = program.join(self.params.get(), &batch, mode, &shards, self.profiled)?;
            let losses = values::of_losses(&joined.losses)?;
            let computed = own_time();
            let total = values::total(&joined.losses, scale)?.filter(|_| losses.values().all(|v| v.is_finite()));
            let gradients = total.map(|total| joined.gradients(self.params.get(), &total, &shards)).transpose()?;
            let (forward, backward) = (computed.saturating_sub(began), own_time().saturating_sub(computed));
            Ok((losses, gradients, Times { forward, backward, ..Times::default() }))
        };
        self.workers.in_order(1, join, |_, (losses, gradients, times)| {
            all.times.add(&times);
            all.losses.extend(losses);
            if let Some((own, of_shards, profile)) = gradients {
                all.gradients.add(own)?;
                Profile::add_to(&mut all.profile, profile);
                upstream = Some(of_shards);
            }
            Ok(())
        })?;
        if let Some((name, value)) = all.losses.iter().find(|(_, value)| !value.is_finite()) {
            let bad = BadLoss { batch: self.batch(anchors)?, name: name.clone(), value: *value };
            return Ok(Passed { bad: Some(bad), ..Passed::default() });
        }

        let shards = shards.into_inner().unwrap_or_else(PoisonError::into_inner);
        let waiting: Vec<_> =
            shards.into_iter().zip(upstream.into_iter().flatten()).map(|s| Mutex::new(Some(s))).collect();
        let backward = |at: usize| {
            let began = own_time();
            let taken = waiting.get(at).and_then(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).take());
            let (gradients, profile) = match taken {
                Some((shard, upstream)) => shard.gradients(program, self.params.get(), with_companions, upstream)?,
                None => Default::default(),
            };
            Ok((gradients, profile, own_time().saturating_sub(began)))
        };
        self.workers.in_order(waiting.len(), backward, |_, (gradients, profile, backward)| {
            let taken = own_time();
            Profile::add_to(&mut all.profile, profile);
            all.gradients.add(gradients)?;
            all.times.backward += backward;
            all.times.adding += own_time().saturating_sub(taken);
            Ok(())
        })?;
        all.times.wall = began.elapsed();
        all.times.threads = all.times.wall * u32::try_from(self.workers.threads().min(cuts.len())).unwrap_or(1);
        Ok(all)
    }
}

impl BatchPass<'_> {
    /// Losses, and `scale` times the gradients of their sum, of a batch of which some is computed again on the way back.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(super) fn again(&self, batch: StepBatch, scale: f64) -> Result<Passed, Diagnostic> {
        let (program, store, mode) = (self.program, self.params.get(), self.mode());
        let began = own_time();
        let companions = !batch.companions.is_empty();
        let batch = Arc::new(batch);
        let shard = program.shard(store, &batch, mode, companions, self.profiled)?;
        let joined = program.join(store, &batch, mode, std::slice::from_ref(&shard), self.profiled)?;
        let mut part = Passed { losses: values::of_losses(&joined.losses)?, ..Passed::default() };
        if let Some((name, value)) = part.losses.iter().find(|(_, value)| !value.is_finite()) {
            let bad = BadLoss { batch: StepBatch::clone(&batch), name: name.clone(), value: *value };
            return Ok(Passed { bad: Some(bad), ..Passed::default() });
        }
        let computed = own_time();
        if let Some(total) = values::total(&joined.losses, scale)? {
            let (own, upstream, profile) = joined.gradients(store, &total, std::slice::from_ref(&shard))?;
            part.gradients.add(own)?;
            Profile::add_to(&mut part.profile, profile);
            if let Some(upstream) = upstream.into_iter().next() {
                let (gradients, profile) = shard.gradients(program, store, companions, upstream)?;
                part.gradients.add(gradients)?;
                Profile::add_to(&mut part.profile, profile);
            }
        }
        part.times.forward = computed.saturating_sub(began);
        part.times.backward = own_time().saturating_sub(computed);
        Ok(part)
    }
}
