//! The cost of every operation: multiply-adds of one sample's forward pass, and what training keeps for the way back.
//!
//! # What counts as a multiply-add
//! [`CONVENTION`], which is printed wherever the number is. Every product of a linear map, of attention scores and of
//! attention's weighted sum counts once, and so do the products of a dot product or a cosine of two vectors. Additions
//! of biases, element-wise work, softmax, norms, pooling, gathers and embeddings count 0: they are bound by memory, not by
//! arithmetic. A multiply-add is two floating-point operations. Heads do not change the count: h heads of width k/h take
//! as many products as one of width k.
//!
//! On CH-SIMS lengths the fusion of the DashFusion article takes 125.2 million, 146.0 million with the temporal alignment:
//! each source has a query projection of its own, as its equation 3 is written. With one query projection for all sources
//! it is 124.8 and 144.95 million; the article's Table V says 145 million without stating what it counts.
//!
//! # What training keeps
//! Reverse-mode differentiation keeps of each operation what its gradient needs: operands, the result, or numbers of its
//! own. A tensor that several operations keep is one tensor, and a view (`take`, a row) is part of what it views. The
//! rules are those of libtorch's kernels on a GPU in 32-bit floats: attention without dropout runs in a fused kernel that
//! recomputes its weights; with dropout on the weights it keeps them, `heads * n * t` numbers, three times.

use crate::ir::{Axis, Binary, Einsum, Op, Pool, Reduction, Unary};
use crate::sema::dims::Dim;
use crate::sema::types::Type;
use std::collections::BTreeMap;

/// What a multiply-add is, in one sentence.
pub const CONVENTION: &str = "multiply-adds of one sample's forward pass: products of linear maps, scores, weighted sums, \
                              convolutions and recurrent cells; element-wise work, softmax, norms and embeddings count 0; \
                              ragged lengths count with their maximum";

/// Bytes of a float.
pub const FLOAT: i64 = 4;
/// Bytes of a token or an index.
pub const INDEX: i64 = 8;

/// What one operation costs, per sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// Multiply-adds, forward.
    pub multiply_adds: Dim,
    /// Where its result lies.
    pub storage: Storage,
    /// What its gradient needs.
    pub keeps: Vec<Kept>,
}

/// Where the result of an operation lies in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In memory of its own.
    #[default]
    Own,
    /// In that operand's memory: a view.
    Of(usize),
    /// In a parameter's memory: the same for all samples.
    Parameter,
}

/// Something that is kept from the forward to the backward pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// The operand of that number.
    Operand(usize),
    /// The result.
    Result,
    /// So many bytes that no other operation sees.
    Private(Dim),
}

impl Cost {
    /// The cost of an operation on operands of these types.
    ///
    /// Operands and result are those of a verified graph; a missing one counts as empty.
    pub fn of(op: &Op, operands: &[Type], result: &Type) -> Cost {
        let at = Operands { types: operands };
        match op {
            Op::Input(_) | Op::Label(_) | Op::Const(_) => free(),
            Op::Param(_) | Op::Expand | Op::Learned => free().stored(Storage::Parameter),

            Op::Binary(Binary::Add | Binary::Sub) => free(),
            Op::Binary(Binary::Mul | Binary::Div) => keeping([Kept::Operand(0), Kept::Operand(1)]),
            Op::Unary(Unary::Relu | Unary::Tanh | Unary::Sigmoid | Unary::Exp | Unary::Sqrt) => keeping([Kept::Result]),
            Op::Unary(Unary::Gelu | Unary::Log | Unary::Abs | Unary::Square) => keeping([Kept::Operand(0)]),
            Op::Affine { .. } | Op::AddRow => free(),
            Op::Binary(Binary::Minimum | Binary::Maximum) => keeping([Kept::Operand(0), Kept::Operand(1)]),
            Op::Unary(Unary::Silu | Unary::Softplus | Unary::Sin | Unary::Cos) => keeping([Kept::Operand(0)]),
            Op::Curve(_) => keeping([Kept::Operand(0)]),
            Op::MulRow => keeping([Kept::Operand(0), Kept::Operand(1)]),
            Op::Normalize { .. } => keeping([Kept::Operand(0), floats(&rows(result))]),
            Op::Softmax { .. } => keeping([Kept::Result]),
            Op::Reduce { how: Reduction::Sum | Reduction::Mean, .. } => free(),
            // Which entry it was.
            Op::Reduce { how: Reduction::Max | Reduction::Min, .. } => {
                keeping([Kept::Private(elements(result).times(&Dim::from(INDEX)))])
            }
            Op::Reduce { how: Reduction::Norm | Reduction::LogSumExp, .. } => keeping([Kept::Operand(0), Kept::Result]),
            Op::Einsum(spec) => einsum(spec, operands),
            Op::Reshape { .. } | Op::Slice { .. } | Op::Own => free().stored(Storage::Of(0)),
            Op::Append { .. } | Op::Stack { .. } => free(),
            Op::Repeat | Op::GradReverse { .. } => free().stored(Storage::Of(0)),
            // One copy for the whole batch, which is not more for a larger batch.
            Op::InBatch => free(),
            Op::Scale => keeping([Kept::Operand(0), Kept::Operand(1)]),

            // x [.., i] and W [o, i]: one product for each entry of x and each of the o outputs.
            Op::Linear => keeping([Kept::Operand(0)]).counting(at.elements(0).times(&features(result))),
            // Mean and reciprocal deviation of each row.
            Op::LayerNorm { .. } => keeping([Kept::Operand(0), floats(&rows(result).times(&Dim::from(2)))]),
            Op::Attention { heads, drop, .. } => attention(&at, *heads, *drop > 0.0),
            // The mask.
            Op::Dropout { .. } => keeping([floats(&elements(result))]),

            Op::Embedding => keeping([Kept::Operand(0)]),
            Op::Positions => free().stored(Storage::Parameter),

            // Weight [o, i / groups, kernel]: all of it once for each row of the result.
            Op::Conv1d { .. } => keeping([Kept::Operand(0)]).counting(rows(result).times(&at.elements(1))),
            Op::Recurrent { .. } => recurrent(&at, result),

            Op::Take { .. } | Op::Row(_) | Op::Scalar | Op::StopGrad => free().stored(Storage::Of(0)),
            Op::MeanTime | Op::SumTime => free(),
            Op::StdTime { .. } | Op::LogSumExpTime => keeping([Kept::Operand(0), Kept::Result]),
            Op::LastState | Op::Shift { .. } | Op::Reverse | Op::Dense | Op::Sinusoid { .. } => free(),
            Op::Skip { .. } => free().stored(Storage::Of(0)),
            Op::Downsample { pool: Pool::Mean, .. } => free(),
            // Which row it was, for each column.
            Op::MaxTime | Op::MinTime | Op::Downsample { pool: Pool::Max, .. } => {
                keeping([Kept::Private(elements(result).times(&Dim::from(INDEX)))])
            }
            Op::Concat(Axis::Time | Axis::Features) => free(),
            Op::Cosine | Op::Dot => keeping([Kept::Operand(0), Kept::Operand(1)]).counting(at.elements(0)),
            // The Reals stacked, and the result.
            Op::LogSumExp => keeping([Kept::Result, floats(&Dim::from(operands.len() as i64))]),

            // The operand was computed by its own nodes, for the companion as for the sample; this picks rows.
            Op::At { .. } => keeping([Kept::Private(Dim::from(INDEX))]),
        }
    }

    fn counting(self, multiply_adds: Dim) -> Cost {
        Cost { multiply_adds, ..self }
    }

    fn stored(self, storage: Storage) -> Cost {
        Cost { storage, ..self }
    }
}

/// No product, a result of its own, nothing kept.
fn free() -> Cost {
    Cost::default()
}

fn keeping<const N: usize>(keeps: [Kept; N]) -> Cost {
    Cost { keeps: keeps.into(), ..Cost::default() }
}

/// So many floats of an operation's own.
fn floats(count: &Dim) -> Kept {
    Kept::Private(count.times(&Dim::from(FLOAT)))
}

/// Query `[n, k]`, key `[t, k]`, value `[t, e]`: n t k products for the scores, n t e for the weighted sum.
fn attention(at: &Operands<'_>, heads: i64, dropout: bool) -> Cost {
    let (n, t, e) = (at.rows(0), at.rows(1), at.features(2));
    let scores = n.times(&t);
    let multiply_adds = scores.times(&at.features(0).plus(&e));
    let per_head = |numbers: &Dim| floats(&numbers.times(&Dim::from(heads)));
    let keeps = match dropout {
        // Copies of the three by head, then weights, mask and masked weights.
        true => {
            let copies = at.elements(0).plus(&at.elements(1)).plus(&at.elements(2));
            vec![floats(&copies), per_head(&scores.times(&Dim::from(3)))]
        }
        // The logarithm of each row's sum, and the key mask spread over the queries.
        false => {
            vec![Kept::Operand(0), Kept::Operand(1), Kept::Operand(2), Kept::Result, per_head(&n), floats(&scores)]
        }
    };
    Cost { multiply_adds, storage: Storage::Own, keeps }
}

/// One product for every combination of letters and every operand but the first; all operands are kept. More than two
/// operands may be multiplied in an order that takes fewer.
fn einsum(spec: &Einsum, operands: &[Type]) -> Cost {
    let mut sizes: BTreeMap<char, &Dim> = BTreeMap::new();
    for (letters, ty) in spec.operands().iter().zip(operands) {
        let axes = ty.tensor().into_iter().flat_map(|t| t.axes());
        sizes.extend(letters.iter().copied().zip(axes));
    }
    let combinations = sizes.values().fold(Dim::from(1), |n, size| n.times(size));
    let multiply_adds = combinations.times(&Dim::from(operands.len().saturating_sub(1) as i64));
    let keeps = (0..operands.len()).map(Kept::Operand).collect();
    Cost { multiply_adds, storage: Storage::Own, keeps }
}

/// Rows `x [n, i]`, then `W_ih [g h, i]`, `W_hh [g h, h]` and two biases for each direction: both weights once for each row.
/// The gates of all rows are kept.
fn recurrent(at: &Operands<'_>, result: &Type) -> Cost {
    let n = rows(result);
    let (mut weights, mut gates) = (Dim::from(0), Dim::from(0));
    for first in (1..at.types.len()).step_by(4) {
        weights = weights.plus(&at.elements(first)).plus(&at.elements(first + 1));
        gates = gates.plus(&at.elements(first + 2));
    }
    keeping([Kept::Operand(0), Kept::Result, floats(&n.times(&gates))]).counting(n.times(&weights))
}

/// Sizes of operands.
struct Operands<'a> {
    types: &'a [Type],
}

impl Operands<'_> {
    fn of(&self, i: usize, size: impl Fn(&Type) -> Dim) -> Dim {
        self.types.get(i).map(size).unwrap_or_default()
    }

    fn elements(&self, i: usize) -> Dim {
        self.of(i, elements)
    }

    fn rows(&self, i: usize) -> Dim {
        self.of(i, |ty| ty.len().cloned().unwrap_or_else(|| Dim::from(1)))
    }

    fn features(&self, i: usize) -> Dim {
        self.of(i, features)
    }
}

/// Number of entries of a value of one sample.
pub fn elements(ty: &Type) -> Dim {
    match ty {
        Type::Tensor(t) => t.axes().fold(Dim::from(1), |n, axis| n.times(axis)),
        Type::Tokens { len } => len.clone(),
    }
}

/// Bytes of a value of one sample.
pub fn bytes(ty: &Type) -> Dim {
    let each = match ty {
        Type::Tensor(_) => FLOAT,
        Type::Tokens { .. } => INDEX,
    };
    elements(ty).times(&Dim::from(each))
}

/// The last axis, 1 where there is none.
fn features(ty: &Type) -> Dim {
    ty.tensor().and_then(|t| t.features()).cloned().unwrap_or_else(|| Dim::from(1))
}

/// Everything but the last axis.
fn rows(ty: &Type) -> Dim {
    let Type::Tensor(t) = ty else { return Dim::from(0) };
    let axes: Vec<&Dim> = t.axes().collect();
    axes.iter().rev().skip(1).fold(Dim::from(1), |n, axis| n.times(axis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Band, Cell, CompanionsId, Group, ParamId, RandomSite};
    use crate::sema::types::{Modality, TensorType};

    fn dim(name: &str) -> Dim {
        Dim::length(name)
    }

    fn seq(len: &str, d: impl Into<Dim>) -> Type {
        TensorType::seq(Modality("audio".into()), dim(len), d).into()
    }

    fn vec(d: impl Into<Dim>) -> Type {
        TensorType::vec(d).into()
    }

    fn table(shape: &[i64]) -> Type {
        TensorType { time: None, dims: shape.iter().map(|n| Dim::from(*n)).collect() }.into()
    }

    fn real() -> Type {
        TensorType::real().into()
    }

    fn site() -> RandomSite {
        RandomSite("here".into())
    }

    /// `macs | storage | kept`, the cost of one operation in words.
    fn told(op: &Op, operands: &[Type], result: &Type) -> String {
        let cost = Cost::of(op, operands, result);
        let kept = cost.keeps.iter().map(|k| match k {
            Kept::Operand(i) => format!("operand {i}"),
            Kept::Result => "result".to_owned(),
            Kept::Private(bytes) => format!("{bytes} bytes"),
        });
        let kept = kept.collect::<Vec<_>>().join(", ");
        format!("{} | {:?} | {kept}", cost.multiply_adds, cost.storage)
    }

    #[test]
    fn linear_maps_count_rows_by_inputs_by_outputs() {
        let weight = table(&[128, 33]);
        assert_eq!(told(&Op::Linear, &[seq("Ta", 33), weight.clone()], &seq("Ta", 128)), "4224*Ta | Own | operand 0");
        assert_eq!(told(&Op::Linear, &[vec(33), weight, vec(128)], &vec(128)), "4224 | Own | operand 0");
        let symbolic = TensorType { time: None, dims: vec![Dim::from(128), Dim::width("fa")] };
        let x = seq("Ta", Dim::width("fa"));
        assert_eq!(told(&Op::Linear, &[x, symbolic.into()], &seq("Ta", 128)), "128*Ta*fa | Own | operand 0");
        let shaped = TensorType { time: None, dims: vec![Dim::from(2), Dim::from(3), Dim::from(5)] };
        let out = TensorType { time: None, dims: vec![Dim::from(2), Dim::from(3), Dim::from(7)] };
        assert_eq!(told(&Op::Linear, &[shaped.into(), table(&[7, 5])], &out.into()), "210 | Own | operand 0");
    }

    #[test]
    fn products_over_axes_count_every_combination_of_letters() {
        let einsum = |text: &str| Op::Einsum(Einsum::parse(text).unwrap());
        let outer = told(&einsum("i,j->ij"), &[vec(4), vec(6)], &table(&[4, 6]));
        assert_eq!(outer, "24 | Own | operand 0, operand 1");
        let rows = told(&einsum("td,de->te"), &[seq("T", 8), table(&[8, 3])], &seq("T", 3));
        assert_eq!(rows, "24*T | Own | operand 0, operand 1");
        assert_eq!(told(&einsum("td->d"), &[seq("T", 8)], &vec(8)), "0 | Own | operand 0");
    }

    #[test]
    fn convolutions_and_recurrent_layers_count_their_weights_once_a_row() {
        let conv = Op::Conv1d { stride: 1, dilation: 1, groups: 1, causal: false };
        let out = seq("Ta", 8);
        assert_eq!(told(&conv, &[seq("Ta", 5), table(&[8, 5, 3]), vec(8)], &out), "120*Ta | Own | operand 0");
        let layer = |reverse: bool| {
            let one = [table(&[12, 5]), table(&[12, 4]), vec(12), vec(12)];
            let both: Vec<Type> = one.iter().cycle().take(if reverse { 8 } else { 4 }).cloned().collect();
            [vec![seq("Ta", 5)], both].concat()
        };
        let gru = |bidirectional| Op::Recurrent { cell: Cell::Gru, bidirectional };
        assert_eq!(told(&gru(false), &layer(false), &seq("Ta", 4)), "108*Ta | Own | operand 0, result, 48*Ta bytes");
        assert_eq!(told(&gru(true), &layer(true), &seq("Ta", 8)), "216*Ta | Own | operand 0, result, 96*Ta bytes");
    }

    #[test]
    fn attention_counts_scores_and_weighted_sums_whatever_the_heads() {
        let attention = |heads, drop| Op::Attention { heads, band: Band::default(), scale: None, drop, site: site() };
        let operands = [seq("T", 128), seq("Ta", 128), seq("Ta", 64)];
        assert_eq!(
            told(&attention(8, 0.0), &operands, &seq("T", 64)),
            "192*T*Ta | Own | operand 0, operand 1, operand 2, result, 32*T bytes, 4*T*Ta bytes"
        );
        assert_eq!(
            told(&attention(4, 0.1), &operands, &seq("T", 64)),
            // 4 (128 T + 192 Ta) for the copies, 4 heads, three times, 4 bytes.
            "192*T*Ta | Own | 512*T + 768*Ta bytes, 48*T*Ta bytes"
        );
    }

    #[test]
    fn what_is_bound_by_memory_counts_nothing_and_keeps_what_its_gradient_needs() {
        let x = || seq("T", 8);
        let rows = [
            (Op::Binary(Binary::Add), vec![x(), x()], x(), "0 | Own | "),
            (Op::Binary(Binary::Sub), vec![x(), x()], x(), "0 | Own | "),
            (Op::Binary(Binary::Mul), vec![x(), x()], x(), "0 | Own | operand 0, operand 1"),
            (Op::Binary(Binary::Div), vec![x(), x()], x(), "0 | Own | operand 0, operand 1"),
            (Op::Unary(Unary::Relu), vec![x()], x(), "0 | Own | result"),
            (Op::Unary(Unary::Gelu), vec![x()], x(), "0 | Own | operand 0"),
            (Op::Affine { mul: 2.0, add: 1.0 }, vec![x()], x(), "0 | Own | "),
            (Op::AddRow, vec![x(), vec(8)], x(), "0 | Own | "),
            (Op::Scale, vec![x(), real()], x(), "0 | Own | operand 0, operand 1"),
            (Op::LayerNorm { eps: 1e-5 }, vec![x(), vec(8), vec(8)], x(), "0 | Own | operand 0, 8*T bytes"),
            (Op::Dropout { p: 0.5, site: site() }, vec![x()], x(), "0 | Own | 32*T bytes"),
            (Op::Take { rows: Dim::from(2) }, vec![x()], x(), "0 | Of(0) | "),
            (Op::Row(0), vec![x()], vec(8), "0 | Of(0) | "),
            (Op::MeanTime, vec![x()], vec(8), "0 | Own | "),
            (Op::MaxTime, vec![x()], vec(8), "0 | Own | 64 bytes"),
            (Op::Reduce { how: Reduction::Sum, keep: false }, vec![vec(8)], real(), "0 | Own | "),
            (Op::Scalar, vec![vec(1)], real(), "0 | Of(0) | "),
            (Op::Concat(Axis::Time), vec![x(), x()], x(), "0 | Own | "),
            (Op::Concat(Axis::Features), vec![x(), x()], x(), "0 | Own | "),
            (Op::LogSumExp, vec![real(), real(), real()], real(), "0 | Own | result, 12 bytes"),
            (Op::StopGrad, vec![x()], x(), "0 | Of(0) | "),
        ];
        for (op, operands, result, expected) in rows {
            assert_eq!(told(&op, &operands, &result), expected, "{op:?}");
        }
    }

    #[test]
    fn products_of_vectors_count_their_width() {
        for op in [Op::Dot, Op::Cosine] {
            assert_eq!(told(&op, &[vec(128), vec(128)], &real()), "128 | Own | operand 0, operand 1");
        }
    }

    #[test]
    fn leaves_cost_nothing_and_parameters_lie_where_they_are() {
        let tokens = Type::Tokens { len: dim("T") };
        assert_eq!(told(&Op::Input("audio".into()), &[], &seq("Ta", 33)), "0 | Own | ");
        assert_eq!(told(&Op::Label("y".into()), &[], &real()), "0 | Own | ");
        assert_eq!(told(&Op::Const(1.0), &[], &real()), "0 | Own | ");
        assert_eq!(told(&Op::Param(ParamId(0)), &[], &table(&[3, 4])), "0 | Parameter | ");
        assert_eq!(told(&Op::Expand, &[table(&[3, 4])], &table(&[3, 4])), "0 | Parameter | ");
        assert_eq!(told(&Op::Learned, &[table(&[3, 4])], &seq("T", 4)), "0 | Parameter | ");
        assert_eq!(told(&Op::Embedding, &[tokens.clone(), table(&[99, 8])], &seq("T", 8)), "0 | Own | operand 0");
        assert_eq!(told(&Op::Positions, &[seq("T", 8), table(&[99, 8])], &seq("T", 8)), "0 | Parameter | ");
        let view = Op::At { companions: CompanionsId(0), group: Group::Pos, index: 1 };
        assert_eq!(told(&view, &[vec(8)], &vec(8)), "0 | Own | 8 bytes");
        assert_eq!(bytes(&tokens).to_string(), "8*T");
        assert_eq!(bytes(&seq("T", 8)).to_string(), "32*T");
    }
}
