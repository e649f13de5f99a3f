//! Outputs and gradients of a batch of samples of different lengths equal those of each sample alone.

use super::*;
use dsc_graph::{Axis, Binary, Einsum, Over, RandomSite, Unary};

/// Outputs, and the gradient of their sum by path.
fn outcome(b: &Build, samples: &[Sample], extra: usize, mode: Mode) -> (Vec<f64>, Vec<(String, Vec<f64>)>) {
    let mut store = b.store();
    let mode_with_gradient = if mode == Mode::Eval { TRAIN } else { mode };
    let found = run(b, &store, &batch(samples, samples.len(), extra), mode_with_gradient, Want::OUTPUTS);
    let total = found.outputs.values().map(|o| o.sum(Kind::Double)).reduce(|a, b| a + b).unwrap();
    store.backward(&total).unwrap();
    let gradients = store
        .iter()
        .map(|(p, t)| (p.to_owned(), store.gradient(p).map_or_else(|| vec![0.0; t.numel()], numbers)))
        .collect();
    (found.outputs.values().flat_map(numbers).collect(), gradients)
}

/// `streams[sample]`: name, length, width.
pub(super) fn same_alone(b: &Build, streams: &[&[(&str, usize, usize)]]) {
    let samples: Vec<Sample> = streams.iter().enumerate().map(|(i, s)| sample(i as u64 + 7, s)).collect();
    let alone: Vec<_> = samples.iter().map(|s| outcome(b, std::slice::from_ref(s), 0, TRAIN)).collect();
    for extra in [0, 3] {
        let (outputs, gradients) = outcome(b, &samples, extra, TRAIN);
        close(&outputs, &alone.iter().flat_map(|(o, _)| o.clone()).collect::<Vec<_>>(), 1e-9);
        assert!(outputs.iter().all(|o| *o != 0.0 && o.abs() < 500.0), "{outputs:?}");
        assert!(gradients.iter().any(|(_, g)| g.iter().any(|x| *x != 0.0)));
        for (i, (path, got)) in gradients.iter().enumerate() {
            let mut want = vec![0.0; got.len()];
            alone.iter().for_each(|(_, g)| want.iter_mut().zip(&g[i].1).for_each(|(w, x)| *w += x));
            assert!(
                got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-8 * (1.0 + b.abs())),
                "{path}: {got:?} {want:?}"
            );
        }
    }
}

pub(super) fn site(name: &str) -> RandomSite {
    RandomSite(name.into())
}

pub(super) const LENGTHS: [&[(&str, usize, usize)]; 3] =
    [&[("a", 5, 4), ("b", 2, 4)], &[("a", 1, 4), ("b", 7, 4)], &[("a", 3, 4), ("b", 3, 4)]];

fn pooled(op: Op, width: i64) -> Build {
    let mut b = Build::new();
    let x = b.seq("a", "T", width);
    let x = b.linear("in", x, width, width);
    let x = b.op(op, &[x]);
    let y = b.read("out", x, width);
    b.output("y", y);
    b
}

#[test]
fn pooling_and_rows() {
    for op in [Op::MeanTime, Op::MaxTime, Op::Row(0), Op::Row(-1)] {
        same_alone(&pooled(op, 4), &LENGTHS);
    }
}

#[test]
fn take_leaves_no_padding_in() {
    for rows in [1, 2, 4, 9] {
        let mut b = Build::new();
        let x = b.seq("a", "T", 4);
        let x = b.linear("in", x, 4, 4);
        let x = b.op(Op::Take { rows: Dim::from(rows) }, &[x]);
        let last = b.op(Op::Row(-1), &[x]);
        let mean = b.op(Op::MeanTime, &[x]);
        let both = b.op(Op::Concat(Axis::Features), &[last, mean]);
        let y = b.read("out", both, 8);
        b.output("y", y);
        same_alone(&b, &LENGTHS);
    }
}

#[test]
fn attention_with_and_without_dropout_short_and_long() {
    // The last pair of lengths is long enough for the fused kernel.
    let long: [&[(&str, usize, usize)]; 2] = [&[("a", 140, 4), ("b", 60, 4)], &[("a", 20, 4), ("b", 130, 4)]];
    let cases = [(&LENGTHS[..], 0.0), (&LENGTHS[..], 0.4), (&long[..], 0.0), (&long[..], 0.2)];
    for ((lengths, drop), shared) in cases.into_iter().flat_map(|case| [(case, false), (case, true)]) {
        let mut b = Build::new();
        let (x, from) = (b.seq("a", "T", 4), b.seq("b", "S", 4));
        let columns = if shared { 2 } else { 6 };
        let q = b.linear("q", x, 6, 4);
        let k = b.linear("k", from, columns, 4);
        let v = b.linear("v", from, columns, 4);
        let op = Op::Attention { heads: 3, shared, band: Band::default(), scale: None, drop, site: site("att") };
        let z = b.op(op, &[q, k, v]);
        let z = b.op(Op::Dropout { p: drop, site: site("drop") }, &[z]);
        let z = b.norm("ln", z, 6);
        let m = b.op(Op::MeanTime, &[z]);
        let y = b.read("out", m, 6);
        b.output("y", y);
        same_alone(&b, lengths);
    }
}

#[test]
fn joining_along_time_closes_gaps() {
    // Ragged parts in front, in the middle and behind; learned rows between them.
    for order in [[0, 1, 2], [2, 0, 1], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
        let mut b = Build::new();
        let (x, z) = (b.seq("a", "T", 4), b.seq("b", "S", 4));
        let x = b.linear("x", x, 4, 4);
        let table = b.weight("cls", &[2, 4]);
        let cls = b.op(Op::Learned, &[table]);
        let parts = order.map(|i| [x, z, cls][i]);
        let joined = b.op(Op::Concat(Axis::Time), &parts);
        let places = b.weight("place", &[16, 4]);
        let place = b.op(Op::Positions, &[joined, places]);
        let sum = b.op(Op::Binary(Binary::Mul), &[joined, place]);
        let last = b.op(Op::Row(-1), &[sum]);
        let mean = b.op(Op::MeanTime, &[sum]);
        let sum = b.op(Op::Binary(Binary::Add), &[last, mean]);
        let y = b.read("out", sum, 4);
        b.output("y", y);
        same_alone(&b, &LENGTHS);
    }
}

#[test]
fn functions_with_poles_do_not_poison_valid_rows() {
    for op in [Unary::Log, Unary::Sqrt, Unary::Exp] {
        let mut b = Build::new();
        let x = b.seq("a", "T", 4);
        // exp of padding (1000 and more) overflows; the others have a pole at relu's zeros, which only padding has.
        let x = if op == Unary::Exp { x } else { b.op(Op::Unary(Unary::Square), &[x]) };
        let x = match op {
            Unary::Exp => x,
            _ => {
                let shifted = b.op(Op::Affine { mul: -1.0, add: 1e5 }, &[x]);
                b.op(Op::Unary(Unary::Relu), &[shifted])
            }
        };
        let w = b.weight("w", &[4]);
        let w = b.op(Op::Expand, &[w]);
        let zero = b.op(Op::Affine { mul: 0.0, add: 0.0 }, &[w]);
        let x = b.op(Op::AddRow, &[x, zero]);
        let x = b.op(Op::Unary(op), &[x]);
        let m = b.op(Op::MeanTime, &[x]);
        let y = b.read("out", m, 4);
        b.output("y", y);
        same_alone(&b, &LENGTHS);
    }
}

#[test]
fn a_batch_of_equal_lengths_needs_no_mask_and_agrees() {
    let equal: [&[(&str, usize, usize)]; 2] = [&[("a", 4, 4), ("b", 3, 4)], &[("a", 4, 4), ("b", 3, 4)]];
    for op in [Op::MeanTime, Op::MaxTime, Op::Row(-1)] {
        same_alone(&pooled(op, 4), &equal);
    }
}

/// A table of positions has the same rows for every sample, and another number of them.
#[test]
fn einsum_over_the_rows_of_a_table() {
    for spec in ["ti->i", "ti,ij->j", "ti,tj->ij"] {
        let mut b = Build::new();
        let x = b.seq("a", "T", 4);
        let table = b.weight("places", &[9, 4]);
        let places = b.op(Op::Positions, &[x, table]);
        let weight = b.weight("w", &[4, 4]);
        let weight = b.op(Op::Expand, &[weight]);
        let operands: &[NodeId] = match spec {
            "ti->i" => &[places],
            "ti,ij->j" => &[places, weight],
            _ => &[places, x],
        };
        let mut z = b.op(Op::Einsum(Einsum::parse(spec).unwrap()), operands);
        if spec == "ti,tj->ij" {
            z = b.op(Op::Reduce { how: Reduction::Sum, keep: false }, &[z]);
        }
        let y = b.read("out", z, 4);
        b.output("y", y);
        same_alone(&b, &LENGTHS);
        let samples: Vec<Sample> = LENGTHS.iter().enumerate().map(|(i, s)| sample(i as u64 + 7, s)).collect();
        let differs = b.program().differs_alone(&b.store(), &batch(&samples, 3, 0)).unwrap();
        assert_eq!(differs, None, "{spec}");
    }
}

/// Sums over long and narrow sequences are the ones that libtorch cuts by their length.
#[test]
fn long_sequences_are_pooled_alike_alone_and_beside_others() {
    let soft = || Op::Softmax { over: Over::Time, log: false };
    let pools: [&[Op]; 7] = [
        &[Op::MeanTime],
        &[Op::SumTime],
        &[Op::MaxTime],
        &[Op::StdTime { eps: 1e-5 }],
        &[Op::LogSumExpTime],
        &[soft(), Op::SumTime],
        &[Op::Softmax { over: Over::Time, log: true }, Op::MeanTime],
    ];
    for width in [1, 5, 40] {
        for ops in pools {
            let mut b = Build::new();
            let x = b.seq("a", "T", width as i64);
            let mut x = b.linear("in", x, width as i64, width as i64);
            for op in ops {
                x = b.op(op.clone(), &[x]);
            }
            let y = b.read("out", x, width as i64);
            b.output("y", y);
            let samples: Vec<Sample> = [400, 3, 77, 130, 1]
                .into_iter()
                .enumerate()
                .map(|(i, n)| sample(i as u64, &[("a", n, width)]))
                .collect();
            let store = ParamStore::init(&b.graph, &DimTable::default(), 5, Device::Cpu).unwrap();
            let differs = b.program().differs_alone(&store, &batch(&samples, 5, 0)).unwrap();
            assert_eq!(differs, None, "{ops:?}, {width}");
        }
    }
}

/// A product whose first operand is the same for every sample has its axes in another order.
#[test]
fn an_einsum_that_begins_with_a_weight_is_summed_alike_alone() {
    let mut b = Build::new();
    let x = b.seq("a", "T", 40);
    let x = b.op(Op::MeanTime, &[x]);
    let weight = b.weight("w", &[70, 40]);
    let weight = b.op(Op::Expand, &[weight]);
    let z = b.op(Op::Einsum(Einsum::parse("ij,j->i").unwrap()), &[weight, x]);
    let z = b.op(Op::Reduce { how: Reduction::Sum, keep: true }, &[z]);
    let y = b.op(Op::Scalar, &[z]);
    b.output("y", y);
    let samples: Vec<Sample> = (0..3).map(|i| sample(i, &[("a", 4 + i as usize, 40)])).collect();
    let store = ParamStore::init(&b.graph, &DimTable::default(), 5, Device::Cpu).unwrap();
    assert_eq!(b.program().differs_alone(&store, &batch(&samples, 3, 0)).unwrap(), None);
}
