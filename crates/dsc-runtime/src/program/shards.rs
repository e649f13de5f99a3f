//! A training step whose samples are computed in shards.
//!
//! Where losses read several samples, companions or the whole batch, the values that they read are computed shard by shard, those of each
//! sample once. Then they are joined, the losses are computed of them, and the gradients of the joined values go back to the shards, which
//! carry them on to the parameters. Shards share nothing, so each is computed by one thread, both ways.

use std::sync::Arc;

use indexmap::IndexMap;
use tch::Tensor;

use super::plan::Halves;
use super::run::Run;
use super::segments::Kept;
use super::{Program, Reach};
use crate::batch::{Mode, StepBatch, Want, misfit};
use crate::fault::Fault;
use crate::lengths::RowSet;
use crate::params::{Gradients, ParamStore};
use crate::profile::{Profile, Stopwatch, Timed};
use dsc_graph::NodeId;
use dsc_syntax::diag::Diagnostic;

/// Some samples of a step, with the values that joint operations read of them.
pub struct Shard {
    anchors: i64,
    rows: i64,
    /// In the order of [`Halves::given`].
    values: Vec<Tensor>,
    way: Way,
}

/// How the gradients of a shard are computed.
enum Way {
    /// From what libtorch kept.
    Tape(Option<Timed>),
    /// Some of it is computed again.
    Segments(Box<Kept>),
}

/// The losses of a step, computed from the values of all its shards.
pub struct Joined {
    /// Loss terms by name, each a mean over the anchors (a scalar).
    pub losses: IndexMap<String, Tensor>,
    /// The joined values and the rows of each, without the ways that led to them.
    values: Vec<(RowSet, Tensor)>,
    timed: Option<Timed>,
}

/// The gradients of the values of one shard.
pub struct ShardGradients(Vec<Option<Tensor>>);

impl Program {
    /// Whether losses read several samples and what they read can be computed in shards. `companions` says whether the batches of the
    /// training have any.
    pub fn joins_shards(&self, companions: bool) -> bool {
        let plan = self.plan(Want::LOSSES, reach(companions));
        self.joint.joins() && plan.order.iter().any(|i| self.joint.is(NodeId(*i as u32)))
    }

    /// Whether a loss reads all anchors of the batch.
    pub fn reads_batch(&self) -> bool {
        self.losses.iter().any(|loss| loss.batch)
    }

    /// Computes some samples of a step, or all: the first `anchors` of `batch` are anchors of it, the others are companions of any.
    /// `companions` says whether the step has any.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn shard(
        &self,
        store: &ParamStore,
        batch: &Arc<StepBatch>,
        mode: Mode,
        companions: bool,
        timed: bool,
    ) -> Result<Shard, Diagnostic> {
        let Halves { separate, given, segments, .. } = self.halves(reach(companions));
        let (anchors, rows) = (batch.anchors as i64, batch.rows() as i64);
        if !segments.is_empty() {
            let kept = Kept::forward(self, separate, segments, store, Arc::clone(batch), mode, timed)?;
            let values = given.iter().filter_map(|node| Some(kept.value(*node)?.shallow_clone())).collect();
            return Ok(Shard { anchors, rows, values, way: Way::Segments(Box::new(kept)) });
        }
        let run = Run::of_plan(self, separate, store, batch, mode, Want::LOSSES)?;
        let mut watch = timed.then(|| Stopwatch::start(self));
        let values =
            run.values_of(separate, &[], given, &mut |computed| watch.as_mut().map_or(Ok(()), |w| w.see(computed)))?;
        Ok(Shard { anchors, rows, values, way: Way::Tape(watch.map(Stopwatch::stop)) })
    }

    /// The losses of a step. `batch` is all of it, of several shards without streams and labels: its anchors are those of the shards in
    /// their order, behind them the other samples of the shards in their order.
    ///
    /// # Errors
    /// As [`run`](Self::run); `E0721` for shards that are not all of the batch.
    pub fn join(
        &self,
        store: &ParamStore,
        batch: &StepBatch,
        mode: Mode,
        shards: &[Shard],
        timed: bool,
    ) -> Result<Joined, Diagnostic> {
        let halves = self.halves(reach(!batch.companions.is_empty()));
        let (anchors, rows) = shards.iter().fold((0, 0), |(a, r), shard| (a + shard.anchors, r + shard.rows));
        if (anchors, rows) != (batch.anchors as i64, batch.rows() as i64) {
            return Err(misfit(format!("shards of {rows} rows, the batch has {}", batch.rows())));
        }
        let given = self.joined(halves, shards).map_err(|f| f.diagnose("joining shards"))?;
        let run = Run::of_plan(self, &halves.joint, store, batch, mode, Want::LOSSES)?;
        let mut watch = timed.then(|| Stopwatch::start(self));
        let found = run.evaluate_given(&given, &mut |computed| watch.as_mut().map_or(Ok(()), |w| w.see(computed)))?;
        let values = given.into_iter().map(|(node, value)| (rows_of(halves, node), value)).collect();
        Ok(Joined { losses: found.losses, values, timed: watch.map(Stopwatch::stop) })
    }

    /// The values of all shards, one behind the other, as new leaves of the backward pass.
    fn joined(&self, halves: &Halves, shards: &[Shard]) -> Result<Vec<(usize, Tensor)>, Fault> {
        let mut joined = Vec::with_capacity(halves.given.len());
        for (at, node) in halves.given.iter().enumerate() {
            let values: Vec<(&Shard, &Tensor)> = shards.iter().filter_map(|s| Some((s, s.values.get(at)?))).collect();
            let trained = values.iter().any(|(_, value)| value.requires_grad());
            if let [(_, all)] = values.as_slice() {
                joined.push((*node, all.detach().f_set_requires_grad(trained)?));
                continue;
            }
            let mut pieces = Vec::new();
            for (shard, value) in &values {
                pieces.push(value.detach().f_narrow(0, 0, shard.anchors)?);
            }
            if rows_of(halves, *node) == RowSet::All {
                for (shard, value) in &values {
                    pieces.push(value.detach().f_narrow(0, shard.anchors, shard.rows - shard.anchors)?);
                }
            }
            joined.push((*node, Tensor::f_cat(&pieces, 0)?.f_set_requires_grad(trained)?));
        }
        Ok(joined)
    }
}

impl Joined {
    /// The gradients of `total`, which the losses led to: of the parameters as far as joint operations read them, and for each shard
    /// those of its values, to go on with by [`Shard::gradients`].
    ///
    /// # Errors
    /// `E0701`, `E0706` for errors of libtorch.
    pub fn gradients(
        mut self,
        store: &ParamStore,
        total: &Tensor,
        shards: &[Shard],
    ) -> Result<(Gradients, Vec<ShardGradients>, Option<Profile>), Diagnostic> {
        let trained: Vec<&Tensor> = self.values.iter().map(|(_, v)| v).filter(|v| v.requires_grad()).collect();
        let pass = || store.gradients_and(total, &trained);
        let (own, found) = match &mut self.timed {
            Some(timed) => timed.record(pass)?,
            None => pass()?,
        };
        let mut found = found.into_iter();
        let upstream: Vec<(RowSet, Option<Tensor>)> = self
            .values
            .iter()
            .map(|(rows, v)| (*rows, if v.requires_grad() { found.next().flatten() } else { None }))
            .collect();
        let of_shards = divided(&upstream, shards).map_err(|f| f.diagnose("dividing gradients"))?;
        Ok((own, of_shards, self.timed.map(Timed::finish)))
    }
}

/// The rows of each shard.
fn divided(joined: &[(RowSet, Option<Tensor>)], shards: &[Shard]) -> Result<Vec<ShardGradients>, Fault> {
    if shards.len() == 1 {
        let all = joined.iter().map(|(_, gradient)| gradient.as_ref().map(Tensor::shallow_clone));
        return Ok(vec![ShardGradients(all.collect())]);
    }
    let anchors: i64 = shards.iter().map(|shard| shard.anchors).sum();
    let (mut first, mut other) = (0, anchors);
    let mut all = Vec::with_capacity(shards.len());
    for shard in shards {
        let others = shard.rows - shard.anchors;
        let mut of_shard = Vec::with_capacity(joined.len());
        for (rows, gradient) in joined {
            of_shard.push(match gradient {
                None => None,
                Some(all) => {
                    let own = all.f_narrow(0, first, shard.anchors)?;
                    Some(match rows {
                        RowSet::Anchors => own,
                        RowSet::All => Tensor::f_cat(&[own, all.f_narrow(0, other, others)?], 0)?,
                    })
                }
            });
        }
        all.push(ShardGradients(of_shard));
        (first, other) = (first + shard.anchors, other + others);
    }
    Ok(all)
}

impl Shard {
    /// The gradients of the parameters, from those of its values. What was kept for the backward pass is freed.
    ///
    /// # Errors
    /// `E0701`, `E0706` for errors of libtorch.
    pub fn gradients(
        self,
        program: &Program,
        store: &ParamStore,
        companions: bool,
        upstream: ShardGradients,
    ) -> Result<(Gradients, Option<Profile>), Diagnostic> {
        let mut timed = match self.way {
            Way::Tape(timed) => timed,
            Way::Segments(kept) => {
                let Halves { separate, given, segments, .. } = program.halves(reach(companions));
                drop(self.values);
                let upstream = given.iter().zip(upstream.0).filter_map(|(node, gradient)| Some((*node, gradient?)));
                return kept.backward(program, separate, segments, store, upstream.collect());
            }
        };
        let pairs = self.values.iter().zip(&upstream.0).filter(|(value, _)| value.requires_grad());
        let (values, upstream): (Vec<&Tensor>, Vec<&Tensor>) =
            pairs.filter_map(|(value, gradient)| Some((value, gradient.as_ref()?))).unzip();
        let pass = || store.gradients_through(&values, &upstream, &[]);
        let (gradients, _) = match &mut timed {
            Some(timed) => timed.record(pass)?,
            None => pass()?,
        };
        Ok((gradients, timed.map(Timed::finish)))
    }
}

fn reach(companions: bool) -> Reach {
    if companions { Reach::Companions } else { Reach::Batch }
}

fn rows_of(halves: &Halves, node: usize) -> RowSet {
    halves.separate.rows.get(node).copied().unwrap_or(RowSet::Anchors)
}
