//! Each operation against its formula, computed here in f64.

use super::*;
use crate::batch::Mode::Eval;
use dsc_graph::{Axis, Binary, RandomSite, Unary};

/// Runs one operation on two vectors of one sample and returns the entries of the result.
fn entries(b: &mut Build, vector: NodeId, width: usize) {
    for entry in 0..width {
        let path = format!("pick{entry}");
        let w = b.param(&path, &[1, width as i64], Init::Zeros);
        let x = b.op(Op::Linear, &[vector, w]);
        let x = b.op(Op::Scalar, &[x]);
        b.output(&path, x);
    }
}

/// The store with its pick weights set, and all other values as set by `set`.
fn picking(b: &Build, set: &[(&str, &[i64], &[f32])]) -> ParamStore {
    let mut store = b.store();
    for param in b.graph.params.iter().filter(|p| p.path.starts_with("pick")) {
        let width = param.shape[1].as_const().unwrap();
        let entry: usize = param.path[4..].parse().unwrap();
        let one: Vec<f32> = (0..width).map(|i| if i as usize == entry { 1.0 } else { 0.0 }).collect();
        store.set(&param.path, &[1, width], &one).unwrap();
    }
    set.iter().for_each(|(path, shape, values)| store.set(path, shape, values).unwrap());
    store
}

fn outputs(b: &Build, store: &ParamStore, batch: &StepBatch) -> Vec<f64> {
    run(b, store, batch, Eval, Want::OUTPUTS).outputs.values().flat_map(numbers).collect()
}

fn vectors(x: &[f32], y: &[f32]) -> StepBatch {
    let stream = |v: &[f32]| Stream::Vector { data: v.to_vec(), width: v.len() };
    let streams = IndexMap::from([("x".to_owned(), stream(x)), ("y".to_owned(), stream(y))]);
    StepBatch { samples: vec![4], anchors: 1, streams, ..StepBatch::default() }
}

const X: [f32; 3] = [0.5, -1.5, 2.0];
const Y: [f32; 3] = [1.0, 0.25, -4.0];

fn of_vectors(make: impl Fn(&mut Build, NodeId, NodeId) -> NodeId, width: usize) -> Vec<f64> {
    let mut b = Build::new();
    let x = b.input("x", TensorType::vec(3));
    let y = b.input("y", TensorType::vec(3));
    let z = make(&mut b, x, y);
    match width {
        0 => b.output("z", z),
        width => entries(&mut b, z, width),
    }
    outputs(&b, &picking(&b, &[]), &vectors(&X, &Y))
}

#[test]
fn element_wise() {
    let f = |x: f32| f64::from(x);
    type Formula = fn(f64, f64) -> f64;
    let binary: [(Binary, Formula); 4] = [
        (Binary::Add, |a, b| a + b),
        (Binary::Sub, |a, b| a - b),
        (Binary::Mul, |a, b| a * b),
        (Binary::Div, |a, b| a / b),
    ];
    for (op, formula) in binary {
        let want: Vec<f64> = X.iter().zip(&Y).map(|(a, b)| formula(f(*a), f(*b))).collect();
        close(&of_vectors(|b, x, y| b.op(Op::Binary(op), &[x, y]), 3), &want, 1e-12);
    }
    let erf = |x: f64| {
        // Maclaurin series; x is small here.
        let (mut sum, mut term) = (0.0, x);
        for n in 0..60 {
            sum += term / (2 * n + 1) as f64;
            term *= -x * x / (n + 1) as f64;
        }
        2.0 / std::f64::consts::PI.sqrt() * sum
    };
    let gelu = move |x: f64| 0.5 * x * (1.0 + erf(x / 2f64.sqrt()));
    let unary: [(Unary, &dyn Fn(f64) -> f64); 6] = [
        (Unary::Relu, &|x| x.max(0.0)),
        (Unary::Gelu, &gelu),
        (Unary::Tanh, &f64::tanh),
        (Unary::Sigmoid, &|x| 1.0 / (1.0 + (-x).exp())),
        (Unary::Exp, &f64::exp),
        (Unary::Abs, &f64::abs),
    ];
    for (op, formula) in unary {
        let want: Vec<f64> = X.iter().map(|x| formula(f(*x))).collect();
        close(&of_vectors(|b, x, _| b.op(Op::Unary(op), &[x]), 3), &want, 1e-12);
    }
    for (op, formula) in [(Unary::Log, f64::ln as fn(f64) -> f64), (Unary::Sqrt, f64::sqrt)] {
        let want: Vec<f64> = X.iter().map(|x| formula(f(*x) * f(*x))).collect();
        let squared = |b: &mut Build, x| b.op(Op::Unary(Unary::Square), &[x]);
        close(
            &of_vectors(
                |b, x, _| {
                    let s = squared(b, x);
                    b.op(Op::Unary(op), &[s])
                },
                3,
            ),
            &want,
            1e-12,
        );
    }
    let want: Vec<f64> = X.iter().map(|x| 3.0 * f(*x) - 0.5).collect();
    close(&of_vectors(|b, x, _| b.op(Op::Affine { mul: 3.0, add: -0.5 }, &[x]), 3), &want, 1e-12);
    close(
        &of_vectors(
            |b, x, y| {
                let d = b.op(Op::Dot, &[x, y]);
                b.op(Op::Scale, &[x, d])
            },
            3,
        ),
        &X.map(|x| f(x) * (0.5 - 0.375 - 8.0)),
        1e-12,
    );
}

#[test]
fn reductions_and_similarities() {
    close(&of_vectors(|b, x, _| b.op(SUM, &[x]), 0), &[1.0], 1e-12);
    close(&of_vectors(|b, x, y| b.op(Op::Dot, &[x, y]), 0), &[-7.875], 1e-12);
    let norms = (0.25f64 + 2.25 + 4.0).sqrt() * (1.0 + 0.0625f64 + 16.0).sqrt();
    close(&of_vectors(|b, x, y| b.op(Op::Cosine, &[x, y]), 0), &[-7.875 / norms], 1e-12);
    // A vector of norm 0 has the cosine 0, not NaN.
    let zero = |b: &mut Build, x, y| {
        let z = b.op(Op::Affine { mul: 0.0, add: 0.0 }, &[x]);
        b.op(Op::Cosine, &[z, y])
    };
    close(&of_vectors(zero, 0), &[0.0], 0.0);
    let lse = |b: &mut Build, x, y| {
        let (s, d) = (b.op(SUM, &[x]), b.op(Op::Dot, &[x, y]));
        let big = b.op(Op::Affine { mul: 0.0, add: 1000.0 }, &[s]);
        let shifted = b.op(Op::Affine { mul: 1.0, add: 1000.0 }, &[d]);
        let c = b.op(Op::Const(999.0), &[]);
        b.op(Op::LogSumExp, &[big, shifted, c])
    };
    close(&of_vectors(lse, 0), &[1000.0 + (1.0 + (-7.875f64).exp() + (-1f64).exp()).ln()], 1e-12);
    let cat = |b: &mut Build, x, y| b.op(Op::Concat(Axis::Features), &[y, x]);
    close(&of_vectors(cat, 6), &[1.0, 0.25, -4.0, 0.5, -1.5, 2.0], 1e-12);
}

#[test]
fn linear_and_norm() {
    let mut b = Build::new();
    let x = b.input("x", TensorType::vec(3));
    let (w, bias) = (b.weight("w", &[2, 3]), b.weight("b", &[2]));
    let z = b.op(Op::Linear, &[x, w, bias]);
    entries(&mut b, z, 2);
    let store = picking(&b, &[("w", &[2, 3], &[1., 2., 3., -1., 0.5, 0.]), ("b", &[2], &[10., 20.])]);
    close(&outputs(&b, &store, &vectors(&X, &Y)), &[0.5 - 3.0 + 6.0 + 10.0, -0.5 - 0.75 + 20.0], 1e-12);

    let mut b = Build::new();
    let x = b.input("x", TensorType::vec(3));
    let (w, bias) = (b.weight("w", &[3]), b.weight("b", &[3]));
    let z = b.op(Op::LayerNorm { eps: 1e-2 }, &[x, w, bias]);
    entries(&mut b, z, 3);
    let store = picking(&b, &[("w", &[3], &[1., 2., 3.]), ("b", &[3], &[0.1, 0.2, 0.3])]);
    let mean = 1.0 / 3.0;
    let variance = X.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / 3.0;
    let norm = |x: f64| (x - mean) / (variance + 1e-2).sqrt();
    let want =
        [norm(0.5) + f64::from(0.1f32), 2.0 * norm(-1.5) + f64::from(0.2f32), 3.0 * norm(2.0) + f64::from(0.3f32)];
    close(&outputs(&b, &store, &vectors(&X, &Y)), &want, 1e-12);
}

#[test]
fn attention_by_its_formula() {
    // 5 x 3 on the plain path, 200 x 100 on the fused one.
    for (n, t) in [(5usize, 3usize), (200, 100)] {
        let mut b = Build::new();
        let (q, k) = (b.seq("q", "N", 4), b.seq("k", "T", 4));
        let op = Op::Attention {
            heads: 2,
            shared: false,
            band: Band::default(),
            scale: None,
            drop: 0.0,
            site: RandomSite("a".into()),
        };
        let z = b.op(op, &[q, k, k]);
        let last = b.op(Op::Row(-1), &[z]);
        entries(&mut b, last, 4);
        let one = sample(3, &[("q", n, 4), ("k", t, 4)]);
        let got =
            outputs(&b, &picking(&b, &[]), &batch(&[one.clone(), sample(4, &[("q", 1, 4), ("k", t + 2, 4)])], 2, 0));
        let (q, k) = (&one.streams["q"].1, &one.streams["k"].1);
        for h in 0..2 {
            let at = |x: &[f32], row: usize, c: usize| f64::from(x[row * 4 + h * 2 + c]);
            let scores: Vec<f64> = (0..t)
                .map(|j| ((0..2).map(|c| at(q, n - 1, c) * at(k, j, c)).sum::<f64>() / 2f64.sqrt()).exp())
                .collect();
            for c in 0..2 {
                let want = (0..t).map(|j| scores[j] * at(k, j, c)).sum::<f64>() / scores.iter().sum::<f64>();
                close(&[got[2 * (h * 2 + c)]], &[want], 1e-9);
            }
        }
    }
}

#[test]
fn tables_and_tokens() {
    let mut b = Build::new();
    let x = b.input("x", Type::Tokens { len: Dim::length("T") });
    let table = b.weight("table", &[4, 2]);
    let rows = b.op(Op::Embedding, &[x, table]);
    let places = b.weight("places", &[3, 2]);
    let place = b.op(Op::Positions, &[rows, places]);
    let sum = b.op(Op::Binary(Binary::Add), &[rows, place]);
    let last = b.op(Op::Row(-1), &[sum]);
    entries(&mut b, last, 2);
    let store = picking(
        &b,
        &[("table", &[4, 2], &[0., 1., 2., 3., 4., 5., 6., 7.]), ("places", &[3, 2], &[0., 0., 10., 20., 30., 40.])],
    );
    let tokens = |ids: &[i64], rows: usize, lens: &[u32]| StepBatch {
        samples: vec![8, 9],
        anchors: 2,
        streams: IndexMap::from([("x".to_owned(), Stream::Tokens { ids: ids.to_vec(), rows, lens: lens.to_vec() })]),
        ..StepBatch::default()
    };
    close(&outputs(&b, &store, &tokens(&[3, 2, 1, 1, 0, 0], 3, &[2, 1])), &[14.0, 2.0, 25.0, 3.0], 1e-12);
    let fault = |batch: &StepBatch| b.program().run(&store, batch, Eval, Want::OUTPUTS).err().unwrap();
    let outside = fault(&tokens(&[3, 2, 1, 4, 0, 0], 3, &[2, 1]));
    assert_eq!((outside.code.0, outside.primary.is_some()), ("E0722", true));
    assert!(outside.message.contains("sample 9") && outside.message.contains("token 4"), "{outside}");
    let long = fault(&tokens(&[0; 8], 4, &[1, 4]));
    assert_eq!(long.code.0, "E0723");
    assert!(long.message.contains("sample 9 has 4 rows"), "{long}");
}

#[test]
fn dropout_keeps_its_rate_and_its_place() {
    let mut b = Build::new();
    let x = b.seq("a", "T", 50);
    let z = b.op(Op::Affine { mul: 0.0, add: 1.0 }, &[x]);
    let z = b.op(Op::Dropout { p: 0.25, site: RandomSite("d".into()) }, &[z]);
    let m = b.op(Op::MeanTime, &[z]);
    let m = b.op(SUM, &[m]);
    b.output("sum", m);
    let store = b.store();
    let samples: Vec<Sample> = (0..20).map(|i| sample(i, &[("a", 10 + i as usize, 50)])).collect();
    let sums = |samples: &[Sample], mode| {
        numbers(&run(&b, &store, &batch(samples, samples.len(), 0), mode, Want::OUTPUTS).outputs["sum"])
    };
    let all = sums(&samples, TRAIN);
    // 14,500 entries: the mean of 50 kept-and-scaled ones is within five standard deviations of 50.
    let mean = all.iter().sum::<f64>() / 20.0;
    assert!((mean - 50.0).abs() < 5.0 * 50.0 * (1.0f64 / 3.0 / 14_500.0).sqrt() * 1.2, "{mean}");
    assert!(all.iter().all(|s| *s != 50.0));
    let reversed: Vec<Sample> = samples.iter().rev().cloned().collect();
    let mut back = sums(&reversed, TRAIN);
    back.reverse();
    close(&back, &all, 1e-12);
    assert_ne!(sums(&samples, Mode::Train { seed: 1, epoch: 2, step: 4 }), all);
    assert_ne!(sums(&samples, Mode::Train { seed: 2, epoch: 2, step: 3 }), all);
    close(&sums(&samples, Eval), &[50.0; 20], 1e-12);
}

#[test]
fn batches_that_do_not_fit_are_told() {
    let mut b = Build::new();
    let (x, z) = (b.seq("a", "T", 2), b.seq("b", "T", 2));
    let sum = b.op(Op::Binary(Binary::Add), &[x, z]);
    let m = b.op(Op::MeanTime, &[sum]);
    let s = b.op(SUM, &[m]);
    b.output("y", s);
    let fault = |batch: &StepBatch| {
        let d = b.program().run(&b.store(), batch, Eval, Want::OUTPUTS).err().unwrap();
        assert_eq!(d.code.0, "E0721", "{d}");
        d.message
    };
    let two = [sample(5, &[("a", 3, 2), ("b", 3, 2)]), sample(6, &[("a", 2, 2), ("b", 3, 2)])];
    assert!(fault(&batch(&two, 2, 0)).contains("sample 6, stream `b`: length 3, but 2 in `a`"));
    let mut without = batch(&two[..1], 1, 0);
    without.streams.swap_remove("b");
    assert!(fault(&without).contains("no stream `b`"));
    let mut short = batch(&two[..1], 1, 0);
    if let Some(Stream::Float { data, .. }) = short.streams.get_mut("a") {
        data.pop();
    }
    assert!(fault(&short).contains("stream `a` has 5 numbers"));
    let mut zero = batch(&two[..1], 1, 0);
    if let Some(Stream::Float { lens, .. }) = zero.streams.get_mut("a") {
        lens[0] = 0;
    }
    assert!(fault(&zero).contains("sample 5: length 0"));
}
