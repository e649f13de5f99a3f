//! The typing rule of every operation, as its doc comment states it.

use super::op::{Axis, Op};
use super::{Graph, Node};
use crate::diag::{Code, codes::types as code};
use crate::sema::dims::{Atom, Dim};
use crate::sema::types::{Modality, TensorType, Time, Type};

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
}

impl TypeFault {
    fn new(code: Code, message: impl Into<String>) -> Self {
        TypeFault { code, message: message.into(), operand: None, help: None }
    }

    fn operand(mut self, index: usize) -> Self {
        self.operand = Some(index);
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Decides whether two dims are one number: by their forms, and by number where data are bound.
pub trait DimEq {
    /// Whether `a` and `b` are always the same.
    fn same(&self, a: &Dim, b: &Dim) -> bool;
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
        Rule { op: self, args, eq }.infer()
    }
}

impl Rule<'_> {
    fn infer(&self) -> Outcome {
        match self.op {
            Op::Input(_) | Op::Param(_) => Err(self.wrong_count("a declaration")),
            Op::Label(_) | Op::Const(_) => self.arity(0).map(|()| TensorType::real().into()),
            Op::Expand | Op::Unary(_) | Op::Affine { .. } | Op::Dropout { .. } | Op::StopGrad => {
                self.arity(1)?;
                Ok(self.tensor(0)?.clone().into())
            }
            Op::Learned => {
                self.arity(1)?;
                match self.tensor(0)?.dims.as_slice() {
                    [n, d] => Ok(TensorType::seq(Modality::learned(), n.clone(), d.clone()).into()),
                    _ => Err(self.wants(0, "rows and a width")),
                }
            }
            Op::Binary(_) => {
                self.arity(2)?;
                let (a, b) = (self.tensor(0)?, self.tensor(1)?);
                self.same_type(a, b)?;
                Ok(a.clone().into())
            }
            Op::AddRow => {
                self.arity(2)?;
                let x = self.tensor(0)?;
                self.dims_agree("the width of the rows", &self.features(0)?, "the vector", &self.vector(1)?, 1)?;
                Ok(x.clone().into())
            }
            Op::Scale => {
                self.arity(2)?;
                if !self.tensor(1)?.is_real() {
                    return Err(self.wants(1, "a Real"));
                }
                Ok(self.tensor(0)?.clone().into())
            }
            Op::Linear => self.linear(),
            Op::LayerNorm { .. } => {
                self.arity(3)?;
                let k = self.features(0)?;
                for i in [1, 2] {
                    self.dims_agree("the last axis", &k, "the parameter", &self.vector(i)?, i)?;
                }
                Ok(self.tensor(0)?.clone().into())
            }
            Op::Attention { heads, .. } => self.attention(*heads),
            Op::Embedding => {
                self.arity(2)?;
                let Some(Type::Tokens { len }) = self.args.first() else { return Err(self.wants(0, "Tokens")) };
                let (_, width) = self.table(1)?;
                Ok(TensorType::seq(Modality("text".into()), len.clone(), width).into())
            }
            Op::Positions => {
                self.arity(2)?;
                let time = self.time(0)?;
                let (rows, width) = self.table(1)?;
                if let (Some(rows), Some(len)) = (rows.as_const(), time.len.as_const())
                    && len > rows
                {
                    return Err(TypeFault::new(
                        code::E0306,
                        format!("{len} rows want positions, the table has {rows}"),
                    )
                    .operand(0));
                }
                Ok(TensorType::seq(time.modality, time.len, width).into())
            }
            Op::Take { rows } => {
                self.arity(1)?;
                let mut x = self.tensor(0)?.clone();
                let time = self.time(0)?;
                if rows.as_const().is_some_and(|n| n < 1) {
                    return Err(TypeFault::new(code::E0306, format!("`take` of {rows} rows leaves nothing"))
                        .help("a sequence has at least one row; take at least 1"));
                }
                x.time = Some(Time { modality: time.modality, len: Dim::min([time.len, rows.clone()]) });
                Ok(x.into())
            }
            Op::Row(i) => {
                self.arity(1)?;
                let time = self.time(0)?;
                let exists = match time.len.as_const() {
                    Some(n) => (-n..n).contains(i),
                    None => matches!(i, 0 | -1),
                };
                if !exists {
                    return Err(TypeFault::new(code::E0306, format!("row {i} of a sequence of length {}", time.len))
                        .operand(0)
                        .help("a ragged sequence is sure to have only its first row, [0], and its last, [-1]"));
                }
                Ok(TensorType { time: None, dims: self.tensor(0)?.dims.clone() }.into())
            }
            Op::MeanTime | Op::MaxTime => {
                self.arity(1)?;
                self.time(0)?;
                Ok(TensorType { time: None, dims: self.tensor(0)?.dims.clone() }.into())
            }
            Op::SumFeatures => {
                self.arity(1)?;
                let mut x = self.tensor(0)?.clone();
                if x.time.is_some() || x.dims.pop().is_none() {
                    return Err(self.wants(0, "a Vec"));
                }
                Ok(x.into())
            }
            Op::Scalar => {
                self.arity(1)?;
                self.dims_agree("one entry", &Dim::from(1), "the vector", &self.vector(0)?, 0)?;
                Ok(TensorType::real().into())
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
                        return Err(self.wants(i, "a Real"));
                    }
                }
                Ok(TensorType::real().into())
            }
            Op::At { group, index, companions } => {
                self.arity(1)?;
                let group = match group {
                    super::Group::Pos => "pos",
                    super::Group::Neg => "neg",
                };
                Ok(self.tensor(0)?.in_view(&format!("{companions}.{group}.{index}")).into())
            }
        }
    }

    fn linear(&self) -> Outcome {
        if self.args.len() != 3 {
            self.arity(2)?;
        }
        let k = self.features(0)?;
        let (out, fan_in) = self.table(1)?;
        self.dims_agree("the last axis", &k, "the weight", &fan_in, 0)?;
        if self.args.len() == 3 {
            self.dims_agree("the rows of the weight", &out, "the bias", &self.vector(2)?, 2)?;
        }
        Ok(self.tensor(0)?.with_features(out).into())
    }

    fn attention(&self, heads: i64) -> Outcome {
        self.arity(3)?;
        let (q, k, v) = (self.time(0)?, self.time(1)?, self.time(2)?);
        let (wq, wk, wv) = (self.features(0)?, self.features(1)?, self.features(2)?);
        self.dims_agree("the query", &wq, "the key", &wk, 1)?;
        if !self.eq.same(&k.len, &v.len) {
            return Err(TypeFault::new(
                code::E0302,
                format!("keys of length {} but values of length {}", k.len, v.len),
            )
            .operand(2));
        }
        for (i, width) in [(0, &wq), (2, &wv)] {
            if heads < 1 || width.as_const().is_some_and(|w| w % heads != 0) {
                return Err(TypeFault::new(code::E0305, format!("{heads} heads do not divide a width of {width}"))
                    .operand(i)
                    .help(format!("choose a width that is a multiple of {heads}, or other heads")));
            }
        }
        Ok(TensorType::seq(q.modality, q.len, wv).into())
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
                        return Err(TypeFault::new(code::E0301, format!("`concat` of {first} and {x}")).operand(i));
                    }
                    if let (Some(a), Some(b)) = (&first.time, &x.time)
                        && !self.eq.same(&a.len, &b.len)
                    {
                        return Err(self.lengths_differ(a, b, i));
                    }
                    width = width.plus(&self.features(i)?);
                }
                Ok(first.with_features(width).into())
            }
            Axis::Time => {
                let mut len = Dim::from(0);
                let mut modality: Option<Modality> = None;
                for i in 0..self.args.len() {
                    let time = self.time(i)?;
                    self.dims_agree("the first width", &self.features(0)?, "this one", &self.features(i)?, i)?;
                    len = len.plus(&time.len);
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

    fn arity(&self, n: usize) -> Result<(), TypeFault> {
        if self.args.len() == n {
            return Ok(());
        }
        Err(self.wrong_count(&format!("{n} operand{}", if n == 1 { "" } else { "s" })))
    }

    fn wrong_count(&self, wanted: &str) -> TypeFault {
        TypeFault::new(code::E0307, format!("`{}` takes {wanted}, not {}", self.op.name(), self.args.len()))
    }

    fn tensor(&self, i: usize) -> Result<&TensorType, TypeFault> {
        match self.args.get(i) {
            Some(Type::Tensor(t)) => Ok(t),
            Some(Type::Tokens { .. }) => {
                Err(self.wants(i, "a tensor").help("turn tokens into a sequence first: `text |> Bert()`"))
            }
            None => Err(self.wrong_count(&format!("at least {} operands", i + 1))),
        }
    }

    fn time(&self, i: usize) -> Result<Time, TypeFault> {
        match (&self.tensor(i)?.time, self.tensor(i)?.dims.len()) {
            (Some(time), 1) => Ok(time.clone()),
            _ => Err(self.wants(i, "a Seq")),
        }
    }

    fn features(&self, i: usize) -> Result<Dim, TypeFault> {
        self.tensor(i)?.features().cloned().ok_or_else(|| self.wants(i, "a tensor with at least one axis"))
    }

    fn vector(&self, i: usize) -> Result<Dim, TypeFault> {
        let x = self.tensor(i)?;
        match (x.dims.as_slice(), &x.time) {
            ([d], None) => Ok(d.clone()),
            _ => Err(self.wants(i, "a Vec")),
        }
    }

    fn table(&self, i: usize) -> Result<(Dim, Dim), TypeFault> {
        let x = self.tensor(i)?;
        match (x.dims.as_slice(), &x.time) {
            ([rows, width], None) => Ok((rows.clone(), width.clone())),
            _ => Err(self.wants(i, "a table of rows and columns")),
        }
    }

    fn wants(&self, i: usize, wanted: &str) -> TypeFault {
        let found = self.args.get(i).map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let fault =
            TypeFault::new(code::E0301, format!("`{}` wants {wanted}, found {found}", self.op.name())).operand(i);
        match (wanted, self.args.get(i)) {
            ("a Vec" | "a Real", Some(Type::Tensor(t))) if t.time.is_some() => {
                fault.help("pool the sequence first: `mean(x)`, or take a row: `x[0]`")
            }
            _ => fault,
        }
    }

    fn dims_agree(&self, what: &str, a: &Dim, other: &str, b: &Dim, operand: usize) -> Result<(), TypeFault> {
        if self.eq.same(a, b) {
            return Ok(());
        }
        let fault = TypeFault::new(code::E0301, format!("`{}`: {what} is {a}, {other} is {b}", self.op.name()))
            .operand(operand);
        Err(match (a.as_const(), b.as_const()) {
            (Some(_), Some(_)) => fault.help("bring one to the other with `|> Linear(out: ..)`"),
            _ => fault.help(format!("`{a}` and `{b}` cannot be shown to be equal; project with `|> Linear(out: ..)`, or state `where {a} == {b}`")),
        })
    }

    fn lengths_differ(&self, a: &Time, b: &Time, operand: usize) -> TypeFault {
        TypeFault::new(code::E0302, format!("`{}`: one sequence has length {}, the other {}", self.op.name(), a.len, b.len))
            .operand(operand)
            .help("lengths are equal only if they are the same variable; pool both with `mean(..)`, or let one attend to the other with `CrossAttention(x, from: y, ..)`")
    }

    fn same_type(&self, a: &TensorType, b: &TensorType) -> Result<(), TypeFault> {
        if let (Some(ta), Some(tb)) = (&a.time, &b.time)
            && a.dims.len() == b.dims.len()
            && !self.eq.same(&ta.len, &tb.len)
        {
            return Err(self.lengths_differ(ta, tb, 1));
        }
        let same = a.time.is_some() == b.time.is_some()
            && a.dims.len() == b.dims.len()
            && a.dims.iter().zip(&b.dims).all(|(x, y)| self.eq.same(x, y));
        if same {
            return Ok(());
        }
        let fault = TypeFault::new(code::E0301, format!("`{}` of {a} and {b}", self.op.name())).operand(1);
        Err(if a.is_real() || b.is_real() {
            fault.help("nothing is broadcast; use `scale(x, by: r)` to multiply every entry by one number per sample")
        } else if a.time.is_some() != b.time.is_some() {
            fault.help("nothing is broadcast; pool the sequence with `mean(x)`, or use `add_row(x, row: v)`")
        } else {
            fault.help("bring one to the other with `|> Linear(out: ..)`")
        })
    }
}

/// Types of a node's operands.
pub(super) fn operand_types(graph: &Graph, id: super::NodeId) -> Vec<Type> {
    graph.operands(id).into_iter().filter_map(|o| graph.node(o)).map(|n: &Node| n.ty.clone()).collect()
}

/// Whether a dim speaks of a companion's length.
pub(super) fn speaks_of_view(dim: &Dim) -> bool {
    dim.any_atom(&mut |a| matches!(a, Atom::Length { view: Some(_), .. }))
}
