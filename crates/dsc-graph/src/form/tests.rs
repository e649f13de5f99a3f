//! Operations of all entries, written and read.

use super::*;
use crate::primitives::OPERATIONS;
use crate::{Band, Cell, CompanionsId, Group};

/// Every operation as it is when it is read, and then with attributes that differ from those.
fn every_op() -> Vec<Op> {
    let site = || RandomSite("fuse.0.dropout#2".into());
    let attention = |band, scale, drop, site| Op::Attention { heads: 8, shared: false, band, scale, drop, site };
    let varied = vec![
        Op::Input("text".into()),
        Op::Label("y".into()),
        Op::Const(-0.1),
        Op::ParametricUnary(ParametricUnary::LeakyRelu { slope: 0.2 }),
        Op::ParametricUnary(ParametricUnary::Elu { alpha: 1.0 }),
        Op::ParametricUnary(ParametricUnary::Clamp { min: Some(-1.5), max: None }),
        Op::ParametricUnary(ParametricUnary::Clamp { min: None, max: Some(3.0) }),
        Op::ParametricUnary(ParametricUnary::Pow { exponent: 1.5 }),
        Op::Affine { mul: 2.0, add: 1e-5 },
        Op::Normalize { eps: 1e-12 },
        Op::Softmax { over: Over::Time, log: false },
        Op::Softmax { over: Over::Axis(1), log: false },
        Op::Softmax { over: Over::Axis(0), log: true },
        Op::LayerNorm { eps: 1e-12 },
        attention(Band { offset: Some(1), window: Some(16) }, Some(0.3), 0.1, site()),
        Op::Dropout { p: 0.1, site: site() },
        Op::Take { rows: Dim::length("T").plus(&Dim::from(1)) },
        Op::Row(-1),
        Op::StdTime { eps: 1e-5 },
        Op::Conv1d { stride: 2, dilation: 3, groups: 1, causal: true },
        Op::Recurrent { cell: Cell::Rnn, bidirectional: true },
        Op::Recurrent { cell: Cell::Gru, bidirectional: true },
        Op::Recurrent { cell: Cell::Lstm, bidirectional: true },
        Op::Shift { by: -2 },
        Op::Skip { rows: Dim::length("Ta") },
        Op::Downsample { by: 2, pool: Pool::Max },
        Op::Dense { to: MaxOver::Data },
        Op::Sinusoid { width: Dim::width("fa") },
        Op::Reduce { how: Reduction::Sum, keep: true },
        Op::Reduce { how: Reduction::LogSumExp, keep: false },
        Op::Reduce { how: Reduction::LogSumExp, keep: true },
        Op::Einsum(Einsum::parse("ab,,bc->ac").unwrap()),
        Op::Reshape { shape: vec![Dim::batch(), Dim::width("fa").times(&Dim::from(2))] },
        Op::Slice { from: Dim::from(0), to: Dim::width("fa") },
        Op::Append { value: 1.0 },
        Op::Stack { modality: Modality("audio".into()) },
        Op::GradReverse { by: 0.3 },
        Op::Concat(Axis::Time),
        Op::At { companions: CompanionsId(1), group: Group::Neg, index: 3 },
    ];
    OPERATIONS.iter().filter_map(|entry| Op::blank(entry.operation)).chain(varied).collect()
}

#[test]
fn every_operation_is_rebuilt_from_its_name_and_attributes() {
    for op in every_op() {
        // The blank of an einsum has no letters, and that of a stream no name.
        if !matches!(&op, Op::Einsum(spec) if spec.operands().is_empty()) {
            assert_eq!(Op::from_text(op.name(), &op.attributes()), Ok(op));
        }
    }
}

/// Whoever adds an operation with attributes gives it some that differ from those of its blank.
#[test]
fn all_attributes_are_tried() {
    let all = every_op();
    for entry in OPERATIONS.iter() {
        let Some(blank) = Op::blank(entry.operation) else { continue };
        let same = |op: &&Op| op.operation() == entry.operation && **op != blank;
        let tried = all.iter().any(|op| same(&op));
        assert!(tried || blank.attributes() == Attributes::new(), "`{}` with other attributes", entry.name);
    }
}

#[test]
fn attributes_in_words() {
    let written = |op: &Op| format!("{}{}", op.name(), op.attributes());
    let all = every_op();
    let varied = all.iter().filter(|op| Op::blank(op.operation()).as_ref() != Some(*op));
    let lines: Vec<String> = varied.map(written).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_does_not_fit_is_a_fault() {
    let fault = |name: &str, attributes: Attributes| {
        let fault = Op::from_text(name, &attributes).unwrap_err();
        (fault.message, fault.attribute)
    };
    let none = Attributes::new;
    assert_eq!(fault("lineer", none()), ("there is no operation `lineer`".into(), None));
    assert_eq!(fault("take", none()), ("`take` expects the attribute `rows`, a dim".into(), None));
    assert_eq!(fault("row", none()), ("`row` expects a whole number behind its operands".into(), None));
    let twice = none().with("eps", 0.1).with("eps", 0.1);
    assert_eq!(fault("layer_norm", twice).1, Some(1));
    let kind = fault("attention", none().with("heads", 0.5));
    assert_eq!(kind, ("`heads` of `attention` expects a whole number, found `0.5`".into(), Some(0)));
    assert_eq!(fault("relu", none().with("", 3)).0, "`relu` has no place for `3`");
    // Entries that are made of other operations are none of a graph.
    assert_eq!(fault("split", none()).0, "there is no operation `split`");
}
