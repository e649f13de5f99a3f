//! Gradients against finite differences.

use super::*;
use dsc_graph::{Axis, Binary, RandomSite, Unary};

/// Compares every entry of every gradient with a central difference.
fn check(b: &Build, samples: &[Sample], tolerance: f64) {
    let batch = batch(samples, samples.len(), 2);
    let total = |store: &ParamStore| {
        let found = run(b, store, &batch, TRAIN, Want::OUTPUTS);
        found.outputs.values().map(|o| o.square().sum(Kind::Double)).reduce(|a, b| a + b).unwrap()
    };
    let mut store = b.store();
    let loss = total(&store);
    store.backward(&loss).unwrap();
    let mut checked = 0;
    for (path, tensor) in b.store().iter() {
        let gradient = store.gradient(path).map(numbers).unwrap_or_else(|| panic!("no gradient of {path}"));
        for (i, got) in gradient.iter().enumerate() {
            let h = 1e-5;
            let moved = |sign: f64| {
                let _guard = tch::no_grad_guard();
                let own = store.tensor(path).unwrap();
                let mut entry = own.view([-1]).get(i as i64);
                let _ = entry.g_add_scalar_(sign * h);
                let value = total(&store).double_value(&[]);
                let _ = entry.g_add_scalar_(-sign * h);
                value
            };
            let slope = (moved(1.0) - moved(-1.0)) / (2.0 * h);
            assert!(
                (slope - got).abs() < tolerance * (1.0 + slope.abs()),
                "{path}[{i}] {}: {slope} {got}",
                tensor.numel()
            );
            checked += 1;
        }
    }
    assert!(checked > 20);
}

fn two() -> Vec<Sample> {
    vec![sample(1, &[("a", 3, 3), ("b", 2, 3)]), sample(2, &[("a", 2, 3), ("b", 4, 3)])]
}

#[test]
fn a_layer_of_attention_norms_and_dropout() {
    let mut b = Build::new();
    let (x, from) = (b.seq("a", "T", 3), b.seq("b", "S", 3));
    let q = b.linear("q", x, 4, 3);
    let k = b.linear("k", from, 4, 3);
    let v = b.linear("v", from, 4, 3);
    let site = |n: &str| RandomSite(n.into());
    let z = b.op(
        Op::Attention { heads: 2, shared: false, band: Band::default(), scale: Some(0.7), drop: 0.2, site: site("a") },
        &[q, k, v],
    );
    let z = b.op(Op::Binary(Binary::Add), &[z, q]);
    let z = b.norm("ln", z, 4);
    let f = b.linear("ff", z, 5, 4);
    let f = b.op(Op::Unary(Unary::Gelu), &[f]);
    let f = b.op(Op::Dropout { p: 0.25, site: site("d") }, &[f]);
    let f = b.op(Op::Take { rows: Dim::from(2) }, &[f]);
    let mean = b.op(Op::MeanTime, &[f]);
    let max = b.op(Op::MaxTime, &[f]);
    let both = b.op(Op::Concat(Axis::Features), &[mean, max]);
    let y = b.read("out", both, 10);
    b.output("y", y);
    check(&b, &two(), 1e-5);
}

#[test]
fn pointwise_functions_and_similarities() {
    let mut b = Build::new();
    let (x, other) = (b.seq("a", "T", 3), b.seq("b", "S", 3));
    let cls = b.weight("cls", &[1, 4]);
    let cls = b.op(Op::Learned, &[cls]);
    let h = b.linear("in", x, 4, 3);
    let rows = b.op(Op::Concat(Axis::Time), &[h, cls]);
    let table = b.weight("place", &[5, 4]);
    let place = b.op(Op::Positions, &[rows, table]);
    let rows = b.op(Op::Binary(Binary::Mul), &[rows, place]);
    let u = b.op(Op::Row(-1), &[rows]);
    let m = b.op(Op::MeanTime, &[rows]);
    let o = b.linear("other", other, 4, 3);
    let o = b.op(Op::MeanTime, &[o]);
    let w = b.weight("w", &[4]);
    let w = b.op(Op::Expand, &[w]);
    let o = b.op(Op::Binary(Binary::Sub), &[o, w]);
    let r = b.weight("r", &[]);
    let r = b.op(Op::Expand, &[r]);
    let cosine = b.op(Op::Cosine, &[m, o]);
    let dot = b.op(Op::Dot, &[u, o]);
    let sum = b.op(SUM, &[m]);
    let lse = b.op(Op::LogSumExp, &[cosine, dot, sum]);
    let scaled = b.op(Op::Scale, &[rows, lse]);
    let shifted = b.op(Op::AddRow, &[scaled, o]);
    let t = b.op(Op::Unary(Unary::Tanh), &[shifted]);
    let s = b.op(Op::Unary(Unary::Sigmoid), &[t]);
    let e = b.op(Op::Unary(Unary::Exp), &[t]);
    let d = b.op(Op::Binary(Binary::Div), &[s, e]);
    let l = b.op(Op::Unary(Unary::Log), &[d]);
    let q = b.op(Op::Unary(Unary::Square), &[l]);
    let q = b.op(Op::Affine { mul: 0.5, add: 1.0 }, &[q]);
    let q = b.op(Op::Unary(Unary::Sqrt), &[q]);
    let pooled = b.op(Op::MeanTime, &[q]);
    let y = b.read("out", pooled, 4);
    let y = b.op(Op::Binary(Binary::Mul), &[y, r]);
    b.output("y", y);
    check(&b, &two(), 2e-5);
}

#[test]
fn stop_grad_stops() {
    let mut b = Build::new();
    let x = b.seq("a", "T", 3);
    let h = b.linear("in", x, 3, 3);
    let m = b.op(Op::MeanTime, &[h]);
    let stopped = b.op(Op::StopGrad, &[m]);
    let y = b.read("out", stopped, 3);
    b.output("y", y);
    let mut store = b.store();
    let found = run(&b, &store, &batch(&two(), 2, 0), TRAIN, Want::OUTPUTS);
    store.backward(&found.outputs["y"].sum(Kind::Double)).unwrap();
    assert!(store.gradient("in.weight").is_none());
    assert!(store.gradient("out.weight").is_some());
    // Gradients add up over calls until they are forgotten.
    let before = numbers(store.gradient("out.weight").unwrap());
    let found = run(&b, &store, &batch(&two(), 2, 0), TRAIN, Want::OUTPUTS);
    store.backward(&found.outputs["y"].sum(Kind::Double)).unwrap();
    close(&numbers(store.gradient("out.weight").unwrap()), &before.iter().map(|g| 2.0 * g).collect::<Vec<_>>(), 1e-12);
    store.zero_grads();
    assert!(store.gradient("out.weight").is_none());
}
