//! What differs between two models: every variant of the stock model against its baseline, and edited files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_analysis::diff::{Change, Difference, Hyper, Side, Style, diff, hypers};
use dsc_data::{Binding, card};
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_graph::statics::Static;
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, Setting, compile};
use dsc_language::sema::program::Program;
use dsc_syntax::source::{MemoryWorld, SourceMap, Span};

struct Model {
    label: String,
    graph: Graph,
    hypers: Vec<Hyper>,
    sources: SourceMap,
    dims: Option<DimTable>,
}

impl Model {
    fn new(file: &str, text: &str, variant: Option<&str>, sets: &[(&str, i64)]) -> Model {
        let loaded = Program::load_text(&MemoryWorld::new(), file, text);
        assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
        let set = |(name, n): &(&str, i64)| Setting { name: (*name).into(), value: Static::Int(*n), span: Span::NONE };
        let options = Options {
            variant: variant.map(str::to_owned),
            sets: sets.iter().map(set).collect(),
            encoder: card::encoder("bert-base-uncased").unwrap().config.statics(),
            ..Options::default()
        };
        let program = loaded.program.unwrap();
        let compiled = compile(&program, &options);
        assert!(!compiled.diagnostics.has_errors(), "{:#?}", compiled.diagnostics);
        let hypers = hypers(&program, &options, &compiled.hypers, &loaded.sources);
        let label = variant.map_or_else(|| file.to_owned(), |v| format!("{file}#{v}"));
        Model { label, graph: compiled.graph.unwrap(), hypers, sources: loaded.sources, dims: None }
    }

    fn stock(variant: Option<&str>) -> Model {
        Model::new("dashfusion.dsl", EmbeddedWorld::model("dashfusion").unwrap(), variant, &[])
    }

    fn bound(mut self) -> Model {
        let binding = Binding::from_card("mosi", Some("bert-base-uncased")).unwrap();
        self.dims = Some(binding.dims(self.graph.inputs.values()).unwrap());
        self
    }

    fn side(&self) -> Side<'_> {
        Side {
            label: &self.label,
            graph: &self.graph,
            hypers: &self.hypers,
            sources: &self.sources,
            dims: self.dims.as_ref(),
            macs: None,
        }
    }

    fn against(&self, other: &Model) -> Difference {
        diff(&self.side(), &other.side())
    }
}

/// The stock model with a place in it replaced.
fn edited(from: &str, to: &str) -> Model {
    let text = EmbeddedWorld::model("dashfusion").unwrap();
    assert!(text.contains(from), "{from}");
    Model::new("mine.dsl", &text.replacen(from, to, 1), None, &[])
}

fn text(difference: &Difference) -> String {
    difference.to_text(Style::default())
}

/// Hashes change with every change of a stock model; that they differ is tested elsewhere.
fn snapshot(name: &str, text: String) {
    insta::with_settings!({ filters => vec![("[0-9a-f]{64}", "[hash]")] }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn variants_of_the_stock_model() {
    let base = Model::stock(None);
    for variant in ["no_semantic", "no_scl", "no_temporal", "no_dual", "no_hbf"] {
        let difference = base.against(&Model::stock(Some(variant)));
        assert!(!difference.equal);
        snapshot(&format!("diff_{variant}"), text(&difference));
    }
}

#[test]
fn a_model_equals_itself_however_it_is_written() {
    let base = Model::stock(None);
    let moved = edited("model DashFusion", "\n\n// moved\nmodel DashFusion");
    let difference = base.against(&moved);
    assert!(difference.equal && difference.bindings.is_empty());
    assert_eq!(text(&difference), format!("dashfusion.dsl -> mine.dsl\nequal: graph hash {}\n", base.graph.hash()));
    // A hyper that nothing takes makes no difference, and that is said.
    let unread = edited("hyper refined = false", "hyper refined = false\nhyper more = 7");
    let difference = base.against(&unread);
    assert!(difference.equal);
    assert!(
        text(&difference).contains("hypers that make no difference to the graph\n  + more"),
        "{}",
        text(&difference)
    );
}

#[test]
fn data_count_where_both_models_are_bound() {
    let (plain, bound) = (Model::stock(None), Model::stock(None).bound());
    assert!(plain.against(&bound).equal && bound.against(&plain).equal && bound.against(&bound).equal);
    let mut wider = Model::stock(None).bound();
    wider.dims.as_mut().unwrap().widths.insert("fa".into(), 1000);
    let difference = bound.against(&wider);
    assert!(!difference.equal && difference.parameters.is_empty(), "{difference:#?}");
    assert!(text(&difference).contains("equal but for the data's dims"), "{}", text(&difference));
}

#[test]
fn a_changed_expression_is_shown_with_both_lines() {
    let mine =
        edited("LayerNorm(hb + FFN(hb, hidden: ff, drop: drop))", "LayerNorm(b + FFN(hb, hidden: ff, drop: drop))");
    snapshot("diff_expression", text(&Model::stock(None).against(&mine)));
}

#[test]
fn a_changed_weight_of_a_loss_is_a_number() {
    let mine = edited("loss contrast   = lambda", "loss contrast   = 0.7");
    let difference = Model::stock(None).against(&mine);
    let [loss] = difference.losses.as_slice() else { panic!("{difference:#?}") };
    assert_eq!((loss.details[0].what.as_str(), &*loss.details[0].a, &*loss.details[0].b), ("weight", "0.2", "0.7"));
    assert_eq!(loss.details.len(), 1, "{difference:#?}");
    assert!(difference.bindings.is_empty() && difference.parameters.is_empty(), "{difference:#?}");
}

#[test]
fn another_width_is_reported_by_groups_of_parameters() {
    let text_of = |sets: &[(&str, i64)]| {
        let other = Model::new("dashfusion.dsl", EmbeddedWorld::model("dashfusion").unwrap(), None, sets).bound();
        text(&Model::stock(None).bound().against(&other))
    };
    snapshot("diff_width", text_of(&[("d", 64)]));
    // The same layers in several places are one line.
    snapshot("diff_hidden", text_of(&[("ff", 512), ("heads", 4)]));
}

#[test]
fn parts_that_come_and_go() {
    let mine = edited(
        "  output score for y",
        "  let extra = mean(a) |> MLP(widths: [1]) |> scalar()\n  output score for y\n  loss audio_alone = mse(extra, target: y)",
    );
    snapshot("diff_new_loss", text(&Model::stock(None).against(&mine)));
    snapshot("diff_new_loss_gone", text(&mine.against(&Model::stock(None))));
}

#[test]
fn other_companions_inputs_and_blocks() {
    let mine = edited("near = 2  far = 2  pool = 10", "near = 1  far = 3  pool = 20");
    let difference = Model::stock(None).against(&mine);
    let [companions] = difference.companions.as_slice() else { panic!("{difference:#?}") };
    let what: Vec<&str> = companions.details.iter().map(|d| d.what.as_str()).collect();
    assert_eq!(what, ["near", "far", "pool"]);

    let mine = edited("input audio  : Seq<audio>[Ta, fa]", "input audio  : Seq<audio>[Ta, fa] from \"covarep\"");
    let difference = Model::stock(None).against(&mine);
    assert_eq!(difference.inputs[0].details[0].b, "covarep");
    assert_eq!(difference.inputs[0].a.as_ref().unwrap().line, 20, "{difference:#?}");

    let mine = edited(
        "let v = vision |> FrameEncoder(width: d, heads: heads, ff: ff, layers: layers, drop: drop)",
        "let v = vision |> Linear(out: d)",
    );
    let difference = Model::stock(None).against(&mine);
    let calls: Vec<_> = difference.calls.iter().map(|c| (c.change, c.names.join(" "))).collect();
    assert_eq!(calls, [(Change::Removed, "v.frame_encoder".to_owned()), (Change::Added, "v.linear".to_owned())]);
    let groups: Vec<_> = difference.parameters.iter().map(|g| (g.change, g.pattern.as_str(), g.list.len())).collect();
    assert_eq!(groups, [(Change::Removed, "v.frame_encoder.**", 26), (Change::Added, "v.linear.**", 2)]);
}

#[test]
fn a_block_that_a_variant_replaces_shows_its_own_lines() {
    let model = EmbeddedWorld::model("dashfusion").unwrap();
    let text_with = format!(
        "{model}\nvariant summed {{\n  block Align<n, m>(t: Seq<m>[n, d], others: [Seq<_>[_, d]]) -> Seq<m>[n, d] {{\n    LayerNorm(t + sum o in others {{ CrossAttention(t, from: o, heads: heads, drop: drop) }})\n  }}\n}}\n"
    );
    let (a, b) = (Model::new("m.dsl", &text_with, None, &[]), Model::new("m.dsl", &text_with, Some("summed"), &[]));
    snapshot("diff_block", text(&a.against(&b)));
}

#[test]
fn renamed_bindings_without_weights_are_no_difference_of_their_readers() {
    let model = EmbeddedWorld::model("dashfusion").unwrap();
    let renamed = model.replace("text_pos", "positives").replace("hyper tau     = 0.5", "hyper tau     = 0.25");
    let mine = Model::new("mine.dsl", &renamed, None, &[]);
    let difference = Model::stock(None).against(&mine);
    assert!(difference.losses.is_empty(), "{difference:#?}");
    let names = |change: Change| -> Vec<String> {
        difference.bindings.iter().filter(|b| b.change == change).flat_map(|b| b.names.clone()).collect()
    };
    assert_eq!(names(Change::Removed), ["text_pos"]);
    assert_eq!(names(Change::Added), ["positives"]);
    assert!(
        names(Change::Changed).iter().all(|n| n.contains("nt_xent.near") || n.contains("nt_xent.far")),
        "{difference:#?}"
    );
}

#[test]
fn unlike_models_are_compared_too_and_always_in_one_way() {
    let models: Vec<(&str, Model)> =
        EmbeddedWorld::models().iter().map(|(n, t)| (*n, Model::new(&format!("{n}.dsl"), t, None, &[]))).collect();
    for (a, x) in &models {
        for (b, y) in &models {
            let difference = x.against(y);
            assert_eq!(difference.equal, x.graph.hash() == y.graph.hash(), "{a} {b}");
            assert_eq!(text(&difference), text(&x.against(y)));
            let back = y.against(x);
            let count = |d: &Difference, change: Change| {
                d.parameters.iter().filter(|g| g.change == change).map(|g| g.list.len()).sum::<usize>()
            };
            assert_eq!(count(&difference, Change::Added), count(&back, Change::Removed), "{a} {b}");
        }
    }
}

#[test]
fn the_whole_list_has_every_parameter_once() {
    let difference = Model::stock(None).against(&Model::stock(Some("no_hbf")));
    let style = Style { all: true, color: false };
    let all = difference.to_text(style);
    let fuse: Vec<&str> =
        all.lines().map(str::trim).filter(|l| l.starts_with("fuse.0.") || l.starts_with("fuse.1.")).collect();
    assert_eq!(fuse.len(), 122, "{all}");
    let json = serde_json::to_value(&difference).unwrap();
    assert_eq!(json["parameters"][0]["pattern"], "fuse.**");
    assert_eq!(json["hypers"][0]["details"][0]["b"], "0");
    let colored = difference.to_text(Style { all: false, color: true });
    assert!(colored.contains("\x1b[31m  - fuse.**") && !text(&difference).contains('\x1b'), "{colored}");
}
