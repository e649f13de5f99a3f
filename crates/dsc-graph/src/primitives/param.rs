//! Parameters of operations: what an argument may be, and what holds without it. The signature that people read, the check
//! of a call's arguments and the attributes of the operation all come from these.

use std::fmt;

use crate::statics::Static;

/// What an argument has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A tensor or tokens: an operand. The text is its type.
    Tensor(&'static str),
    /// A value with time and one axis beside it: an operand. The text is its type.
    Seq(&'static str),
    /// As many tensors as there are, without names: operands.
    Tensors,
    /// A value that the primitive itself looks at. The text is its type.
    Any(&'static str),
    /// As many such values as there are, without names.
    Values(&'static str),
    /// A width or a number of rows of a weight: a whole number of at least 1, or a width of the data.
    Width,
    /// A number of rows: a whole number of at least that, or a dim of the data.
    Rows(i64),
    /// A whole number of at least 1 that does not depend on the data.
    Count,
    /// A whole number of any sign that does not depend on the data.
    Integer,
    /// A place on an axis: a whole number of at least 0, or a width of the data.
    Place,
    /// A number.
    Real,
    /// A number of at least 0.
    NonNegative,
    /// A number above 0.
    Positive,
    /// A number of at least 0 and less than 1.
    Probability,
    /// True or false.
    Flag,
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// The axes of a weight: a list of widths.
    Shape,
    /// The axes of a value beside time: a list of widths, the number of samples in a batch among them.
    Axes,
}

impl Kind {
    /// Whether an argument of this kind is an operand, and no attribute.
    pub fn is_operand(self) -> bool {
        matches!(self, Kind::Tensor(_) | Kind::Seq(_) | Kind::Tensors)
    }

    /// Whether the type of the result may depend on an argument of this kind.
    pub fn shapes_result(self) -> bool {
        match self {
            Kind::Real | Kind::NonNegative | Kind::Positive | Kind::Probability | Kind::Text | Kind::Choice(_) => false,
            Kind::Tensor(_) | Kind::Seq(_) | Kind::Tensors | Kind::Any(_) | Kind::Values(_) => true,
            Kind::Width | Kind::Rows(_) | Kind::Count | Kind::Integer | Kind::Place | Kind::Flag => true,
            Kind::Shape | Kind::Axes => true,
        }
    }

    /// Whether any number of arguments without names is taken.
    pub fn is_variadic(self) -> bool {
        matches!(self, Kind::Tensors | Kind::Values(_))
    }

    /// Whether the first argument, if it is of this kind, goes without a name.
    pub fn is_positional(self) -> bool {
        self.is_operand() || matches!(self, Kind::Any(_) | Kind::Values(_))
    }
}

impl fmt::Display for Kind {
    /// The type in a signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Tensor(ty) | Kind::Seq(ty) | Kind::Any(ty) | Kind::Values(ty) => ty,
            Kind::Tensors => "tensor",
            Kind::Width | Kind::Rows(_) | Kind::Count | Kind::Integer | Kind::Place => "int",
            Kind::Real | Kind::NonNegative | Kind::Positive | Kind::Probability => "real",
            Kind::Flag => "bool",
            Kind::Text | Kind::Choice(_) => "str",
            Kind::Shape | Kind::Axes => "[int]",
        })
    }
}

/// What holds where an argument is left out.
#[derive(Clone, Debug, PartialEq)]
pub enum DefaultValue {
    /// Nothing: it has to be given.
    Required,
    /// This value, as the signature writes it.
    Value(Static, &'static str),
    /// What follows from the other arguments, in words; nothing where the text is `none`.
    Described(&'static str),
}

/// A parameter of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The name by which it is given, unless it is the first and goes without.
    pub name: &'static str,
    /// What it has to be.
    pub kind: Kind,
    /// What holds without it.
    pub default: DefaultValue,
}

impl fmt::Display for Param {
    /// `bias: bool = true`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Tensors => return f.write_str("a, b, .."),
            Kind::Values(ty) => return write!(f, "a: {ty}, b: {ty}, .."),
            kind => write!(f, "{}: {kind}", self.name)?,
        }
        match &self.default {
            DefaultValue::Required => Ok(()),
            DefaultValue::Value(_, text) | DefaultValue::Described(text) => write!(f, " = {text}"),
        }
    }
}

/// A literal of the table as a value of the language.
pub(super) trait Literal {
    /// The value.
    fn value(self) -> Static;
}

impl Literal for i64 {
    fn value(self) -> Static {
        Static::Int(self)
    }
}

impl Literal for f64 {
    fn value(self) -> Static {
        Static::Float(self)
    }
}

impl Literal for bool {
    fn value(self) -> Static {
        Static::Bool(self)
    }
}

impl Literal for &str {
    fn value(self) -> Static {
        Static::Str(self.to_owned())
    }
}

/// One parameter: `bias: Flag = true`. A default in brackets is described: `rows: Rows(1) = ("n.max")`.
macro_rules! param {
    ($name:ident : $kind:expr) => {
        param!(@ $name, $kind, DefaultValue::Required)
    };
    ($name:ident : $kind:expr, ($text:literal)) => {
        param!(@ $name, $kind, DefaultValue::Described($text))
    };
    ($name:ident : $kind:expr, $value:literal) => {
        param!(@ $name, $kind, DefaultValue::Value(Literal::value($value), stringify!($value)))
    };
    (@ $name:ident, $kind:expr, $default:expr) => {
        Param { name: stringify!($name), kind: $kind, default: $default }
    };
}
pub(super) use param;
