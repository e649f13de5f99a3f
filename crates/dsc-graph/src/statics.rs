//! Values known at compile time and the operations they have.

use std::fmt;

use super::dims::Dim;
use dsc_syntax::ast::{BinaryOp, UnaryOp};
use dsc_syntax::diag::{Code, codes::hypers as code};

/// A number, flag, string or dimension that is known before anything runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Static {
    /// A whole number.
    Int(i64),
    /// A real number.
    Float(f64),
    /// A flag.
    Bool(bool),
    /// A string.
    Str(String),
    /// A dimension of the data, not yet a number.
    Dim(Dim),
}

/// Why an operation has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticFault {
    /// Code of the diagnostic.
    pub code: Code,
    /// What is wrong.
    pub message: String,
}

/// Strings that are put together stay below this many bytes.
const MAX_TEXT: usize = 4096;

fn fault<T>(code: Code, message: impl Into<String>) -> Result<T, StaticFault> {
    Err(StaticFault { code, message: message.into() })
}

impl Static {
    /// Its type, as a parameter of a block says it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Static::Int(_) => "int",
            Static::Float(_) => "real",
            Static::Bool(_) => "bool",
            Static::Str(_) => "str",
            Static::Dim(_) => "dim",
        }
    }

    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Static::Int(_) => "whole number",
            Static::Float(_) => "number",
            Static::Bool(_) => "flag",
            Static::Str(_) => "string",
            Static::Dim(_) => "dim",
        }
    }

    /// As a dimension; a number is one too.
    pub fn as_dim(&self) -> Option<Dim> {
        match self {
            Static::Int(n) => Some(Dim::from(*n)),
            Static::Dim(d) => Some(d.clone()),
            _ => None,
        }
    }

    /// As a real number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Static::Int(n) => Some(*n as f64),
            Static::Float(x) => Some(*x),
            Static::Dim(d) => d.as_const().map(|n| n as f64),
            _ => None,
        }
    }

    /// As a whole number.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Static::Int(n) => Some(*n),
            Static::Dim(d) => d.as_const(),
            _ => None,
        }
    }

    /// A dim as a value: a number if it is one.
    pub fn from_dim(d: Dim) -> Static {
        d.as_const().map_or(Static::Dim(d), Static::Int)
    }

    /// The value, unless it is a real number without end or none at all.
    ///
    /// # Errors
    /// Overflow, or the root of a negative number.
    pub fn finite(value: Static, what: impl Fn() -> String) -> Result<Static, StaticFault> {
        match value {
            Static::Float(x) if !x.is_finite() => fault(code::E0406, format!("{} is {x}", what())),
            value => Ok(value),
        }
    }

    /// `-x`, `not x`.
    ///
    /// # Errors
    /// The operand does not have that operation.
    pub fn unary(op: UnaryOp, x: &Static) -> Result<Static, StaticFault> {
        match (op, x) {
            (UnaryOp::Neg, Static::Int(n)) => match n.checked_neg() {
                Some(n) => Ok(Static::Int(n)),
                None => fault(code::E0406, "number too large"),
            },
            (UnaryOp::Neg, Static::Float(v)) => Ok(Static::Float(-v)),
            (UnaryOp::Neg, Static::Dim(d)) => Ok(Static::from_dim(d.times(&Dim::from(-1)))),
            (UnaryOp::Not, Static::Bool(b)) => Ok(Static::Bool(!b)),
            (UnaryOp::Neg, _) => fault(code::E0402, format!("`-` of a {}", x.kind())),
            (UnaryOp::Not, _) => fault(code::E0402, format!("`not` of a {}", x.kind())),
        }
    }

    /// `a op b`.
    ///
    /// # Errors
    /// The operands do not have that operation, a division by zero, an overflow.
    pub fn binary(op: BinaryOp, a: &Static, b: &Static) -> Result<Static, StaticFault> {
        use Static::{Bool, Dim as D, Float, Int, Str};
        let no = || fault(code::E0402, format!("`{}` of a {} and a {}", op.symbol(), a.kind(), b.kind()));
        match (a, b) {
            (Int(x), Int(y)) => int_binary(op, *x, *y),
            (Bool(x), Bool(y)) => match op {
                BinaryOp::And => Ok(Bool(*x && *y)),
                BinaryOp::Or => Ok(Bool(*x || *y)),
                BinaryOp::Eq => Ok(Bool(x == y)),
                BinaryOp::Ne => Ok(Bool(x != y)),
                _ => no(),
            },
            (Str(x), Str(y)) => match op {
                BinaryOp::Eq => Ok(Bool(x == y)),
                BinaryOp::Ne => Ok(Bool(x != y)),
                BinaryOp::Add if x.len() + y.len() > MAX_TEXT => fault(code::E0406, "the string is too long"),
                BinaryOp::Add => Ok(Str(format!("{x}{y}"))),
                _ => no(),
            },
            (D(_), D(_) | Int(_)) | (Int(_), D(_)) => match (a.as_dim(), b.as_dim()) {
                (Some(x), Some(y)) => dim_binary(op, &x, &y),
                _ => no(),
            },
            (Int(_) | Float(_), Int(_) | Float(_)) => match (a.as_f64(), b.as_f64()) {
                (Some(x), Some(y)) => float_binary(op, x, y),
                _ => no(),
            },
            _ => no(),
        }
    }
}

fn int_binary(op: BinaryOp, x: i64, y: i64) -> Result<Static, StaticFault> {
    let number = |n: Option<i64>| match n {
        Some(n) => Ok(Static::Int(n)),
        None => fault(code::E0406, format!("`{x} {} {y}` is too large", op.symbol())),
    };
    let divided = |n: Option<i64>| match n {
        Some(n) => Ok(Static::Int(n)),
        None => fault(code::E0406, format!("`{x} {} {y}` divides by zero", op.symbol())),
    };
    match op {
        BinaryOp::Add => number(x.checked_add(y)),
        BinaryOp::Sub => number(x.checked_sub(y)),
        BinaryOp::Mul => number(x.checked_mul(y)),
        BinaryOp::FloorDiv => divided(x.checked_div_euclid(y)),
        BinaryOp::Rem => divided(x.checked_rem_euclid(y)),
        BinaryOp::Div if y == 0 => divided(None),
        BinaryOp::Div => Ok(Static::Float(x as f64 / y as f64)),
        BinaryOp::Pow => match u32::try_from(y) {
            Ok(y) => number(x.checked_pow(y)),
            Err(_) => Static::finite(Static::Float((x as f64).powf(y as f64)), || format!("`{x} ** {y}`")),
        },
        BinaryOp::Eq => Ok(Static::Bool(x == y)),
        BinaryOp::Ne => Ok(Static::Bool(x != y)),
        BinaryOp::Lt => Ok(Static::Bool(x < y)),
        BinaryOp::Le => Ok(Static::Bool(x <= y)),
        BinaryOp::Gt => Ok(Static::Bool(x > y)),
        BinaryOp::Ge => Ok(Static::Bool(x >= y)),
        BinaryOp::And | BinaryOp::Or => fault(code::E0402, format!("`{}` of numbers", op.symbol())),
    }
}

fn float_binary(op: BinaryOp, x: f64, y: f64) -> Result<Static, StaticFault> {
    let value = match op {
        BinaryOp::Add => Static::Float(x + y),
        BinaryOp::Sub => Static::Float(x - y),
        BinaryOp::Mul => Static::Float(x * y),
        BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Rem if y == 0.0 => {
            return fault(code::E0406, format!("`{x} {} {y}` divides by zero", op.symbol()));
        }
        BinaryOp::Div => Static::Float(x / y),
        BinaryOp::FloorDiv => Static::Float((x / y).floor()),
        BinaryOp::Rem => Static::Float(x.rem_euclid(y)),
        BinaryOp::Pow => Static::Float(x.powf(y)),
        BinaryOp::Eq => Static::Bool(x == y),
        BinaryOp::Ne => Static::Bool(x != y),
        BinaryOp::Lt => Static::Bool(x < y),
        BinaryOp::Le => Static::Bool(x <= y),
        BinaryOp::Gt => Static::Bool(x > y),
        BinaryOp::Ge => Static::Bool(x >= y),
        BinaryOp::And | BinaryOp::Or => return fault(code::E0402, format!("`{}` of numbers", op.symbol())),
    };
    Static::finite(value, || format!("`{x} {} {y}`", op.symbol()))
}

fn dim_binary(op: BinaryOp, x: &Dim, y: &Dim) -> Result<Static, StaticFault> {
    let large =
        || fault(code::E0406, format!("`{}` of two dims makes one that is too large to write down", op.symbol()));
    if x.is_unwieldy() || y.is_unwieldy() || (op == BinaryOp::Mul && x.size() * y.size() > 1024) {
        return large();
    }
    let dim = match op {
        BinaryOp::Add => x.plus(y),
        BinaryOp::Sub => x.minus(y),
        BinaryOp::Mul => x.times(y),
        BinaryOp::FloorDiv => match x.floor_div(y) {
            Some(d) => d,
            None => return fault(code::E0406, format!("`{x} // {y}` divides by zero")),
        },
        BinaryOp::Rem if y.as_const().is_some_and(|n| n != 0) => match x.floor_div(y) {
            Some(q) => x.minus(&q.times(y)),
            None => return fault(code::E0406, format!("`{x} % {y}` divides by zero")),
        },
        BinaryOp::Pow => match y.as_const().and_then(|n| u32::try_from(n).ok()) {
            Some(n) if n <= 8 => {
                let mut power = Dim::from(1);
                for _ in 0..n {
                    if power.size() * x.size() > 1024 {
                        return large();
                    }
                    power = power.times(x);
                }
                power
            }
            _ => return fault(code::E0401, format!("`{x} ** {y}` is not known at compile time")),
        },
        BinaryOp::Eq if x == y => return Ok(Static::Bool(true)),
        BinaryOp::Ne if x == y => return Ok(Static::Bool(false)),
        BinaryOp::Le | BinaryOp::Ge if x == y => return Ok(Static::Bool(true)),
        _ => return fault(code::E0401, format!("`{x} {} {y}` is not known before data are bound", op.symbol())),
    };
    if dim.is_unwieldy() {
        return large();
    }
    Ok(Static::from_dim(dim))
}

impl fmt::Display for Static {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Static::Int(n) => write!(f, "{n}"),
            Static::Float(x) => write!(f, "{x}"),
            Static::Bool(b) => write!(f, "{b}"),
            Static::Str(s) => write!(f, "{s:?}"),
            Static::Dim(d) => write!(f, "{d}"),
        }
    }
}
