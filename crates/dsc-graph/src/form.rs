//! Operations as data: a name and attributes. Printing, parsing, hashing and every pass that compares operations go
//! through these.
//!
//! [`Op::visit`] names the attributes of each operation once; writing reads them from the operation, and reading sets them.

use super::attributes::{Attribute, Attributes, OpFault};
use super::op::{Axis, MaxOver, Op, Over, ParametricUnary, RandomSite, Reduction};
use super::{Einsum, Pool, View, spelling};
use crate::dims::Dim;
use crate::primitives::{self, Operation};
use crate::types::Modality;

/// A value that an operation has as an attribute.
trait Field: Sized {
    /// What a text has to have in its place, in words.
    const KIND: &'static str;

    /// As the text form has it; nothing where it is left out.
    fn write(&self) -> Option<Attribute>;

    /// The inverse; nothing for an attribute of another kind.
    fn read(value: &Attribute) -> Option<Self>;

    /// What an operation has where the attribute is left out; nothing where it must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// Implements [`Field`]: the words, how it is written, how it is read, and what holds if it is left out.
macro_rules! fields {
    ($($ty:ty: $kind:literal, $write:expr, $read:expr $(, $absent:expr)?;)*) => {
        $(impl Field for $ty {
            const KIND: &'static str = $kind;

            fn write(&self) -> Option<Attribute> {
                let write: fn(&Self) -> Option<Attribute> = $write;
                write(self)
            }

            fn read(value: &Attribute) -> Option<Self> {
                let read: fn(&Attribute) -> Option<Self> = $read;
                read(value)
            }

            $(fn absent() -> Option<Self> {
                Some($absent)
            })?
        })*
    };
}

/// A mark such as `keep 1`, which is there or not.
struct Mark(bool);

/// The word that tells the sum over an axis from the sum of a list.
struct OverFeatures;

fn word(value: &Attribute) -> Option<&str> {
    match value {
        Attribute::Name(name) => Some(name),
        _ => None,
    }
}

fn flag(value: &Attribute) -> Option<bool> {
    word(value)?.parse().ok()
}

fields! {
    i64: "a whole number", |n| Some((*n).into()), Attribute::as_int;
    f64: "a number", |x| Some((*x).into()), Attribute::as_float;
    Option<i64>: "a whole number", |n| n.map(Attribute::from), |a| a.as_int().map(Some), None;
    Option<f64>: "a number", |x| x.map(Attribute::from), |a| a.as_float().map(Some), None;
    bool: "true or false", |flag| Some((*flag).into()), flag;
    Mark: "1", |mark| mark.0.then(|| 1.into()), |a| flag(a).or(a.as_int().filter(|n| *n == 1).map(|_| true)).map(Mark),
        Mark(false);
    OverFeatures: "`features`", |_| Some("features".into()), |a| (word(a)? == "features").then_some(OverFeatures);
    Dim: "a dim", |d| Some(d.into()), Attribute::as_dim;
    Vec<Dim>: "a list of dims", |list| Some(Attribute::Dims(list.clone())), Attribute::as_dims;
    String: "a name", |name| Some(name.as_str().into()), Attribute::as_name;
    RandomSite: "a name", |site| Some(site.0.as_str().into()), |a| a.as_name().map(RandomSite);
    Modality: "a name", |m| Some(m.0.as_str().into()), |a| a.as_name().map(Modality);
    View: "a view such as `companions0.pos.1`", |view| Some((*view).into()), |a| match a {
        Attribute::View(view) => Some(*view),
        _ => None,
    };
    Einsum: "letters such as \"i,j->ij\"", |spec| Some(Attribute::Text(spec.to_string())), |a| match a {
        Attribute::Text(text) => Einsum::parse(text).ok(),
        _ => None,
    };
    Pool: "mean or max", |pool| Some(pool.name().into()),
        |a| [Pool::Mean, Pool::Max].into_iter().find(|pool| Some(pool.name()) == word(a));
    MaxOver: "batch or data", |to| (*to != MaxOver::default()).then(|| to.name().into()), |a| MaxOver::named(&a.as_name()?),
        MaxOver::default();
    Axis: "time or features", |axis| Some(axis.name().into()), |a| Axis::named(word(a)?);
    Over: "`time`, `features` or the number of an axis", |over| Some(match over {
        Over::Time => "time".into(),
        Over::Features => "features".into(),
        Over::Axis(i) => (*i as i64).into(),
    }), |a| match word(a) {
        Some("time") => Some(Over::Time),
        Some("features") => Some(Over::Features),
        _ => a.as_int().and_then(|i| usize::try_from(i).ok()).map(Over::Axis),
    };
}

/// Visits the attributes of an operation.
enum Form<'a> {
    /// Collects them.
    Write(Attributes),
    /// Sets them.
    Read(Reader<'a>),
}

/// Takes attributes by key and kind until none is left.
struct Reader<'a> {
    op: &'a str,
    rest: Vec<Option<&'a (String, Attribute)>>,
    /// The first fault.
    fault: Option<OpFault>,
}

impl Form<'_> {
    fn field<T: Field>(&mut self, key: &str, field: &mut T) {
        match self {
            Form::Write(list) => {
                if let Some(value) = field.write() {
                    list.push(key, value);
                }
            }
            Form::Read(reader) => match reader.take(key) {
                Ok(Some(value)) => *field = value,
                Ok(None) => {}
                Err(fault) => {
                    reader.fault.get_or_insert(fault);
                }
            },
        }
    }
}

impl<'a> Reader<'a> {
    fn new(op: &'a str, attributes: &'a Attributes) -> Self {
        Reader { op, rest: attributes.0.iter().map(Some).collect(), fault: None }
    }

    fn take<T: Field>(&mut self, key: &str) -> Result<Option<T>, OpFault> {
        let (op, kind) = (self.op, T::KIND);
        let slots = self.rest.iter_mut().enumerate();
        let found =
            slots.filter(|(_, a)| a.is_some_and(|(k, _)| k == key)).find_map(|(i, slot)| Some((i, slot.take()?)));
        let Some((i, (_, value))) = found else {
            return T::absent().map(Some).ok_or_else(|| OpFault {
                message: match key {
                    "" => format!("`{op}` expects {kind} behind its operands"),
                    _ => format!("`{op}` expects the attribute `{key}`, {kind}"),
                },
                attribute: None,
            });
        };
        T::read(value).map(Some).ok_or_else(|| OpFault {
            message: match key {
                "" => format!("`{op}` expects {kind}, found `{value}`"),
                _ => format!("`{key}` of `{op}` expects {kind}, found `{value}`"),
            },
            attribute: Some(i),
        })
    }

    /// Nothing may be left over.
    fn finish(self) -> Result<(), OpFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        match self.rest.iter().enumerate().find_map(|(i, a)| Some((i, (*a)?))) {
            None => Ok(()),
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

impl Op {
    /// Its attributes in the order of the text form. What is left out when it has no effect (`scale` of an attention that
    /// has none) is read as the same operation.
    fn visit(&mut self, form: &mut Form<'_>) {
        match self {
            Op::Input(name) | Op::Label(name) => form.field("", name),
            Op::Const(value) | Op::Append { value } => form.field("", value),
            Op::Affine { mul, add } => {
                form.field("mul", mul);
                form.field("add", add);
            }
            Op::ParametricUnary(ParametricUnary::LeakyRelu { slope }) => form.field("slope", slope),
            Op::ParametricUnary(ParametricUnary::Elu { alpha }) => form.field("alpha", alpha),
            Op::ParametricUnary(ParametricUnary::Clamp { min, max }) => {
                form.field("min", min);
                form.field("max", max);
            }
            Op::ParametricUnary(ParametricUnary::Pow { exponent }) => form.field("exponent", exponent),
            Op::LayerNorm { eps } | Op::Normalize { eps } | Op::StdTime { eps } => form.field("eps", eps),
            Op::Softmax { over, log: _ } => form.field("over", over),
            Op::Attention { heads, shared, band, scale, drop, site } => {
                form.field("heads", heads);
                let mut mark = Mark(*shared);
                form.field("shared", &mut mark);
                *shared = mark.0;
                form.field("causal", &mut band.offset);
                form.field("window", &mut band.window);
                form.field("scale", scale);
                let mut dropped = Some(*drop).filter(|drop| *drop > 0.0);
                form.field("drop", &mut dropped);
                *drop = dropped.unwrap_or(0.0);
                if *drop > 0.0 {
                    form.field("site", site);
                }
            }
            Op::Dropout { p, site } => {
                form.field("p", p);
                form.field("site", site);
            }
            Op::Take { rows } | Op::Skip { rows } => form.field("rows", rows),
            Op::Row(i) => form.field("", i),
            Op::Conv1d { stride, dilation, groups, causal } => {
                form.field("stride", stride);
                form.field("dilation", dilation);
                form.field("groups", groups);
                form.field("causal", causal);
            }
            Op::Recurrent { cell: _, bidirectional } => form.field("bidirectional", bidirectional),
            Op::Shift { by } => form.field("by", by),
            Op::Downsample { by, pool } => {
                form.field("by", by);
                form.field("with", pool);
            }
            Op::Dense { to } => form.field("to", to),
            Op::Sinusoid { width } => form.field("width", width),
            Op::Reduce { how, keep } => {
                if *how == Reduction::LogSumExp {
                    form.field("over", &mut OverFeatures);
                }
                let mut mark = Mark(*keep);
                form.field("keep", &mut mark);
                *keep = mark.0;
            }
            Op::Concat(axis) => form.field("along", axis),
            Op::Einsum(spec) => form.field("", spec),
            Op::Reshape { shape } => form.field("shape", shape),
            Op::Slice { from, to } => {
                form.field("from", from);
                form.field("to", to);
            }
            Op::Stack { modality } => form.field("", modality),
            Op::GradReverse { by } => form.field("by", by),
            Op::At { companions, group, index } => {
                let mut view = View { companions: *companions, group: *group, index: *index };
                form.field("", &mut view);
                (*companions, *group, *index) = (view.companions, view.group, view.index);
            }
            // A parameter is written by its path where it is an operand, and has no line of its own.
            Op::Param(_)
            | Op::Expand
            | Op::Learned
            | Op::Binary(_)
            | Op::Unary(_)
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
            | Op::Cosine
            | Op::Dot
            | Op::LogSumExp
            | Op::StopGrad
            | Op::InBatch
            | Op::Own => {}
        }
    }

    /// Its attributes in the order of the text form.
    pub fn attributes(&self) -> Attributes {
        let mut form = Form::Write(Attributes::new());
        self.clone().visit(&mut form);
        match form {
            Form::Write(list) => list,
            Form::Read(_) => Attributes::new(),
        }
    }

    /// The operation of that name with these attributes, in any order: the inverse of [`Op::name`] and
    /// [`Op::attributes`]. Names that text forms had in former times are read as well.
    ///
    /// # Errors
    /// An unknown name, an attribute that is missing, of another kind, or not the operation's.
    pub fn from_text(name: &str, attributes: &Attributes) -> Result<Op, OpFault> {
        let (name, attributes) = spelling::current(name, attributes);
        match primitives::operation(name) {
            Some(entry) => Op::with(entry.operation, &attributes),
            None => Err(no_operation(name)),
        }
    }

    /// The operation of an entry of the table with these attributes.
    ///
    /// # Errors
    /// As [`Op::from_text`]; an entry that is made of other operations has none of its own.
    pub fn with(operation: Operation, attributes: &Attributes) -> Result<Op, OpFault> {
        let name = operation.name();
        let mut op = Op::blank(operation).ok_or_else(|| no_operation(name))?;
        // The one entry of two operations: of a list of Reals, or over the last axis.
        if op == Op::LogSumExp && attributes.get("over").is_some() {
            op = Op::Reduce { how: Reduction::LogSumExp, keep: false };
        }
        let mut form = Form::Read(Reader::new(name, attributes));
        op.visit(&mut form);
        match form {
            Form::Read(reader) => reader.finish().map(|()| op),
            Form::Write(_) => Ok(op),
        }
    }
}

fn no_operation(name: &str) -> OpFault {
    OpFault { message: format!("there is no operation `{name}`"), attribute: None }
}

#[cfg(test)]
mod tests;
