//! `docs/released.md` shows what `dsc check` reports about the mistakes of a published program, each recreated as a case of
//! the suite. The page is generated from these cases: `DSC_BLESS=1 cargo test --test released` rewrites it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_language::lower::Options;
use dsc_language::sema::program::Program;
use dsc_project::check;
use dsc_syntax::diag::{Diagnostic, Format, render};
use dsc_syntax::source::{MemoryWorld, SourceMap};
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "# What `dsc check` reports about a published program

The program released by the authors of DashFusion differs from their article in several places, and nothing reported it:
the program runs, trains and prints plausible numbers. This page recreates each difference that a checker can detect, and
shows what `dsc check` reports before any training. Numbers in the text are those of the released program.

Other differences have correct types and cannot be detected this way: a list of ranks that is used as a list of sample
indices, or a mean over pairs that should have been a sum. The stock model `dashfusion_released` is the complete program
with every difference written out; `dsc import` reads its checkpoints.

";

/// In the order of the page, each with a title.
const CASES: &[(&str, &str)] = &[
    ("swapped_arguments", "Audio and vision exchanged"),
    ("swapped_positions", "Exchanged by position"),
    ("lost_masks", "Padding takes part in the fusion"),
    ("dead_parameters", "Layers that are never used"),
    ("dead_dropout", "Dropout whose result is discarded"),
    ("two_scales", "Two attention scales in one model"),
    ("no_negatives", "Positive pairs without negatives"),
    ("warmup", "Warm-up longer than the training"),
];

/// The opening comment, and the rest without expectations.
fn parts(text: &str) -> (String, String) {
    let (docs, code): (Vec<&str>, Vec<&str>) = text.lines().partition(|l| l.starts_with("//!"));
    let docs = docs.iter().map(|l| l.trim_start_matches("//!").trim()).collect::<Vec<_>>().join("\n");
    let shown = |line: &&str| {
        let end = ["// error[", "// warning["].iter().filter_map(|mark| line.find(mark)).min();
        line[..end.unwrap_or(line.len())].trim_end().to_owned()
    };
    (docs, code.iter().map(shown).collect::<Vec<_>>().join("\n") + "\n")
}

fn diagnose(name: &str, text: &str) -> (SourceMap, Vec<Diagnostic>) {
    let mut loaded = Program::load_text(&MemoryWorld::new(), name, text);
    let program = loaded.program.as_ref().unwrap();
    let options = Options { encoder: card::encoder("demo").unwrap().config.statics(), ..Options::default() };
    let request = check::Request { options: &options, bound: None, encoder: &card::encoder };
    loaded.diagnostics.extend(check::check(program, &request).into_sorted());
    (loaded.sources, loaded.diagnostics.into_sorted())
}

#[test]
fn the_page_is_what_the_checker_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut rows, mut sections) = (String::new(), String::new());
    for (name, title) in CASES {
        let text = std::fs::read_to_string(root.join(format!("tests/suite/released/{name}.dsl"))).unwrap();
        let (docs, code) = parts(&text);
        let (sources, found) = diagnose(&format!("{name}.dsl"), &code);
        assert!(!found.is_empty(), "{name}");
        let mut reported: Vec<String> = found.iter().map(|d| format!("`{}` {}", d.code, d.message)).collect();
        reported.dedup();
        let anchor = title.to_lowercase().replace(' ', "-");
        writeln!(rows, "| [{title}](#{anchor}) | {} |", reported.join("<br>")).unwrap();
        let shown = render(&found, &sources, Format::Full, false);
        write!(sections, "\n## {title}\n\n{docs}\n\n```\n{code}```\n\n```text\n{}\n```\n", shown.trim_end()).unwrap();
    }
    let page = format!("{HEAD}| difference | what `dsc check` reports |\n|---|---|\n{rows}{sections}");
    let path = root.join("docs/released.md");
    if std::env::var_os("DSC_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(page.lines()).find(|(a, b)| a != b);
    assert!(there == page, "docs/released.md is not what the checker says: {differs:?}; DSC_BLESS=1 writes it");
    let shown = std::fs::read_dir(root.join("tests/suite/released")).unwrap().count();
    assert_eq!(shown, CASES.len(), "every case has its place on the page");
}
