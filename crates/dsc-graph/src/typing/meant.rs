//! The type that a result is taken to have where the operands break the rule of an operation. What is computed of it is then
//! checked too, so one fault does not hide those behind it. Where the operands disagree the axis may be any.

use super::{Rule, sequence};
use crate::Op;
use crate::dims::Dim;
use crate::op::Axis;
use crate::types::{Modality, TensorType, Time, Type};

impl Rule<'_> {
    /// Nothing where the operands do not even show which axes were meant.
    pub(super) fn meant(&self) -> Option<Type> {
        let operand = |i: usize| self.args.get(i).and_then(Type::tensor);
        // Tokens in the place of a sequence are meant to be encoded.
        let encoded = match self.args.first()? {
            Type::Tokens { len } => TensorType::seq(Modality("text".to_owned()), len.clone(), Dim::open("width")),
            Type::Tensor(x) => x.clone(),
        };
        let x = &encoded;
        let ty = match self.op {
            Op::Binary(_) => self.as_both(x, operand(1)?)?,
            Op::AddRow | Op::MulRow | Op::Scale | Op::LayerNorm { .. } | Op::Normalize { .. } | Op::Softmax { .. } => {
                x.clone()
            }
            // A vector that is pooled again is what the result was to be.
            Op::MeanTime | Op::MaxTime | Op::MinTime | Op::SumTime | Op::StdTime { .. } if x.time.is_none() => {
                x.clone()
            }
            Op::MeanTime | Op::MaxTime | Op::MinTime | Op::SumTime | Op::StdTime { .. } if x.dims.len() == 1 => {
                TensorType::vec(x.features()?.clone())
            }
            Op::Linear => last_axis(x, operand(1)?.dims.first()?.clone())?,
            Op::Attention { .. } => {
                let time = x.time.clone().filter(|_| x.dims.len() == 1)?;
                TensorType { time: Some(time), dims: vec![operand(2)?.features()?.clone()] }
            }
            Op::Reshape { shape } if !shape.is_empty() => {
                TensorType { time: x.time.clone(), dims: shape.iter().map(|_| Dim::open("axis")).collect() }
            }
            Op::Slice { from, to } => {
                let kept = to.minus(from);
                last_axis(x, if kept.surely_at_least(1) { kept } else { Dim::open("width") })?
            }
            Op::Skip { .. } | Op::Dense { .. } => of_any_length(x)?,
            Op::Downsample { by, .. } => {
                let Time { modality, len } = x.time.clone()?;
                TensorType { time: Some(Time { modality, len: sequence::windows(&len, *by) }), dims: x.dims.clone() }
            }
            Op::Concat(Axis::Features) => last_axis(x, Dim::open("width"))?,
            Op::Concat(Axis::Time) => of_any_length(x)?,
            Op::Stack { modality } => {
                TensorType::seq(modality.clone(), Dim::from(self.args.len() as i64), x.features()?.clone())
            }
            Op::Cosine | Op::Dot | Op::LogSumExp => TensorType::real(),
            _ => return None,
        };
        Some(ty.into())
    }

    /// The type of both operands, if they have the same axes. Of a vector and a sequence nobody knows which one was meant.
    fn as_both(&self, a: &TensorType, b: &TensorType) -> Option<TensorType> {
        if a.dims.len() != b.dims.len() || a.time.is_some() != b.time.is_some() {
            return None;
        }
        let mut ty = a.clone();
        for (mine, theirs) in ty.dims.iter_mut().zip(&b.dims) {
            self.agree(mine, theirs, "width");
        }
        if let (Some(mine), Some(theirs)) = (&mut ty.time, &b.time) {
            self.agree(&mut mine.len, &theirs.len, "length");
        }
        Some(ty)
    }

    fn agree(&self, mine: &mut Dim, theirs: &Dim, name: &str) {
        if !self.eq.same(mine, theirs) {
            *mine = Dim::open(name);
        }
    }
}

fn last_axis(x: &TensorType, width: Dim) -> Option<TensorType> {
    (!x.dims.is_empty()).then(|| x.with_features(width))
}

fn of_any_length(x: &TensorType) -> Option<TensorType> {
    let Time { modality, .. } = x.time.clone()?;
    Some(TensorType { time: Some(Time { modality, len: Dim::open("length") }), dims: x.dims.clone() })
}
