//! The operations of the graph. The typing rule of each is in its doc comment and is carried out by
//! [`Op::infer`](super::Op::infer) (folder `typing`).
//!
//! Notation: `X[.., k]` is a tensor of any rank with or without time whose last axis is `k`; `n`, `t` are lengths;
//! `p : [..]` is a parameter node.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Band, Cell, CompanionsId, Einsum, ParamId, Pool};
use crate::dims::Dim;
use crate::primitives::Operation;
pub use crate::primitives::{Binary, Unary};
use crate::types::Modality;

/// Where a random number is drawn: a name derived from the source path, so that no rewrite of the graph moves it.
/// Empty where nothing is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RandomSite(pub String);

/// Element-wise functions with static numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum ParametricUnary {
    /// x above 0, `slope * x` below.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// x above 0, `alpha * (exp(x) - 1)` below.
    Elu {
        /// What it tends to, negated.
        alpha: f64,
    },
    /// Entries below `min` become `min`, above `max` they become `max`; no gradient flows back from those.
    Clamp {
        /// The lower end, if there is one.
        min: Option<f64>,
        /// The upper end, if there is one.
        max: Option<f64>,
    },
    /// `x ** exponent`.
    Pow {
        /// The exponent.
        exponent: f64,
    },
}

/// What becomes of the entries of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reduction {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The largest; of equal ones one gets the gradient.
    Max,
    /// The smallest.
    Min,
    /// √ of the sum of squares; the gradient at 0 is 0, as in torch.
    Norm,
    /// Logarithm of the sum of exponentials, without overflow.
    LogSumExp,
}

/// The axis over which a softmax adds up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Over {
    /// Valid rows of a sequence.
    Time,
    /// The last axis.
    Features,
    /// Another axis beside time, from 0.
    Axis(usize),
}

/// Up to which length [`Op::Dense`] pads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MaxOver {
    /// The longest sample of the batch. Companions count where a value of theirs is padded too.
    #[default]
    Batch,
    /// The longest that a sample of the data may be.
    Data,
}

impl MaxOver {
    /// Both.
    pub const ALL: [MaxOver; 2] = [MaxOver::Batch, MaxOver::Data];

    /// `batch` or `data`.
    pub fn name(self) -> &'static str {
        match self {
            MaxOver::Batch => "batch",
            MaxOver::Data => "data",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<MaxOver> {
        MaxOver::ALL.into_iter().find(|extent| extent.name() == name)
    }

    /// The length of what is padded, if it is known to have one: a form that falls where a length grows has no maximum.
    pub fn of(self, length: &Dim) -> Option<Dim> {
        match self {
            MaxOver::Batch => Some(length.longest()),
            MaxOver::Data => length.most(),
        }
    }
}

/// The axis along which values are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Axis {
    /// Rows of sequences.
    Time,
    /// The last axis.
    Features,
}

impl Axis {
    /// `time` or `features`.
    pub fn name(self) -> &'static str {
        match self {
            Axis::Time => "time",
            Axis::Features => "features",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Axis> {
        [Axis::Time, Axis::Features].into_iter().find(|axis| axis.name() == name)
    }
}

/// Which of the retrieved companions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Group {
    /// Same class, similar.
    Pos,
    /// Other classes: the similar ones first, then the dissimilar ones.
    Neg,
}

impl Group {
    /// Both.
    pub const ALL: [Group; 2] = [Group::Pos, Group::Neg];
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Group::Pos => "pos",
            Group::Neg => "neg",
        })
    }
}

/// One retrieved companion of a sample, as dims and the text form name it: `companions0.pos.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct View {
    /// Which declaration.
    pub companions: CompanionsId,
    /// Positives or negatives.
    pub group: Group,
    /// Which of them, from 0.
    pub index: usize,
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.companions, self.group, self.index)
    }
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
    /// `X -> X`: a function with static numbers, entry by entry.
    ParametricUnary(ParametricUnary),
    /// `X[.., k], Vec[k] -> X[.., k]`: the vector is added to every row.
    AddRow,
    /// `X[.., k], Vec[k] -> X[.., k]`: every row times the vector, entry by entry.
    MulRow,
    /// `X, Real -> X`: every entry times the sample's number. `X[.., k], X[.., 1] -> X[.., k]`: every row times its own.
    Scale,
    /// `X[.., k] -> X[.., k]`: every row over its norm; norms below `eps` count as `eps`, as in torch.
    Normalize {
        /// The least norm.
        eps: f64,
    },
    /// `X -> X`: exponentials over their sum along an axis; over time valid rows alone take part.
    Softmax {
        /// Along which.
        over: Over,
        /// The logarithm of it.
        log: bool,
    },

    /// `X[.., i], p : [o, i] (, p : [o]) -> X[.., o]`: `x Wᵀ (+ b)`, the layout of `torch.nn.Linear`.
    ///
    /// `X[.., i], p : [o, i] (, p : [o]), p : [u, i] (, p : [u]), .. -> X[.., o + u + ..]`: several maps of one value, their results side
    /// by side. All of them have a bias or none; a third operand of one axis tells which. Passes alone make this form.
    Linear,
    /// `X[.., k], p : [k], p : [k] -> X[.., k]`: over the last axis, biased variance, weight then bias.
    LayerNorm {
        /// Added to the variance.
        eps: f64,
    },
    /// `Seq<m>[n, k], Seq<_>[t, k], Seq<_>[t, e] -> Seq<m>[n, e]`: multi-head scaled dot-product attention
    /// (eq. 2, 3 of the DashFusion article). `heads` divides `k` and `e`; head `h` reads columns `h*k/heads ..`.
    /// Keys past their length get no weight, nor do those outside the band, whose window expects `n` to be `t`. Dropout, if
    /// any, falls on the weights and rescales the rest.
    ///
    /// Where `shared`, `Seq<m>[n, heads * k], Seq<_>[t, k], Seq<_>[t, e] -> Seq<m>[n, heads * e]`: all heads read the same keys
    /// and values, with all their columns (multi-query attention, <https://arxiv.org/abs/1911.02150>).
    Attention {
        /// Number of heads.
        heads: i64,
        /// Whether all heads read the same keys and values.
        shared: bool,
        /// Which keys a row sees.
        band: Band,
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
    /// `Seq<m>[n, d] -> Vec[d]`: smallest over valid rows, per column.
    MinTime,
    /// `Seq<m>[n, d] -> Vec[d]`: sum over valid rows.
    SumTime,
    /// `Seq<m>[n, d] -> Vec[d]`: `sqrt(variance + eps)` over valid rows, biased variance.
    StdTime {
        /// Added to the variance: the root of a single row has a gradient.
        eps: f64,
    },
    /// `Seq<m>[n, d] -> Vec[d]`: log of the sum of exponentials over valid rows, without overflow.
    LogSumExpTime,
    /// `Seq<m>[n, 2h] -> Vec[2h]`: the states that a bidirectional recurrent layer ends in: the first half of the last valid
    /// row and the second half of the first row.
    LastState,

    /// `Seq<m>[n, i], p : [o, i / groups, k] (, p : [o]) -> Seq<m>[(n + stride - 1) // stride, o]`: `torch.nn.Conv1d` over
    /// the valid rows with zeros around them, `dilation * (k - 1)` in all: half in front (rounded down) and the rest
    /// behind, or all in front where it is causal.
    Conv1d {
        /// Rows from one row of the result to the next.
        stride: i64,
        /// Rows from one tap of the kernel to the next.
        dilation: i64,
        /// Parts that the columns are split into; each part of the result reads its own.
        groups: i64,
        /// Whether row `j` sees rows up to `j * stride` alone.
        causal: bool,
    },
    /// `Seq<m>[n, i], p : [g * h, i], p : [g * h, h], p : [g * h], p : [g * h] -> Seq<m>[n, h]`: the hidden states of a
    /// recurrent layer with `g` gates over the valid rows, from a state of zeros. Bidirectional: four more parameters
    /// and `Seq<m>[n, 2h]`, the second half from the last valid row to the first.
    Recurrent {
        /// Its cell.
        cell: Cell,
        /// Whether it runs both ways.
        bidirectional: bool,
    },
    /// `Seq<m>[n, d] -> Seq<m>[n, d]`: row `j` is row `j - by`; zeros enter at the sequence's own ends.
    Shift {
        /// How far; backwards if negative.
        by: i64,
    },
    /// `Seq<m>[n, d] -> Seq<m>[n, d]`: valid rows from the last to the first.
    Reverse,
    /// `Seq<m>[n, d] -> Seq<m>[n - rows, d]`: without the first rows; `rows` is at least 0 and `n - rows` at least 1 for
    /// every sample, as their forms must show.
    Skip {
        /// How many.
        rows: Dim,
    },
    /// `Seq<m>[n, d] -> Seq<m>[(n + by - 1) // by, d]`: windows of `by` rows, the last of those that are left.
    Downsample {
        /// Rows of a window.
        by: i64,
        /// What is made of a window.
        pool: Pool,
    },
    /// `Seq<m>[n, d] -> Seq<m>[longest(n), d]` (`MaxOver::Batch`) or `Seq<m>[most(n), d]` (`MaxOver::Data`): zero rows are put
    /// behind; from here on they are rows like all others.
    Dense {
        /// Up to which length.
        to: MaxOver,
    },
    /// `Seq<m>[n, _] (read for its length only) -> Seq<m>[n, width]`: column `2k` of row `i` is `sin(i / 10000^(2k / width))`,
    /// column `2k + 1` the cosine of the same (Vaswani et al. 2017).
    Sinusoid {
        /// Number of columns.
        width: Dim,
    },
    /// `X[.., k] -> X[.., 1]` with `keep`, `X[.., k] -> X[..]` without: the last axis becomes one number. A sequence has
    /// an axis beside time, so the only one stays: `Seq<m>[n, k] -> Seq<m>[n, 1]` with `keep` alone.
    Reduce {
        /// To which number.
        how: Reduction,
        /// Whether an axis of 1 stays.
        keep: bool,
    },
    /// `Vec[1] -> Real`.
    Scalar,
    /// `Axis::Time`: `Seq[n1, d], Seq[n2, d], .. -> Seq[n1 + n2 + .., d]`, valid rows joined without gaps; the
    /// modality is that of the one that is not learned, `joint` if there are several.
    /// `Axis::Features`: `X[.., a], X[.., b], .. -> X[.., a + b + ..]`, all else equal.
    Concat(Axis),
    /// `A, B, .. -> R`: products of entries whose axes have equal letters, summed over the letters that the result lacks.
    /// The time of a sequence is its first axis: a letter of time is summed over valid rows, or is first in the
    /// result, which is then a sequence. Letters have one dim each; two sequences share one only with the same length
    /// variable. A fixed length is an axis like others where it is not first.
    Einsum(Einsum),
    /// `X[a..] -> X[shape..]`: the axes beside time anew, entries in order; as many as before.
    Reshape {
        /// The axes of the result beside time.
        shape: Vec<Dim>,
    },
    /// `X[.., k] -> X[.., to - from]`: entries `from..to` of the last axis.
    Slice {
        /// The first.
        from: Dim,
        /// Behind the last.
        to: Dim,
    },
    /// `X[.., k] -> X[.., k + 1]`: the number behind the entries of every row.
    Append {
        /// The number.
        value: f64,
    },
    /// `Vec[d], Vec[d], .. -> Seq<m>[n, d]`: n vectors as rows.
    Stack {
        /// Of the result.
        modality: Modality,
    },
    /// `Vec[d], Seq<m>[n, _] (read for its length only) -> Seq<m>[n, d]`: the vector as every row.
    Repeat,
    /// `Vec[k], Vec[k] -> Real`: cosine of the angle; norms below 1e-8 count as 1e-8, as in torch.
    Cosine,
    /// `Vec[k], Vec[k] -> Real`.
    Dot,
    /// `Real, Real, .. -> Real`: log of the sum of exponentials, without overflow.
    LogSumExp,
    /// `X -> X`: no gradient flows back.
    StopGrad,
    /// `X -> X`: the gradient that flows back is turned round and taken `by` times.
    GradReverse {
        /// Factor, at least 0.
        by: f64,
    },

    /// `T[..] -> T[batch, ..]` (Real to Vec, sequences not allowed): the values of all anchors of the step, in the order
    /// of the batch, the same for every sample. In training only.
    InBatch,
    /// `T[batch, ..] -> T[..]` (Vec to Real): the sample's own entry of the first axis.
    Own,

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

/// Which entry of the table of operations each is of, and with what attributes one begins that is read: a line for each.
macro_rules! entries {
    ($($operation:ident$(($family:ident))? <= $pattern:pat => $blank:expr;)*) => {
        impl Op {
            /// The entry that explains it.
            pub fn operation(&self) -> Operation {
                match *self {
                    $($pattern => Operation::$operation$(($family))?,)*
                    Op::Param(_) => Operation::Param,
                    Op::Reduce { how: Reduction::LogSumExp, .. } => Operation::LogSumExp,
                }
            }

            /// An operation of that entry with attributes that are yet to be set; nothing for what is made of others.
            pub fn blank(operation: Operation) -> Option<Op> {
                Some(match operation {
                    $(Operation::$operation$(($family))? => $blank,)*
                    Operation::Outer
                    | Operation::Matmul
                    | Operation::Transpose
                    | Operation::Flatten
                    | Operation::Split
                    | Operation::Min
                    | Operation::Max
                    | Operation::Longest
                    | Operation::Most
                    | Operation::Len => return None,
                })
            }
        }
    };
}

entries! {
    Input <= Op::Input(_) => Op::Input(String::new());
    Label <= Op::Label(_) => Op::Label(String::new());
    Const <= Op::Const(_) => Op::Const(0.0);
    Param <= Op::Expand => Op::Expand;
    Learned <= Op::Learned => Op::Learned;
    Binary(f) <= Op::Binary(f) => Op::Binary(f);
    Unary(f) <= Op::Unary(f) => Op::Unary(f);
    Affine <= Op::Affine { .. } => Op::Affine { mul: 1.0, add: 0.0 };
    LeakyRelu <= Op::ParametricUnary(ParametricUnary::LeakyRelu { .. }) => Op::ParametricUnary(ParametricUnary::LeakyRelu { slope: 0.0 });
    Elu <= Op::ParametricUnary(ParametricUnary::Elu { .. }) => Op::ParametricUnary(ParametricUnary::Elu { alpha: 0.0 });
    Clamp <= Op::ParametricUnary(ParametricUnary::Clamp { .. }) => Op::ParametricUnary(ParametricUnary::Clamp { min: None, max: None });
    Pow <= Op::ParametricUnary(ParametricUnary::Pow { .. }) => Op::ParametricUnary(ParametricUnary::Pow { exponent: 1.0 });
    AddRow <= Op::AddRow => Op::AddRow;
    MulRow <= Op::MulRow => Op::MulRow;
    Scale <= Op::Scale => Op::Scale;
    Normalize <= Op::Normalize { .. } => Op::Normalize { eps: 0.0 };
    Softmax <= Op::Softmax { log: false, .. } => Op::Softmax { over: Over::Features, log: false };
    LogSoftmax <= Op::Softmax { log: true, .. } => Op::Softmax { over: Over::Features, log: true };
    Linear <= Op::Linear => Op::Linear;
    LayerNorm <= Op::LayerNorm { .. } => Op::LayerNorm { eps: 0.0 };
    Attention <= Op::Attention { .. } =>
        Op::Attention { heads: 1, shared: false, band: Band::default(), scale: None, drop: 0.0, site: RandomSite::default() };
    Dropout <= Op::Dropout { .. } => Op::Dropout { p: 0.0, site: RandomSite::default() };
    Embed <= Op::Embedding => Op::Embedding;
    Positions <= Op::Positions => Op::Positions;
    Take <= Op::Take { .. } => Op::Take { rows: Dim::default() };
    Row <= Op::Row(_) => Op::Row(0);
    MeanTime <= Op::MeanTime => Op::MeanTime;
    MaxTime <= Op::MaxTime => Op::MaxTime;
    MinTime <= Op::MinTime => Op::MinTime;
    SumTime <= Op::SumTime => Op::SumTime;
    StdTime <= Op::StdTime { .. } => Op::StdTime { eps: 0.0 };
    LogSumExpTime <= Op::LogSumExpTime => Op::LogSumExpTime;
    LastState <= Op::LastState => Op::LastState;
    Conv1d <= Op::Conv1d { .. } => Op::Conv1d { stride: 1, dilation: 1, groups: 1, causal: false };
    Rnn <= Op::Recurrent { cell: Cell::Rnn, .. } => Op::Recurrent { cell: Cell::Rnn, bidirectional: false };
    Gru <= Op::Recurrent { cell: Cell::Gru, .. } => Op::Recurrent { cell: Cell::Gru, bidirectional: false };
    Lstm <= Op::Recurrent { cell: Cell::Lstm, .. } => Op::Recurrent { cell: Cell::Lstm, bidirectional: false };
    Shift <= Op::Shift { .. } => Op::Shift { by: 0 };
    Reverse <= Op::Reverse => Op::Reverse;
    Skip <= Op::Skip { .. } => Op::Skip { rows: Dim::default() };
    Downsample <= Op::Downsample { .. } => Op::Downsample { by: 1, pool: Pool::Mean };
    Dense <= Op::Dense { .. } => Op::Dense { to: MaxOver::Batch };
    Sinusoid <= Op::Sinusoid { .. } => Op::Sinusoid { width: Dim::default() };
    SumFeatures <= Op::Reduce { how: Reduction::Sum, .. } => Op::Reduce { how: Reduction::Sum, keep: false };
    MeanFeatures <= Op::Reduce { how: Reduction::Mean, .. } => Op::Reduce { how: Reduction::Mean, keep: false };
    MaxFeatures <= Op::Reduce { how: Reduction::Max, .. } => Op::Reduce { how: Reduction::Max, keep: false };
    MinFeatures <= Op::Reduce { how: Reduction::Min, .. } => Op::Reduce { how: Reduction::Min, keep: false };
    Norm <= Op::Reduce { how: Reduction::Norm, .. } => Op::Reduce { how: Reduction::Norm, keep: false };
    Scalar <= Op::Scalar => Op::Scalar;
    Concat <= Op::Concat(_) => Op::Concat(Axis::Features);
    Einsum <= Op::Einsum(_) => Op::Einsum(Einsum::default());
    Reshape <= Op::Reshape { .. } => Op::Reshape { shape: Vec::new() };
    Slice <= Op::Slice { .. } => Op::Slice { from: Dim::default(), to: Dim::default() };
    Append <= Op::Append { .. } => Op::Append { value: 0.0 };
    Stack <= Op::Stack { .. } => Op::Stack { modality: Modality::joint() };
    Repeat <= Op::Repeat => Op::Repeat;
    Cosine <= Op::Cosine => Op::Cosine;
    Dot <= Op::Dot => Op::Dot;
    LogSumExp <= Op::LogSumExp => Op::LogSumExp;
    StopGrad <= Op::StopGrad => Op::StopGrad;
    GradReverse <= Op::GradReverse { .. } => Op::GradReverse { by: 0.0 };
    InBatch <= Op::InBatch => Op::InBatch;
    Own <= Op::Own => Op::Own;
    At <= Op::At { .. } => Op::At { companions: CompanionsId(0), group: Group::Pos, index: 0 };
}

impl Op {
    /// Its name in the language and in the text form.
    pub fn name(&self) -> &'static str {
        self.operation().name()
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
