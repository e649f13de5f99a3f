//! Replays that find where a value or a gradient stops being finite.

use super::*;
use crate::{Optimizer, Origin};
use dsc_graph::{Binary, Unary};

/// `of` of a linear map of `relu` of a sequence, row by row, then a mean over time and a number.
fn model(of: Unary) -> Build {
    let mut b = Build::new();
    let x = b.seq("a", "T", 4);
    let other = b.seq("v", "S", 4);
    let h = b.op(Op::Unary(Unary::Relu), &[x]);
    let h = b.linear("hidden", h, 4, 4);
    let h = b.op(Op::Unary(of), &[h]);
    let m = b.op(Op::MeanTime, &[h]);
    let v = b.op(Op::MeanTime, &[other]);
    let both = b.op(Op::Binary(Binary::Add), &[m, v]);
    let score = b.read("head", both, 4);
    let y = b.label("y");
    let gap = b.op(Op::Binary(Binary::Sub), &[score, y]);
    let loss = b.op(Op::Unary(Unary::Square), &[gap]);
    b.loss("prediction", loss);
    b.output("y", score);
    b
}

/// Samples 10 to 14 of different lengths, padded with large numbers; `bad` of them has a row of entries that `relu` maps to 0.
fn data(bad: &[u64]) -> StepBatch {
    let mut samples: Vec<Sample> =
        (10..15).map(|i| sample(i, &[("a", 1 + (i as usize * 7) % 4, 4), ("v", 2, 4)])).collect();
    for sample in &mut samples {
        let (len, values) = &mut sample.streams["a"];
        values.iter_mut().for_each(|x| *x = x.abs() + 0.1);
        if bad.contains(&sample.id) {
            values[(*len - 1) * 4..].fill(-1.0);
        }
    }
    let mut batch = batch(&samples, 5, 2);
    batch.labels.insert("y".into(), vec![0.25; 5]);
    batch
}

/// Positive weights without bias: the hidden values are 0 exactly where all inputs of a row are.
fn store(b: &Build) -> ParamStore {
    let mut store = b.store();
    store.set("hidden.weight", &[4, 4], &[0.5; 16]).unwrap();
    store.set("hidden.bias", &[4], &[0.0; 4]).unwrap();
    store
}

fn traced(b: &Build, trace: impl Fn(&Program) -> Option<Origin>) -> Option<Origin> {
    let [padded, packed] = [Packing::Never, Packing::Everywhere].map(|packing| {
        let mut program = b.program();
        program.set_packing(packing);
        trace(&program)
    });
    assert_eq!(padded, packed);
    padded
}

#[test]
fn a_value_is_traced_to_operation_samples_and_inputs() {
    let b = model(Unary::Log);
    let store = store(&b);
    for mode in [TRAIN, Mode::Eval] {
        let want = if mode == TRAIN { Want::LOSSES } else { Want::OUTPUTS };
        let of = |bad: &[u64]| {
            let batch = data(bad);
            traced(&b, |program| program.trace_values(&store, &batch, mode, want).unwrap())
        };
        assert_eq!(of(&[]), None);
        let origin = of(&[11, 14]).unwrap();
        assert_eq!((origin.op, origin.derivative, origin.value), (Op::Unary(Unary::Log), false, f64::NEG_INFINITY));
        assert_eq!((origin.operation.as_str(), origin.span), ("`log`", Span::new(3, 8)));
        assert_eq!((origin.samples, origin.inputs, origin.labels), (vec![11, 14], vec!["a".to_owned()], vec![]));
        let operand = &origin.operands[0];
        assert_eq!((operand.name.as_str(), operand.parameter, operand.low), ("linear", false, 0.0));
        // Padding, which holds large numbers, does not count.
        assert!(operand.high < 20.0, "{operand:?}");
    }
}

#[test]
fn a_gradient_is_traced_through_finite_values() {
    let b = model(Unary::Sqrt);
    let mut store = store(&b);
    let of = |bad: &[u64]| {
        let batch = data(bad);
        let origin = traced(&b, |program| program.trace_values(&store, &batch, TRAIN, Want::LOSSES).unwrap());
        assert_eq!(origin, None, "every value is finite");
        traced(&b, |program| program.trace_gradients(&store, &batch, TRAIN, 0.5).unwrap())
    };
    assert_eq!(of(&[]), None);
    let origin = of(&[12]).unwrap();
    assert_eq!((origin.op, origin.derivative, origin.value.abs()), (Op::Unary(Unary::Sqrt), true, f64::INFINITY));
    assert_eq!((origin.samples, origin.inputs), (vec![12], vec!["a".to_owned()]));
    // What the store says of the weights.
    let program = b.program();
    for (bad, found) in [(vec![], None), (vec![12], Some("hidden.weight"))] {
        let result = program.run(&store, &data(&bad), TRAIN, Want::LOSSES).unwrap();
        store.zero_grads();
        store.backward(&result.losses["prediction"]).unwrap();
        assert_eq!(store.bad_gradient().unwrap().map(|(path, _)| path), found);
        assert_eq!(store.bad_parameter().unwrap(), None);
    }
    store.set("head.bias", &[1], &[f32::NEG_INFINITY]).unwrap();
    assert_eq!(store.bad_parameter().unwrap(), Some(("head.bias", f64::NEG_INFINITY)));
    assert_eq!(store.largest_parameter().unwrap(), Some(("head.bias", f64::INFINITY)));
}

#[test]
fn norms_whose_square_overflows_skip_the_step() {
    let all = [0.0, 1.0, 1e19, 2e19, f64::INFINITY, f64::NAN];
    assert_eq!(all.map(Optimizer::skips), [false, false, false, true, true, true]);
}
