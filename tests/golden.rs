//! The text form of stock models, and what their hashes depend on.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc::data::card;
use dsc::ir::{Graph, verify};
use dsc::lower::{Options, Setting, compile};
use dsc::sema::dims::Dim;
use dsc::sema::program::Program;
use dsc::sema::statics::Static;
use dsc::source::{EmbeddedWorld, MemoryWorld, Span};

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
