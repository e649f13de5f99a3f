//! From the text of a model to everything that is wrong with it: `cargo bench --no-default-features --bench front_end`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dsc_data::card;
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::{Loaded, Program};
use dsc_project::{BindRequest, ModelRequest, check, options};
use dsc_syntax::source::MemoryWorld;
use dsc_testing::long_file;

/// Parses a file and resolves its names.
fn load(text: &str) -> Loaded {
    Program::load_text(&MemoryWorld::new(), "bench.dsl", text)
}

/// Without data, as `dsc check FILE` has it.
fn chosen(program: &Program) -> Options {
    options(program, &ModelRequest::default(), &BindRequest::default()).unwrap()
}

/// What `dsc check` does with a file.
fn checked(text: &str) {
    let mut loaded = load(text);
    let options = chosen(loaded.program.as_ref().unwrap());
    let request = check::Request { options: &options, bound: None, encoder: &card::encoder };
    loaded.diagnostics.extend(check::check(loaded.program.as_ref().unwrap(), &request).into_sorted());
    assert!(!loaded.diagnostics.has_errors());
}

fn front_end(c: &mut Criterion) {
    let stock = EmbeddedWorld::model("dashfusion").unwrap();
    let long = long_file(20);
    for (name, text) in [("dashfusion", stock), ("20 models in a file", long.as_str())] {
        let mut group = c.benchmark_group(name);
        group.sample_size(20);
        group.bench_function("parse", |b| b.iter(|| load(black_box(text))));
        let program = load(text).program.unwrap();
        let options = chosen(&program);
        group.bench_function("compile", |b| b.iter(|| compile(&program, &options).graph.unwrap()));
        group.bench_function("check", |b| b.iter(|| checked(black_box(text))));
        group.finish();
    }
    let mut group = c.benchmark_group("all stock models");
    group.sample_size(10);
    group.bench_function("check", |b| b.iter(|| EmbeddedWorld::models().iter().for_each(|(_, text)| checked(text))));
    group.finish();
}

criterion_group!(benches, front_end);
criterion_main!(benches);
