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
        "common_subexpressions" | "row_demand" | "absorbed_projections" | "merged_projections" => {}
        // Without that loss the normalised similarities are not read.
        "dead_code" => graph.losses.retain(|l| l.name != "contrast"),
        // One term costs nothing, another one has its weight twice.
        "constant_folding" => scale_losses(&mut graph, &[("prediction", &[0.5, -4.0]), ("contrast", &[0.0])]),
        other => panic!("no graph for the pass `{other}`"),
    }
    graph
}

/// Losses with factors, one after the other.
fn scale_losses(graph: &mut Graph, factors: &[(&str, &[f64])]) {
    for (name, factors) in factors {
        for factor in *factors {
            let loss = graph.losses.iter().find(|l| l.name == *name).unwrap().value;
            let node = graph.node(loss).unwrap().clone();
            let scaled = graph.add(dsc_graph::Node { op: Op::Affine { mul: *factor, add: 0.0 }, ..node }, &[loss]);
            graph.losses.iter_mut().find(|l| l.name == *name).unwrap().value = scaled;
        }
    }
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
            Op::Attention { heads, shared, band, scale, .. } => Op::Attention {
                heads: *heads,
                shared: *shared,
                band: *band,
                scale: *scale,
                drop: 0.0,
                site: Default::default(),
            },
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
fn merged_operations_run_once() {
    let graph = dashfusion();
    let everything = Want { outputs: true, losses: true, retrieval: true };
    let count = |passes: &[&str]| {
        let passes: Vec<_> = passes.iter().map(|name| *dsc_graph::passes::find(name).unwrap()).collect();
        let graph = dsc_graph::passes::run(&graph, &passes, Some(&sizes())).unwrap();
        Program::new(&graph, &sizes()).unwrap().operations(everything, true)
    };
    let (none, merged) = (count(&[]), count(&["common_subexpressions", "dead_code"]));
    assert!(merged < none, "{merged} of {none}");
    let all: Vec<&str> = PIPELINE.iter().map(|pass| pass.name).collect();
    let optimised = Program::optimised(&graph, &sizes(), dsc_graph::passes::OptLevel::All).unwrap();
    assert_eq!(count(&all), optimised.operations(everything, true));
}

/// The rows of each value that are computed of one anchor without companions.
#[test]
fn rows_that_nothing_reads_are_not_computed() {
    let graph = dashfusion();
    let pass = dsc_graph::passes::find("row_demand").unwrap();
    let after = step(&graph, pass, Some(&sizes())).unwrap().graph;
    let rows = |g: &Graph, at: &str| -> Vec<String> {
        let lengths = g.nodes().filter(|(_, n)| matches!(n.op, Op::Attention { .. }) && n.scope.starts_with(at));
        lengths.map(|(_, n)| n.ty.len().unwrap().to_string()).collect()
    };
    // The bottlenecks of 8 and of 4 tokens; of the streams, the last layer spreads to the first rows alone.
    assert!(rows(&graph, "fuse.0.b.").iter().all(|n| n == "T"), "{:?}", rows(&graph, "fuse.0.b."));
    assert!(rows(&after, "fuse.0.b.").iter().all(|n| n == "min(8, T)"), "{:?}", rows(&after, "fuse.0.b."));
    assert!(rows(&after, "fuse.1.b.").iter().all(|n| n == "min(4, T)"), "{:?}", rows(&after, "fuse.1.b."));
    assert_eq!(rows(&graph, "fuse.1.spread"), ["T", "Ta + 1", "Tv + 1"]);
    assert_eq!(rows(&after, "fuse.1.spread"), ["1", "1", "1"]);
    assert_eq!(rows(&after, "fuse.0.spread"), rows(&graph, "fuse.0.spread"), "the next layer reads all of them");
    // Companions read the first row of the aligned text, the fusion of the anchors all of it.
    assert_eq!(rows(&after, "h0"), ["1", "T", "1", "T"]);
}

/// How the values of two maps are computed.
#[derive(Clone, Copy, Debug)]
enum Maps {
    Apart,
    /// Cut into those of the maps, which is all of it.
    SideBySide,
    /// Cut so, and read as a whole too.
    ReadWhole,
    /// Cut into parts that overlap, which the parts of the first map and what is left of the second one are cut from.
    Overlapping,
}

#[test]
fn maps_side_by_side_have_the_numbers_and_gradients_of_maps_apart() {
    let numbers = |maps: Maps, biased: bool| {
        let mut b = Build::new();
        let x = b.seq("audio", "Ta", 3);
        let parameters: Vec<Vec<NodeId>> = [("a", 2), ("b", 4)]
            .into_iter()
            .map(|(path, out)| {
                let weight = b.weight(&format!("{path}.weight"), &[out, 3]);
                [weight].into_iter().chain(biased.then(|| b.weight(&format!("{path}.bias"), &[out]))).collect()
            })
            .collect();
        let operands = |of: &[&[NodeId]]| [&[x], of.concat().as_slice()].concat();
        let cut = |b: &mut Build, of: NodeId, from: i64, to: i64| {
            b.op(Op::Slice { from: Dim::from(from), to: Dim::from(to) }, &[of])
        };
        let (first, second, more) = if let Maps::Apart = maps {
            let [first, second] = [0, 1].map(|i| b.op(Op::Linear, &operands(&[&parameters[i]])));
            (first, second, None)
        } else {
            let whole = b.op(Op::Linear, &operands(&[&parameters[0], &parameters[1]]));
            if let Maps::Overlapping = maps {
                let (first, second) = (cut(&mut b, whole, 0, 4), cut(&mut b, whole, 2, 6));
                (cut(&mut b, first, 0, 2), second, None)
            } else {
                // The later one first.
                let second = cut(&mut b, whole, 2, 6);
                let more = if let Maps::ReadWhole = maps { Some(whole) } else { None };
                (cut(&mut b, whole, 0, 2), second, more)
            }
        };
        let mut terms = Vec::new();
        for value in [Some(first), Some(second), more].into_iter().flatten() {
            let value = b.op(Op::Unary(dsc_graph::Unary::Tanh), &[value]);
            let mean = b.op(Op::MeanTime, &[value]);
            terms.push(b.op(Op::Dot, &[mean, mean]));
        }
        if more.is_some() {
            terms[2] = b.op(Op::Affine { mul: 0.0, add: 0.0 }, &[terms[2]]);
        }
        let by = b.op(Op::MeanTime, &[x]);
        b.companions(&[by], 1, 1);
        b.label("y");
        for (i, term) in terms.iter().enumerate().take(2) {
            b.loss(&format!("l{i}"), *term);
        }
        if let Some(term) = terms.get(2) {
            let sum = b.op(Op::Binary(dsc_graph::Binary::Add), &[terms[0], *term]);
            b.graph.losses[0].value = sum;
        }
        numbers_of(&b.graph, Kind::Double)
    };
    for biased in [false, true] {
        let apart = numbers(Maps::Apart, biased);
        for maps in [Maps::SideBySide, Maps::ReadWhole, Maps::Overlapping] {
            equal_but_for_rounding(&format!("{maps:?}, {biased}"), &numbers(maps, biased), &apart, 1e-12);
        }
    }
}
