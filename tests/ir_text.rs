//! The text form of graphs: what is printed is read back as the same graph; damaged text is reported as an error and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use dsc_data::card;
use dsc_graph::dims::DimTable;
use dsc_graph::{Graph, bind_text, parse, verify};
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::Program;
use dsc_syntax::source::{MemoryWorld, World};
use proptest::prelude::*;

use dsc_testing::property;
use property::{cases, tokens};

/// Files that cases of the suite import.
struct SuiteWorld;

impl World for SuiteWorld {
    fn read(&self, path: &str) -> std::io::Result<String> {
        std::fs::read_to_string(suite().join(path))
    }
}

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

/// The graphs of the base and of every variant, those that compile.
fn graphs(world: &dyn World, name: &str, text: &str) -> Vec<Graph> {
    let Some(program) = Program::load_text(world, name, text).program else { return Vec::new() };
    let encoder = card::encoder("bert-base-uncased").unwrap().config.statics();
    let variants = std::iter::once(None).chain(program.variants.keys().cloned().map(Some));
    variants
        .filter_map(|variant| {
            compile(&program, &Options { variant, encoder: encoder.clone(), ..Options::default() }).graph
        })
        .collect()
}

fn stock() -> Vec<Graph> {
    EmbeddedWorld::models().iter().flat_map(|(name, text)| graphs(&MemoryWorld::new(), name, text)).collect()
}

#[track_caller]
fn holds(graph: &Graph) {
    let text = graph.to_text();
    let read = Graph::from_text(&text).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"));
    assert!(read == *graph, "{} is another graph when it is read back", graph.name);
    assert_eq!(read.to_text(), text);
    assert_eq!(read.hash(), graph.hash());
    verify(&read, &|a, b| a == b).unwrap();
}

#[test]
fn every_stock_model_and_variant_is_read_back() {
    let all = stock();
    assert!(all.len() >= 10, "{}", all.len());
    all.iter().for_each(holds);
}

#[test]
fn every_case_of_the_suite_that_compiles_is_read_back() {
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => files(&path, found),
                path if path.extension().is_some_and(|e| e == "dsl") => found.push(path),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    files(&suite(), &mut found);
    let mut read = 0;
    for path in found {
        let name = path.strip_prefix(suite()).unwrap().display().to_string();
        for graph in graphs(&SuiteWorld, &name, &std::fs::read_to_string(&path).unwrap()) {
            holds(&graph);
            read += 1;
        }
    }
    assert!(read >= 10, "{read}");
}

#[test]
fn numbers_of_the_data_follow_the_graph() {
    let graph = &graphs(&MemoryWorld::new(), "late_fusion", EmbeddedWorld::model("late_fusion").unwrap())[0];
    let named = |list: &[(&str, i64)]| list.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    let dims = DimTable {
        widths: named(&[("fa", 33), ("fv", 709)]),
        max_lengths: named(&[("T", 39), ("Ta", 400), ("Tv", 55)]),
    };
    let parsed = parse(&format!("{}{}", graph.to_text(), bind_text(&dims))).unwrap();
    assert!(parsed.graph == *graph);
    assert_eq!(parsed.graph.bound_hash(&dims), graph.bound_hash(&dims));
    assert_eq!(parsed.dims, Some(dims));
}

/// What makes two graphs different makes them unequal.
#[test]
fn equality_sees_every_part() {
    let graph = stock().into_iter().find(|g| !g.companions.is_empty()).unwrap();
    let text = graph.to_text();
    let changes = [
        ("graph ", "graph Other"),
        ("from \"audio\"", "from \"sound\""),
        ("label y : Real", "label y : Real from \"k\""),
        ("normal(0.02)", "normal(0.03)"),
        ("encoder word.weight", "encoder words.weight"),
        (" near 2", " near 3"),
        ("] class", ", %392] class"),
        ("mul 2 add 0", "mul 2 add 1"),
        ("loss contrast", "loss other"),
    ];
    for (from, to) in changes {
        let from = if from == "graph " { text.lines().next().unwrap() } else { from };
        assert!(text.contains(from), "{from}");
        let other = Graph::from_text(&text.replacen(from, to, 1)).unwrap_or_else(|f| panic!("{to}: {f:#?}"));
        assert!(other != graph, "{to}");
        assert_ne!(other.to_text(), text, "{to}");
    }
    // Operands in another order.
    let add = text.lines().find(|l| l.contains(" = add(")).unwrap();
    let (head, rest) = add.split_once('(').unwrap();
    let (operands, tail) = rest.split_once(')').unwrap();
    let (a, b) = operands.split_once(", ").unwrap();
    let other = Graph::from_text(&text.replacen(add, &format!("{head}({b}, {a}){tail}"), 1)).unwrap();
    assert!(other != graph);
}

#[test]
fn a_graph_that_breaks_its_rules_is_read_and_then_refused() {
    let text = graphs(&MemoryWorld::new(), "audio", EmbeddedWorld::model("unimodal/audio").unwrap())[0].to_text();
    let wrong = [
        ("mean(", "maxpool(", None),
        (" : Vec[128]\n", " : Vec[127]\n", Some("its rule gives")),
        ("Seq<audio>[Ta, fa]\n", "Seq<audio>[Ta, 7]\n", Some("its rule gives Seq<audio>[Ta, fa]")),
        ("output %", "output @", Some("is no Real")),
    ];
    for (from, to, message) in wrong {
        let changed = match to {
            "output @" => {
                let line = text.lines().find(|l| l.starts_with("output")).unwrap();
                text.replace(line, "output @score.mlp.0.weight for y")
            }
            _ => text.replacen(from, to, 1),
        };
        assert_ne!(changed, text, "{from}");
        let Ok(graph) = Graph::from_text(&changed) else { continue };
        let verdict = verify(&graph, &|a, b| a == b);
        let errors = verdict.err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert_eq!(message.is_some(), !errors.is_empty(), "{to}: {errors}");
        assert!(errors.contains(message.unwrap_or("")), "{to}: {errors}");
    }
}

fn mutate(text: &str, kind: u8, a: usize, b: usize) -> String {
    let tokens = tokens(text);
    let (x, y) = (tokens[a % tokens.len()].clone(), tokens[b % tokens.len()].clone());
    let with = |part: &str| format!("{}{part}{}", &text[..x.start], &text[x.end..]);
    match kind {
        0 => with(""),
        1 => with(&text[y]),
        2 => with(&format!("{} {}", &text[x.clone()], &text[y])),
        3 => with(["(", ")", "[", "]", ",", "\"", "\\u{", "é", "\n", "@", "%", "//", "**", "-", "min("][b % 15]),
        4 => with(["0", "-1", "9223372036854775807", "18446744073709551616", "0.5", "1e999", "4294967295"][b % 7]),
        // Two lines change places.
        _ => {
            let mut lines: Vec<&str> = text.lines().collect();
            let (i, j) = (a % lines.len(), b % lines.len());
            lines.swap(i, j);
            lines.join("\n")
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]
    #[test]
    fn damaged_text_is_reported_and_nothing_else(
        which in any::<usize>(),
        changes in prop::collection::vec((0u8..6, any::<usize>(), any::<usize>()), 1..6),
    ) {
        let all = small();
        let mut text = all[which % all.len()].to_text();
        for (kind, a, b) in changes {
            text = mutate(&text, kind, a, b);
        }
        match Graph::from_text(&text) {
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                for label in faults.iter().flat_map(|f| &f.primary) {
                    prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some(), "{:?}\n{}", label, text);
                }
            }
            // What is read prints a form that is read again; the verifier has its say without panicking.
            Ok(graph) => {
                let _ = verify(&graph, &|a, b| a == b);
                let whole = graph.to_whole_text();
                prop_assert_eq!(Graph::from_text(&whole).map(|g| g == graph), Ok(true), "{}", whole);
            }
        }
    }
}

/// Small graphs with every kind of line.
fn small() -> Vec<Graph> {
    let text = "
input text : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = audio |> linear(out: 4) |> take(rows: 3)
  let h = attention(a, key: a, value: a, heads: 2, drop: 0.1)
  let unused = linear(mean(audio), out: 3)
  let score = dropout(mean(h), p: 0.5) |> linear(out: 1) |> scalar()
  output score for y
  companions c { by = [mean(h)]  class = class(y)  pos = 1  near = 1  far = 1 }
  loss prediction = square(score - y)
  loss contrast = sum x in mean(h) at c.pos { cosine(mean(h), with: x) }
}
";
    let mut all = graphs(&MemoryWorld::new(), "small.dsl", text);
    assert_eq!(all.len(), 1, "the program compiles");
    assert!(all[0].to_text().contains(" dead\n"));
    all.extend(graphs(&MemoryWorld::new(), "audio", EmbeddedWorld::model("unimodal/audio").unwrap()));
    all
}

/// The text form of a run from the time when operations of graphs had names of their own, and the hash it had then.
#[test]
fn text_with_former_names_is_read_and_keeps_its_hash() {
    let text = include_str!("fixtures/former_names.graph");
    let graph = Graph::from_text(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(graph.hash(), "5afbc7d6396ae21918bdb03a99d22709fac0b0ad11c6eca09b9e6058cd349b60");
    holds(&graph);
    let today = graph.to_text();
    let pairs = [
        ("expand(", "param("),
        ("embedding(", "embed("),
        ("max(", "maxpool("),
        ("min(", "minpool("),
        ("sum(", "sumpool("),
        ("std(", "stdpool("),
        ("logsumexp_time(", "lsepool("),
        ("concat_time(%1, %3)", "concat(%1, %3) along time"),
        ("concat(%5, %6, %7, %8, %9, %10)", "concat(%5, %6, %7, %8, %9, %10) along features"),
        ("logsumexp_features(%11)", "logsumexp(%11) over features"),
        ("logsumexp_features(%4) keep 1", "logsumexp(%4) over features keep 1"),
    ];
    for (former, name) in pairs {
        assert!(text.contains(&format!(" = {former}")), "{former}");
        assert!(today.contains(&format!(" = {name}")), "{name}\n{today}");
    }
    assert!(today.contains("logsumexp(%15, %16) : Real"), "{today}");
}
