//! The simulation of one part of a batch.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Target;
use super::ops::{Call, bytes_of};
use super::plan::{Segment, StepPlan};
use super::rows::{Layout, PartRows};
use super::tape::{Back, Block, Derivative, Meter, Tape, Value};
use crate::cost::{FLOAT, INDEX};
use dsc_graph::Op;
use dsc_graph::dims::DimTable;
use dsc_graph::types::Type;

/// One part, done.
#[derive(Debug)]
pub(super) struct Part {
    /// The gradients that are left.
    pub(super) gradients: Vec<Rc<Block>>,
    /// The bytes of these that are rows of tables.
    pub(super) sparse: u64,
    /// The bytes of the gradients with whole tables.
    pub(super) whole: u64,
}

/// A value on its way: how many readers are to come, and its rows of anchors where those are a value of their own.
struct Slot {
    value: Value,
    cut: Option<Value>,
    left: usize,
}

/// A stretch that is being simulated.
struct Run<'r> {
    plan: &'r StepPlan<'r>,
    segment: &'r Segment,
    layout: &'r Layout<'r>,
    tape: &'r Tape,
    target: Target,
    slots: BTreeMap<usize, Slot>,
    /// Slices that were given out together with others of the same value.
    split: BTreeMap<usize, Value>,
    /// Bytes of gradients that are rows of tables.
    sparse: u64,
}

/// A stretch that was computed, with its way back.
struct Done {
    tape: Tape,
    /// What it gives.
    gives: Vec<(usize, Value)>,
    /// The entries of what it reads.
    leaves: BTreeMap<usize, usize>,
    sparse: u64,
}

/// A part whose losses are known.
pub(super) struct Forward<'r> {
    plan: &'r StepPlan<'r>,
    layout: Layout<'r>,
    target: Target,
    meter: &'r Rc<Meter>,
    /// What stretches give to others, without a way back.
    values: BTreeMap<usize, Value>,
    /// Those that are not computed again.
    waiting: Vec<Option<Done>>,
    host: Vec<Rc<Block>>,
}

impl<'r> Forward<'r> {
    /// The forward pass of a plan for some samples. None where a name has no number.
    pub(super) fn run(
        plan: &'r StepPlan<'r>,
        dims: &'r DimTable,
        target: Target,
        rows: &'r PartRows,
        meter: &'r Rc<Meter>,
    ) -> Option<Forward<'r>> {
        let layout = Layout::new(plan.graph, dims, rows, &plan.extended);
        let host = batch(plan, &layout, &Tape::on(meter))?;
        let mut values: BTreeMap<usize, Value> = BTreeMap::new();
        let mut waiting: Vec<Option<Done>> = Vec::new();
        for segment in &plan.segments {
            let done = Run::of(plan, segment, &layout, target, meter, &values, !segment.stretch.again)?;
            values.extend(done.gives.iter().map(|(node, value)| (*node, done.tape.detached(value))));
            waiting.push((!segment.stretch.again).then_some(done));
        }
        Some(Forward { plan, layout, target, meter, values, waiting, host })
    }

    /// The backward pass. None where a name has no number.
    pub(super) fn backward(self) -> Option<Part> {
        let Forward { plan, layout, target, meter, mut values, mut waiting, host } = self;
        let mut whole = 0;
        for (at, _) in plan.params.iter().filter(|(_, trains)| *trains) {
            whole += bytes_of(&layout, plan.ty(*at)?, false, true)?;
        }
        let mut sparse = 0;
        let mut upstream: BTreeMap<usize, Rc<Block>> = BTreeMap::new();
        let mut gradients: Vec<Rc<Block>> = Vec::new();
        for segment in plan.segments.iter().rev() {
            let done = match waiting.pop().flatten() {
                Some(done) => done,
                None => Run::of(plan, segment, &layout, target, meter, &values, true)?,
            };
            let Done { tape, gives, leaves, sparse: rows } = done;
            sparse += rows;
            // The mean of every loss over the anchors, and their sum; or a value's gradient, which comes from behind.
            let mut sum = Derivative::default();
            // The pass does not own the gradients that it begins with.
            let mut given = Vec::new();
            for (node, value) in &gives {
                values.remove(node);
                sum = match upstream.remove(node) {
                    Some(gradient) => {
                        given.push(gradient);
                        sum.and(value, Back::Same)
                    }
                    None if plan.is_loss(*node) => sum.and(value, Back::New(value.bytes)),
                    None => sum,
                };
            }
            drop(gives);
            let total = tape.result(FLOAT.unsigned_abs(), sum);
            for (entry, found) in tape.backward(&total) {
                match leaves.get(&entry) {
                    // Added in place.
                    Some(node) => found.into_iter().for_each(|block| {
                        upstream.entry(*node).or_insert(block);
                    }),
                    None => gradients.extend(found),
                }
            }
        }
        drop(host);
        Some(Part { gradients, sparse, whole })
    }
}

/// The samples as they were read, padded to the longest.
fn batch(plan: &StepPlan<'_>, layout: &Layout<'_>, tape: &Tape) -> Option<Vec<Rc<Block>>> {
    let mut blocks = Vec::new();
    for decl in plan.graph.inputs_read() {
        let width = decl.ty.tensor().map_or(Some(INDEX.unsigned_abs()), |t| {
            t.dims.iter().try_fold(FLOAT.unsigned_abs(), |n, d| Some(n * layout.number(d)?))
        })?;
        let each = match decl.ty.len() {
            Some(len) => layout.lengths(len, true)?.padded.unsigned_abs(),
            None => 1,
        };
        blocks.push(tape.block(width * each * layout.rows.samples as u64));
    }
    Some(blocks)
}

impl<'r> Run<'r> {
    /// Computes a stretch from the values of those before it, with a way back or without one.
    fn of(
        plan: &'r StepPlan<'r>,
        segment: &'r Segment,
        layout: &'r Layout<'r>,
        target: Target,
        meter: &Rc<Meter>,
        values: &BTreeMap<usize, Value>,
        trains: bool,
    ) -> Option<Done> {
        let tape = Tape::on(meter);
        let (slots, split) = (BTreeMap::new(), BTreeMap::new());
        let mut run = Run { plan, segment, layout, tape: &tape, target, slots, split, sparse: 0 };
        for (at, is_trained) in &plan.params {
            let value = run.tape.parameter(bytes_of(layout, plan.ty(*at)?, false, true)?, *is_trained && trains);
            run.slots.insert(*at, Slot { value, cut: None, left: segment.uses(*at) });
        }
        let mut leaves = BTreeMap::new();
        for at in &segment.stretch.reads {
            let value = run.tape.leaf(values.get(at)?, trains && plan.trains(*at));
            leaves.extend(value.entry().map(|entry| (entry, *at)));
            run.slots.insert(*at, Slot { value, cut: None, left: segment.uses(*at) });
        }
        for at in &segment.stretch.order {
            run.compute(*at)?;
        }
        let gives = segment.stretch.gives.iter().map(|at| Some((*at, run.slots.get(at)?.value.clone())));
        let gives = gives.collect::<Option<_>>()?;
        let sparse = run.sparse;
        drop(run);
        Some(Done { tape, gives, leaves, sparse })
    }

    fn compute(&mut self, at: usize) -> Option<()> {
        let plan = self.plan;
        let node = plan.node(at)?;
        let all = plan.extended(at);
        let is_view = matches!(node.op, Op::At { .. });
        let operands = plan.operands.get(at)?;
        let mut args: Vec<(Value, &Type, bool)> = Vec::with_capacity(operands.len());
        for operand in operands {
            let of = plan.node(*operand)?;
            let parameter = matches!(of.op, Op::Param(_));
            let narrow =
                !all && !is_view && plan.extended(*operand) && self.layout.count(true) != self.layout.count(false);
            let slot = self.slots.get_mut(operand)?;
            if narrow && slot.cut.is_none() {
                slot.cut = Some(anchors_of(self.tape, self.layout, self.target, &of.ty, &slot.value)?);
            }
            let value = slot.cut.as_ref().filter(|_| narrow).unwrap_or(&slot.value).clone();
            args.push((value, &of.ty, parameter));
        }
        let call =
            Call { tape: self.tape, layout: self.layout, target: self.target, op: &node.op, ty: &node.ty, all, args };
        let value = match self.split.remove(&at) {
            Some(part) => part,
            None => call.run()?,
        };
        if let Some(table) = call.arg(1).filter(|table| matches!(node.op, Op::Embedding) && table.trains()) {
            self.sparse += if table.bytes > value.bytes { value.bytes } else { 0 };
        }
        drop(call);
        if let Some(slices) = self.segment.slices.get(&at) {
            let sizes = slices.iter().map(|s| bytes_of(self.layout, plan.ty(*s)?, all, false));
            let sizes = sizes.collect::<Option<Vec<u64>>>()?;
            if sizes.iter().sum::<u64>() == value.bytes {
                self.split.extend(slices.iter().copied().zip(self.tape.split(&value, &sizes)));
            }
        }
        for operand in operands {
            self.release(*operand);
        }
        self.slots.insert(at, Slot { value, cut: None, left: self.segment.uses(at) });
        Some(())
    }

    /// Counts one use of a value and frees it after the last one.
    fn release(&mut self, at: usize) {
        if let Some(slot) = self.slots.get_mut(&at) {
            slot.left = slot.left.saturating_sub(1);
            if slot.left == 0 {
                self.slots.remove(&at);
            }
        }
    }
}

/// The rows of the anchors of a value of all samples.
fn anchors_of(tape: &Tape, layout: &Layout<'_>, target: Target, ty: &Type, value: &Value) -> Option<Value> {
    let out = bytes_of(layout, ty, false, false)?;
    let Some(len) = ty.len() else { return Some(tape.view(value, out, Back::New(value.bytes))) };
    let to = layout.lengths(len, false)?;
    let call = Call { tape, layout, target, op: &Op::StopGrad, ty, all: false, args: Vec::new() };
    call.first(value, ty, &to, true, out)
}
