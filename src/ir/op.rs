//! The operations of the graph. The typing rule of each stands in its doc comment and is carried out by
//! [`Op::infer`](super::Op::infer) (file `typing.rs`).
//!
//! Notation: `X[.., k]` is a tensor of any rank with or without time whose last axis is `k`; `n`, `t` are lengths;
//! `p : [..]` is a parameter node.

use serde::{Deserialize, Serialize};

use super::{CompanionsId, ParamId};
use crate::sema::dims::Dim;

/// Where a random number is drawn: a name derived from the source path, so that no rewrite of the graph moves it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RandomSite(pub String);

/// Element-wise operations with two operands of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
}

/// Element-wise functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unary {
    /// max(x, 0)
    Relu,
    /// x Φ(x), exact (erf), as in BERT.
    Gelu,
    /// tanh
    Tanh,
    /// 1 / (1 + exp(-x))
    Sigmoid,
    /// exp
    Exp,
    /// Natural logarithm.
    Log,
    /// |x|
    Abs,
    /// x²
    Square,
    /// √x
    Sqrt,
}

/// The axis along which values are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Axis {
    /// Rows of sequences.
    Time,
    /// The last axis.
    Features,
}

/// Which of the retrieved companions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Group {
    /// Same class, similar.
    Pos,
    /// Other classes: the similar ones first, then the dissimilar ones.
    Neg,
}

/// An operation. Operands are the incoming edges of its node, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// `() -> declared type`. A stream of the data, or the tokens of its text.
    Input(String),
    /// `() -> Real`. The label of that name.
    Label(String),
    /// `() -> [shape]`, without a sample. Only operators that say `p` take it.
    Param(ParamId),
    /// `() -> Real`.
    Const(f64),
    /// `p : [s..] -> Tensor[s..]`: a parameter as a value of every sample. `Vec` and `Real` for one and no axis.
    Expand,
    /// `p : [n, d] -> Seq<learned>[n, d]`: learned rows, the same for every sample.
    Learned,

    /// `X, X -> X`: the same type, the same length variable.
    Binary(Binary),
    /// `X -> X`.
    Unary(Unary),
    /// `X -> X`: `mul * x + add` with static numbers.
    Affine {
        /// Factor.
        mul: f64,
        /// Summand.
        add: f64,
    },
    /// `X[.., k], Vec[k] -> X[.., k]`: the vector is added to every row.
    AddRow,
    /// `X, Real -> X`: every entry times the sample's number.
    Scale,

    /// `X[.., i], p : [o, i] (, p : [o]) -> X[.., o]`: `x Wᵀ (+ b)`, the layout of `torch.nn.Linear`.
    Linear,
    /// `X[.., k], p : [k], p : [k] -> X[.., k]`: over the last axis, biased variance, weight then bias.
    LayerNorm {
        /// Added to the variance.
        eps: f64,
    },
    /// `Seq<m>[n, k], Seq<_>[t, k], Seq<_>[t, e] -> Seq<m>[n, e]`: multi-head scaled dot-product attention
    /// (eq. 2, 3 of the DashFusion article). `heads` divides `k` and `e`; head `h` reads columns `h*k/heads ..`.
    /// Keys past their length get no weight. Dropout, if any, falls on the weights and rescales the rest.
    Attention {
        /// Number of heads.
        heads: i64,
        /// Factor of the scores; `1/sqrt(k/heads)` when none.
        scale: Option<f64>,
        /// Dropout on the weights.
        drop: f64,
        /// Where its random bits come from.
        site: RandomSite,
    },
    /// `X -> X`: in training, entries become 0 with probability `p` and the rest is divided by `1 - p`.
    Dropout {
        /// Probability.
        p: f64,
        /// Where its random bits come from.
        site: RandomSite,
    },

    /// `Tokens[t], p : [v, d] -> Seq<text>[t, d]`: rows of the table.
    Embedding,
    /// `Seq<m>[n, _] (read for its length only), p : [r, d] -> Seq<m>[n, d]`: rows `0..n` of the table; `n` is at most `r`.
    Positions,

    /// `Seq<m>[n, d] -> Seq<m>[min(n, rows), d]`: the first rows. Never an error.
    Take {
        /// How many.
        rows: Dim,
    },
    /// `Seq<m>[n, d] -> Vec[d]`: one row; row 0 always exists, others only where the length is a number; -1 is the
    /// last valid row.
    Row(i64),
    /// `Seq<m>[n, d] -> Vec[d]`: mean over valid rows.
    MeanTime,
    /// `Seq<m>[n, d] -> Vec[d]`: largest over valid rows, per column.
    MaxTime,
    /// `X[.., k] -> X[..]` (Vec to Real, sequences not allowed): sum over the last axis.
    SumFeatures,
    /// `Vec[1] -> Real`.
    Scalar,
    /// `Axis::Time`: `Seq[n1, d], Seq[n2, d], .. -> Seq[n1 + n2 + .., d]`, valid rows joined without gaps; the
    /// modality is that of the one that is not learned, `joint` if there are several.
    /// `Axis::Features`: `X[.., a], X[.., b], .. -> X[.., a + b + ..]`, all else equal.
    Concat(Axis),
    /// `Vec[k], Vec[k] -> Real`: cosine of the angle; norms below 1e-8 count as 1e-8, as in torch.
    Cosine,
    /// `Vec[k], Vec[k] -> Real`.
    Dot,
    /// `Real, Real, .. -> Real`: log of the sum of exponentials, without overflow.
    LogSumExp,
    /// `X -> X`: no gradient flows back.
    StopGrad,

    /// `X -> X in the companion's view`: the operand evaluated on one retrieved companion of the sample by the same
    /// weights. Lengths become those of the companion. In training only.
    At {
        /// Which declaration.
        companions: CompanionsId,
        /// Positives or negatives.
        group: Group,
        /// Which of them, from 0.
        index: usize,
    },
}

impl Op {
    /// Name in the text form.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Label(_) => "label",
            Op::Param(_) => "param",
            Op::Const(_) => "const",
            Op::Expand => "expand",
            Op::Learned => "learned",
            Op::Binary(Binary::Add) => "add",
            Op::Binary(Binary::Sub) => "sub",
            Op::Binary(Binary::Mul) => "mul",
            Op::Binary(Binary::Div) => "div",
            Op::Unary(Unary::Relu) => "relu",
            Op::Unary(Unary::Gelu) => "gelu",
            Op::Unary(Unary::Tanh) => "tanh",
            Op::Unary(Unary::Sigmoid) => "sigmoid",
            Op::Unary(Unary::Exp) => "exp",
            Op::Unary(Unary::Log) => "log",
            Op::Unary(Unary::Abs) => "abs",
            Op::Unary(Unary::Square) => "square",
            Op::Unary(Unary::Sqrt) => "sqrt",
            Op::Affine { .. } => "affine",
            Op::AddRow => "add_row",
            Op::Scale => "scale",
            Op::Linear => "linear",
            Op::LayerNorm { .. } => "layer_norm",
            Op::Attention { .. } => "attention",
            Op::Dropout { .. } => "dropout",
            Op::Embedding => "embedding",
            Op::Positions => "positions",
            Op::Take { .. } => "take",
            Op::Row(_) => "row",
            Op::MeanTime => "mean",
            Op::MaxTime => "max",
            Op::SumFeatures => "sum_features",
            Op::Scalar => "scalar",
            Op::Concat(Axis::Time) => "concat_time",
            Op::Concat(Axis::Features) => "concat",
            Op::Cosine => "cosine",
            Op::Dot => "dot",
            Op::LogSumExp => "logsumexp",
            Op::StopGrad => "stop_grad",
            Op::At { .. } => "at",
        }
    }

    /// The random site, if the operation draws random numbers in training.
    pub fn random_site(&self) -> Option<&RandomSite> {
        match self {
            Op::Attention { drop, site, .. } if *drop > 0.0 => Some(site),
            Op::Dropout { p, site } if *p > 0.0 => Some(site),
            _ => None,
        }
    }
}
