//! Attributes: the numbers, dims and names that make an operation what it is, as the text form writes them after the
//! operands. An attribute that has no key comes first (`row(%3) 0`), the others follow as `key value`
//! (`affine(%4) mul 2 add 0`).

use std::fmt;

use super::View;
use crate::dims::{Atom, Dim};

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
pub struct Attributes(pub(super) Vec<(String, Attribute)>);

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

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Attribute> {
        self.iter().find(|(k, _)| *k == key).map(|(_, value)| value)
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

impl Attribute {
    pub(super) fn as_int(&self) -> Option<i64> {
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

    pub(super) fn as_dims(&self) -> Option<Vec<Dim>> {
        match self {
            Attribute::Dims(list) => Some(list.clone()),
            _ => None,
        }
    }

    /// A name may read like a dim or like a number.
    pub(super) fn as_name(&self) -> Option<String> {
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
