//! The typing rule of every operation, as its doc comment states it.

mod checks;
mod einsum;
mod meant;
mod sequence;
mod tensor;

use super::op::{Axis, Op};
use super::{Band, Graph, Node, linear_places};
use crate::dims::{Atom, Dim};
use crate::types::{Modality, TensorType, Time, Type};
use dsc_syntax::diag::{Code, codes::types as code};

/// Why operands do not fit an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeFault {
    /// The code of its diagnostic.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// Which operand it is about, if one is to blame.
    pub operand: Option<usize>,
    /// What mends it.
    pub help: Option<String>,
    /// The type that the result has all the same, where what is wrong does not decide it: what is computed of it is then
    /// checked too.
    pub result: Option<Type>,
}

impl TypeFault {
    fn new(code: Code, message: impl Into<String>) -> Self {
        TypeFault { code, message: message.into(), operand: None, help: None, result: None }
    }

    fn operand(mut self, index: usize) -> Self {
        self.operand = Some(index);
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn result(mut self, ty: impl Into<Type>) -> Self {
        self.result = Some(ty.into());
        self
    }
}

/// Decides whether two dims are one number: by their forms, and by number where data are bound.
pub trait DimEq {
    /// Whether `a` and `b` are always the same.
    fn same(&self, a: &Dim, b: &Dim) -> bool;

    /// A dim with numbers for what is known to be one number for all samples.
    fn known(&self, d: &Dim) -> Dim {
        d.clone()
    }

    /// The number that a dim is for all samples, if it is known.
    fn number(&self, d: &Dim) -> Option<i64> {
        self.known(d).as_const()
    }
}

impl<F: Fn(&Dim, &Dim) -> bool> DimEq for F {
    fn same(&self, a: &Dim, b: &Dim) -> bool {
        self(a, b)
    }
}

struct Rule<'a> {
    op: &'a Op,
    args: &'a [Type],
    eq: &'a dyn DimEq,
}

type Outcome = Result<Type, TypeFault>;

impl Op {
    /// The type of the result, given the operands' types.
    ///
    /// `Input`, `Label` and `Param` take their type from their declaration and are not asked.
    ///
    /// # Errors
    /// The first rule that the operands break.
    pub fn infer(&self, args: &[Type], eq: &dyn DimEq) -> Outcome {
        let rule = Rule { op: self, args, eq };
        rule.infer().map_err(|mut fault| {
            fault.result = fault.result.or_else(|| rule.meant());
            fault
        })
    }
}

impl Rule<'_> {
    fn infer(&self) -> Outcome {
        match self.op {
            Op::Input(_) | Op::Param(_) => Err(self.wrong_count("a declaration")),
            Op::Label(_) | Op::Const(_) => self.arity(0).map(|()| TensorType::real().into()),
            Op::Expand
            | Op::Unary(_)
            | Op::ParametricUnary(_)
            | Op::Affine { .. }
            | Op::Dropout { .. }
            | Op::StopGrad
            | Op::GradReverse { .. } => {
                self.arity(1)?;
                Ok(self.tensor(0)?.clone().into())
            }
            Op::Learned => {
                self.arity(1)?;
                match self.tensor(0)?.dims.as_slice() {
                    [n, d] => Ok(TensorType::seq(Modality::learned(), n.clone(), d.clone()).into()),
                    _ => Err(self.expects(0, "rows and a width")),
                }
            }
            Op::Binary(_) => {
                self.arity(2)?;
                let (a, b) = (self.tensor(0)?, self.tensor(1)?);
                self.same_type(a, b)?;
                Ok(a.clone().into())
            }
            Op::AddRow | Op::MulRow => self.rows_with_vector(),
            Op::Scale => self.scale(),
            Op::Softmax { over, .. } => self.softmax(*over),
            Op::Normalize { .. } => self.normalize(),
            Op::Reduce { keep, .. } => self.reduce(*keep),
            Op::Einsum(spec) => self.einsum(spec),
            Op::Reshape { shape } => self.reshape(shape),
            Op::Slice { from, to } => self.slice(from, to),
            Op::Append { .. } => self.append(),
            Op::Stack { modality } => self.stack(modality),
            Op::Repeat => self.repeat(),
            Op::InBatch => self.in_batch(),
            Op::Own => self.own(),
            Op::Linear => self.linear(),
            Op::LayerNorm { .. } => {
                self.arity(3)?;
                let k = self.features(0)?;
                for i in [1, 2] {
                    self.dims_agree("the last axis", &k, "the parameter", &self.vector(i)?, i)?;
                }
                Ok(self.tensor(0)?.clone().into())
            }
            Op::Attention { heads, shared, band, .. } => self.attention(*heads, *shared, *band),
            Op::Embedding => {
                self.arity(2)?;
                let Some(Type::Tokens { len }) = self.args.first() else { return Err(self.expects(0, "Tokens")) };
                let (_, width) = self.table(1)?;
                Ok(TensorType::seq(Modality("text".into()), len.clone(), width).into())
            }
            Op::Positions => {
                self.arity(2)?;
                let time = self.time(0)?;
                let (rows, width) = self.table(1)?;
                let (table, least) = (self.eq.number(&rows), self.eq.number(&time.len));
                let ty = TensorType::seq(time.modality, time.len, width);
                match (table, least) {
                    (Some(rows), Some(len)) if len > rows => Err(TypeFault::new(
                        code::E0306,
                        format!("positions of {len} rows, the table has {rows}"),
                    )
                    .operand(0)
                    .result(ty)),
                    _ => Ok(ty.into()),
                }
            }
            Op::Take { rows } => {
                let rows = self.kept(rows);
                let length = |n: &Dim, rows: &Dim| Dim::min([n.clone(), rows.clone()]);
                match rows {
                    Ok(rows) => self.of_length(|n| Ok(length(n, rows))),
                    Err(fault) => Err(match self.of_length(|n| Ok(n.clone())) {
                        Ok(ty) => fault.result(ty),
                        Err(other) => other,
                    }),
                }
            }
            Op::Row(i) => {
                self.arity(1)?;
                let time = self.time(0)?;
                let exists = match time.len.as_const() {
                    Some(n) => (-n..n).contains(i),
                    None => matches!(i, 0 | -1) || time.len.is_open(),
                };
                let ty = TensorType { time: None, dims: self.tensor(0)?.dims.clone() };
                if !exists {
                    return Err(TypeFault::new(code::E0306, format!("row {i} of a sequence of length {}", time.len))
                        .operand(0)
                        .help("a ragged sequence is sure to have only its first row, [0], and its last, [-1]")
                        .result(ty));
                }
                Ok(ty.into())
            }
            Op::MeanTime | Op::MaxTime | Op::MinTime | Op::SumTime | Op::StdTime { .. } | Op::LogSumExpTime => {
                self.arity(1)?;
                self.time(0)?;
                Ok(TensorType { time: None, dims: self.tensor(0)?.dims.clone() }.into())
            }
            Op::LastState => self.last_state(),
            Op::Conv1d { stride, groups, .. } => self.conv1d(*stride, *groups),
            Op::Recurrent { cell, bidirectional } => self.recurrent(*cell, *bidirectional),
            Op::Shift { .. } | Op::Reverse => self.of_length(|n| Ok(n.clone())),
            Op::Skip { rows } => self.of_length(|n| self.skip(n, rows)),
            Op::Downsample { by, .. } => self.of_length(|n| Ok(sequence::windows(n, *by))),
            Op::Dense { to } => self.of_length(|n| {
                to.of(n).ok_or_else(|| {
                    TypeFault::new(code::E0306, format!("a length of {n} has no maximum that is known"))
                        .operand(0)
                        .help("it is largest where a length is smallest; pad to the longest of the batch: `to: \"batch\"`")
                })
            }),
            Op::Sinusoid { width } => self.sinusoid(width),
            Op::Scalar => {
                self.arity(1)?;
                let width = self.vector(0)?;
                if self.eq.same(&width, &Dim::from(1)) {
                    return Ok(TensorType::real().into());
                }
                Err(TypeFault::new(code::E0301, format!("`scalar` of a vector of {width} entries"))
                    .operand(0)
                    .help("the layer before it makes one entry: `MLP(x, widths: [.., 1])`, `Linear(x, out: 1)`")
                    .result(TensorType::real()))
            }
            Op::Concat(axis) => self.concat(*axis),
            Op::Cosine | Op::Dot => {
                self.arity(2)?;
                self.dims_agree("the first vector", &self.vector(0)?, "the second", &self.vector(1)?, 1)?;
                Ok(TensorType::real().into())
            }
            Op::LogSumExp => {
                if self.args.is_empty() {
                    return Err(TypeFault::new(code::E0307, "`logsumexp` of nothing").help("give it at least one Real"));
                }
                for i in 0..self.args.len() {
                    if !self.tensor(i)?.is_real() {
                        return Err(self.expects(i, "a Real"));
                    }
                }
                Ok(TensorType::real().into())
            }
            Op::At { group, index, companions } => {
                self.arity(1)?;
                let view = super::View { companions: *companions, group: *group, index: *index };
                Ok(self.tensor(0)?.in_view(&view.to_string()).into())
            }
        }
    }

    fn linear(&self) -> Outcome {
        if self.args.len() < 3 {
            self.arity(2)?;
        }
        let k = self.features(0)?;
        // A second weight shows that there are maps without bias; whatever else is third was to be a bias.
        let biased = self.args.len() > 2 && self.table(2).is_err();
        let mut width: Option<Dim> = None;
        for (weight, bias) in linear_places(self.args.len(), biased) {
            let (out, fan_in) = self.table(weight)?;
            self.dims_agree("the last axis", &k, "the weight", &fan_in, 0)?;
            if let Some(bias) = bias {
                self.dims_agree("the rows of the weight", &out, "the bias", &self.vector(bias)?, bias)?;
            }
            width = Some(match width {
                Some(before) => self.joined(&before, &out, weight)?,
                None => out,
            });
        }
        Ok(self.tensor(0)?.with_features(width.unwrap_or_default()).into())
    }

    fn attention(&self, heads: i64, shared: bool, band: Band) -> Outcome {
        self.arity(3)?;
        let (q, k, v) = (self.time(0)?, self.time(1)?, self.time(2)?);
        let (wq, wk, wv) = (self.features(0)?, self.features(1)?, self.features(2)?);
        let (keys, wv) = match shared {
            true => (wk.times(&Dim::from(heads)), wv.times(&Dim::from(heads))),
            false => (wk, wv),
        };
        self.dims_agree("the query", &wq, if shared { "a key for each head" } else { "the key" }, &keys, 1)?;
        if !self.eq.same(&k.len, &v.len) {
            return Err(TypeFault::new(
                code::E0302,
                format!("keys of length {} but values of length {}", k.len, v.len),
            )
            .operand(2));
        }
        let ty = TensorType::seq(q.modality.clone(), q.len.clone(), wv.clone());
        self.band(band, &q, &k).map_err(|fault| fault.result(ty.clone()))?;
        for (i, width) in [(0, &wq), (2, &wv)] {
            let number = self.eq.number(width);
            if heads < 1 || number.is_some_and(|w| w % heads != 0) {
                let found = match (width.as_const(), number) {
                    (None, Some(n)) => format!("{width} = {n}"),
                    _ => width.to_string(),
                };
                return Err(TypeFault::new(code::E0305, format!("{heads} heads do not divide a width of {found}"))
                    .operand(i)
                    .help(match width.as_const() {
                        Some(_) => format!("choose a width that is a multiple of {heads}, or other heads"),
                        None => format!(
                            "bring it to a multiple of {heads} with `|> Linear(out: ..)`, or choose other heads"
                        ),
                    })
                    .result(ty));
            }
        }
        Ok(ty.into())
    }

    /// The sum of two axes, unless it is too large to write down.
    fn joined(&self, sum: &Dim, next: &Dim, operand: usize) -> Result<Dim, TypeFault> {
        let sum = sum.plus(next);
        if !sum.is_long() {
            return Ok(sum);
        }
        Err(TypeFault::new(code::E0306, format!("`{}` of axes whose sum is too large to write down", self.op.name()))
            .operand(operand))
    }

    fn concat(&self, axis: Axis) -> Outcome {
        let first = match self.args.len() {
            0 => return Err(TypeFault::new(code::E0307, "`concat` of nothing").help("give it at least one value")),
            _ => self.tensor(0)?,
        };
        match axis {
            Axis::Features => {
                let mut width = Dim::from(0);
                for i in 0..self.args.len() {
                    let x = self.tensor(i)?;
                    let same = x.dims.len() == first.dims.len()
                        && x.time.is_some() == first.time.is_some()
                        && x.dims.iter().zip(&first.dims).rev().skip(1).all(|(a, b)| self.eq.same(a, b));
                    if !same || x.dims.is_empty() {
                        let (text, help) = match x.dims.is_empty() {
                            true => ("a Real has no axis to join".to_owned(), "a Vec[1] has one: leave `scalar()` out"),
                            false => {
                                (format!("`concat` of {first} and {x}"), "all axes but the last have to be the same")
                            }
                        };
                        return Err(TypeFault::new(code::E0301, text).operand(i).help(help));
                    }
                    if let (Some(a), Some(b)) = (&first.time, &x.time)
                        && !self.eq.same(&a.len, &b.len)
                    {
                        return Err(self.lengths_differ(a, b, i));
                    }
                    width = self.joined(&width, &self.features(i)?, i)?;
                }
                Ok(first.with_features(width).into())
            }
            Axis::Time => {
                let mut len = Dim::from(0);
                let mut modality: Option<Modality> = None;
                for i in 0..self.args.len() {
                    let time = self.time(i)?;
                    self.dims_agree("the first width", &self.features(0)?, "this one", &self.features(i)?, i)?;
                    len = self.joined(&len, &time.len, i)?;
                    modality = match modality {
                        None => Some(time.modality),
                        Some(m) if m == time.modality || time.modality == Modality::learned() => Some(m),
                        Some(m) if m == Modality::learned() => Some(time.modality),
                        Some(_) => Some(Modality::joint()),
                    };
                }
                let mut ty = first.clone();
                ty.time = Some(Time { modality: modality.unwrap_or_else(Modality::joint), len });
                Ok(ty.into())
            }
        }
    }
}

/// Types of a node's operands.
pub(super) fn operand_types(graph: &Graph, id: super::NodeId) -> Vec<Type> {
    graph.operands(id).into_iter().filter_map(|o| graph.node(o)).map(|n: &Node| n.ty.clone()).collect()
}

/// Whether a dim mentions a companion's length.
pub(super) fn speaks_of_view(dim: &Dim) -> bool {
    dim.any_atom(&mut |a| matches!(a, Atom::Length { view: Some(_), .. }))
}
