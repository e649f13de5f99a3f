//! Operations along time on ragged batches: the result of a sample does not depend on the other samples, packed or padded;
//! `dense`, which exists to break that, pads to the longest of the batch.

use std::sync::Arc;

use super::ragged::{LENGTHS, same_alone, site};
use super::*;
use crate::{CompanionRows, WholeBatch};
use dsc_graph::{Binary, Cell, Group, MaxOver, Pool, Unary};

/// A model whose output depends on every entry of a sequence and its position.
fn whole(b: &mut Build, x: NodeId, width: i64) {
    let places = b.weight("place", &[256, width]);
    let place = b.op(Op::Positions, &[x, places]);
    let placed = b.op(Op::Binary(Binary::Mul), &[x, place]);
    let mean = b.op(Op::MeanTime, &[placed]);
    let y = b.read("out", mean, width);
    b.output("y", y);
}

/// `op` on a projected stream; the output depends on every entry of its result.
fn along(width: i64, make: impl Fn(&mut Build, NodeId) -> NodeId) -> Build {
    let mut b = Build::new();
    let x = b.seq("a", "T", 4);
    let x = b.linear("in", x, 4, 4);
    let x = make(&mut b, x);
    whole(&mut b, x, width);
    b
}

const EQUAL: [&[(&str, usize, usize)]; 2] = [&[("a", 4, 4), ("b", 3, 4)], &[("a", 4, 4), ("b", 3, 4)]];

#[test]
fn rows_move_within_their_sample() {
    let two = Op::Skip { rows: Dim::from(2) };
    for by in [1, -1, 2, -4, 9] {
        let b = along(4, |b, x| b.op(Op::Shift { by }, &[x]));
        // A shift by more than all rows leaves zeros, which are equal for any input.
        if by < 9 {
            same_alone(&b, &LENGTHS[..1]);
        }
        let b = along(4, |b, x| {
            let moved = b.op(Op::Shift { by }, &[x]);
            b.op(Op::Binary(Binary::Add), &[x, moved])
        });
        same_alone(&b, &LENGTHS);
        same_alone(&b, &EQUAL);
    }
    for lengths in [&LENGTHS[..], &EQUAL] {
        same_alone(&along(4, |b, x| b.op(Op::Reverse, &[x])), lengths);
        let skipped = along(4, |b, x| {
            let table = b.weight("front", &[2, 4]);
            let front = b.op(Op::Learned, &[table]);
            let joined = b.op(Op::Concat(dsc_graph::Axis::Time), &[front, x]);
            b.op(two.clone(), &[joined])
        });
        same_alone(&skipped, lengths);
        for pool in [Pool::Mean, Pool::Max] {
            for by in [1, 2, 3, 50] {
                same_alone(&along(4, |b, x| b.op(Op::Downsample { by, pool }, &[x])), lengths);
            }
        }
        let placed = along(4, |b, x| {
            let waves = b.op(Op::Sinusoid { width: Dim::from(4) }, &[x]);
            b.op(Op::Binary(Binary::Mul), &[x, waves])
        });
        same_alone(&placed, lengths);
    }
}

#[test]
fn the_length_of_another_sequence_is_skipped() {
    let mut b = Build::new();
    let (x, z) = (b.seq("a", "T", 4), b.seq("b", "S", 4));
    let (x, z) = (b.linear("x", x, 4, 4), b.linear("z", z, 4, 4));
    let joined = b.op(Op::Concat(dsc_graph::Axis::Time), &[x, z]);
    let rest = b.op(Op::Skip { rows: Dim::length("T") }, &[joined]);
    let sum = b.op(Op::Binary(Binary::Mul), &[rest, z]);
    whole(&mut b, sum, 4);
    same_alone(&b, &LENGTHS);
}

#[test]
fn pooling_of_every_kind() {
    for op in [Op::MinTime, Op::SumTime, Op::StdTime { eps: 1e-3 }, Op::LogSumExpTime] {
        let mut b = Build::new();
        let x = b.seq("a", "T", 4);
        let x = b.linear("in", x, 4, 4);
        let x = b.op(op, &[x]);
        let y = b.read("out", x, 4);
        b.output("y", y);
        same_alone(&b, &LENGTHS);
        same_alone(&b, &EQUAL);
    }
}

#[test]
fn convolutions_see_zeros_at_the_ends_of_each_sample() {
    for (kernel, stride, dilation, groups, causal) in [
        (1, 1, 1, 1, false),
        (3, 1, 1, 1, false),
        (4, 1, 1, 2, false),
        (3, 2, 1, 1, false),
        (3, 1, 2, 4, true),
        (2, 3, 3, 1, true),
        (9, 1, 1, 1, false),
    ] {
        let b = along(4, |b, x| {
            let weight = b.weight("conv.weight", &[4, 4 / groups, kernel]);
            let bias = b.weight("conv.bias", &[4]);
            b.op(Op::Conv1d { stride, dilation, groups, causal }, &[x, weight, bias])
        });
        same_alone(&b, &LENGTHS);
        same_alone(&b, &EQUAL);
    }
}

pub(super) fn layer(b: &mut Build, x: NodeId, cell: Cell, input: i64, hidden: i64, bidirectional: bool) -> NodeId {
    let rows = cell.gates() * hidden;
    let mut operands = vec![x];
    for direction in if bidirectional { &["", "_reverse"][..] } else { &[""] } {
        operands.push(b.weight(&format!("rnn.weight_ih{direction}"), &[rows, input]));
        operands.push(b.weight(&format!("rnn.weight_hh{direction}"), &[rows, hidden]));
        operands.push(b.weight(&format!("rnn.bias_ih{direction}"), &[rows]));
        operands.push(b.weight(&format!("rnn.bias_hh{direction}"), &[rows]));
    }
    b.op(Op::Recurrent { cell, bidirectional }, &operands)
}

#[test]
fn recurrent_layers_stop_where_a_sample_ends() {
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
        for bidirectional in [false, true] {
            let width = if bidirectional { 6 } else { 3 };
            let b = along(width, |b, x| layer(b, x, cell, 4, 3, bidirectional));
            same_alone(&b, &LENGTHS);
            same_alone(&b, &EQUAL);
        }
        let mut b = Build::new();
        let x = b.seq("a", "T", 4);
        let x = layer(&mut b, x, cell, 4, 3, true);
        let state = b.op(Op::LastState, &[x]);
        let y = b.read("out", state, 6);
        b.output("y", y);
        same_alone(&b, &LENGTHS);
    }
}

#[test]
fn attention_within_a_band() {
    let long: [&[(&str, usize, usize)]; 2] = [&[("a", 140, 4), ("b", 60, 4)], &[("a", 20, 4), ("b", 130, 4)]];
    let causal = |offset| Band { offset: Some(offset), window: None };
    let window = |window| Band { offset: None, window: Some(window) };
    let both = Band { offset: Some(1), window: Some(2) };
    for (lengths, drop) in
        [(&LENGTHS[..], 0.0), (&LENGTHS[..], 0.4), (&EQUAL[..], 0.0), (&long[..], 0.0), (&long[..], 0.2)]
    {
        for (band, own) in [
            (causal(0), true),
            (causal(0), false),
            (causal(2), true),
            (causal(3), false),
            (window(0), true),
            (window(1), true),
            (window(70), true),
            (both, true),
        ] {
            let mut b = Build::new();
            let (x, from) = (b.seq("a", "T", 4), b.seq("b", "S", 4));
            let from = if own { x } else { from };
            let q = b.linear("q", x, 6, 4);
            let k = b.linear("k", from, 6, 4);
            let v = b.linear("v", from, 6, 4);
            let z =
                b.op(Op::Attention { heads: 3, shared: false, band, scale: None, drop, site: site("att") }, &[q, k, v]);
            whole(&mut b, z, 6);
            same_alone(&b, lengths);
        }
    }
}

/// Heads that share keys and values read what heads read that have a copy each; values of 3 columns have no fused kernel.
#[test]
fn shared_keys_and_values_are_those_of_every_head() {
    let causal = Band { offset: Some(1), window: None };
    let long: [&[(&str, usize, usize)]; 2] = [&[("a", 140, 4)], &[("a", 20, 4)]];
    for (lengths, drop, band, columns) in [
        (&EQUAL[..], 0.0, Band::default(), 2),
        (&LENGTHS[..], 0.0, Band::default(), 3),
        (&LENGTHS[..], 0.3, Band::default(), 2),
        (&LENGTHS[..], 0.3, causal, 3),
        (&long[..], 0.0, Band::default(), 2),
        (&long[..], 0.0, causal, 2),
        (&long[..], 0.2, causal, 2),
    ] {
        let of = |shared: bool| {
            let mut b = Build::new();
            let x = b.seq("a", "T", 4);
            let (q, mut k) = (b.linear("q", x, 6, 4), b.linear("k", x, 2, 4));
            let mut v = b.linear("v", x, columns, 4);
            if !shared {
                (k, v) = (
                    b.op(Op::Concat(dsc_graph::Axis::Features), &[k, k, k]),
                    b.op(Op::Concat(dsc_graph::Axis::Features), &[v, v, v]),
                );
            }
            let z = b.op(Op::Attention { heads: 3, shared, band, scale: None, drop, site: site("att") }, &[q, k, v]);
            whole(&mut b, z, 3 * columns);
            let samples: Vec<Sample> =
                lengths.iter().enumerate().map(|(i, streams)| sample(i as u64 + 3, streams)).collect();
            let batch = batch(&samples, samples.len(), 0);
            run(&b, &b.store(), &batch, TRAIN, Want::OUTPUTS).outputs.values().flat_map(numbers).collect::<Vec<_>>()
        };
        close(&of(true), &of(false), 1e-12);
    }
}

/// Four anchors and two companions; the longest is a companion.
fn with_companions(companions: bool) -> StepBatch {
    let lens = [3, 5, 2, 1, 8, 4];
    let samples: Vec<Sample> =
        lens.iter().enumerate().map(|(i, len)| sample(i as u64 + 20, &[("a", *len, 4)])).collect();
    let rows = if companions { samples.len() } else { 4 };
    let mut batch = batch(&samples[..rows], 4, 1);
    if companions {
        batch.companions.push(CompanionRows {
            pos: vec![vec![4, 5, 0, 2]],
            neg: vec![vec![5, 4, 1, 4]],
            present: vec![true; 4],
        });
    }
    batch
}

/// `dense` against sums divided by the longest length, which are the same without it.
fn padded_or_divided(dense: Option<f64>) -> Build {
    let mut b = Build::new();
    let x = b.seq("a", "T", 4);
    let h = b.linear("in", x, 4, 4);
    let by = b.op(Op::MeanTime, &[h]);
    let c = b.companions(&[by], 1, 1);
    let padded = if dense.is_none() { b.op(Op::Dense { to: MaxOver::Batch }, &[h]) } else { h };
    let at = b.op(Op::At { companions: c, group: Group::Pos, index: 0 }, &[padded]);
    let pool = |b: &mut Build, x: NodeId| match dense {
        None => b.op(Op::MeanTime, &[x]),
        Some(rows) => {
            let sum = b.op(Op::SumTime, &[x]);
            b.op(Op::Affine { mul: 1.0 / rows, add: 0.0 }, &[sum])
        }
    };
    let (own, other) = match dense {
        // The lengths are equal, so the two may be added row by row.
        None => {
            let sum = b.op(Op::Binary(Binary::Add), &[padded, at]);
            (pool(&mut b, padded), pool(&mut b, sum))
        }
        Some(_) => {
            let (own, other) = (pool(&mut b, h), pool(&mut b, at));
            (own, b.op(Op::Binary(Binary::Add), &[own, other]))
        }
    };
    let y = b.read("y", own, 4);
    b.output("y", y);
    let near = b.read("near", other, 4);
    b.loss("near", near);
    b
}

#[test]
fn dense_pads_to_the_longest_of_the_batch() {
    let want = Want { outputs: true, losses: true, retrieval: false };
    for (companions, longest) in [(true, 8.0), (false, 5.0)] {
        let batch = with_companions(companions);
        let (a, b) = (padded_or_divided(None), padded_or_divided(Some(longest)));
        let store = a.store();
        let (found, wanted) = (run(&a, &store, &batch, TRAIN, want), run(&b, &store, &batch, TRAIN, want));
        assert_eq!(found.losses.len(), usize::from(companions));
        agree(&found, &wanted);
        assert!(numbers(&found.outputs["y"]).iter().all(|y| y.abs() > 1e-3));
    }
}

#[test]
fn a_part_of_a_batch_is_padded_as_the_batch() {
    let b = padded_or_divided(None);
    let (store, want) = (b.store(), Want { outputs: true, losses: true, retrieval: false });
    // The longest, of 8 rows, is a companion of the first two anchors and no sample of the part; without companions, of 5.
    for companions in [true, false] {
        let whole = with_companions(companions);
        let wanted = run(&b, &store, &whole, TRAIN, want);
        let lens = [2, 1, 3, 5, 4].into_iter().zip([22, 23, 20, 21, 25]);
        let samples: Vec<Sample> = lens.map(|(len, id)| sample(id, &[("a", len, 4)])).collect();
        let mut part = batch(&samples[..if companions { 5 } else { 2 }], 2, 1);
        if companions {
            let (pos, neg) = (vec![vec![2, 0]], vec![vec![3, 4]]);
            part.companions.push(CompanionRows { pos, neg, present: vec![true; 2] });
        }
        let StepBatch { samples, anchors, streams, companions, .. } = whole;
        let lens = streams.iter().map(|(name, s)| (name.clone(), s.time().unwrap().1.to_vec())).collect();
        part.part_of = Some(Arc::new(WholeBatch { samples, anchors, lens, companions }));
        let found = run(&b, &store, &part, TRAIN, want);
        close(&numbers(&found.outputs["y"]), &numbers(&wanted.outputs["y"])[2..], 1e-12);
        part.part_of = None;
        let alone = run(&b, &store, &part, TRAIN, want);
        assert_ne!(numbers(&alone.outputs["y"]), numbers(&found.outputs["y"]));
    }
}

#[test]
fn rows_moved_at_a_companion_are_the_companions_rows() {
    let mut b = Build::new();
    let x = b.seq("a", "T", 4);
    let h = b.linear("in", x, 4, 4);
    let table = b.weight("front", &[1, 4]);
    let front = b.op(Op::Learned, &[table]);
    let h = b.op(Op::Concat(dsc_graph::Axis::Time), &[front, h]);
    let by = b.op(Op::MeanTime, &[h]);
    let c = b.companions(&[by], 1, 1);
    let moved = b.op(Op::Skip { rows: Dim::from(1) }, &[h]);
    let moved = b.op(Op::Downsample { by: 2, pool: Pool::Max }, &[moved]);
    let moved = layer(&mut b, moved, Cell::Gru, 4, 2, true);
    let at = |b: &mut Build, x| b.op(Op::At { companions: c, group: Group::Neg, index: 0 }, &[x]);
    // Pooled there and seen from here, or seen here and pooled.
    let there = b.op(Op::StdTime { eps: 1e-2 }, &[moved]);
    let there = at(&mut b, there);
    let here = at(&mut b, moved);
    let here = b.op(Op::StdTime { eps: 1e-2 }, &[here]);
    let gap = b.op(Op::Binary(Binary::Sub), &[there, here]);
    for (name, x) in [("gap", gap), ("size", here)] {
        let squares = b.op(Op::Unary(Unary::Square), &[x]);
        let sum = b.op(Op::Reduce { how: Reduction::Sum, keep: false }, &[squares]);
        b.loss(name, sum);
    }
    let found = run(&b, &b.store(), &with_companions(true), TRAIN, Want::LOSSES);
    assert!(numbers(&found.losses["gap"])[0] < 1e-20 && numbers(&found.losses["size"])[0] > 1e-3);
}
