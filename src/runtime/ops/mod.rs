//! The operations of the graph on a batch. Shapes here have the row axis in front: a `Seq[T, d]` is `[R, T, d]` with the
//! padded length T or, packed, `[N, d]` with the valid rows alone (see [`super::lengths`]), a `Real` is `[R]`. Rows of
//! time past a sample's length may hold any finite number; no operation lets one of them reach a valid row.
//!
//! * [`leaf`]: inputs, labels, constants, parameters as values, tables;
//! * [`pointwise`]: element-wise operations, linear maps, norms, reductions of vectors;
//! * [`attention`]; [`dropout`]; [`sequence`]: rows, pooling, joining along time.

mod attention;
mod dropout;
mod leaf;
mod pointwise;
mod sequence;

use std::rc::Rc;

use tch::Tensor;

use super::fault::Fault;
use super::groups::Groups;
use super::lengths::{Lengths, RowSet};
use super::program::{Run, Step};
use crate::ir::{Axis, Op};

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
        Op::AddRow => pointwise::add_row(call),
        Op::Scale => pointwise::scale(call),
        Op::Linear => Ok(call.arg(0)?.f_linear(call.arg(1)?, call.operands.get(2).copied())?),
        Op::LayerNorm { eps } => pointwise::layer_norm(call, *eps),
        Op::SumFeatures => Ok(call.arg(0)?.f_sum_dim_intlist([-1i64].as_slice(), false, None)?),
        Op::Scalar => Ok(call.arg(0)?.f_squeeze_dim(-1)?),
        Op::Concat(Axis::Features) => Ok(Tensor::f_cat(&call.operands, -1)?),
        Op::Cosine => Ok(Tensor::f_cosine_similarity(call.arg(0)?, call.arg(1)?, -1, 1e-8)?),
        Op::Dot => Ok(call.arg(0)?.f_mul(call.arg(1)?)?.f_sum_dim_intlist([-1i64].as_slice(), false, None)?),
        Op::LogSumExp => Ok(Tensor::f_stack(&call.operands, -1)?.f_logsumexp([-1i64].as_slice(), false)?),
        Op::StopGrad => Ok(call.arg(0)?.f_detach()?),

        Op::Attention { heads, scale, drop, site } => attention::attention(call, *heads, *scale, *drop, site),
        Op::Dropout { p, site } => dropout::dropout(call, *p, site),

        Op::Take { .. } => sequence::take(call),
        Op::Row(index) => sequence::row(call, *index),
        Op::MeanTime => sequence::mean(call),
        Op::MaxTime => sequence::max(call),
        Op::Concat(Axis::Time) => sequence::concat(call),
        Op::At { .. } => sequence::at(call),
    }
}

impl<'r> Call<'r, '_> {
    /// The value of an operand.
    pub(crate) fn arg(&self, i: usize) -> Result<&'r Tensor, Fault> {
        self.operands.get(i).copied().ok_or_else(|| Fault::Torch(format!("operand {i} is missing")))
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

    /// How the first operand attends to the second.
    pub(crate) fn groups(&self, heads: i64) -> Result<Rc<Groups>, Fault> {
        let time = |i: usize| {
            let of = self.step.operands.get(i).and_then(|o| self.run.program.steps.get(*o));
            of.and_then(|s| s.time).ok_or_else(|| Fault::Torch(format!("operand {i} has no time axis")))
        };
        self.run.groups(time(0)?, time(1)?, self.rows, heads)
    }

    /// A parameter as the value of every sample: `[s..]` to `[R, s..]`, without a copy.
    pub(crate) fn for_every_sample(&self, parameter: &Tensor) -> Result<Tensor, Fault> {
        let mut shape = parameter.size();
        shape.insert(0, self.count());
        Ok(parameter.f_unsqueeze(0)?.f_expand(&shape, false)?)
    }
}
