//! Types of values of one sample; the batch is implicit.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::dims::Dim;

/// Which stream a sequence belongs to: `audio` of `Seq<audio>[Ta, fa]`. Learned rows and joined streams have names
/// of their own (`learned`, `joint`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Modality(pub String);

impl Modality {
    /// Rows that are parameters.
    pub fn learned() -> Self {
        Modality("learned".into())
    }

    /// Several modalities joined along time.
    pub fn joint() -> Self {
        Modality("joint".into())
    }
}

impl fmt::Display for Modality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The time axis of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Time {
    /// Its stream.
    pub modality: Modality,
    /// Number of valid rows; ragged when it mentions a length.
    pub len: Dim,
}

/// A tensor of 32-bit floats, per sample: `[len if there is time] ++ dims`.
///
/// `Real` has no axis, `Vec[d]` one, `Tensor[a, b]` several, `Seq<m>[T, d]` time and one more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TensorType {
    /// The time axis, always in front.
    pub time: Option<Time>,
    /// The other axes.
    pub dims: Vec<Dim>,
}

impl TensorType {
    /// A number per sample.
    pub fn real() -> Self {
        TensorType { time: None, dims: Vec::new() }
    }

    /// `Vec[d]`.
    pub fn vec(d: impl Into<Dim>) -> Self {
        TensorType { time: None, dims: vec![d.into()] }
    }

    /// `Seq<m>[len, d]`.
    pub fn seq(modality: Modality, len: Dim, d: impl Into<Dim>) -> Self {
        TensorType { time: Some(Time { modality, len }), dims: vec![d.into()] }
    }

    /// Whether it is a number per sample.
    pub fn is_real(&self) -> bool {
        self.time.is_none() && self.dims.is_empty()
    }

    /// The last axis, the one that linear maps and norms work on.
    pub fn features(&self) -> Option<&Dim> {
        self.dims.last()
    }

    /// The same with another last axis.
    pub fn with_features(&self, features: Dim) -> Self {
        let mut ty = self.clone();
        if let Some(last) = ty.dims.last_mut() {
            *last = features;
        }
        ty
    }

    /// The same as seen at the companion `view`: lengths are the companion's.
    pub fn in_view(&self, view: &str) -> Self {
        let mut ty = self.clone();
        if let Some(time) = &mut ty.time {
            time.len = time.len.in_view(view);
        }
        ty
    }

    /// All axes, time first.
    pub fn axes(&self) -> impl Iterator<Item = &Dim> {
        self.time.iter().map(|t| &t.len).chain(&self.dims)
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.time, self.dims.len()) {
            (Some(time), _) => write!(f, "Seq<{}>", time.modality)?,
            (None, 0) => return f.write_str("Real"),
            (None, 1) => f.write_str("Vec")?,
            (None, _) => f.write_str("Tensor")?,
        }
        f.write_str("[")?;
        for (i, axis) in self.axes().enumerate() {
            write!(f, "{}{axis}", if i > 0 { ", " } else { "" })?;
        }
        f.write_str("]")
    }
}

/// The type of a node of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// Floats.
    Tensor(TensorType),
    /// `Tokens[T]`: word-piece ids with `[CLS]` and `[SEP]`; `T` is at most 128.
    Tokens {
        /// Number of tokens.
        len: Dim,
    },
}

impl Type {
    /// The tensor type, if it is one.
    pub fn tensor(&self) -> Option<&TensorType> {
        match self {
            Type::Tensor(t) => Some(t),
            Type::Tokens { .. } => None,
        }
    }

    /// The number of valid rows, if there is a time axis.
    pub fn len(&self) -> Option<&Dim> {
        match self {
            Type::Tensor(t) => t.time.as_ref().map(|t| &t.len),
            Type::Tokens { len } => Some(len),
        }
    }
}

impl From<TensorType> for Type {
    fn from(t: TensorType) -> Self {
        Type::Tensor(t)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Tensor(t) => t.fmt(f),
            Type::Tokens { len } => write!(f, "Tokens[{len}]"),
        }
    }
}
