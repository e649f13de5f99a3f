//! Passes do not change results: outputs, losses, retrieval vectors and all gradients are compared with dropout, before any pass
//! and after each prefix of the pipeline.

use super::models::{dims, encoder, graph_with, random_batch};
use super::*;
use dsc_graph::passes::{PIPELINE, step};
use dsc_graph::statics::Static;
use dsc_language::lower::Setting;

/// DashFusion with dropout everywhere. Its losses say `mean(t)` again and again.
fn dashfusion() -> Graph {
    let drop = Setting { name: "drop".into(), value: Static::Float(0.1), span: Span::NONE };
    graph_with("dashfusion", None, &sizes(), &encoder(), vec![drop]).0
}

fn sizes() -> DimTable {
    dims([7, 12, 9], [3, 5])
}

/// For each pass a graph that it changes.
fn graph_for(pass: &str) -> Graph {
    let mut graph = dashfusion();
    match pass {
        "common_subexpressions" => {}
        // Without that loss the normalised similarities are not read.
        "dead_code" => graph.losses.retain(|l| l.name != "contrast"),
        other => panic!("no graph for the pass `{other}`"),
    }
    graph
}

/// All results of a training step and an evaluation, by name.
fn numbers_of(graph: &Graph, kind: Kind) -> Vec<(String, Vec<f64>)> {
    let dims = sizes();
    let program = Program::new(graph, &dims).unwrap();
    let mut store = ParamStore::init(graph, &dims, 5, Device::Cpu).unwrap().to_kind(kind).unwrap();
    let batch = random_batch(graph, &dims, 3, 9);
    let want = Want { outputs: true, losses: true, retrieval: false };
    let step = program.run(&store, &batch, TRAIN, want).unwrap_or_else(|d| panic!("{d}"));
    let total = step.losses.values().map(Tensor::shallow_clone).reduce(|a, b| a + b).unwrap();
    store.backward(&total).unwrap();
    let mut all = Vec::new();
    let mut add = |what: &str, name: &str, t: &Tensor| all.push((format!("{what} {name}"), numbers(t)));
    step.outputs.iter().for_each(|(name, t)| add("output", name, t));
    step.losses.iter().for_each(|(name, t)| add("loss", name, t));
    for param in &graph.params {
        if let Some(gradient) = store.gradient(&param.path) {
            add("gradient", &param.path, gradient);
        }
    }
    let mut whole = random_batch(graph, &dims, 9, 9);
    whole.companions.clear();
    let want = Want { outputs: true, losses: false, retrieval: true };
    let evaluated = program.run(&store, &whole, Mode::Eval, want).unwrap_or_else(|d| panic!("{d}"));
    evaluated.outputs.iter().for_each(|(name, t)| add("evaluated", name, t));
    evaluated.retrieval.iter().flatten().enumerate().for_each(|(i, t)| add("retrieval", &i.to_string(), t));
    all
}

/// Differences are measured by the largest entry of each tensor, of gradients by that of all gradients: one that is 0 but
/// for rounding has no size of its own.
#[track_caller]
fn equal_but_for_rounding(what: &str, got: &[(String, Vec<f64>)], want: &[(String, Vec<f64>)], allowed: f64) {
    let names = |all: &[(String, Vec<f64>)]| all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(got), names(want), "{what}");
    let largest = |values: &[f64]| values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let gradients = want.iter().filter(|(name, _)| name.starts_with("gradient"));
    let steepest = gradients.map(|(_, values)| largest(values)).fold(0.0, f64::max);
    assert!(steepest > 0.0, "{what}: something flows back");
    for ((name, got), (_, want)) in got.iter().zip(want) {
        let scale = if name.starts_with("gradient") { steepest } else { largest(want) };
        assert_eq!(got.len(), want.len(), "{what}: {name}");
        for (a, b) in got.iter().zip(want) {
            assert!((a - b).abs() <= allowed * scale, "{what}: {name}: {a} is not {b}");
        }
    }
}

#[test]
fn numbers_are_the_same_after_each_prefix_of_the_pipeline() {
    for pass in PIPELINE {
        let original = graph_for(pass.name);
        let draws = |g: &Graph| {
            let mut sites: Vec<_> = g.nodes().filter_map(|(_, n)| n.op.random_site().cloned()).collect();
            sites.sort();
            sites
        };
        assert!(draws(&original).len() > 10, "dropout is on");
        let before = [Kind::Double, Kind::Float].map(|kind| numbers_of(&original, kind));
        assert_ne!(before[0], numbers_of(&without_dropout(&original), Kind::Double), "dropout shows in the numbers");
        let mut graph = original;
        for next in PIPELINE {
            let after = step(&graph, next, Some(&sizes())).unwrap().graph;
            let changed = after != graph;
            assert!(changed || next.name != pass.name, "{} changes its graph", pass.name);
            if changed {
                for (kind, want, allowed) in [(Kind::Double, &before[0], 1e-9), (Kind::Float, &before[1], 1e-4)] {
                    let what = format!("{kind:?} up to {} on the graph for {}", next.name, pass.name);
                    equal_but_for_rounding(&what, &numbers_of(&after, kind), want, allowed);
                }
            }
            graph = after;
        }
    }
}

/// The same graph, its draws of random numbers taken out.
fn without_dropout(graph: &Graph) -> Graph {
    let mut new = dsc_graph::Rewriter::new(graph);
    for (id, node) in graph.nodes() {
        let op = match &node.op {
            Op::Dropout { site, .. } => Op::Dropout { p: 0.0, site: site.clone() },
            Op::Attention { heads, band, scale, .. } => {
                Op::Attention { heads: *heads, band: *band, scale: *scale, drop: 0.0, site: Default::default() }
            }
            op => op.clone(),
        };
        let operands = new.operands(id);
        new.replace(id, Node { op, ..node.clone() }, &operands);
    }
    new.finish().graph
}

#[test]
fn means_of_the_streams_are_taken_once() {
    let graph = dashfusion();
    let means = |g: &Graph| g.nodes().filter(|(_, n)| matches!(n.op, Op::MeanTime)).count();
    let pass = dsc_graph::passes::find("common_subexpressions").unwrap();
    let after = step(&graph, pass, None).unwrap().graph;
    assert!(means(&graph) > 6, "{}", means(&graph));
    assert_eq!(means(&after), 3, "text, audio, vision");
    assert_eq!(after.params, graph.params);
}

#[test]
fn a_program_of_level_1_runs_fewer_operations() {
    let graph = dashfusion();
    let count = |level| {
        let program = Program::optimised(&graph, &sizes(), level).unwrap();
        program.operations(Want { outputs: true, losses: true, retrieval: true }, true)
    };
    let (none, all) = (count(dsc_graph::passes::OptLevel::None), count(dsc_graph::passes::OptLevel::All));
    assert_eq!(
        none,
        Program::new(&graph, &sizes()).unwrap().operations(Want { outputs: true, losses: true, retrieval: true }, true)
    );
    assert!(all < none, "{all} of {none}");
}
