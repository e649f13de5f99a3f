//! The operations of the graph on a batch. Shapes here have the row axis in front: a `Seq[T, d]` is `[R, T, d]` with the
//! padded length T or, packed, `[N, d]` with the valid rows alone (see [`super::lengths`]), a `Real` is `[R]`. Rows of
//! time past a sample's length may hold any finite number; no operation lets one of them reach a valid row.
//!
//! * [`leaf`]: inputs, labels, constants, parameters as values, tables;
//! * [`pointwise`]: element-wise operations, linear maps, norms, reductions of vectors;
//! * [`einsum`], [`tensor`]: products over axes, reductions, softmax, new shapes, values of the whole batch;
//! * [`attention`]; [`dropout`]; [`conv`]; [`recurrent`];
//! * [`sequence`]: rows, joining along time; [`rows`]: rows moved and made; [`pool`]: one vector of all valid rows.
//!
//! [`fixed`] is how an evaluation on the CPU computes what would depend on the rest of the batch otherwise.
//!
//! What is the same for every sample (parameters, what was collected of the batch, and all that is made of these alone)
//! is computed once and stands for all samples without a copy.

mod attention;
mod contraction;
mod conv;
mod dropout;
mod einsum;
mod fixed;
mod leaf;
mod pointwise;
mod pool;
mod recurrent;
mod recurrent_steps;
mod rows;
mod sequence;
mod tensor;

use std::rc::Rc;

use tch::Tensor;

use super::fault::Fault;
use super::lengths::{Lengths, RowSet};
use super::precision::Products;
use super::program::{Run, Step};
use super::together::Together;
use dsc_graph::{Axis, Band, Op};

/// One operation about to be carried out.
pub(crate) struct Call<'r, 'a> {
    pub(crate) run: &'r Run<'a>,
    pub(crate) step: &'r Step,
    /// Rows of the result.
    pub(crate) rows: RowSet,
    /// Values of the operands, cut to the rows of the result (but for `At`).
    pub(crate) operands: Vec<&'r Tensor>,
}

/// Carries out an operation.
pub(crate) fn apply(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    if !call.step.op.makes_same_of_same() || call.step.time.is_some() {
        return carry_out(call);
    }
    for i in 0..call.operands.len() {
        if !shared(call, i)? || call.arg_lengths(i)?.is_some() {
            return carry_out(call);
        }
    }
    let mut one = Vec::with_capacity(call.operands.len());
    for i in 0..call.operands.len() {
        let x = call.arg(i)?;
        one.push(if call.is_parameter(i) { x.shallow_clone() } else { x.f_narrow(0, 0, 1)? });
    }
    let operands = one.iter().collect();
    let found = carry_out(&Call { run: call.run, step: call.step, rows: call.rows, operands })?;
    let mut shape = found.size();
    if let Some(rows) = shape.first_mut() {
        *rows = call.count();
    }
    Ok(found.f_expand(shape.as_slice(), false)?)
}

/// Whether an operand is the same for every sample: a parameter, or one value in the place of all.
fn shared(call: &Call<'_, '_>, i: usize) -> Result<bool, Fault> {
    let x = call.arg(i)?;
    Ok(call.is_parameter(i) || (x.size().first().is_some_and(|n| *n > 1) && x.stride().first() == Some(&0)))
}

fn carry_out(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    match &call.step.op {
        Op::Input(name) => leaf::input(call, name),
        Op::Label(name) => leaf::label(call, name),
        Op::Param(_) => Err(Fault::Torch("a parameter is not computed".into())),
        Op::Const(value) => leaf::constant(call, *value),
        Op::Expand | Op::Learned => call.for_every_sample(call.arg(0)?),
        Op::Embedding => leaf::embedding(call),
        Op::Positions => leaf::positions(call),

        Op::Binary(op) => pointwise::binary(call, *op),
        Op::Unary(op) => pointwise::unary(call, *op),
        Op::Affine { mul, add } => pointwise::affine(call.arg(0)?, *mul, *add),
        Op::ParametricUnary(curve) => pointwise::curve(call, *curve),
        Op::AddRow => pointwise::add_row(call),
        Op::MulRow => pointwise::mul_row(call),
        Op::Scale => pointwise::scale(call),
        Op::Linear => pointwise::linear(call),
        Op::LayerNorm { eps } => pointwise::layer_norm(call, *eps),
        Op::Softmax { over, log } => tensor::softmax(call, *over, *log),
        Op::Normalize { eps } => tensor::normalize(call, *eps),
        Op::Reduce { how, keep } => tensor::reduce(call, *how, *keep),
        Op::Einsum(spec) => einsum::einsum(call, spec),
        Op::Reshape { shape } => tensor::reshape(call, shape),
        Op::Slice { from, to } => tensor::slice(call, from, to),
        Op::Append { value } => tensor::append(call, *value),
        Op::Stack { .. } => tensor::stack(call),
        Op::Repeat => tensor::repeat(call),
        Op::GradReverse { by } => tensor::grad_reverse(call.arg(0)?, *by),
        Op::InBatch => tensor::in_batch(call),
        Op::Own => tensor::own(call),
        Op::Scalar => Ok(call.arg(0)?.f_squeeze_dim(-1)?),
        Op::Concat(Axis::Features) => Ok(Tensor::f_cat(&call.operands, -1)?),
        Op::Cosine => tensor::cosine(call),
        Op::Dot => tensor::dot(call),
        Op::LogSumExp => tensor::log_sum_exp(call, &Tensor::f_stack(&call.operands, -1)?, false),
        Op::StopGrad => Ok(call.arg(0)?.f_detach()?),

        Op::Attention { heads, shared, band, scale, drop, site } => {
            attention::attention(call, attention::Heads::new(call, *heads, *shared, *band, *scale, (*drop, site))?)
        }
        Op::Conv1d { stride, dilation, groups, causal } => {
            conv::conv1d(call, &conv::Taps { stride: *stride, dilation: *dilation, groups: *groups, causal: *causal })
        }
        Op::Recurrent { cell, bidirectional } => recurrent::recurrent(call, *cell, *bidirectional),
        Op::Dropout { p, site } => dropout::dropout(call, *p, site),

        Op::Take { .. } => sequence::take(call),
        Op::Row(index) => sequence::row(call, *index),
        Op::LastState => recurrent::last_state(call),
        Op::MeanTime => pool::mean(call),
        Op::MaxTime => pool::max(call),
        Op::MinTime => pool::min(call),
        Op::SumTime => pool::sum(call),
        Op::StdTime { eps } => pool::std(call, *eps),
        Op::LogSumExpTime => pool::log_sum_exp(call),
        Op::Shift { by } => rows::shift(call, *by),
        Op::Reverse => rows::reverse(call),
        Op::Skip { .. } => rows::skip(call),
        Op::Downsample { by, pool } => rows::downsample(call, *by, *pool),
        Op::Dense { .. } => rows::dense(call),
        Op::Sinusoid { width } => rows::sinusoid(call, call.run.width(width)?),
        Op::Concat(Axis::Time) => sequence::concat(call),
        Op::At { .. } => sequence::at(call),
    }
}

impl<'r> Call<'r, '_> {
    /// The value of an operand.
    pub(crate) fn arg(&self, i: usize) -> Result<&'r Tensor, Fault> {
        self.operands.get(i).copied().ok_or_else(|| Fault::Torch(format!("operand {i} is missing")))
    }

    /// How products are computed.
    pub(crate) fn products(&self) -> Products {
        match self.run.program.products {
            // The product in a fixed order has no other kinds.
            Products::Native if fixed::applies(self) => Products::Rounded,
            products => products,
        }
    }

    /// Whether an operand is a parameter, which has no sample.
    pub(crate) fn is_parameter(&self, i: usize) -> bool {
        let of = self.step.operands.get(i).and_then(|o| self.run.program.steps.get(*o));
        of.is_some_and(|s| matches!(s.op, Op::Param(_)))
    }

    /// Number of rows of the result.
    pub(crate) fn count(&self) -> i64 {
        self.run.count(self.rows)
    }

    /// Lengths of the result.
    pub(crate) fn lengths(&self) -> Result<&Lengths, Fault> {
        let time = self.step.time.ok_or_else(|| Fault::Torch("the result has no time axis".into()))?;
        self.run.lengths(time, self.rows)
    }

    /// Lengths of an operand, for the rows of the result; nothing where it has no time axis.
    pub(crate) fn arg_lengths(&self, i: usize) -> Result<Option<&Lengths>, Fault> {
        let of = self.step.operands.get(i).and_then(|o| self.run.program.steps.get(*o));
        of.and_then(|s| s.time).map(|time| self.run.lengths(time, self.rows)).transpose()
    }

    /// Lengths of an operand that is a sequence.
    pub(crate) fn seq_lengths(&self, i: usize) -> Result<&Lengths, Fault> {
        self.arg_lengths(i)?.ok_or_else(|| Fault::Torch(format!("operand {i} has no time axis")))
    }

    /// The lengths of the result if it is packed.
    pub(crate) fn packed(&self) -> Result<Option<&Lengths>, Fault> {
        if self.step.time.is_none() {
            return Ok(None);
        }
        Ok(Some(self.lengths()?).filter(|lengths| lengths.packed))
    }

    /// The time axis of an operand.
    pub(crate) fn time(&self, i: usize) -> Result<usize, Fault> {
        let of = self.step.operands.get(i).and_then(|o| self.run.program.steps.get(*o));
        of.and_then(|s| s.time).ok_or_else(|| Fault::Torch(format!("operand {i} has no time axis")))
    }

    /// How the first operand attends to the second.
    pub(crate) fn together(&self, band: Band) -> Result<Rc<Together>, Fault> {
        self.run.together(self.time(0)?, self.time(1)?, self.rows, band)
    }

    /// A parameter as the value of every sample: `[s..]` to `[R, s..]`, without a copy.
    pub(crate) fn for_every_sample(&self, parameter: &Tensor) -> Result<Tensor, Fault> {
        let mut shape = parameter.size();
        shape.insert(0, self.count());
        Ok(parameter.f_unsqueeze(0)?.f_expand(&shape, false)?)
    }
}
