//! The table of operations against everything that has to know an operation: the graph, the reference, the suite, the
//! parity cases. What a new entry still needs is named here, unless the compiler names it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_graph::primitives::{OPERATIONS, Operation, PRIMITIVES, Primitive, operation};
use dsc_graph::{Graph, Op};
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::Program;
use dsc_syntax::source::MemoryWorld;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How a loss reads a value of some type, whatever the type is: what nothing reads is no part of a graph.
const READ: [&str; 8] = [
    "square(r)",
    "sum_features(r)",
    "sum_features(flatten(r))",
    "sum_features(mean(r))",
    "sum_features(mean(flatten(r)))",
    "sum_features(mean(r[0]))",
    "sum x in r { sum_features(x) }",
    // A value that is known at compile time.
    "square(score)",
];

/// A model around the example of an entry, over the streams that examples read.
fn example(entry: &Primitive, read: &str) -> String {
    format!(
        "use std::{{mse}}
input text : Tokens[T]
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
input pose : Vec[fp]
label y : Real
model Example {{
  let score = scalar(linear(pose, out: 1))
  output score for y
  companions c {{ by = [pose]  class = class(y) }}
  loss prediction = mse(score, target: y)
  let r = {}
  loss example = {read}
}}
",
        entry.example,
    )
}

/// The graph of the example of an entry.
fn example_graph(entry: &Primitive) -> Graph {
    let encoder = card::encoder("bert-base-uncased").unwrap().config.statics();
    let mut faults = Vec::new();
    for read in READ {
        let loaded = Program::load_text(&MemoryWorld::new(), "example.dsl", &example(entry, read));
        let compiled = compile(&loaded.program.unwrap(), &Options { encoder: encoder.clone(), ..Options::default() });
        match compiled.graph.filter(|_| !compiled.diagnostics.has_errors()) {
            Some(graph) => return graph,
            None => faults.push(format!("{read}: {:?}", compiled.diagnostics)),
        }
    }
    panic!("`{}` as an example of `{}`:\n{}", entry.example, entry.name, faults.join("\n"));
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => collect(&path, extension, found),
                path if path.extension().is_some_and(|e| e == extension) => found.push(path),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), extension, &mut found);
    found.sort();
    found
}

/// The names of the operations in text forms.
fn printed(text: &str) -> impl Iterator<Item = &str> {
    let name = |line: &'_ str| -> Option<(usize, usize)> {
        let start = line.find(" = ")? + 3;
        let length = line.get(start..)?.find('(')?;
        Some((start, start + length))
    };
    text.lines().filter(|l| l.starts_with('%')).filter_map(move |l| name(l).map(|(a, b)| &l[a..b]))
}

/// The example of an entry is of the language, and the operation that it explains is what the example makes.
#[test]
fn examples_compile_to_the_operation_that_they_explain() {
    for entry in OPERATIONS.iter() {
        let graph = example_graph(entry);
        let is_of_graphs = Op::blank(entry.operation).is_some();
        let made =
            graph.nodes().any(|(_, node)| node.op.operation() == entry.operation && !matches!(node.op, Op::Param(_)));
        assert_eq!(made, is_of_graphs, "`{}`: {}\n{}", entry.name, entry.example, graph.to_whole_text());
    }
}

/// `dsc explain` has an entry for every name that `dsc dump` prints, and it is the entry of that very operation.
#[test]
fn every_printed_operation_has_its_entry() {
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    let mut check = |graph: &Graph| {
        let nodes = graph.nodes().filter(|(_, n)| !matches!(n.op, Op::Param(_)));
        let text = graph.to_whole_text();
        for ((_, node), name) in nodes.zip(printed(&text)) {
            let entry = operation(name).unwrap_or_else(|| panic!("`{name}` has no entry"));
            assert_eq!(entry.operation, node.op.operation(), "{name}");
            seen.insert(entry.name);
        }
    };
    for (name, text) in EmbeddedWorld::models() {
        let loaded = Program::load_text(&MemoryWorld::new(), name, text);
        let program = loaded.program.unwrap();
        let encoder = card::encoder("bert-base-uncased").unwrap().config.statics();
        for variant in std::iter::once(None).chain(program.variants.keys().cloned().map(Some)) {
            let options = Options { variant, encoder: encoder.clone(), ..Options::default() };
            check(&compile(&program, &options).graph.unwrap());
        }
    }
    OPERATIONS.iter().for_each(|entry| check(&example_graph(entry)));
    let missing: Vec<&str> = OPERATIONS
        .iter()
        .filter(|entry| Op::blank(entry.operation).is_some() && !seen.contains(entry.name))
        .map(|entry| entry.name)
        .collect();
    assert!(missing.is_empty(), "no graph has {missing:?}");
    // What was printed once and committed.
    let mut golden = 0;
    for path in files("tests/snapshots", "snap") {
        for name in printed(&std::fs::read_to_string(&path).unwrap()) {
            assert!(
                operation(name).is_some_and(|e| Op::blank(e.operation).is_some()),
                "`{name}` in {}",
                path.display()
            );
            golden += 1;
        }
    }
    assert!(golden > 100, "{golden}");
}

/// Primitives that the calls of some files lack.
fn uncalled(folder: &str, extension: &str) -> Vec<&'static str> {
    let texts: Vec<String> = files(folder, extension).iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
    let is_called = |name: &str, text: &str| {
        text.match_indices(&format!("{name}("))
            .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.'))
    };
    PRIMITIVES.iter().map(|p| p.name).filter(|name| !texts.iter().any(|text| is_called(name, text))).collect()
}

#[test]
fn every_primitive_has_a_case_of_the_suite() {
    assert_eq!(uncalled("tests/suite", "dsl"), Vec::<&str>::new(), "add a call to tests/suite/types/primitives.dsl");
}

/// Calls in the programs of the parity cases, which stand in strings; those of PyTorch have a dot in front.
#[test]
fn every_primitive_has_a_parity_case() {
    let has_none = |name: &&str| match operation(name).unwrap().operation {
        // Called as `{cell}(..)`, for all cells.
        Operation::Rnn | Operation::Lstm => false,
        // Its bits are this program's own, and tested where they are drawn.
        Operation::Dropout => false,
        // Lengths for stating types: they compute nothing.
        Operation::Longest | Operation::Most => false,
        _ => true,
    };
    let missing: Vec<&str> = uncalled("tests/parity", "py").into_iter().filter(has_none).collect();
    assert_eq!(missing, Vec::<&str>::new(), "add a case to tests/parity/cases_tensor.py or cases_sequence.py");
}
