//! The optimiser on a small regression.

use super::*;
use crate::{Optimizer, OptimizerSettings, ParamGroup, Rate};
use dsc_graph::{Binary, Unary};
use dsc_recipe::Algorithm;

fn model() -> Build {
    let mut b = Build::new();
    let x = b.seq("a", "T", 4);
    let m = b.op(Op::MeanTime, &[x]);
    let h = b.linear("hidden", m, 8, 4);
    let h = b.op(Op::Unary(Unary::Tanh), &[h]);
    let score = b.read("head", h, 8);
    let y = b.label("y");
    let gap = b.op(Op::Binary(Binary::Sub), &[score, y]);
    let loss = b.op(Op::Unary(Unary::Square), &[gap]);
    b.loss("prediction", loss);
    b.weight("dead", &[3]);
    b
}

fn data() -> StepBatch {
    let samples: Vec<Sample> = (0..8).map(|i| sample(i, &[("a", 1 + i as usize % 3, 4)])).collect();
    let mut batch = batch(&samples, 8, 0);
    batch.labels.insert("y".into(), (0..8).map(|i| (i as f32 - 3.5) / 2.0).collect());
    batch
}

fn all(rate: f64, decay: bool) -> impl Fn(&str) -> Option<ParamGroup> {
    move |_| Some(ParamGroup { rate: Rate::Factor(rate), decay })
}

struct Training {
    program: Program,
    store: ParamStore,
    optimizer: Optimizer,
}

impl Training {
    fn new(settings: OptimizerSettings, group: impl Fn(&str) -> Option<ParamGroup>) -> Self {
        let b = model();
        let store = ParamStore::init(&b.graph, &DimTable::default(), 5, Device::Cpu).unwrap();
        let optimizer = Optimizer::new(&store, settings, group);
        Training { program: b.program(), store, optimizer }
    }

    fn step(&mut self, lr: f64, clip: Option<f64>) -> f64 {
        let found = self.program.run(&self.store, &data(), TRAIN, Want::LOSSES).unwrap();
        self.store.zero_grads();
        self.store.backward(&found.losses["prediction"]).unwrap();
        if let Some(max) = clip {
            assert!(self.optimizer.clip(&self.store, max).unwrap().is_some());
        }
        self.optimizer.step(&self.store, lr, 0.05, None).unwrap();
        found.losses["prediction"].double_value(&[])
    }

    fn values(&self) -> Vec<(Vec<i64>, Vec<f32>)> {
        self.store.iter().map(|(p, _)| self.store.get(p).unwrap().unwrap()).collect()
    }
}

#[test]
fn training_lowers_the_loss_and_leaves_dead_parameters_alone() {
    let mut t = Training::new(OptimizerSettings { weight_decay: 1e-3, ..Default::default() }, all(1.0, true));
    let dead = t.store.get("dead").unwrap();
    let first = t.step(0.05, None);
    let last = (0..60).map(|_| t.step(0.05, Some(5.0))).last().unwrap();
    assert!(last < 0.2 * first, "{first} {last}");
    assert_eq!(t.store.get("dead").unwrap(), dead);
    assert!(t.optimizer.moments("dead").unwrap().is_none());
    assert_eq!(t.optimizer.paths().count(), 4);
    assert_eq!(t.optimizer.moments("head.bias").unwrap().unwrap().step, 61);
}

#[test]
fn saved_moments_continue_the_same_training() {
    let settings = OptimizerSettings { algorithm: Algorithm::AdamW, weight_decay: 0.01, ..Default::default() };
    let mut t = Training::new(settings, all(1.0, true));
    for _ in 0..5 {
        t.step(0.05, None);
    }
    let mut resumed = Training::new(settings, all(1.0, true));
    for (path, _) in t.store.iter() {
        let (shape, values) = t.store.get(path).unwrap().unwrap();
        resumed.store.set(path, &shape, &values).unwrap();
    }
    for path in t.optimizer.paths() {
        let moments = t.optimizer.moments(path).unwrap().unwrap();
        resumed.optimizer.set_moments(&resumed.store, path, &moments).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(t.step(0.05, Some(1.0)), resumed.step(0.05, Some(1.0)));
    }
    assert_eq!(t.values(), resumed.values());
    let moments = t.optimizer.moments("head.bias").unwrap().unwrap();
    let mut fault = |path: &str| resumed.optimizer.set_moments(&t.store, path, &moments).unwrap_err().code.0;
    assert_eq!((fault("hidden.bias"), fault("nothing")), ("E0727", "E0727"));
}

#[test]
fn groups_have_their_rates_and_their_decay() {
    let start = Training::new(OptimizerSettings::default(), all(1.0, true)).values();
    // Adam's first step moves every entry by its rate.
    let moved = |group: &dyn Fn(&str) -> Option<ParamGroup>, lr: f64| {
        let mut t = Training::new(OptimizerSettings::default(), group);
        t.step(lr, None);
        let size = |i: usize, v: &(Vec<i64>, Vec<f32>)| {
            v.1.iter().zip(&start[i].1).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max)
        };
        t.values().iter().enumerate().map(|(i, v)| size(i, v)).collect::<Vec<_>>()
    };
    let group = |path: &str| match path {
        p if p.starts_with("hidden") => Some(ParamGroup { rate: Rate::Factor(0.1), decay: false }),
        "head.weight" => Some(ParamGroup { rate: Rate::Separate(0.002), decay: false }),
        "head.bias" => None,
        _ => Some(ParamGroup { rate: Rate::Factor(1.0), decay: true }),
    };
    // Half of the peak rate of 0.05: rates of their own are halved too.
    for (got, want) in moved(&group, 0.025).iter().zip([0.0025, 0.0025, 0.001, 0.0, 0.0]) {
        assert!((got - want).abs() < 1e-5, "{got} {want}");
    }
    // Decoupled decay alone: weights shrink by lr * decay beyond the step without it.
    let decayed = |decay: bool| {
        let settings = OptimizerSettings { algorithm: Algorithm::AdamW, weight_decay: 0.5, ..Default::default() };
        let mut t = Training::new(settings, all(1.0, decay));
        t.step(0.05, None);
        t.values()
    };
    for ((with, without), start) in decayed(true).iter().zip(&decayed(false)).zip(&start).take(4) {
        for ((a, b), s) in with.1.iter().zip(&without.1).zip(&start.1) {
            assert!((b - a - 0.05 * 0.5 * s).abs() < 1e-6, "{a} {b} {s}");
        }
    }
}

#[test]
fn clipping_bounds_the_common_norm() {
    let mut t = Training::new(OptimizerSettings::default(), all(1.0, true));
    let found = t.program.run(&t.store, &data(), TRAIN, Want::LOSSES).unwrap();
    t.store.backward(&found.losses["prediction"]).unwrap();
    let norm = |t: &Training| {
        t.store.iter().filter_map(|(p, _)| t.store.gradient(p)).flat_map(numbers).map(|g| g * g).sum::<f64>().sqrt()
    };
    let before = norm(&t);
    let reported = t.optimizer.clip(&t.store, before / 3.0).unwrap().unwrap().double_value(&[]);
    assert!((reported - before).abs() < 1e-5 * before);
    assert!((norm(&t) - before / 3.0).abs() < 1e-4 * before);
    t.store.zero_grads();
    assert!(t.optimizer.clip(&t.store, 1.0).unwrap().is_none());
}

/// The gradient of a sum is one number for all entries, without memory of their own.
#[test]
fn gradients_are_clipped_whatever_their_memory() {
    let mut b = Build::new();
    b.seq("a", "T", 4);
    let (w, v) = (b.weight("w", &[3]), b.weight("v", &[3]));
    let both = b.op(Op::Binary(Binary::Add), &[w, v]);
    let sum = b.op(SUM, &[both]);
    b.loss("l", sum);
    let mut store = ParamStore::init(&b.graph, &DimTable::default(), 5, Device::Cpu).unwrap();
    let total = (store.tensor("w").unwrap() + store.tensor("v").unwrap()).sum(Kind::Float);
    store.backward(&total).unwrap();
    let optimizer = Optimizer::new(&store, OptimizerSettings::default(), all(1.0, false));
    // Six entries of 1 have a norm of the root of 6; each is clipped once, whoever else has the same gradient.
    let norm = optimizer.clip(&store, 0.6_f64.sqrt()).unwrap().unwrap().double_value(&[]);
    assert!((norm - 6.0_f64.sqrt()).abs() < 1e-6, "{norm}");
    for path in ["w", "v"] {
        let gradient: Vec<f32> = Vec::try_from(store.gradient(path).unwrap().contiguous()).unwrap();
        assert!(gradient.iter().all(|g| (g - 0.1_f32.sqrt()).abs() < 1e-4), "{path}: {gradient:?}");
    }
}
