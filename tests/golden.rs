//! The text form of stock models, what their hashes depend on, and what they cost.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_analysis::step::Target;
use dsc_analysis::{Costs, Figures, Memory, MemoryPlan, Summary, SummaryNode, by_line, count};
use dsc_data::{Binding, card};
use dsc_experiment::report::{
    self,
    summary::{Shown, Step, by_block},
};
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::passes::OptLevel;
use dsc_graph::statics::Static;
use dsc_graph::{Graph, verify};
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, Setting, compile, recipe_sets};
use dsc_language::sema::program::Program;
use dsc_project::StepModel;
use dsc_recipe::Settings;
use dsc_syntax::source::{MemoryWorld, Span};

fn graph_with(text: &str, options: Options) -> Graph {
    let loaded = Program::load_text(&MemoryWorld::new(), "model.dsl", text);
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let encoder = card::encoder("bert-base-uncased").unwrap().config.statics();
    let compiled = compile(&loaded.program.unwrap(), &Options { encoder, ..options });
    assert!(!compiled.diagnostics.has_errors(), "{:#?}", compiled.diagnostics);
    let graph = compiled.graph.unwrap();
    verify(&graph, &|a: &Dim, b: &Dim| a == b).unwrap();
    graph
}

fn graph(text: &str) -> Graph {
    graph_with(text, Options::default())
}

fn stock(name: &str) -> &'static str {
    EmbeddedWorld::model(name).unwrap()
}

/// The text without the nodes and weights of the text encoder, of which the first and last lines stay.
fn without_encoder(graph: &Graph) -> String {
    let inside = |line: &str| line.contains("bert_layer");
    let mut out = Vec::new();
    let mut skipped = 0;
    for line in graph.to_text().lines() {
        if inside(line) {
            skipped += 1;
            continue;
        }
        if skipped > 0 {
            out.push(format!(".. {skipped} lines of the encoder's layers"));
            skipped = 0;
        }
        out.push(line.to_owned());
    }
    out.push(format!("hash {}", graph.hash()));
    out.join("\n")
}

#[test]
fn late_fusion() {
    insta::assert_snapshot!("late_fusion", without_encoder(&graph(stock("late_fusion"))));
}

#[test]
fn audio_alone() {
    let graph = graph(stock("unimodal/audio"));
    insta::assert_snapshot!("unimodal_audio", format!("{}hash {}", graph.to_text(), graph.hash()));
}

#[test]
fn dashfusion() {
    insta::assert_snapshot!("dashfusion", without_encoder(&graph(stock("dashfusion"))));
}

#[test]
fn every_variant_of_every_stock_model_compiles_to_a_sound_graph() {
    for (name, text) in EmbeddedWorld::models() {
        let loaded = Program::load_text(&MemoryWorld::new(), name, text);
        for variant in loaded.program.unwrap().variants.keys() {
            graph_with(text, Options { variant: Some(variant.clone()), ..Options::default() });
        }
    }
}

/// `from` occurs in the text and is replaced everywhere.
fn edited(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

#[test]
fn a_hash_does_not_depend_on_how_the_file_is_written() {
    let text = stock("dashfusion");
    let hash = graph(text).hash();
    let same = [
        format!("// a comment\n\n\n{text}\n// at the end\n"),
        edited(text, "\n  let a = audio ", "\n\n  // the second stream\n  let a = audio\n    "),
        edited(text, "model DashFusion", "model Renamed"),
        // Parameter-free bindings.
        edited(text, "text_pos", "positives"),
        edited(&edited(text, "let src = ", "let source = "), "from: src", "from: source"),
        // Training settings, and a hyper of another name.
        edited(text, "batch = 16", "batch = 32"),
        edited(text, "refined", "spread_h"),
        edited(text, "hyper tau     = 0.5", "hyper tau     = 1 / 2"),
    ];
    for text in same {
        assert_eq!(graph(&text).hash(), hash, "{text}");
    }
}

#[test]
fn a_hash_depends_on_what_is_computed_and_on_where_weights_stand() {
    let text = stock("dashfusion");
    let mut hashes = vec![graph(text).hash()];
    let changed = [
        edited(text, "hyper d       = 128", "hyper d       = 64"),
        edited(text, "hyper tau     = 0.5", "hyper tau     = 0.25"),
        edited(text, "hyper refined = false", "hyper refined = true"),
        // The name of a binding that owns weights is part of their paths.
        edited(
            &edited(text, "let hb  =", "let gathered ="),
            "LayerNorm(hb + FFN(hb,",
            "LayerNorm(gathered + FFN(gathered,",
        ),
        edited(text, "loss contrast", "loss contrastive"),
    ];
    hashes.extend(changed.iter().map(|t| graph(t).hash()));
    for variant in ["no_semantic", "no_scl", "no_temporal", "no_dual", "no_hbf"] {
        hashes.push(graph_with(text, Options { variant: Some(variant.into()), ..Options::default() }).hash());
    }
    let p = Setting { name: "p".into(), value: Static::Int(4), span: Span::NONE };
    let bottleneck = graph_with(text, Options { sets: vec![p], ..Options::default() });
    hashes.push(bottleneck.hash());
    let different: std::collections::BTreeSet<_> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len(), "{hashes:#?}");
}

/// Paths and starts of the weights, types with their lengths, and the attributes of operations along time.
#[test]
fn operations_along_time() {
    let text = "
use std::{AttentionPool, BiLSTM, CrossModalTransformer, GRU, MLP, PreNormTransformerLayer, TCN, mse}
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
model Along {
  let conv     = conv1d(audio, out: 8, kernel: 3, stride: 2, groups: 1)
  let causal   = conv1d(conv, out: 8, kernel: 4, groups: 2, dilation: 2, causal: true, bias: false)
  let state    = last_state(gru(causal, hidden: 5, bidirectional: true))
  let plain    = rnn(vision, hidden: 8)
  let moved    = shift(reverse(plain), by: -1) + sinusoid(plain, width: 8)
  let smaller  = downsample(moved, by: 4, with: \"max\")
  let behind   = skip(concat(smaller, plain), rows: 1)
  let windowed = attention(behind, key: behind, value: behind, heads: 2, window: 2, causal: true, offset: 1)
  let dense    = dense(windowed)
  let stacked  = BiLSTM(vision, hidden: 4, layers: 2) |> PreNormTransformerLayer(heads: 2, ff: 6, causal: true)
  let crossed  = CrossModalTransformer(stacked, from: dense, heads: 2, ff: 6, layers: 1)
  let network  = TCN(crossed, width: 4, kernel: 2, layers: 2) |> GRU(hidden: 3)
  let pools    = concat(minpool(network), sumpool(network), stdpool(network), lsepool(network))
  let score    = concat(state, pools, AttentionPool(crossed, hidden: 6)) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}";
    insta::assert_snapshot!("operations_along_time", graph(text).to_text());
}

/// A stock model bound to the card of a data set, its text encoder included, with the recipe's hypers if it has one of
/// that name.
fn bound(text: &str, data: &str, variant: Option<&str>) -> (Graph, DimTable) {
    let loaded = Program::load_text(&MemoryWorld::new(), "model.dsl", text);
    let program = loaded.program.unwrap();
    let binding = Binding::from_card(data, None).unwrap();
    let options = Options {
        variant: variant.map(str::to_owned),
        recipe_sets: recipe_sets(&program, data).unwrap_or_default(),
        encoder: binding.encoder.as_ref().unwrap().config.statics(),
        ..Options::default()
    };
    let graph = compile(&program, &options).graph.unwrap();
    let dims = binding.dims(graph.inputs.values()).unwrap();
    (graph, dims)
}

fn shown(dims: Option<&DimTable>) -> Shown<'_> {
    Shown { dims, depth: 2, symbolic: false, plan: MemoryPlan::default(), step: None, limit: 24_000_000_000 }
}

/// The memory of training with the longest lengths.
fn step(graph: &Graph, dims: &DimTable) -> Option<Step> {
    let passes = OptLevel::default().passes();
    let steps = StepModel::of(graph, dims, &Settings::default(), passes, Target::Cpu, 1368).unwrap();
    Some(Step {
        estimate: steps.estimate(None)?,
        largest_batch: steps.largest_batch(24_000_000_000)?,
        samples: steps.samples() as u64,
        recompute: dsc_recipe::Recompute::None,
    })
}

#[test]
fn summaries_of_stock_models() {
    for (name, _) in EmbeddedWorld::models() {
        let symbolic = by_block(&Summary::of(&graph(stock(name))), &shown(None));
        insta::assert_snapshot!(format!("summary_{}", name.replace('/', "_")), symbolic);
        let (graph, dims) = bound(stock(name), "sims", None);
        let step = step(&graph, &dims);
        assert!(step.is_some(), "{name}: every name has a number");
        let numbers = by_block(&Summary::of(&graph), &Shown { step, ..shown(Some(&dims)) });
        insta::assert_snapshot!(format!("summary_{}_sims", name.replace('/', "_")), numbers);
    }
    let (graph, dims) = bound(stock("dashfusion"), "demo", None);
    let both = Shown { symbolic: true, ..shown(Some(&dims)) };
    insta::assert_snapshot!("summary_dashfusion_demo", by_block(&Summary::of(&graph), &both));
}

#[test]
fn a_summary_by_line() {
    let loaded = Program::load_text(&MemoryWorld::new(), "dashfusion.dsl", stock("dashfusion"));
    let (graph, dims) = bound(stock("dashfusion"), "sims", None);
    let costs = Costs::of(&graph);
    let (lines, summary) = (by_line(&graph, &costs, &loaded.sources), Summary::counted(&graph, &costs));
    assert_eq!(Figures::sum(lines.iter().map(|l| &l.figures)), *summary.total(), "nothing is lost between the lines");
    insta::assert_snapshot!(
        "summary_dashfusion_sims_lines",
        report::summary::by_line(&lines, &summary, &shown(Some(&dims)))
    );
}

#[test]
fn parts_add_up_to_the_whole() {
    /// Parts of a part are all of its parameters and multiply-adds.
    fn adds_up(part: &SummaryNode) {
        if !part.children.is_empty() {
            let inner = Figures::sum(part.children.iter().map(|p| &p.figures));
            assert_eq!(
                (&inner.params, &inner.multiply_adds),
                (&part.figures.params, &part.figures.multiply_adds),
                "{}",
                part.path
            );
        }
        part.children.iter().for_each(adds_up);
    }
    for (name, text) in EmbeddedWorld::models() {
        let loaded = Program::load_text(&MemoryWorld::new(), name, text);
        let variants = loaded.program.unwrap().variants;
        for variant in std::iter::once(None).chain(variants.keys().map(|v| Some(v.as_str()))) {
            let (graph, dims) = bound(text, "sims", variant);
            let (costs, summary) = (Costs::of(&graph), Summary::of(&graph));
            adds_up(&summary.root);
            let (params, dead) = count::parameters(&graph);
            assert_eq!((&summary.total().params, &summary.total().dead), (&params, &dead));
            let kept = costs.nodes().fold(Dim::from(0), |n, c| n.plus(&c.kept));
            assert_eq!(summary.total().kept, kept);
            // What training runs of anchors is the forward pass and the losses.
            let both = summary.total().multiply_adds.plus(&summary.total().loss_multiply_adds);
            assert_eq!(summary.training.anchor, both);
            assert!(Memory::of(&summary, &dims, MemoryPlan::default()).is_some(), "every name has a number");
        }
    }
}

/// Table V of the DashFusion article states no counting rule. By ours, with one query projection for all sources of an
/// attention, hierarchical fusion takes 124.8 million multiply-adds and 144.95 million with the alignment (the article
/// says 145). As equation 3 is written, each source has a query projection of its own.
#[test]
fn multiply_adds_of_the_fusion_are_those_of_table_5() {
    let fusion = |text: &str| -> (i64, i64) {
        let (graph, dims) = bound(text, "sims", None);
        let summary = Summary::of(&graph);
        let of = |block: &str| -> i64 {
            let parts = summary.root.all().into_iter().filter(|p| p.block.as_deref() == Some(block));
            parts.map(|p| p.figures.multiply_adds.eval(&dims).unwrap()).sum()
        };
        (of("Fuse"), of("Align"))
    };
    let shared = edited(
        &edited(
            &edited(stock("dashfusion"), "  t + sum o in others { CrossAttention(t, from: o, heads: heads, drop: drop) }", "  Shared(t, streams: others)"),
            "MultiCA(b, streams: streams, heads: heads, drop: drop)",
            "Shared(b, streams: streams)",
        ),
        "model DashFusion {",
        "block Shared<n, m>(x: Seq<m>[n, d], streams: [Seq<_>[_, d]]) -> Seq<m>[n, d] {\n  let q = linear(x, out: d, bias: false)\n  \
         x + sum o in streams { attention(q, key: Linear(o, out: d, bias: false), value: Weighted(o), heads: heads) }\n}\n\
         block Weighted<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { linear(x, out: d, bias: false) }\nmodel DashFusion {",
    )
    .replace("MultiCA, ", "");
    let (fuse, align) = fusion(&shared);
    assert_eq!((fuse, fuse + align), (124_776_704, 144_953_344));
    // 2 further sources for p = 8 and 4 tokens, 1 for the 39 rows of the text.
    let own = 128 * 128;
    assert_eq!(fusion(stock("dashfusion")), (fuse + 2 * (8 + 4) * own, align + 39 * own));
}
