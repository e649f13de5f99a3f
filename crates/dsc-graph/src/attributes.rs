//! Operations as data: a name and attributes, as the text form writes them after the operands.
//!
//! A new operation needs an arm in [`Op::name`], one in [`Op::attributes`] and one in [`Op::from_text`]; printing,
//! parsing, hashing and every pass that compares operations go through these. An attribute that has no key stands first
//! (`row(%3) 0`), the others follow as `key value` (`affine(%4) mul 2 add 0`). What is left out when it has no effect
//! (`scale` of an attention that has none) must be rebuilt to the same operation.

use std::fmt;

use super::op::{Axis, Binary, Curve, Op, Over, RandomSite, Reduction, Unary};
use super::{Band, Cell, Einsum, Extent, Pool, View};
use crate::dims::{Atom, Dim};
use crate::types::Modality;

/// The value of an attribute.
/// `Display` writes it as the text form has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// `8`
    Int(i64),
    /// `0.00001`: the shortest decimal that reads back as the same number.
    Float(f64),
    /// `min(8, T)`
    Dim(Dim),
    /// `fuse.0.hb.ffn.dropout`: a name or a path.
    Name(String),
    /// `[2, fa]`
    Dims(Vec<Dim>),
    /// `"a,b->ab"`
    Text(String),
    /// `companions0.pos.1`
    View(View),
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attribute::Int(n) => write!(f, "{n}"),
            Attribute::Float(x) => write!(f, "{x}"),
            Attribute::Dim(d) => write!(f, "{d}"),
            Attribute::Name(name) => f.write_str(name),
            Attribute::Dims(list) => {
                f.write_str("[")?;
                for (i, d) in list.iter().enumerate() {
                    write!(f, "{}{d}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Attribute::Text(text) => write!(f, "{text:?}"),
            Attribute::View(view) => write!(f, "{view}"),
        }
    }
}

impl From<i64> for Attribute {
    fn from(n: i64) -> Self {
        Attribute::Int(n)
    }
}

impl From<f64> for Attribute {
    fn from(x: f64) -> Self {
        Attribute::Float(x)
    }
}

impl From<&Dim> for Attribute {
    fn from(d: &Dim) -> Self {
        Attribute::Dim(d.clone())
    }
}

impl From<&str> for Attribute {
    fn from(name: &str) -> Self {
        Attribute::Name(name.to_owned())
    }
}

impl From<bool> for Attribute {
    fn from(flag: bool) -> Self {
        Attribute::from(if flag { "true" } else { "false" })
    }
}

impl From<View> for Attribute {
    fn from(view: View) -> Self {
        Attribute::View(view)
    }
}

/// The attributes of an operation in the order of the text. The one without a key has the key `""`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(Vec<(String, Attribute)>);

impl Attributes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more. The key `""` is for the only one that needs no key, which comes first.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Attribute>) -> Self {
        self.push(key, value);
        self
    }

    /// Adds one.
    pub fn push(&mut self, key: &str, value: impl Into<Attribute>) {
        self.0.push((key.to_owned(), value.into()));
    }

    /// The others.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.retain(|(k, _)| k != key);
        self
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl fmt::Display for Attributes {
    /// Each with a blank in front of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(key, value)| match key.as_str() {
            "" => write!(f, " {value}"),
            _ => write!(f, " {key} {value}"),
        })
    }
}

/// Why a name and attributes are no operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpFault {
    /// What is wrong, such as "`linear` has no attribute `heads`".
    pub message: String,
    /// The attribute to blame, by its number; the operation itself if none is.
    pub attribute: Option<usize>,
}

/// Takes attributes by key and kind until none is left.
struct Reader<'a> {
    op: &'a str,
    rest: Vec<Option<&'a (String, Attribute)>>,
}

impl<'a> Reader<'a> {
    fn new(op: &'a str, attributes: &'a Attributes) -> Self {
        Reader { op, rest: attributes.0.iter().map(Some).collect() }
    }

    fn take(&mut self, key: &str) -> Option<(usize, &'a Attribute)> {
        self.rest.iter_mut().enumerate().find(|(_, a)| a.is_some_and(|(k, _)| k == key)).and_then(|(i, slot)| {
            let (_, value) = slot.take()?;
            Some((i, value))
        })
    }

    /// The value of a key if it is there; `read` gives nothing for a value of another kind.
    fn optional<T>(
        &mut self,
        key: &str,
        kind: &str,
        read: impl FnOnce(&Attribute) -> Option<T>,
    ) -> Result<Option<T>, OpFault> {
        let Some((i, value)) = self.take(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| OpFault {
            message: match key {
                "" => format!("`{}` wants {kind}, found `{value}`", self.op),
                _ => format!("`{key}` of `{}` wants {kind}, found `{value}`", self.op),
            },
            attribute: Some(i),
        })
    }

    fn required<T>(&mut self, key: &str, kind: &str, read: impl FnOnce(&Attribute) -> Option<T>) -> Result<T, OpFault> {
        self.optional(key, kind, read)?.ok_or_else(|| OpFault {
            message: match key {
                "" => format!("`{}` wants {kind} behind its operands", self.op),
                _ => format!("`{}` wants the attribute `{key}`, {kind}", self.op),
            },
            attribute: None,
        })
    }

    fn int(&mut self, key: &str) -> Result<i64, OpFault> {
        self.required(key, "a whole number", Attribute::as_int)
    }

    fn float(&mut self, key: &str) -> Result<f64, OpFault> {
        self.required(key, "a number", Attribute::as_float)
    }

    fn dim(&mut self, key: &str) -> Result<Dim, OpFault> {
        self.required(key, "a dim", Attribute::as_dim)
    }

    fn name(&mut self, key: &str) -> Result<String, OpFault> {
        self.required(key, "a name", Attribute::as_name)
    }

    fn site(&mut self, key: &str) -> Result<RandomSite, OpFault> {
        self.name(key).map(RandomSite)
    }

    fn flag(&mut self, key: &str) -> Result<bool, OpFault> {
        self.required(key, "true or false", |a| match a {
            Attribute::Name(name) if name == "true" => Some(true),
            Attribute::Name(name) if name == "false" => Some(false),
            _ => None,
        })
    }

    fn pool(&mut self, key: &str) -> Result<Pool, OpFault> {
        self.required(key, "mean or max", |a| match a {
            Attribute::Name(name) => [Pool::Mean, Pool::Max].into_iter().find(|pool| pool.name() == name),
            _ => None,
        })
    }

    /// The batch where nothing is said.
    fn extent(&mut self, key: &str) -> Result<Extent, OpFault> {
        let named = self.optional(key, "batch or data", |a| Extent::named(&a.as_name()?))?;
        Ok(named.unwrap_or_default())
    }

    fn view(&mut self, key: &str) -> Result<View, OpFault> {
        self.required(key, "a view such as `companions0.pos.1`", |a| match a {
            Attribute::View(view) => Some(*view),
            _ => None,
        })
    }

    fn over(&mut self) -> Result<Over, OpFault> {
        self.required("over", "`time`, `features` or the number of an axis", |a| match a {
            Attribute::Name(name) if name == "time" => Some(Over::Time),
            Attribute::Name(name) if name == "features" => Some(Over::Features),
            other => other.as_int().and_then(|i| usize::try_from(i).ok()).map(Over::Axis),
        })
    }

    fn reduce(&mut self, how: Reduction) -> Result<Op, OpFault> {
        let keep = self.optional("keep", "1", |a| a.as_int().filter(|n| *n == 1))?;
        Ok(Op::Reduce { how, keep: keep.is_some() })
    }

    /// Nothing may be left over.
    fn finish(self, op: Op) -> Result<Op, OpFault> {
        match self.rest.iter().enumerate().find_map(|(i, a)| Some((i, (*a)?))) {
            None => Ok(op),
            Some((i, (key, value))) => Err(OpFault {
                message: match key.as_str() {
                    "" => format!("`{}` has no place for `{value}`", self.op),
                    _ => format!("`{}` has no attribute `{key}`, or has it already", self.op),
                },
                attribute: Some(i),
            }),
        }
    }
}

impl Attribute {
    fn as_int(&self) -> Option<i64> {
        match self {
            Attribute::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// A float that is a whole number is written without a point.
    pub(super) fn as_float(&self) -> Option<f64> {
        match self {
            Attribute::Float(x) => Some(*x),
            Attribute::Int(n) => Some(*n as f64),
            _ => None,
        }
    }

    /// A dim that is a number is written like one.
    pub(super) fn as_dim(&self) -> Option<Dim> {
        match self {
            Attribute::Dim(d) => Some(d.clone()),
            Attribute::Int(n) => Some(Dim::from(*n)),
            _ => None,
        }
    }

    fn as_dims(&self) -> Option<Vec<Dim>> {
        match self {
            Attribute::Dims(list) => Some(list.clone()),
            _ => None,
        }
    }

    fn as_einsum(&self) -> Option<Einsum> {
        match self {
            Attribute::Text(text) => Einsum::parse(text).ok(),
            _ => None,
        }
    }

    /// A name may read like a dim or like a number.
    fn as_name(&self) -> Option<String> {
        match self {
            Attribute::Name(name) => Some(name.clone()),
            Attribute::Dim(d) => match d.as_atom() {
                Some(Atom::Length { name, view: None } | Atom::Width(name)) => Some(name.clone()),
                _ => None,
            },
            Attribute::Float(x) if *x == f64::INFINITY || x.is_nan() => Some(x.to_string()),
            _ => None,
        }
    }
}

impl Op {
    /// Its attributes in the order of the text form.
    pub fn attributes(&self) -> Attributes {
        let none = Attributes::new();
        match self {
            Op::Input(name) | Op::Label(name) => none.with("", name.as_str()),
            Op::Const(value) => none.with("", *value),
            // A parameter is written by its path where it is an operand, and has no line of its own.
            Op::Param(_) => none,
            Op::Affine { mul, add } => none.with("mul", *mul).with("add", *add),
            Op::LayerNorm { eps } => none.with("eps", *eps),
            Op::Attention { heads, band, scale, drop, site } => {
                let mut list = none.with("heads", *heads);
                for (key, value) in [("causal", band.offset), ("window", band.window)] {
                    if let Some(value) = value {
                        list.push(key, value);
                    }
                }
                if let Some(scale) = scale {
                    list.push("scale", *scale);
                }
                if *drop > 0.0 {
                    list.push("drop", *drop);
                    list.push("site", site.0.as_str());
                }
                list
            }
            Op::Dropout { p, site } => none.with("p", *p).with("site", site.0.as_str()),
            Op::Curve(Curve::LeakyRelu { slope }) => none.with("slope", *slope),
            Op::Curve(Curve::Elu { alpha }) => none.with("alpha", *alpha),
            Op::Curve(Curve::Clamp { min, max }) => {
                let mut list = none;
                for (key, end) in [("min", min), ("max", max)] {
                    if let Some(end) = end {
                        list.push(key, *end);
                    }
                }
                list
            }
            Op::Curve(Curve::Pow { exponent }) => none.with("exponent", *exponent),
            Op::Normalize { eps } => none.with("eps", *eps),
            Op::Softmax { over, .. } => match over {
                Over::Time => none.with("over", "time"),
                Over::Features => none.with("over", "features"),
                Over::Axis(i) => none.with("over", *i as i64),
            },
            Op::Reduce { keep, .. } => {
                if *keep {
                    none.with("keep", 1)
                } else {
                    none
                }
            }
            Op::Einsum(spec) => none.with("", Attribute::Text(spec.to_string())),
            Op::Reshape { shape } => none.with("shape", Attribute::Dims(shape.clone())),
            Op::Slice { from, to } => none.with("from", from).with("to", to),
            Op::Append { value } => none.with("", *value),
            Op::Stack { modality } => none.with("", modality.0.as_str()),
            Op::GradReverse { by } => none.with("by", *by),
            Op::Take { rows } => none.with("rows", rows),
            Op::Row(i) => none.with("", *i),
            Op::StdTime { eps } => none.with("eps", *eps),
            Op::Conv1d { stride, dilation, groups, causal } => {
                none.with("stride", *stride).with("dilation", *dilation).with("groups", *groups).with("causal", *causal)
            }
            Op::Recurrent { bidirectional, .. } => none.with("bidirectional", *bidirectional),
            Op::Shift { by } => none.with("by", *by),
            Op::Skip { rows } => none.with("rows", rows),
            Op::Downsample { by, pool } => none.with("by", *by).with("with", pool.name()),
            Op::Dense { to: Extent::Batch } => none,
            Op::Dense { to } => none.with("to", to.name()),
            Op::Sinusoid { width } => none.with("width", width),
            Op::At { companions, group, index } => {
                none.with("", View { companions: *companions, group: *group, index: *index })
            }
            Op::Expand
            | Op::Learned
            | Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Minimum | Binary::Maximum)
            | Op::Unary(
                Unary::Relu
                | Unary::Gelu
                | Unary::Tanh
                | Unary::Sigmoid
                | Unary::Exp
                | Unary::Log
                | Unary::Abs
                | Unary::Square
                | Unary::Sqrt
                | Unary::Silu
                | Unary::Softplus
                | Unary::Sin
                | Unary::Cos,
            )
            | Op::AddRow
            | Op::MulRow
            | Op::Scale
            | Op::Linear
            | Op::Embedding
            | Op::Positions
            | Op::MeanTime
            | Op::MaxTime
            | Op::MinTime
            | Op::SumTime
            | Op::LogSumExpTime
            | Op::LastState
            | Op::Reverse
            | Op::Scalar
            | Op::Repeat
            | Op::InBatch
            | Op::Own
            | Op::Concat(Axis::Time | Axis::Features)
            | Op::Cosine
            | Op::Dot
            | Op::LogSumExp
            | Op::StopGrad => none,
        }
    }

    /// The operation of that name with these attributes, in any order: the inverse of [`Op::name`] and
    /// [`Op::attributes`].
    ///
    /// # Errors
    /// An unknown name, an attribute that is missing, of another kind, or not the operation's.
    pub fn from_text(name: &str, attributes: &Attributes) -> Result<Op, OpFault> {
        let mut r = Reader::new(name, attributes);
        let op = match name {
            "input" => Op::Input(r.name("")?),
            "label" => Op::Label(r.name("")?),
            "const" => Op::Const(r.float("")?),
            "expand" => Op::Expand,
            "learned" => Op::Learned,
            "add" => Op::Binary(Binary::Add),
            "sub" => Op::Binary(Binary::Sub),
            "mul" => Op::Binary(Binary::Mul),
            "div" => Op::Binary(Binary::Div),
            "relu" => Op::Unary(Unary::Relu),
            "gelu" => Op::Unary(Unary::Gelu),
            "tanh" => Op::Unary(Unary::Tanh),
            "sigmoid" => Op::Unary(Unary::Sigmoid),
            "exp" => Op::Unary(Unary::Exp),
            "log" => Op::Unary(Unary::Log),
            "abs" => Op::Unary(Unary::Abs),
            "square" => Op::Unary(Unary::Square),
            "sqrt" => Op::Unary(Unary::Sqrt),
            "minimum" => Op::Binary(Binary::Minimum),
            "maximum" => Op::Binary(Binary::Maximum),
            "silu" => Op::Unary(Unary::Silu),
            "softplus" => Op::Unary(Unary::Softplus),
            "sin" => Op::Unary(Unary::Sin),
            "cos" => Op::Unary(Unary::Cos),
            "leaky_relu" => Op::Curve(Curve::LeakyRelu { slope: r.float("slope")? }),
            "elu" => Op::Curve(Curve::Elu { alpha: r.float("alpha")? }),
            "clamp" => Op::Curve(Curve::Clamp {
                min: r.optional("min", "a number", Attribute::as_float)?,
                max: r.optional("max", "a number", Attribute::as_float)?,
            }),
            "pow" => Op::Curve(Curve::Pow { exponent: r.float("exponent")? }),
            "affine" => Op::Affine { mul: r.float("mul")?, add: r.float("add")? },
            "add_row" => Op::AddRow,
            "mul_row" => Op::MulRow,
            "normalize" => Op::Normalize { eps: r.float("eps")? },
            "softmax" => Op::Softmax { over: r.over()?, log: false },
            "log_softmax" => Op::Softmax { over: r.over()?, log: true },
            "scale" => Op::Scale,
            "linear" => Op::Linear,
            "layer_norm" => Op::LayerNorm { eps: r.float("eps")? },
            "attention" => {
                let (heads, scale) = (r.int("heads")?, r.optional("scale", "a number", Attribute::as_float)?);
                let mut position = |key| r.optional(key, "a whole number", Attribute::as_int);
                let band = Band { offset: position("causal")?, window: position("window")? };
                let drop = r.optional("drop", "a number", Attribute::as_float)?.unwrap_or(0.0);
                let site = if drop > 0.0 { r.site("site")? } else { RandomSite::default() };
                Op::Attention { heads, band, scale, drop, site }
            }
            "dropout" => Op::Dropout { p: r.float("p")?, site: r.site("site")? },
            "embedding" => Op::Embedding,
            "positions" => Op::Positions,
            "take" => Op::Take { rows: r.dim("rows")? },
            "row" => Op::Row(r.int("")?),
            "mean" => Op::MeanTime,
            "max" => Op::MaxTime,
            "min" => Op::MinTime,
            "sum" => Op::SumTime,
            "std" => Op::StdTime { eps: r.float("eps")? },
            "logsumexp_time" => Op::LogSumExpTime,
            "last_state" => Op::LastState,
            "conv1d" => Op::Conv1d {
                stride: r.int("stride")?,
                dilation: r.int("dilation")?,
                groups: r.int("groups")?,
                causal: r.flag("causal")?,
            },
            "rnn" => Op::Recurrent { cell: Cell::Rnn, bidirectional: r.flag("bidirectional")? },
            "gru" => Op::Recurrent { cell: Cell::Gru, bidirectional: r.flag("bidirectional")? },
            "lstm" => Op::Recurrent { cell: Cell::Lstm, bidirectional: r.flag("bidirectional")? },
            "shift" => Op::Shift { by: r.int("by")? },
            "reverse" => Op::Reverse,
            "skip" => Op::Skip { rows: r.dim("rows")? },
            "downsample" => Op::Downsample { by: r.int("by")?, pool: r.pool("with")? },
            "dense" => Op::Dense { to: r.extent("to")? },
            "sinusoid" => Op::Sinusoid { width: r.dim("width")? },
            "sum_features" => r.reduce(Reduction::Sum)?,
            "mean_features" => r.reduce(Reduction::Mean)?,
            "max_features" => r.reduce(Reduction::Max)?,
            "min_features" => r.reduce(Reduction::Min)?,
            "norm" => r.reduce(Reduction::Norm)?,
            "logsumexp_features" => r.reduce(Reduction::LogSumExp)?,
            "einsum" => Op::Einsum(r.required("", "letters such as \"i,j->ij\"", Attribute::as_einsum)?),
            "reshape" => Op::Reshape { shape: r.required("shape", "a list of dims", Attribute::as_dims)? },
            "slice" => Op::Slice { from: r.dim("from")?, to: r.dim("to")? },
            "append" => Op::Append { value: r.float("")? },
            "stack" => Op::Stack { modality: Modality(r.name("")?) },
            "repeat" => Op::Repeat,
            "in_batch" => Op::InBatch,
            "own" => Op::Own,
            "grad_reverse" => Op::GradReverse { by: r.float("by")? },
            "scalar" => Op::Scalar,
            "concat_time" => Op::Concat(Axis::Time),
            "concat" => Op::Concat(Axis::Features),
            "cosine" => Op::Cosine,
            "dot" => Op::Dot,
            "logsumexp" => Op::LogSumExp,
            "stop_grad" => Op::StopGrad,
            "at" => {
                let View { companions, group, index } = r.view("")?;
                Op::At { companions, group, index }
            }
            _ => return Err(OpFault { message: format!("there is no operation `{name}`"), attribute: None }),
        };
        r.finish(op)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompanionsId, Group};

    /// One of every operation, in a chain: the match tells who adds an operation that it is missing here.
    fn after(op: &Op) -> Option<Op> {
        let site = || RandomSite("fuse.0.dropout#2".into());
        let view = |group| Op::At { companions: CompanionsId(1), group, index: 3 };
        Some(match op {
            Op::Input(_) => Op::Label("y".into()),
            Op::Label(_) => Op::Const(-0.1),
            Op::Const(_) => Op::Expand,
            Op::Expand => Op::Learned,
            Op::Learned => Op::Binary(Binary::Add),
            Op::Binary(Binary::Add) => Op::Binary(Binary::Sub),
            Op::Binary(Binary::Sub) => Op::Binary(Binary::Mul),
            Op::Binary(Binary::Mul) => Op::Binary(Binary::Div),
            Op::Binary(Binary::Div) => Op::Binary(Binary::Minimum),
            Op::Binary(Binary::Minimum) => Op::Binary(Binary::Maximum),
            Op::Binary(Binary::Maximum) => Op::Unary(Unary::Relu),
            Op::Unary(Unary::Relu) => Op::Unary(Unary::Gelu),
            Op::Unary(Unary::Gelu) => Op::Unary(Unary::Tanh),
            Op::Unary(Unary::Tanh) => Op::Unary(Unary::Sigmoid),
            Op::Unary(Unary::Sigmoid) => Op::Unary(Unary::Exp),
            Op::Unary(Unary::Exp) => Op::Unary(Unary::Log),
            Op::Unary(Unary::Log) => Op::Unary(Unary::Abs),
            Op::Unary(Unary::Abs) => Op::Unary(Unary::Square),
            Op::Unary(Unary::Square) => Op::Unary(Unary::Sqrt),
            Op::Unary(Unary::Sqrt) => Op::Unary(Unary::Silu),
            Op::Unary(Unary::Silu) => Op::Unary(Unary::Softplus),
            Op::Unary(Unary::Softplus) => Op::Unary(Unary::Sin),
            Op::Unary(Unary::Sin) => Op::Unary(Unary::Cos),
            Op::Unary(Unary::Cos) => Op::Curve(Curve::LeakyRelu { slope: 0.2 }),
            Op::Curve(Curve::LeakyRelu { .. }) => Op::Curve(Curve::Elu { alpha: 1.0 }),
            Op::Curve(Curve::Elu { .. }) => Op::Curve(Curve::Clamp { min: Some(-1.5), max: None }),
            Op::Curve(Curve::Clamp { max: None, .. }) => Op::Curve(Curve::Clamp { min: None, max: Some(3.0) }),
            Op::Curve(Curve::Clamp { .. }) => Op::Curve(Curve::Pow { exponent: 1.5 }),
            Op::Curve(Curve::Pow { .. }) => Op::Affine { mul: 2.0, add: 1e-5 },
            Op::Affine { .. } => Op::AddRow,
            Op::AddRow => Op::MulRow,
            Op::MulRow => Op::Scale,
            Op::Scale => Op::Normalize { eps: 1e-12 },
            Op::Normalize { .. } => Op::Softmax { over: Over::Time, log: false },
            Op::Softmax { over: Over::Time, .. } => Op::Softmax { over: Over::Features, log: true },
            Op::Softmax { over: Over::Features, .. } => Op::Softmax { over: Over::Axis(1), log: false },
            Op::Softmax { .. } => Op::Linear,
            Op::Linear => Op::LayerNorm { eps: 1e-12 },
            Op::LayerNorm { .. } => {
                Op::Attention { heads: 8, band: Band::default(), scale: None, drop: 0.0, site: RandomSite::default() }
            }
            Op::Attention { scale: None, .. } => Op::Attention {
                heads: 8,
                band: Band { offset: Some(1), window: Some(16) },
                scale: Some(0.3),
                drop: 0.1,
                site: site(),
            },
            Op::Attention { .. } => Op::Dropout { p: 0.1, site: site() },
            Op::Dropout { .. } => Op::Embedding,
            Op::Embedding => Op::Positions,
            Op::Positions => Op::Take { rows: Dim::length("T").plus(&Dim::from(1)) },
            Op::Take { .. } => Op::Row(-1),
            Op::Row(_) => Op::MeanTime,
            Op::MeanTime => Op::MaxTime,
            Op::MaxTime => Op::MinTime,
            Op::MinTime => Op::SumTime,
            Op::SumTime => Op::StdTime { eps: 1e-5 },
            Op::StdTime { .. } => Op::LogSumExpTime,
            Op::LogSumExpTime => Op::LastState,
            Op::LastState => Op::Conv1d { stride: 2, dilation: 3, groups: 1, causal: true },
            Op::Conv1d { .. } => Op::Recurrent { cell: Cell::Rnn, bidirectional: false },
            Op::Recurrent { cell: Cell::Rnn, .. } => Op::Recurrent { cell: Cell::Gru, bidirectional: true },
            Op::Recurrent { cell: Cell::Gru, .. } => Op::Recurrent { cell: Cell::Lstm, bidirectional: false },
            Op::Recurrent { cell: Cell::Lstm, .. } => Op::Shift { by: -2 },
            Op::Shift { .. } => Op::Reverse,
            Op::Reverse => Op::Skip { rows: Dim::length("Ta") },
            Op::Skip { .. } => Op::Downsample { by: 4, pool: Pool::Mean },
            Op::Downsample { pool: Pool::Mean, .. } => Op::Downsample { by: 2, pool: Pool::Max },
            Op::Downsample { pool: Pool::Max, .. } => Op::Dense { to: Extent::Batch },
            Op::Dense { to: Extent::Batch } => Op::Dense { to: Extent::Data },
            Op::Dense { .. } => Op::Sinusoid { width: Dim::width("fa") },
            Op::Sinusoid { .. } => Op::Reduce { how: Reduction::Sum, keep: false },
            Op::Reduce { keep: false, how } => Op::Reduce { how: *how, keep: true },
            Op::Reduce { keep: true, how } => match how {
                Reduction::Sum => Op::Reduce { how: Reduction::Mean, keep: false },
                Reduction::Mean => Op::Reduce { how: Reduction::Max, keep: false },
                Reduction::Max => Op::Reduce { how: Reduction::Min, keep: false },
                Reduction::Min => Op::Reduce { how: Reduction::Norm, keep: false },
                Reduction::Norm => Op::Reduce { how: Reduction::LogSumExp, keep: false },
                Reduction::LogSumExp => Op::Einsum(Einsum::parse("ab,,bc->ac").unwrap()),
            },
            Op::Einsum(_) => Op::Reshape { shape: Vec::new() },
            Op::Reshape { shape } if shape.is_empty() => {
                Op::Reshape { shape: vec![Dim::batch(), Dim::width("fa").times(&Dim::from(2))] }
            }
            Op::Reshape { .. } => Op::Slice { from: Dim::from(0), to: Dim::width("fa") },
            Op::Slice { .. } => Op::Append { value: 1.0 },
            Op::Append { .. } => Op::Stack { modality: Modality::joint() },
            Op::Stack { .. } => Op::Repeat,
            Op::Repeat => Op::GradReverse { by: 0.3 },
            Op::GradReverse { .. } => Op::InBatch,
            Op::InBatch => Op::Own,
            Op::Own => Op::Scalar,
            Op::Scalar => Op::Concat(Axis::Time),
            Op::Concat(Axis::Time) => Op::Concat(Axis::Features),
            Op::Concat(Axis::Features) => Op::Cosine,
            Op::Cosine => Op::Dot,
            Op::Dot => Op::LogSumExp,
            Op::LogSumExp => Op::StopGrad,
            Op::StopGrad => view(Group::Pos),
            Op::At { group: Group::Pos, .. } => view(Group::Neg),
            Op::At { group: Group::Neg, .. } => return None,
            Op::Param(_) => return None,
        })
    }

    fn every_op() -> Vec<Op> {
        std::iter::successors(Some(Op::Input("text".into())), after).collect()
    }

    #[test]
    fn every_operation_is_rebuilt_from_its_name_and_attributes() {
        for op in every_op() {
            assert_eq!(Op::from_text(op.name(), &op.attributes()), Ok(op));
        }
    }

    #[test]
    fn attributes_in_words() {
        let lines: Vec<String> = every_op().iter().map(|op| format!("{}{}", op.name(), op.attributes())).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let told = |name: &str, attributes: Attributes| {
            let fault = Op::from_text(name, &attributes).unwrap_err();
            (fault.message, fault.attribute)
        };
        let none = Attributes::new;
        assert_eq!(told("lineer", none()), ("there is no operation `lineer`".into(), None));
        assert_eq!(told("take", none()), ("`take` wants the attribute `rows`, a dim".into(), None));
        assert_eq!(told("row", none()), ("`row` wants a whole number behind its operands".into(), None));
        let twice = none().with("eps", 0.1).with("eps", 0.1);
        assert_eq!(told("layer_norm", twice).1, Some(1));
        let kind = told("attention", none().with("heads", 0.5));
        assert_eq!(kind, ("`heads` of `attention` wants a whole number, found `0.5`".into(), Some(0)));
        assert_eq!(told("relu", none().with("", 3)).0, "`relu` has no place for `3`");
        assert_eq!(told("param", none()).0, "there is no operation `param`");
    }
}
