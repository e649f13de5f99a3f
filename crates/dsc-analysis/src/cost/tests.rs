//! Every rule against a count by hand.

use super::*;
use dsc_graph::types::{Modality, TensorType};
use dsc_graph::{Band, Binary, CompanionsId, Group, MaxOver, Over, ParamId, ParametricUnary, RandomSite, Unary};

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
fn cost(op: &Op, operands: &[Type], result: &Type) -> String {
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
    assert_eq!(cost(&Op::Linear, &[seq("Ta", 33), weight.clone()], &seq("Ta", 128)), "4224*Ta | Own | operand 0");
    // Two maps side by side.
    let two = [seq("Ta", 33), weight.clone(), weight.clone()];
    assert_eq!(cost(&Op::Linear, &two, &seq("Ta", 256)), "8448*Ta | Own | operand 0");
    assert_eq!(cost(&Op::Linear, &[vec(33), weight, vec(128)], &vec(128)), "4224 | Own | operand 0");
    let symbolic = TensorType { time: None, dims: vec![Dim::from(128), Dim::width("fa")] };
    let x = seq("Ta", Dim::width("fa"));
    assert_eq!(cost(&Op::Linear, &[x, symbolic.into()], &seq("Ta", 128)), "128*Ta*fa | Own | operand 0");
    let shaped = TensorType { time: None, dims: vec![Dim::from(2), Dim::from(3), Dim::from(5)] };
    let out = TensorType { time: None, dims: vec![Dim::from(2), Dim::from(3), Dim::from(7)] };
    assert_eq!(cost(&Op::Linear, &[shaped.into(), table(&[7, 5])], &out.into()), "210 | Own | operand 0");
}

#[test]
fn products_over_axes_count_every_combination_of_letters() {
    let einsum = |text: &str| Op::Einsum(Einsum::parse(text).unwrap());
    let outer = cost(&einsum("i,j->ij"), &[vec(4), vec(6)], &table(&[4, 6]));
    assert_eq!(outer, "24 | Own | operand 0, operand 1");
    let rows = cost(&einsum("td,de->te"), &[seq("T", 8), table(&[8, 3])], &seq("T", 3));
    assert_eq!(rows, "24*T | Own | operand 0, operand 1");
    assert_eq!(cost(&einsum("td->d"), &[seq("T", 8)], &vec(8)), "0 | Own | ");
    // 4 * 5 products for `i`, which nothing later has, then 5 * 6 for `j`.
    let chain = cost(&einsum("i,ij,jk->k"), &[vec(4), table(&[4, 5]), table(&[5, 6])], &vec(6));
    assert_eq!(chain, "50 | Own | operand 0, operand 1, operand 2");
}

#[test]
fn convolutions_and_recurrent_layers_count_their_weights_once_a_row() {
    let conv = Op::Conv1d { stride: 1, dilation: 1, groups: 1, causal: false };
    let out = seq("Ta", 8);
    assert_eq!(cost(&conv, &[seq("Ta", 5), table(&[8, 5, 3]), vec(8)], &out), "120*Ta | Own | operand 0");
    let layer = |reverse: bool| {
        let one = [table(&[12, 5]), table(&[12, 4]), vec(12), vec(12)];
        let both: Vec<Type> = one.iter().cycle().take(if reverse { 8 } else { 4 }).cloned().collect();
        [vec![seq("Ta", 5)], both].concat()
    };
    let gru = |bidirectional| Op::Recurrent { cell: Cell::Gru, bidirectional };
    assert_eq!(cost(&gru(false), &layer(false), &seq("Ta", 4)), "108*Ta | Own | operand 0, result, 48*Ta bytes");
    assert_eq!(cost(&gru(true), &layer(true), &seq("Ta", 8)), "216*Ta | Own | operand 0, result, 96*Ta bytes");
    let lstm = Op::Recurrent { cell: Cell::Lstm, bidirectional: false };
    let operands = [seq("Ta", 5), table(&[16, 5]), table(&[16, 4]), vec(16), vec(16)];
    assert_eq!(cost(&lstm, &operands, &seq("Ta", 4)), "144*Ta | Own | operand 0, result, 80*Ta bytes");
}

#[test]
fn attention_counts_scores_and_weighted_sums_whatever_the_heads() {
    let attention =
        |heads, drop| Op::Attention { heads, shared: false, band: Band::default(), scale: None, drop, site: site() };
    let operands = [seq("T", 128), seq("Ta", 128), seq("Ta", 64)];
    assert_eq!(
        cost(&attention(8, 0.0), &operands, &seq("T", 64)),
        "192*T*Ta | Own | operand 0, operand 1, operand 2, result, 64*T bytes"
    );
    assert_eq!(
        cost(&attention(4, 0.1), &operands, &seq("T", 64)),
        // 4 heads, a word of 2 bytes for 16 keys.
        "192*T*Ta | Own | operand 0, operand 1, operand 2, result, 32*T bytes, 8*T*((Ta + 15) // 16) bytes"
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
        (Op::Binary(Binary::Maximum), vec![x(), x()], x(), "0 | Own | operand 0, operand 1"),
        (Op::Unary(Unary::Silu), vec![x()], x(), "0 | Own | operand 0"),
        (Op::ParametricUnary(ParametricUnary::Elu { alpha: 1.0 }), vec![x()], x(), "0 | Own | operand 0"),
        (Op::MulRow, vec![x(), vec(8)], x(), "0 | Own | operand 0, operand 1"),
        (Op::Normalize { eps: 1e-12 }, vec![x()], x(), "0 | Own | operand 0, 4*T bytes"),
        (Op::Softmax { over: Over::Time, log: false }, vec![x()], x(), "0 | Own | result"),
        (Op::GradReverse { by: 1.0 }, vec![x()], x(), "0 | Own | "),
        (Op::MinTime, vec![x()], vec(8), "0 | Own | 64 bytes"),
        (Op::SumTime, vec![x()], vec(8), "0 | Own | "),
        (Op::StdTime { eps: 1e-5 }, vec![x()], vec(8), "0 | Own | operand 0, result"),
        (Op::LogSumExpTime, vec![x()], vec(8), "0 | Own | operand 0, result"),
        (Op::LastState, vec![x()], vec(8), "0 | Own | "),
        (Op::Shift { by: 1 }, vec![x()], x(), "0 | Own | "),
        (Op::Reverse, vec![x()], x(), "0 | Own | "),
        (Op::Skip { rows: Dim::from(1) }, vec![x()], x(), "0 | Of(0) | "),
        (Op::Downsample { by: 2, pool: Pool::Mean }, vec![x()], x(), "0 | Own | "),
        (Op::Downsample { by: 2, pool: Pool::Max }, vec![x()], seq("S", 8), "0 | Own | 64*S bytes"),
        (Op::Dense { to: MaxOver::Batch }, vec![x()], x(), "0 | Own | "),
        (Op::Sinusoid { width: Dim::from(8) }, vec![x()], x(), "0 | Own | "),
        (Op::Reduce { how: Reduction::Max, keep: true }, vec![x()], seq("T", 1), "0 | Own | 8*T bytes"),
        (Op::Reduce { how: Reduction::Norm, keep: false }, vec![vec(8)], real(), "0 | Own | operand 0, result"),
        (Op::Reshape { shape: vec![Dim::from(2), Dim::from(4)] }, vec![vec(8)], table(&[2, 4]), "0 | Of(0) | "),
        (Op::Slice { from: Dim::from(0), to: Dim::from(4) }, vec![x()], seq("T", 4), "0 | Of(0) | "),
        (Op::Append { value: 1.0 }, vec![x()], seq("T", 9), "0 | Own | "),
        (Op::Stack { modality: Modality::joint() }, vec![vec(8), vec(8)], seq("T", 8), "0 | Own | "),
        (Op::Repeat, vec![vec(8), x()], x(), "0 | Of(0) | "),
        (Op::InBatch, vec![vec(8)], vec(8), "0 | Of(0) | "),
        (Op::Own, vec![vec(8)], real(), "0 | Of(0) | "),
        (Op::LogSumExp, vec![real(), real(), real()], real(), "0 | Own | result, 12 bytes"),
        (Op::StopGrad, vec![x()], x(), "0 | Of(0) | "),
    ];
    for (op, operands, result, expected) in rows {
        assert_eq!(cost(&op, &operands, &result), expected, "{op:?}");
    }
}

#[test]
fn products_of_vectors_count_their_width() {
    for op in [Op::Dot, Op::Cosine] {
        assert_eq!(cost(&op, &[vec(128), vec(128)], &real()), "128 | Own | operand 0, operand 1");
    }
}

#[test]
fn leaves_cost_nothing_and_parameters_lie_where_they_are() {
    let tokens = Type::Tokens { len: dim("T") };
    assert_eq!(cost(&Op::Input("audio".into()), &[], &seq("Ta", 33)), "0 | Own | ");
    assert_eq!(cost(&Op::Label("y".into()), &[], &real()), "0 | Own | ");
    assert_eq!(cost(&Op::Const(1.0), &[], &real()), "0 | Own | ");
    assert_eq!(cost(&Op::Param(ParamId(0)), &[], &table(&[3, 4])), "0 | Parameter | ");
    assert_eq!(cost(&Op::Expand, &[table(&[3, 4])], &table(&[3, 4])), "0 | Parameter | ");
    assert_eq!(cost(&Op::Learned, &[table(&[3, 4])], &seq("T", 4)), "0 | Parameter | ");
    assert_eq!(cost(&Op::Embedding, &[tokens.clone(), table(&[99, 8])], &seq("T", 8)), "0 | Own | operand 0");
    assert_eq!(cost(&Op::Positions, &[seq("T", 8), table(&[99, 8])], &seq("T", 8)), "0 | Parameter | ");
    let view = Op::At { companions: CompanionsId(0), group: Group::Pos, index: 1 };
    assert_eq!(cost(&view, &[vec(8)], &vec(8)), "0 | Own | 8 bytes");
    assert_eq!(bytes(&tokens).to_string(), "8*T");
    assert_eq!(bytes(&seq("T", 8)).to_string(), "32*T");
}
