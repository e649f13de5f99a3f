//! Padded and packed computations of one step are the same, dropout on.

use std::collections::BTreeMap;

use super::models::{dims, encoder, graph, graph_with, random_batch};
use super::*;
use crate::lengths::{Lengths, RowSet};
use crate::program::Run;
use dsc_graph::statics::Static;
use dsc_language::EmbeddedWorld;
use dsc_language::lower::Setting;

const MODES: [Packing; 3] = [Packing::Never, Packing::WherePays, Packing::Everywhere];

fn program(graph: &Graph, dims: &DimTable, packing: Packing) -> Program {
    let mut program = Program::new(graph, dims).unwrap();
    program.set_packing(packing);
    program
}

/// Values, and the gradient of the sum of all losses by parameter.
fn step(program: &Program, store: &mut ParamStore, batch: &StepBatch) -> (Evaluated, BTreeMap<String, Tensor>) {
    let want = Want { outputs: true, losses: true, retrieval: false };
    let found = program.run(store, batch, TRAIN, want).unwrap_or_else(|d| panic!("{d}"));
    let total = found.losses.values().map(Tensor::shallow_clone).reduce(|a, b| a + b).unwrap();
    store.zero_grads();
    store.backward(&total).unwrap();
    let paths: Vec<String> = store.iter().map(|(path, _)| path.to_owned()).collect();
    let gradients = paths.into_iter().filter_map(|p| store.gradient(&p).map(|g| (p, g.copy()))).collect();
    (found, gradients)
}

/// Asserts that gradients agree, each relative to its largest entry; one that is zero in theory (the bias of a key) is
/// measured by the others.
#[track_caller]
fn same(got: &BTreeMap<String, Tensor>, want: &BTreeMap<String, Tensor>, tolerance: f64, what: &str) {
    assert_eq!(got.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>(), "{what}");
    let largest = |t: &Tensor| t.abs().max().double_value(&[]);
    let all = want.values().map(largest).fold(0.0, f64::max);
    assert!(all > 0.0);
    for (path, want) in want {
        let difference = largest(&(&got[path] - want));
        assert!(difference <= tolerance * largest(want).max(0.01 * all), "{what}, {path}: {difference}");
    }
}

fn set(name: &str, value: Static) -> Setting {
    Setting { name: name.into(), value, span: Span::NONE }
}

#[test]
fn packed_and_padded_steps_agree_with_dropout_and_companions() {
    let dims = dims([11, 17, 6], [3, 5]);
    let (graph, _) = graph_with("dashfusion", None, &dims, &encoder(), vec![set("drop", Static::Float(0.3))]);
    let mut store = ParamStore::init(&graph, &dims, 4, Device::Cpu).unwrap().to_kind(Kind::Double).unwrap();
    let mut batch = random_batch(&graph, &dims, 4, 14);
    for (i, stream) in batch.streams.values_mut().enumerate() {
        if let Stream::Float { lens, .. } | Stream::Tokens { lens, .. } = stream {
            // An anchor and a companion of one row; the longest of all is no anchor.
            (lens[i], lens[9]) = (1, 1);
        }
    }
    let (reference, gradients) = step(&program(&graph, &dims, Packing::Never), &mut store, &batch);
    for packing in [Packing::WherePays, Packing::Everywhere] {
        let program = program(&graph, &dims, packing);
        let (found, got) = step(&program, &mut store, &batch);
        agree(&found, &reference);
        same(&got, &gradients, 1e-12, &format!("{packing:?}"));
    }
    // The comparison would be empty if nothing were packed.
    let program = program(&graph, &dims, Packing::Everywhere);
    let run = Run::new(&program, &store, &batch, TRAIN, Want::LOSSES).unwrap();
    let packed = |rows| (0..program.lengths.len()).filter(|t| run.lengths(*t, rows).is_ok_and(|l| l.packed)).count();
    assert!(packed(RowSet::All) >= 3 && packed(RowSet::Anchors) >= 3);
}

#[test]
fn every_stock_model_agrees_packed_and_padded() {
    let dims = dims([7, 12, 9], [3, 5]);
    for (name, _) in EmbeddedWorld::models() {
        let (_, variants) = graph(name, None, &dims);
        for variant in std::iter::once(None).chain(variants.iter().map(|v| Some(v.as_str()))) {
            let (graph, _) = graph(name, variant, &dims);
            let mut store = ParamStore::init(&graph, &dims, 2, Device::Cpu).unwrap().to_kind(Kind::Double).unwrap();
            let rows = if graph.companions.is_empty() { 3 } else { 8 };
            let batch = random_batch(&graph, &dims, 3, rows);
            let [(a, from_a), (b, from_b)] = [Packing::Never, Packing::Everywhere]
                .map(|packing| step(&program(&graph, &dims, packing), &mut store, &batch));
            agree(&b, &a);
            same(&from_b, &from_a, 1e-11, &format!("{name} {variant:?}"));
        }
    }
}

#[test]
fn two_runs_of_a_packed_step_are_equal_bit_for_bit() {
    let dims = dims([24, 30, 16], [5, 20]);
    let (graph, _) = graph_with("dashfusion", None, &dims, &encoder(), vec![set("drop", Static::Float(0.1))]);
    let batch = random_batch(&graph, &dims, 6, 24);
    for packing in MODES {
        let program = program(&graph, &dims, packing);
        let mut store = ParamStore::init(&graph, &dims, 4, Device::Cpu).unwrap();
        let (first, from_first) = step(&program, &mut store, &batch);
        let (again, gradients) = step(&program, &mut store, &batch);
        assert_eq!(again.outputs, first.outputs);
        assert_eq!(again.losses, first.losses);
        assert_eq!(gradients, from_first);
    }
}

#[test]
fn packing_pays_where_much_is_padding() {
    let packed = |lens: &[i64], packing| Lengths::new(lens.to_vec(), packing).packed;
    let ragged: Vec<i64> = (0..20).map(|i| 5 + 45 * i64::from(i == 7)).collect();
    assert_eq!(MODES.map(|m| packed(&ragged, m)), [false, true, true]);
    let almost_full: Vec<i64> = (0..20).map(|i| 50 - i / 2).collect();
    assert_eq!(MODES.map(|m| packed(&almost_full, m)), [false, false, true]);
    assert_eq!(MODES.map(|m| packed(&[1, 4], m)), [false, false, true], "too few rows to save any time");
    assert_eq!(MODES.map(|m| packed(&[9; 20], m)), [false; 3]);
}
