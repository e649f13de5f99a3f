//! Companions: one run over all rows equals separate runs per companion.

use super::*;
use crate::CompanionRows;
use dsc_graph::{Binary, Group, RandomSite, Unary};

/// An encoder with attention and dropout, `cos(mean(x), mean(x) at c.pos.0) + ..`, and a head that is computed for anchors only.
fn model() -> (Build, NodeId) {
    let mut b = Build::new();
    let x = b.seq("a", "T", 4);
    let h = b.linear("enc", x, 6, 4);
    let att = Op::Attention {
        heads: 2,
        shared: false,
        band: Band::default(),
        scale: None,
        drop: 0.3,
        site: RandomSite("att".into()),
    };
    let z = b.op(att, &[h, h, h]);
    let z = b.op(Op::Binary(Binary::Add), &[z, h]);
    let z = b.op(Op::Dropout { p: 0.3, site: RandomSite("drop".into()) }, &[z]);
    let m = b.op(Op::MeanTime, &[z]);
    let c = b.companions(&[m], 1, 2);
    let at = |b: &mut Build, group, index| b.op(Op::At { companions: c, group, index }, &[m]);
    let others = [at(&mut b, Group::Pos, 0), at(&mut b, Group::Neg, 0), at(&mut b, Group::Neg, 1)];
    let near = others.map(|o| b.op(Op::Cosine, &[m, o]));
    let all = b.op(Op::LogSumExp, &near);
    let contrast = b.op(Op::Binary(Binary::Sub), &[all, near[0]]);
    // A sequence at a companion: its lengths are the companion's.
    let zs = b.op(Op::At { companions: c, group: Group::Pos, index: 0 }, &[z]);
    let last = b.op(Op::Row(-1), &[zs]);
    let far = b.op(Op::Dot, &[m, last]);
    let contrast = b.op(Op::Binary(Binary::Add), &[contrast, far]);
    b.loss("contrast", contrast);
    let first = b.op(Op::Row(0), &[z]);
    let more = b.op(
        Op::Attention {
            heads: 1,
            shared: false,
            band: Band::default(),
            scale: None,
            drop: 0.0,
            site: RandomSite("head".into()),
        },
        &[z, z, z],
    );
    let pooled = b.op(Op::MaxTime, &[more]);
    let sum = b.op(Op::Binary(Binary::Add), &[first, pooled]);
    let score = b.read("head", sum, 6);
    b.output("y", score);
    let y = b.label("y");
    let gap = b.op(Op::Binary(Binary::Sub), &[score, y]);
    let squared = b.op(Op::Unary(Unary::Square), &[gap]);
    b.loss("prediction", squared);
    (b, m)
}

fn samples() -> Vec<Sample> {
    // The longest sample is no anchor, so the anchors' rows are cut.
    [3, 5, 2, 8, 1].into_iter().enumerate().map(|(i, len)| sample(i as u64 + 20, &[("a", len, 4)])).collect()
}

fn with_companions(anchors: usize, present: Vec<bool>) -> StepBatch {
    let mut batch = batch(&samples(), anchors, 1);
    batch.labels.insert("y".into(), (0..anchors).map(|i| i as f32 - 0.5).collect());
    let companions = CompanionRows {
        pos: vec![vec![3, 0, 4].into_iter().take(anchors).collect()],
        neg: vec![vec![1, 4, 3].into_iter().take(anchors).collect(), vec![2, 2, 0].into_iter().take(anchors).collect()],
        present,
    };
    batch.companions.push(companions);
    batch
}

const LOSSES_AND_OUTPUTS: Want = Want { outputs: true, losses: true, retrieval: false };

#[test]
fn the_shared_run_equals_one_run_per_companion() {
    let (b, _) = model();
    let store = b.store();
    let batch_of_all = with_companions(3, vec![true; 3]);
    let found = run(&b, &store, &batch_of_all, TRAIN, LOSSES_AND_OUTPUTS);

    // Each sample alone, by a second graph that gives its pooled vector and last row as outputs.
    let alone = |id: usize| -> (Vec<f64>, Vec<f64>, f64) {
        let (mut b, m) = model();
        b.graph.losses.clear();
        let z = b.graph.operands(m)[0];
        let last = b.op(Op::Row(-1), &[z]);
        for (name, vector) in [("m", m), ("l", last)] {
            for entry in 0..6 {
                let path = format!("{name}{entry}");
                let w = b.param(&path, &[1, 6], Init::Zeros);
                let x = b.op(Op::Linear, &[vector, w]);
                let x = b.op(Op::Scalar, &[x]);
                b.output(&path, x);
            }
        }
        let mut own = b.store();
        for (path, t) in store.iter() {
            let values: Vec<f32> = numbers(t).iter().map(|v| *v as f32).collect();
            own.set(path, &t.size(), &values).unwrap();
        }
        for name in ["m", "l"] {
            for entry in 0..6 {
                let mut pick = [0.0; 6];
                pick[entry] = 1.0;
                own.set(&format!("{name}{entry}"), &[1, 6], &pick).unwrap();
            }
        }
        let one = run(&b, &own, &batch(&[samples()[id].clone()], 1, 0), TRAIN, Want::OUTPUTS);
        let vector = |n: &str| (0..6).map(|e| numbers(&one.outputs[&format!("{n}{e}")])[0]).collect();
        (vector("m"), vector("l"), numbers(&one.outputs["y"])[0])
    };
    let every: Vec<_> = (0..5).map(alone).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let cos = |a: &[f64], b: &[f64]| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    let companions = &batch_of_all.companions[0];
    let mut want = 0.0;
    for anchor in 0..3 {
        let m = &every[anchor].0;
        let rows = [companions.pos[0][anchor], companions.neg[0][anchor], companions.neg[1][anchor]];
        let s = rows.map(|r| cos(m, &every[r as usize].0));
        let all = s.iter().map(|x| x.exp()).sum::<f64>().ln();
        want += (all - s[0] + dot(m, &every[rows[0] as usize].1)) / 3.0;
    }
    close(&numbers(&found.losses["contrast"]), &[want], 1e-9);
    close(&numbers(&found.outputs["y"]), &every.iter().take(3).map(|e| e.2).collect::<Vec<_>>(), 1e-9);
    let squares: f64 = (0..3).map(|i| (every[i].2 - (i as f64 - 0.5)).powi(2)).sum::<f64>() / 3.0;
    close(&numbers(&found.losses["prediction"]), &[squares], 1e-9);
}

#[test]
fn gradients_flow_through_companions_and_do_not_depend_on_further_rows() {
    let (b, _) = model();
    let gradients = |batch: &StepBatch| {
        let mut store = b.store();
        let found = run(&b, &store, batch, TRAIN, Want::LOSSES);
        store.backward(&found.losses["contrast"]).unwrap();
        store.iter().filter_map(|(p, _)| store.gradient(p).map(numbers)).collect::<Vec<_>>()
    };
    let batch = with_companions(2, vec![true; 2]);
    let with = gradients(&batch);
    assert_eq!(with.len(), 2, "the encoder's weight and bias, nothing of the head");
    // Numerically: move one weight.
    let value = |delta: f32| {
        let store = {
            let mut store = b.store();
            let (shape, mut values) = store.get("enc.weight").unwrap().unwrap();
            values[1] += delta;
            store.set("enc.weight", &shape, &values).unwrap();
            (numbers(store.tensor("enc.weight").unwrap())[1], store)
        };
        (store.0, numbers(&run(&b, &store.1, &batch, TRAIN, Want::LOSSES).losses["contrast"])[0])
    };
    let ((wa, la), (wb, lb)) = (value(2e-3), value(-2e-3));
    let slope = (la - lb) / (wa - wb);
    assert!((slope - with[0][1]).abs() < 1e-4 * (1.0 + slope.abs()), "{slope} {}", with[0][1]);
}

#[test]
fn anchors_without_companions_count_zero() {
    let (b, _) = model();
    let store = b.store();
    let value = |present: Vec<bool>| {
        numbers(&run(&b, &store, &with_companions(3, present), TRAIN, Want::LOSSES).losses["contrast"])[0]
    };
    let parts = [[true, false, false], [false, true, false], [false, false, true]].map(|p| value(p.to_vec()));
    assert!(parts.iter().all(|p| *p != 0.0));
    close(&[value(vec![true, true, true])], &[parts.iter().sum()], 1e-12);
    assert_eq!(value(vec![false; 3]), 0.0);
}

#[test]
fn evaluation_leaves_companions_out_and_gives_vectors_of_all_rows() {
    let (b, _) = model();
    let store = b.store();
    let mut all = batch(&samples(), 5, 0);
    all.labels.insert("y".into(), vec![0.0; 5]);
    let want = Want { outputs: true, losses: true, retrieval: true };
    let found = run(&b, &store, &all, Mode::Eval, want);
    assert_eq!(found.losses.keys().collect::<Vec<_>>(), ["prediction"]);
    assert_eq!(found.outputs["y"].size(), [5]);
    assert_eq!(found.retrieval[0][0].size(), [5, 6]);
    assert!(!found.outputs["y"].requires_grad());
    // No labels are needed for outputs alone, and training without companions leaves their losses out as well.
    all.labels.clear();
    assert_eq!(run(&b, &store, &all, Mode::Eval, Want::OUTPUTS).outputs["y"], found.outputs["y"]);
    all.labels.insert("y".into(), vec![0.0; 5]);
    assert_eq!(run(&b, &store, &all, TRAIN, Want::LOSSES).losses.len(), 1);
}

#[test]
fn labels_are_not_read_at_companions() {
    let mut b = Build::new();
    let y = b.label("y");
    let c = b.companions(&[], 1, 0);
    let at = b.op(Op::At { companions: c, group: Group::Pos, index: 0 }, &[y]);
    b.loss("l", at);
    let fault = Program::new(&b.graph, &DimTable::default()).err().unwrap();
    assert_eq!(fault.code.0, "E0724");
    assert!(fault.message.contains("`y`"));
}
