//! The rules of the algebra of axes: reductions, products, new shapes, values of the whole batch.

use super::{Outcome, Rule, TypeFault};
use crate::dims::{Atom, Dim};
use crate::op::Over;
use crate::types::{Modality, TensorType, Time};
use dsc_syntax::diag::codes::types as code;

impl Rule<'_> {
    pub(super) fn scale(&self) -> Outcome {
        self.arity(2)?;
        let (x, by) = (self.tensor(0)?, self.tensor(1)?);
        if by.is_real() {
            return Ok(x.clone().into());
        }
        match by.features().and_then(Dim::as_const) {
            Some(1) if !x.dims.is_empty() => {
                self.same_type(&x.with_features(Dim::from(1)), by)?;
                Ok(x.clone().into())
            }
            _ => Err(self.expects(1, "a Real, or one number per row")),
        }
    }

    pub(super) fn rows_with_vector(&self) -> Outcome {
        self.arity(2)?;
        let x = self.tensor(0)?;
        self.dims_agree("the width of the rows", &self.features(0)?, "the vector", &self.vector(1)?, 1)?;
        Ok(x.clone().into())
    }

    pub(super) fn normalize(&self) -> Outcome {
        self.arity(1)?;
        self.features(0)?;
        Ok(self.tensor(0)?.clone().into())
    }

    pub(super) fn softmax(&self, over: Over) -> Outcome {
        self.arity(1)?;
        let x = self.tensor(0)?;
        match over {
            Over::Time if x.time.is_none() => Err(self.expects(0, "a sequence, to go over its time")),
            Over::Features if x.dims.is_empty() => Err(self.expects(0, "a tensor with at least one axis")),
            Over::Axis(i) if i >= x.dims.len() => Err(TypeFault::new(
                code::E0306,
                format!("`{}` over axis {i} of {x}, which has {} beside time", self.op.name(), x.dims.len()),
            )
            .operand(0)
            .help("axes count from 0, time is none of them")),
            _ => Ok(x.clone().into()),
        }
    }

    pub(super) fn reduce(&self, keep: bool) -> Outcome {
        self.arity(1)?;
        let mut x = self.tensor(0)?.clone();
        if x.dims.pop().is_none() {
            return Err(self.expects(0, "a tensor with at least one axis"));
        }
        if keep {
            x.dims.push(Dim::from(1));
        } else if x.time.is_some() && x.dims.is_empty() {
            let d = self.tensor(0)?;
            return Err(TypeFault::new(code::E0301, format!("`{}` of {d} leaves no axis beside time", self.op.name()))
                .operand(0)
                .help("`keep: true` leaves one number per row, `Seq[n, 1]`; `mean(x)` pools over time"));
        }
        Ok(x.into())
    }

    pub(super) fn reshape(&self, shape: &[Dim]) -> Outcome {
        self.arity(1)?;
        let x = self.tensor(0)?;
        let text = |dims: &[Dim]| dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if x.time.is_some() && shape.is_empty() {
            return Err(TypeFault::new(code::E0301, format!("`{}` of {x} leaves no axis beside time", self.op.name()))
                .operand(0)
                .help("a sequence has at least one axis beside time: `shape: [1]`"));
        }
        let (Some(before), Some(after)) = (Dim::product(&x.dims), Dim::product(shape)) else {
            return Err(TypeFault::new(
                code::E0301,
                format!("`{}` of {x}: the product of its axes is too large to write down", self.op.name()),
            )
            .operand(0));
        };
        if !self.eq.same(&before, &after) {
            let kept = if x.time.is_some() { " of a row" } else { "" };
            return Err(TypeFault::new(
                code::E0301,
                format!("`{}` of {x}: [{}] has {after} entries, not the {before}{kept}", self.op.name(), text(shape)),
            )
            .operand(0)
            .help("the product of the axes beside time stays the same"));
        }
        Ok(TensorType { time: x.time.clone(), dims: shape.to_vec() }.into())
    }

    pub(super) fn slice(&self, from: &Dim, to: &Dim) -> Outcome {
        self.arity(1)?;
        let width = self.features(0)?;
        let [first, end, k] = [from, to, &width].map(|d| self.eq.number(d));
        if width.is_ragged() {
            return Err(TypeFault::new(
                code::E0306,
                format!("entries {from} to {to} of {}: nobody knows that there are as many", self.tensor(0)?),
            )
            .operand(0)
            .help("an axis that differs from step to step is taken whole"));
        }
        let empty = matches!((first, end), (Some(a), Some(b)) if a >= b);
        let outside = first.is_some_and(|a| a < 0) || matches!((end, k), (Some(b), Some(k)) if b > k);
        if empty || outside {
            let why = match (outside, width.as_const(), k) {
                (true, None, Some(k)) => format!("the last axis has {width} = {k}"),
                (true, ..) => format!("the last axis has {width}"),
                (false, ..) => "nothing is left".to_owned(),
            };
            return Err(TypeFault::new(code::E0306, format!("entries {from} to {to} of {}: {why}", self.tensor(0)?))
                .operand(0)
                .help("entries count from 0; `to` is one past the last one"));
        }
        Ok(self.tensor(0)?.with_features(to.minus(from)).into())
    }

    pub(super) fn append(&self) -> Outcome {
        self.arity(1)?;
        let width = self.features(0)?;
        Ok(self.tensor(0)?.with_features(width.plus(&Dim::from(1))).into())
    }

    pub(super) fn stack(&self, modality: &Modality) -> Outcome {
        if self.args.is_empty() {
            return Err(TypeFault::new(code::E0307, "`stack` of nothing").help("give it at least one Vec"));
        }
        let width = self.vector(0)?;
        for i in 1..self.args.len() {
            self.dims_agree("the first vector", &width, "this one", &self.vector(i)?, i)?;
        }
        Ok(TensorType::seq(modality.clone(), Dim::from(self.args.len() as i64), width).into())
    }

    pub(super) fn repeat(&self) -> Outcome {
        self.arity(2)?;
        let width = self.vector(0)?;
        let Some(Time { modality, len }) = self.tensor(1)?.time.clone() else {
            return Err(self.expects(1, "a sequence, for its length"));
        };
        Ok(TensorType::seq(modality, len, width).into())
    }

    pub(super) fn in_batch(&self) -> Outcome {
        self.arity(1)?;
        let x = self.tensor(0)?;
        if x.time.is_some() {
            return Err(self.expects(0, "a value without time").help(
                "rows of different samples have no order between them: pool first, `mean(x)`, or take a row, `x[0]`",
            ));
        }
        let mut dims = x.dims.clone();
        dims.insert(0, Dim::batch());
        Ok(TensorType { time: None, dims }.into())
    }

    pub(super) fn own(&self) -> Outcome {
        self.arity(1)?;
        let x = self.tensor(0)?;
        match x.dims.split_first() {
            Some((first, rest)) if x.time.is_none() && matches!(first.as_atom(), Some(Atom::Batch)) => {
                Ok(TensorType { time: None, dims: rest.to_vec() }.into())
            }
            _ => Err(self
                .expects(0, "a value with an entry per anchor, [batch, ..]")
                .help("`own` picks the sample's own of the values that `in_batch` collects")),
        }
    }
}
