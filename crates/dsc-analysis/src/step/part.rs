//! The simulation of one part of a batch.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Target;
use super::ops::{Call, bytes_of};
use super::plan::StepPlan;
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

/// A part that is being simulated.
struct Run<'r> {
    plan: &'r StepPlan<'r>,
    layout: &'r Layout<'r>,
    tape: &'r Tape,
    target: Target,
    slots: BTreeMap<usize, Slot>,
    /// Slices that were given out together with others of the same value.
    split: BTreeMap<usize, Value>,
    /// Bytes of gradients that are rows of tables.
    sparse: u64,
}

impl Part {
    /// Carries out a plan for some samples. None where a name has no number.
    pub(super) fn run(
        plan: &StepPlan<'_>,
        dims: &DimTable,
        target: Target,
        rows: &PartRows,
        meter: &Rc<Meter>,
    ) -> Option<Part> {
        let layout = Layout::new(plan.graph, dims, rows, &plan.extended);
        let tape = Tape::on(meter);
        let host = batch(plan, &layout, &tape)?;
        let (slots, split) = (BTreeMap::new(), BTreeMap::new());
        let mut run = Run { plan, layout: &layout, tape: &tape, target, slots, split, sparse: 0 };
        let whole = run.parameters()?;
        for at in plan.order.iter().copied() {
            run.compute(at)?;
        }
        // The mean of every loss over the anchors, and their sum.
        let mut sum = Derivative::default();
        for loss in &plan.graph.losses {
            let value = &run.slots.get(&loss.value.index())?.value;
            sum = sum.and(value, Back::New(value.bytes));
        }
        let total = tape.result(FLOAT.unsigned_abs(), sum);
        let sparse = run.sparse;
        drop(run);
        let gradients = tape.backward(&total);
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

impl Run<'_> {
    /// Makes the parameters known; the bytes of those that are trained.
    fn parameters(&mut self) -> Option<u64> {
        let mut whole = 0;
        for (at, trains) in &self.plan.params {
            let ty = self.plan.ty(*at)?;
            let value = self.tape.parameter(bytes_of(self.layout, ty, false, true)?, *trains);
            whole += if *trains { value.bytes } else { 0 };
            self.slots.insert(*at, Slot { value, cut: None, left: self.plan.uses(*at) });
        }
        Some(whole)
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
        if let Some(slices) = plan.slices.get(&at) {
            let sizes = slices.iter().map(|s| bytes_of(self.layout, plan.ty(*s)?, all, false));
            let sizes = sizes.collect::<Option<Vec<u64>>>()?;
            if sizes.iter().sum::<u64>() == value.bytes {
                self.split.extend(slices.iter().copied().zip(self.tape.split(&value, &sizes)));
            }
        }
        for operand in operands {
            self.release(*operand);
        }
        self.slots.insert(at, Slot { value, cut: None, left: plan.uses(at) });
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
