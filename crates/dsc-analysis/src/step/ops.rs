//! What every operation allocates, keeps and frees: the kernels of `dsc-runtime` (`ops`) without numbers.

use std::rc::Rc;

use super::rows::{Layout, Lengths};
use super::tape::{Back, Derivative, Tape, Value};
use super::{Target, attention};
use crate::cost::{FLOAT, INDEX};
use dsc_graph::primitives::Keeps;
use dsc_graph::types::Type;
use dsc_graph::{Axis, Binary, Op, Over, Pool, Reduction, Unary, linear_places};

pub(super) const F: u64 = FLOAT.unsigned_abs();
pub(super) const I: u64 = INDEX.unsigned_abs();

/// One operation about to be carried out.
pub(super) struct Call<'c> {
    pub(super) tape: &'c Tape,
    pub(super) layout: &'c Layout<'c>,
    pub(super) target: Target,
    pub(super) op: &'c Op,
    pub(super) ty: &'c Type,
    /// Whether it runs on companions too.
    pub(super) all: bool,
    /// Operands, cut to the rows of the result, with their types and whether they are parameters.
    pub(super) args: Vec<(Value, &'c Type, bool)>,
}

impl Call<'_> {
    /// The result; none where a dim has no number.
    pub(super) fn run(&self) -> Option<Value> {
        let is_same = |(x, _, parameter): &(Value, &Type, bool)| *parameter || x.same;
        let timeless = |(_, ty, _): &(Value, &Type, bool)| ty.len().is_none();
        let same = self.op.makes_same_of_same()
            && self.ty.len().is_none()
            && !self.args.is_empty()
            && self.args.iter().all(|a| is_same(a) && timeless(a));
        if !same {
            return self.carry_out();
        }
        // Computed for one sample; the gradient of the one row is one of all rows.
        let n = self.count();
        let args = self.args.iter().map(|(x, ty, parameter)| {
            let one = if *parameter {
                x.clone()
            } else {
                self.tape.view(x, x.bytes / n.max(1), Back::New(x.bytes)).same_if(false)
            };
            (one, *ty, *parameter)
        });
        let once = Call { args: args.collect(), ..*self };
        let found = once.carry_out_of(self.bytes()? / n.max(1))?;
        let all = self.tape.view(&found, self.bytes()?, Back::New(found.bytes));
        Some(all.same_if(true))
    }

    fn carry_out(&self) -> Option<Value> {
        self.carry_out_of(self.bytes()?)
    }

    /// The operation with a result of so many bytes.
    fn carry_out_of(&self, out: u64) -> Option<Value> {
        let tape = self.tape;
        let x = self.args.first().map(|(x, ..)| x);
        let derivative = |x: &Value| Derivative::of(x, Back::New(x.bytes));
        Some(match self.op {
            Op::Input(_) | Op::Label(_) | Op::Const(_) | Op::Param(_) => tape.constant(out),
            Op::Expand | Op::Learned | Op::InBatch => self.for_every_sample(x?, out),
            Op::Embedding => self.embedding(x?, out),
            Op::Positions => self.positions(out)?,

            Op::Unary(f) => self.unary(*f, x?, out),
            Op::Binary(f) => self.binary(*f, out)?,
            Op::ParametricUnary(_) => {
                let x = x?;
                // A comparison, a branch, and what chooses.
                let mask = tape.block(out / F);
                let branch = tape.result(out, derivative(x).reads(x));
                tape.result(out, derivative(x).and(&branch, Back::New(out)).keeps(mask))
            }
            Op::Affine { mul, add } => {
                let x = x?;
                let scaled = if *mul == 1.0 { x.clone() } else { tape.result(out, derivative(x)) };
                if *add == 0.0 { scaled } else { tape.result(out, Derivative::of(&scaled, Back::Same)) }
            }
            Op::AddRow => {
                let row = self.every_row(self.arg(1)?)?;
                let to_row = if row.bytes == out { Back::Same } else { Back::New(row.bytes) };
                tape.result(out, Derivative::of(x?, Back::Same).and(&row, to_row))
            }
            Op::MulRow | Op::Scale => {
                let (x, row) = (x?, self.every_row(self.arg(1)?)?);
                let both = derivative(x).and(&row, Back::New(row.bytes)).reads_for(x, &row).reads_for(&row, x);
                // The gradient of the row has all entries before it is added up.
                let room = if row.trains() && row.bytes < out { out } else { 0 };
                tape.result(out, both.with_room(room))
            }
            Op::Linear => self.linear(out)?,
            Op::LayerNorm { .. } => {
                let x = x?;
                let stats = tape.block(2 * F * (out / (F * self.columns(self.ty)?.max(1))));
                let mut d = derivative(x).reads(x).keeps(stats);
                for (p, ..) in self.args.iter().skip(1) {
                    d = d.and(p, Back::New(p.bytes));
                }
                tape.result(out, d)
            }
            Op::Softmax { over, .. } => self.softmax(*over, x?, out)?,
            Op::Normalize { .. } => {
                let x = x?;
                let norm = tape.result(out / self.columns(self.ty)?.max(1), derivative(x).reads(x));
                let d = derivative(x).and(&norm, Back::New(norm.bytes)).reads(x).reads(&norm);
                tape.result(out, d.with_room(2 * out))
            }
            Op::Reduce { how, .. } => {
                let x = x?;
                match how {
                    Reduction::Sum => tape.result(out, Derivative::of(x, Back::New(out))),
                    Reduction::Mean => tape.result(out, derivative(x)),
                    Reduction::Max | Reduction::Min => {
                        let at = tape.block(out / F * I);
                        tape.result(out, derivative(x).keeps(at))
                    }
                    Reduction::Norm | Reduction::LogSumExp => {
                        tape.kept_result(out, derivative(x).reads(x).with_room(x.bytes))
                    }
                }
            }
            Op::Attention { heads, shared, drop, .. } => attention::attention(self, *heads, *shared, *drop > 0.0, out)?,
            Op::Dropout { p, .. } if *p == 0.0 => x?.clone(),
            Op::Dropout { .. } => {
                let mask = tape.constant(out);
                tape.result(out, derivative(x?).reads(&mask))
            }
            Op::Conv1d { .. } => self.convolution(x?, out)?,
            Op::Recurrent { cell, .. } => {
                // The gates of all rows, and the states before and after them, in the padded layout.
                let lengths = self.lengths_of(self.ty)?;
                let rows = self.padded(x?, 0)?;
                let all = out / lengths.rows().max(1) * lengths.padded_rows();
                let gates = tape.block(all * (cell.gates().unsigned_abs() + 2));
                let mut d = derivative(&rows).reads(&rows).keeps(gates).with_room(all * cell.gates().unsigned_abs());
                for (p, ..) in self.args.iter().skip(1) {
                    d = d.and(p, Back::New(p.bytes));
                }
                let states = tape.kept_result(all, d);
                self.in_layout(&states, &lengths, out)
            }

            Op::Take { .. } => self.first(x?, self.arg_type(0)?, &*self.lengths_of(self.ty)?, self.all, out)?,
            Op::Row(_) if !self.lengths_of(self.arg_type(0)?)?.packed => tape.view(x?, out, Back::New(x?.bytes)),
            Op::Row(_) | Op::LastState => self.gather(x?, out),
            Op::Skip { .. } if !self.lengths_of(self.arg_type(0)?)?.ragged => tape.view(x?, out, Back::New(x?.bytes)),
            Op::Skip { .. } | Op::Shift { .. } | Op::Reverse => self.gather(x?, out),
            Op::Dense { .. } => {
                let masked = self.masked(&self.padded(x?, 0)?);
                tape.result(out, derivative(&masked))
            }
            Op::Sinusoid { .. } => tape.constant(out),
            Op::Downsample { pool, .. } => {
                let windows = self.gather(x?, x?.bytes);
                match pool {
                    Pool::Mean => tape.result(out, derivative(&windows)),
                    Pool::Max => {
                        let at = tape.block(out / F * I);
                        tape.result(out, derivative(&windows).keeps(at))
                    }
                }
            }
            Op::Scalar | Op::Reshape { .. } => tape.view(x?, out, Back::Same),
            Op::Slice { .. } => tape.view(x?, out, Back::New(x?.bytes)),
            Op::Own => tape.view(x?, out, Back::New(x?.bytes)),
            Op::Concat(Axis::Time) => self.concat(out)?,
            Op::Concat(Axis::Features) | Op::Append { .. } | Op::Stack { .. } => self.joined(out),
            Op::Repeat => match self.packed()? {
                Some(_) => self.every_row(x?)?,
                None => tape.view(x?, out, Back::New(x?.bytes)),
            },
            Op::Einsum(_) | Op::Cosine | Op::Dot | Op::LogSumExp => {
                let mut d = Derivative::default();
                for (x, ..) in &self.args {
                    d = d.and(x, Back::New(x.bytes)).reads(x);
                }
                tape.kept_result(out, d)
            }
            Op::StopGrad => tape.detached(x?),
            Op::GradReverse { .. } => {
                let x = x?;
                let nothing = tape.result(out, derivative(x));
                tape.result(out, Derivative::of(&nothing, Back::Same))
            }

            Op::MeanTime | Op::SumTime => self.mean(x?, matches!(self.op, Op::MeanTime), out)?,
            Op::StdTime { .. } => {
                let x = x?;
                let mean = self.mean(x, true, out)?;
                let from_mean = tape.result(x.bytes, derivative(x).and(&mean, Back::New(out)));
                let square = tape.result(x.bytes, derivative(&from_mean).reads(&from_mean).with_room(x.bytes));
                let variance = self.mean(&square, true, out)?;
                tape.kept_result(out, derivative(&variance))
            }
            Op::MaxTime | Op::MinTime => {
                let rows = self.masked(&self.padded(x?, 0)?);
                let at = tape.block(out / F * I);
                tape.result(out, derivative(&rows).keeps(at))
            }
            Op::LogSumExpTime => {
                let rows = self.masked(&self.padded(x?, 0)?);
                tape.kept_result(out, derivative(&rows).reads(&rows).with_room(rows.bytes))
            }

            Op::At { .. } => self.gather(x?, out),
        })
    }

    pub(super) fn arg(&self, i: usize) -> Option<&Value> {
        self.args.get(i).map(|(x, ..)| x)
    }

    pub(super) fn arg_type(&self, i: usize) -> Option<&Type> {
        self.args.get(i).map(|(_, ty, _)| *ty)
    }

    /// Samples of the result.
    fn count(&self) -> u64 {
        self.layout.count(self.all) as u64
    }

    /// Lengths of a sequence of that type, for the rows of the result.
    pub(super) fn lengths_of(&self, ty: &Type) -> Option<Rc<Lengths>> {
        self.layout.lengths(ty.len()?, self.all)
    }

    /// The lengths of the result if it is packed; the outer `Option` is none where a name has no number.
    pub(super) fn packed(&self) -> Option<Option<Rc<Lengths>>> {
        match self.ty.len() {
            None => Some(None),
            Some(_) => Some(Some(self.lengths_of(self.ty)?).filter(|l| l.packed)),
        }
    }

    /// Entries of the last axis.
    pub(super) fn columns(&self, ty: &Type) -> Option<u64> {
        ty.tensor().and_then(|t| t.features()).map_or(Some(1), |d| self.layout.number(d))
    }

    fn bytes(&self) -> Option<u64> {
        bytes_of(self.layout, self.ty, self.all, matches!(self.op, Op::Param(_)))
    }

    fn for_every_sample(&self, x: &Value, out: u64) -> Value {
        self.tape.view(x, out, Back::New(x.bytes)).same_if(true)
    }

    fn embedding(&self, ids: &Value, out: u64) -> Value {
        let Some((table, ..)) = self.args.get(1) else { return self.tape.constant(out) };
        let (rows, width) = (ids.bytes / I, out / (ids.bytes / I).max(1));
        // The rows that were read are the gradient; of a table with fewer rows it is a whole one.
        let sparse = table.bytes / width.max(1) > rows;
        self.tape
            .result(out, Derivative::of(table, if sparse { Back::Same } else { Back::New(table.bytes) }).reads(ids))
    }

    fn positions(&self, out: u64) -> Option<Value> {
        let table = self.arg(1)?;
        if let Some(lengths) = self.packed()? {
            let numbers = self.tape.block(lengths.valid() * I);
            return Some(self.tape.result(out, Derivative::of(table, Back::New(table.bytes)).keeps(numbers)));
        }
        let first = self.tape.view(table, out / self.count().max(1), Back::New(table.bytes));
        Some(self.for_every_sample(&first, out))
    }

    fn unary(&self, f: Unary, x: &Value, out: u64) -> Value {
        let room = match f {
            Unary::Square => 2 * out,
            Unary::Abs | Unary::Sqrt | Unary::Sin | Unary::Cos => out,
            _ => 0,
        };
        let d = Derivative::of(x, Back::New(out)).with_room(room);
        match f.keeps() {
            Keeps::Nothing => self.tape.result(out, d),
            Keeps::Operands => self.tape.result(out, d.reads(x)),
            Keeps::Result => self.tape.kept_result(out, d),
        }
    }

    fn binary(&self, f: Binary, out: u64) -> Option<Value> {
        let (a, b) = (self.arg(0)?, self.arg(1)?);
        let d = match f {
            Binary::Add => Derivative::of(a, Back::Same).and(b, Back::Same),
            Binary::Sub => Derivative::of(a, Back::Same).and(b, Back::New(out)),
            Binary::Mul => {
                let both = Derivative::of(a, Back::New(out)).and(b, Back::New(out));
                both.reads_for(a, b).reads_for(b, a)
            }
            Binary::Div | Binary::Minimum | Binary::Maximum => {
                let both = Derivative::of(a, Back::New(out)).and(b, Back::New(out)).with_room(out);
                both.reads(a).reads(b)
            }
        };
        Some(self.tape.result(out, d))
    }

    fn linear(&self, out: u64) -> Option<Value> {
        let (tape, x) = (self.tape, self.arg(0)?);
        let biased = self.arg_type(2).and_then(Type::tensor).is_some_and(|t| t.dims.len() == 1);
        let places: Vec<(usize, Option<usize>)> = linear_places(self.args.len(), biased).collect();
        let join = |of: &mut dyn Iterator<Item = usize>| -> Option<Value> {
            let parts: Vec<&Value> = of.map(|place| self.arg(place)).collect::<Option<_>>()?;
            match parts.as_slice() {
                [] => None,
                [one] => Some((*one).clone()),
                // The gradients of the parts are parts of that of the whole.
                several => {
                    let mut d = Derivative::default();
                    for part in several {
                        d = d.and(part, Back::Same);
                    }
                    Some(tape.result(several.iter().map(|p| p.bytes).sum(), d))
                }
            }
        };
        let weight = join(&mut places.iter().map(|(weight, _)| *weight))?;
        let bias = join(&mut places.iter().filter_map(|(_, bias)| *bias));
        let mut d = Derivative::of(x, Back::New(x.bytes)).and(&weight, Back::New(weight.bytes));
        d = d.reads_for(&weight, x).reads_for(x, &weight);
        if let Some(bias) = &bias {
            d = d.and(bias, Back::New(bias.bytes));
        }
        Some(tape.result(out, d))
    }

    /// A vector in a form that meets every row of the result.
    fn every_row(&self, x: &Value) -> Option<Value> {
        Some(match self.packed()? {
            Some(_) if x.same => self.tape.view(x, x.bytes / self.count().max(1), Back::New(x.bytes)),
            // One number or one vector for each sample, once for each of its rows.
            Some(lengths) => self.gather(x, x.bytes / self.count().max(1) * lengths.valid()),
            None => self.tape.view(x, x.bytes, Back::Same),
        })
    }

    fn softmax(&self, over: Over, x: &Value, out: u64) -> Option<Value> {
        if over != Over::Time || !self.lengths_of(self.ty)?.ragged {
            return Some(self.tape.kept_result(out, Derivative::of(x, Back::New(out))));
        }
        let rows = self.masked(&self.padded(x, 0)?);
        let found = self.tape.kept_result(rows.bytes, Derivative::of(&rows, Back::New(rows.bytes)));
        Some(self.in_layout(&found, &*self.lengths_of(self.ty)?, out))
    }
}

/// Bytes of a value of all its samples; of a parameter, which has none, those of itself.
pub(super) fn bytes_of(layout: &Layout<'_>, ty: &Type, all: bool, parameter: bool) -> Option<u64> {
    let (each, axes) = match ty {
        Type::Tensor(t) => (F, t.dims.as_slice()),
        Type::Tokens { .. } => (I, [].as_slice()),
    };
    let rows = match ty.len() {
        _ if parameter => 1,
        Some(len) => layout.lengths(len, all)?.rows(),
        None => layout.count(all) as u64,
    };
    axes.iter().try_fold(rows.saturating_mul(each), |n, axis| Some(n.saturating_mul(layout.number(axis)?)))
}
