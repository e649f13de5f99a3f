//! The plan of a step in segments, of which some are computed again on the way back.
//!
//! A segment is a stretch of the plan. It reads values of segments before it, which are leaves to it, and gives values to segments behind
//! it. Forward, a segment that is computed again runs without a tape, so what is inside of it is freed; backward, segments run from the
//! last to the first, each from the gradients of the values that it gives to the gradients of those that it reads. Random bits depend on
//! place and sample alone, so what is computed again is the same to the bit.

use std::collections::BTreeMap;
use std::sync::Arc;

use tch::{Kind, Tensor};

use super::Program;
use super::plan::{Plan, slices, uses};
use super::run::Run;
use crate::batch::{Mode, StepBatch, Want};
use crate::fault::Fault;
use crate::params::{Gradients, ParamStore};
use crate::profile::{Profile, Stopwatch, Timed};
use dsc_graph::Op;
use dsc_graph::recompute::{Parts, Stretch, stretches};
use dsc_syntax::diag::Diagnostic;

/// A stretch of a plan, with a plan of its own.
pub(crate) struct Segment {
    plan: Plan,
    stretch: Stretch,
}

/// Cuts a plan: `parts` says of each node which part it belongs to that is computed again.
pub(crate) fn segments(program: &Program, plan: &Plan, roots: &[usize], parts: &Parts) -> Vec<Segment> {
    let operands = |i: usize| program.steps.get(i).map_or(&[][..], |step| step.operands.as_slice());
    let stretches = stretches(&plan.order, operands, roots, |i| parts.get(i).copied().flatten());
    let segment = |stretch: Stretch| {
        let uses = uses(program, &stretch.order, &stretch.gives);
        let slices = slices(program, &stretch.order, &plan.rows, &uses);
        let (order, rows, longest_over) = (stretch.order.clone(), plan.rows.clone(), plan.longest_over);
        Segment { plan: Plan { order, rows, uses, slices, losses: Vec::new(), longest_over }, stretch }
    };
    stretches.into_iter().map(segment).collect()
}

/// What is kept of a forward pass in segments.
pub(crate) struct Kept {
    batch: Arc<StepBatch>,
    mode: Mode,
    timed: bool,
    /// The values that segments give, without a way back.
    values: BTreeMap<usize, Tensor>,
    /// The tapes of the segments that are not computed again.
    tapes: Vec<Option<Tape>>,
    /// Times of the forward pass.
    profile: Option<Profile>,
}

/// A segment with its way back.
struct Tape {
    /// The values that it reads.
    leaves: Vec<(usize, Tensor)>,
    /// The values that it gives.
    gives: Vec<Tensor>,
    timed: Option<Timed>,
}

impl Kept {
    /// The forward pass of a plan's segments.
    pub(crate) fn forward(
        program: &Program,
        plan: &Plan,
        segments: &[Segment],
        store: &ParamStore,
        batch: Arc<StepBatch>,
        mode: Mode,
        timed: bool,
    ) -> Result<Kept, Diagnostic> {
        let mut kept = Kept { batch, mode, timed, values: BTreeMap::new(), tapes: Vec::new(), profile: None };
        let batch = Arc::clone(&kept.batch);
        let run = Run::of_plan(program, plan, store, &batch, mode, Want::LOSSES)?;
        let trains = trains(program, store);
        for segment in segments {
            let _guard = segment.stretch.again.then(tch::no_grad_guard);
            let mut tape = kept.segment(&run, segment, &trains)?;
            for (node, value) in segment.stretch.gives.iter().zip(&tape.gives) {
                let leaf = leaf(value, trains.get(*node) == Some(&true)).map_err(|f| f.diagnose("keeping values"))?;
                kept.values.insert(*node, leaf);
            }
            if segment.stretch.again {
                Profile::add_to(&mut kept.profile, tape.timed.take().map(Timed::finish));
            }
            kept.tapes.push((!segment.stretch.again).then_some(tape));
        }
        Ok(kept)
    }

    /// The value of a node that was wanted.
    pub(crate) fn value(&self, node: usize) -> Option<&Tensor> {
        self.values.get(&node)
    }

    /// The gradients of the parameters from those of the values that were wanted; the times of both passes.
    pub(crate) fn backward(
        mut self,
        program: &Program,
        plan: &Plan,
        segments: &[Segment],
        store: &ParamStore,
        mut upstream: BTreeMap<usize, Tensor>,
    ) -> Result<(Gradients, Option<Profile>), Diagnostic> {
        let batch = Arc::clone(&self.batch);
        let run = Run::of_plan(program, plan, store, &batch, self.mode, Want::LOSSES)?;
        let trains = trains(program, store);
        let mut sum = Gradients::default();
        for segment in segments.iter().rev() {
            let kept = self.tapes.pop().flatten();
            let given: Vec<Option<Tensor>> = segment.stretch.gives.iter().map(|node| upstream.remove(node)).collect();
            if given.iter().all(Option::is_none) {
                continue;
            }
            let mut tape = match kept {
                Some(tape) => tape,
                None => self.segment(&run, segment, &trains)?,
            };
            segment.stretch.gives.iter().for_each(|node| {
                self.values.remove(node);
            });
            let pairs = tape.gives.iter().zip(&given).filter(|(value, _)| value.requires_grad());
            let (values, from): (Vec<&Tensor>, Vec<&Tensor>) =
                pairs.filter_map(|(value, gradient)| Some((value, gradient.as_ref()?))).unzip();
            let leaves: Vec<(usize, &Tensor)> =
                tape.leaves.iter().filter(|(_, leaf)| leaf.requires_grad()).map(|(node, leaf)| (*node, leaf)).collect();
            let wanted: Vec<&Tensor> = leaves.iter().map(|(_, leaf)| *leaf).collect();
            let pass = || store.gradients_through(&values, &from, &wanted);
            let (gradients, found) = match &mut tape.timed {
                Some(timed) => timed.record(pass)?,
                None => pass()?,
            };
            for ((node, _), gradient) in leaves.iter().zip(found) {
                let Some(gradient) = gradient else { continue };
                let gradient = match upstream.remove(node) {
                    Some(sum) => sum.f_add(&gradient).map_err(|e| Fault::from(e).diagnose("adding gradients"))?,
                    None => gradient,
                };
                upstream.insert(*node, gradient);
            }
            sum.add(gradients)?;
            let timed = tape.timed.take();
            drop(tape);
            Profile::add_to(&mut self.profile, timed.map(Timed::finish));
        }
        Ok((sum, self.profile))
    }

    fn segment(&self, run: &Run<'_>, segment: &Segment, trains: &[bool]) -> Result<Tape, Diagnostic> {
        let leaves = segment.stretch.reads.iter().filter_map(|node| Some((*node, self.values.get(node)?)));
        let leaves = leaves
            .map(|(node, value)| Ok((node, leaf(value, trains.get(node) == Some(&true))?)))
            .collect::<Result<Vec<(usize, Tensor)>, Fault>>()
            .map_err(|f| f.diagnose("reading values"))?;
        let mut watch = self.timed.then(|| Stopwatch::start(run.program));
        let gives = run.values_of(&segment.plan, &leaves, &segment.stretch.gives, &mut |computed| {
            watch.as_mut().map_or(Ok(()), |w| w.see(computed))
        })?;
        Ok(Tape { leaves, gives, timed: watch.map(Stopwatch::stop) })
    }
}

/// The same value without the way that led to it, as the beginning of another one if it trains.
fn leaf(value: &Tensor, trains: bool) -> Result<Tensor, Fault> {
    Ok(value.detach().f_set_requires_grad(trains && matches!(value.kind(), Kind::Float | Kind::Double))?)
}

/// For each node, whether a parameter that is trained may reach it.
fn trains(program: &Program, store: &ParamStore) -> Vec<bool> {
    let mut marks: Vec<bool> = Vec::with_capacity(program.steps.len());
    for step in &program.steps {
        let trained = |path: &String| store.tensor(path).is_some_and(Tensor::requires_grad);
        marks.push(match &step.op {
            Op::Param(id) => program.params.get(id.index()).is_some_and(trained),
            Op::StopGrad => false,
            _ => step.operands.iter().any(|of| marks.get(*of) == Some(&true)),
        });
    }
    marks
}
