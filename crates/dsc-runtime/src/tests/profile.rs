//! Runs that say what each operation takes.

use super::*;
use crate::{Workers, values};
use dsc_graph::{Binary, Unary};

const WIDTH: i64 = 24;

/// A linear map, attention, a norm and a mean of one stream; the mean of another one, of which nothing is trained.
fn model() -> Build {
    let mut b = Build::new();
    let x = b.seq("a", "T", WIDTH);
    let other = b.seq("v", "S", WIDTH);
    let h = b.linear("hidden", x, WIDTH, WIDTH);
    let attention = Op::Attention {
        heads: 2,
        shared: false,
        band: Band::default(),
        scale: Some(0.3),
        drop: 0.0,
        site: dsc_graph::RandomSite("a".into()),
    };
    let h = b.op(attention, &[h, h, h]);
    let h = b.norm("norm", h, WIDTH);
    let m = b.op(Op::MeanTime, &[h]);
    let v = b.op(Op::MeanTime, &[other]);
    let both = b.op(Op::Binary(Binary::Add), &[m, v]);
    let score = b.read("head", both, WIDTH);
    let y = b.label("y");
    let gap = b.op(Op::Binary(Binary::Sub), &[score, y]);
    let loss = b.op(Op::Unary(Unary::Square), &[gap]);
    b.loss("prediction", loss);
    b
}

fn data() -> StepBatch {
    let width = WIDTH as usize;
    let samples: Vec<Sample> =
        (0..6).map(|i| sample(i, &[("a", 20 + (i as usize * 7) % 30, width), ("v", 3, width)])).collect();
    let mut batch = batch(&samples, 6, 0);
    batch.labels.insert("y".into(), vec![0.25; 6]);
    batch
}

#[test]
fn both_directions_of_an_operation_are_its_own_and_gradients_are_the_same_bits() {
    let (b, batch) = (model(), data());
    let program = b.program();
    let mode = Mode::Train { seed: 1, epoch: 0, step: 0 };
    let gradients = |timed: bool| {
        let mut store = b.store();
        let profile = if timed {
            let (found, mut timed) = program.run_timed(&store, &batch, mode, Want::LOSSES).unwrap();
            let loss = values::total(&found.losses, 1.0).unwrap().unwrap();
            let gradients = timed.gradients_of(&store, &loss).unwrap();
            store.add_gradients(gradients).unwrap();
            Some(timed.finish())
        } else {
            let found = program.run(&store, &batch, mode, Want::LOSSES).unwrap();
            store.backward(&values::total(&found.losses, 1.0).unwrap().unwrap()).unwrap();
            None
        };
        let all: Vec<Vec<f32>> =
            store.iter().map(|(path, _)| values::host(store.gradient(path).unwrap()).unwrap()).collect();
        (all, profile)
    };
    let (plain, _) = gradients(false);
    let (timed, profile) = gradients(true);
    assert_eq!(timed, plain);
    let profile = profile.unwrap();
    let mut trained = 0;
    for (id, node) in b.graph.nodes() {
        let time = profile.node(id.index());
        let computed = !matches!(node.op, Op::Param(_));
        assert_eq!(time.calls, u64::from(computed), "{:?}", node.op);
        assert_eq!(time.forward.is_zero(), !computed, "{:?}", node.op);
        let needed = b.graph.needed_by([id]);
        let depends = b.graph.nodes().any(|(other, n)| needed[other.index()] && matches!(n.op, Op::Param(_)));
        // Attention too, whose node is our own.
        assert_eq!(!time.backward.is_zero(), computed && depends, "{:?}", node.op);
        trained += usize::from(computed && depends);
    }
    assert!(trained >= 8, "{trained}");
    let mut twice = profile.clone();
    twice.add(&profile);
    assert_eq!(twice.node(4).forward, profile.node(4).forward * 2);
}

#[test]
fn a_backward_pass_is_timed_on_a_worker_and_may_fail() {
    let (b, batch) = (model(), data());
    let (program, store) = (b.program(), b.store());
    let shared = crate::SharedParams::new(&store);
    let mode = Mode::Train { seed: 1, epoch: 0, step: 0 };
    let timed = |_| {
        let (found, mut timed) = program.run_timed(shared.get(), &batch, mode, Want::LOSSES)?;
        let loss = values::total(&found.losses, 1.0)?.unwrap();
        // The values that are kept for it are gone after the first pass.
        timed.gradients_of(shared.get(), &loss)?;
        assert!(timed.gradients_of(shared.get(), &loss).is_err());
        Ok(timed.finish())
    };
    let take = |_, profile: crate::Profile| {
        let backward: Vec<bool> = b.graph.nodes().map(|(id, _)| !profile.node(id.index()).backward.is_zero()).collect();
        assert!(backward.iter().filter(|b| **b).count() >= 8, "{backward:?}");
        Ok(())
    };
    Workers::new(2).unwrap().in_order(4, timed, take).unwrap();
}
