//! The suite: every `tests/suite/**/*.dsl` is a case with its own expectations.
//!
//! `// error[E0203]: part of the message` at the end of a line expects that diagnostic with its primary label on that
//! line; several on one line are separated by ` // `; a line with nothing else refers to the line above it (the
//! nearest one that is not such a line itself). `// warning[W0101]: ..` likewise. One
//! without a place is expected on the first line, and so is one in an imported file (these begin with `_` and are no
//! cases themselves). Whatever is not expected, and whatever does not come, fails the suite.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_language::lower::Options;
use dsc_language::sema::program::Program;
use dsc_project::check;
use dsc_syntax::diag::{Diagnostic, Severity, all_codes};
use dsc_syntax::source::{SourceMap, World};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Files that cases import, relative to `tests/suite`.
struct SuiteWorld;

impl World for SuiteWorld {
    fn read(&self, path: &str) -> std::io::Result<String> {
        std::fs::read_to_string(root().join(path))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

/// What the suite checks: the one place that says how far a case is compiled. Cases of the parser are only parsed, all
/// others checked with their variants, recipes, expectations and lints.
fn diagnose(name: &str, text: &str) -> (SourceMap, Vec<Diagnostic>) {
    if name.ends_with(".ir") {
        let found = match dsc_graph::parse(text) {
            Ok(parsed) => dsc_graph::diagnose(&parsed.graph, &|a, b| a == b),
            Err(faults) => faults,
        };
        return (SourceMap::new(), found);
    }
    if name.starts_with("syntax/") {
        let mut sources = SourceMap::new();
        let file = sources.add(name, text);
        let (_, diagnostics) = dsc_syntax::parse(&sources, file);
        return (sources, diagnostics);
    }
    let mut loaded = Program::load_text(&SuiteWorld, name, text);
    if let Some(program) = &loaded.program {
        let encoder = card::encoder("bert-base-uncased").unwrap().config.statics();
        let options = Options { encoder, ..Options::default() };
        let found = check::check(program, &check::Request { options: &options, bound: None, encoder: &card::encoder });
        loaded.diagnostics.extend(found.into_sorted());
    }
    (loaded.sources, loaded.diagnostics.into_sorted())
}

#[derive(Debug)]
struct Expected {
    line: usize,
    severity: Severity,
    code: String,
    message: String,
}

/// The expectations of a text.
fn expectations(text: &str) -> Vec<Expected> {
    let mut list = Vec::new();
    let mut target = 1;
    for (i, line) in text.lines().enumerate() {
        let marks: Vec<usize> =
            ["// error[", "// warning["].iter().flat_map(|m| line.match_indices(m)).map(|(i, _)| i).collect();
        let first = marks.iter().min().copied();
        if first.is_none_or(|at| !line[..at].trim().is_empty()) {
            target = i + 1;
        }
        let Some(first) = first else { continue };
        for part in line[first..].split("// ").filter(|p| !p.trim().is_empty()) {
            let severity = if part.starts_with("error[") { Severity::Error } else { Severity::Warning };
            let Some((code, message)) = part.split_once('[').and_then(|(_, rest)| rest.split_once("]")) else {
                continue;
            };
            let message = message.strip_prefix(':').unwrap_or(message).trim().to_owned();
            list.push(Expected { line: target, severity, code: code.to_owned(), message });
        }
    }
    list
}

/// What is wrong with one case; empty when it passes.
fn complaints(name: &str, text: &str) -> String {
    let (sources, diagnostics) = diagnose(name, text);
    let mut open = expectations(text);
    let mut out = String::new();
    for d in &diagnostics {
        let at = d.primary.as_ref().and_then(|l| sources.locate(l.span));
        let line = at.as_ref().filter(|at| at.file == name).map_or(1, |at| at.line);
        let hit = open.iter().position(|e| {
            e.line == line && e.severity == d.severity && e.code == d.code.0 && d.message.contains(&e.message)
        });
        match hit {
            Some(i) => drop(open.remove(i)),
            None => {
                let place = at.map_or_else(|| name.to_owned(), |at| at.to_string());
                writeln!(out, "  {place}: not expected: {:?}[{}]: {}", d.severity, d.code, d.message).unwrap();
            }
        }
    }
    for e in open {
        writeln!(out, "  {name}:{}: did not come: {:?}[{}]: {}", e.line, e.severity, e.code, e.message).unwrap();
    }
    out
}

fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            cases(&path, found);
        } else if path.extension().is_some_and(|e| e == "dsl")
            // Files that cases import.
            && !path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('_'))
        {
            found.push(path);
        }
    }
}

fn suite() -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    cases(&root, &mut found);
    found.sort();
    let read =
        |p: PathBuf| (p.strip_prefix(&root).unwrap().display().to_string(), std::fs::read_to_string(&p).unwrap());
    found.into_iter().map(read).collect()
}

#[test]
fn every_case_holds() {
    let all = suite();
    assert!(!all.is_empty());
    let failed: String = all.iter().map(|(name, text)| complaints(name, text)).collect();
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn every_code_of_the_front_end_has_a_case_and_an_example_that_fails() {
    let expected: BTreeSet<String> = suite().iter().flat_map(|(_, text)| expectations(text)).map(|e| e.code).collect();
    let mut missing = String::new();
    for info in all_codes() {
        let code = info.code.0;
        // W0189 is reported with the encoder available, before training, and W0192 with the device.
        let front_end = ["E01", "E02", "E03", "E04", "E05", "W"].iter().any(|p| code.starts_with(p))
            && !["W0189", "W0192"].contains(&code);
        if front_end && !expected.contains(code) {
            writeln!(missing, "no case under tests/suite expects {code}").unwrap();
        }
        if !front_end && info.example.is_empty() {
            continue;
        }
        let name = match code.get(..3) {
            Some("E01") => "syntax/example.dsl",
            Some("E10") => "example.ir",
            _ => "example.dsl",
        };
        let (_, diagnostics) = diagnose(name, info.example);
        if !diagnostics.iter().any(|d| d.code == info.code) {
            writeln!(missing, "the example of {code} does not show it: {diagnostics:#?}").unwrap();
        }
    }
    assert!(missing.is_empty(), "\n{missing}");
}

/// A text with a part of it replaced, and the same for an offset behind that part.
fn edited(text: &str, place: (usize, usize), with: &str) -> String {
    format!("{}{with}{}", &text[..place.0], &text[place.1..])
}

/// Edits that a diagnostic proposes for a file: its machine fix, and the text in its help, ``write `..` ``, in the place that it
/// marks, where that text is all of what to write.
fn remedies(d: &Diagnostic, sources: &SourceMap, name: &str) -> Vec<((usize, usize), String)> {
    let local = |span| {
        let (_, file) = sources.file_of(span).filter(|(_, file)| file.name == name)?;
        Some(((span.start - file.base) as usize, (span.end - file.base) as usize))
    };
    let fix = d.fix.as_ref().and_then(|fix| Some((local(fix.place(sources)?)?, fix.with.clone())));
    let written = d.help.as_deref().and_then(|help| help.strip_prefix("write `")?.strip_suffix('`'));
    let whole = written.filter(|text| d.fix.is_none() && !text.contains("..") && !text.contains('`'));
    let literal = whole.and_then(|text| Some((local(d.primary.as_ref()?.span)?, text.to_owned())));
    fix.into_iter().chain(literal).collect()
}

#[test]
fn every_remedy_mends_its_fault_and_breaks_nothing() {
    let (mut tried, mut failed) = (0, String::new());
    for (name, text) in suite().iter().filter(|(name, _)| !name.ends_with(".ir")) {
        let (sources, before) = diagnose(name, text);
        let key = |d: &Diagnostic| (d.code, d.message.clone());
        let count = |all: &[Diagnostic], one: &Diagnostic| all.iter().filter(|d| key(d) == key(one)).count();
        let unreadable = |all: &[Diagnostic]| all.iter().filter(|d| d.code.0.starts_with("E01")).count();
        for d in &before {
            for (place, with) in remedies(d, &sources, name) {
                tried += 1;
                let (_, after) = diagnose(name, &edited(text, place, &with));
                // The same fault may be in the file more than once.
                if count(&after, d) >= count(&before, d) {
                    writeln!(failed, "  {name}: still there after `{with}`: [{}] {}", d.code, d.message).unwrap();
                } else if unreadable(&after) > unreadable(&before) {
                    // A fault of syntax may lead to the next one of its line.
                    let new: Vec<&String> =
                        after.iter().filter(|a| count(&before, a) < count(&after, a)).map(|a| &a.message).collect();
                    writeln!(failed, "  {name}: `{with}` for [{}] {} makes {new:?}", d.code, d.message).unwrap();
                }
            }
        }
    }
    assert!(tried > 150, "{tried} remedies");
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn the_harness_sees_what_is_amiss() {
    assert_eq!(complaints("syntax/a.dsl", "hyper x = 3\n"), "");
    assert_eq!(
        complaints("syntax/a.dsl", "hyper x = ; // error[E0105]: semicolon // error[E0102]: expected an expression\n"),
        ""
    );
    assert_eq!(complaints("syntax/a.dsl", "hyper x = 3;\n// error[E0105]\n"), "");
    assert!(complaints("syntax/a.dsl", "hyper x = 3;\n").contains("syntax/a.dsl:1:12: not expected: Error[E0105]"));
    assert!(complaints("syntax/a.dsl", "hyper x = 3 // error[E0105]: no\n").contains("syntax/a.dsl:1: did not come"));
    assert!(complaints("syntax/a.dsl", "hyper x = 3; // error[E0105]: other words\n").contains("not expected"));
    assert!(complaints("syntax/a.dsl", "hyper x = 3; // warning[E0105]\n").contains("did not come"));
}

#[test]
fn a_fault_in_the_library_is_told_at_the_call_with_its_place_beside_it() {
    let text = "use std::{FrameEncoder, MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  \
                let a = FrameEncoder(audio, width: 60, heads: 8, ff: 4, layers: 1)\n  let score = mean(a) |> MLP(widths: [1]) \
                |> scalar()\n  output score for y\n  loss p = mse(score, target: y)\n}\n";
    let (sources, found) = diagnose("case.dsl", text);
    let [fault] = found.as_slice() else { panic!("{found:#?}") };
    let place = |span| sources.locate(span).unwrap().to_string();
    assert_eq!(place(fault.primary.as_ref().unwrap().span), "case.dsl:5:11");
    assert!(place(fault.secondary[0].span).starts_with("std/attention.dsl:"), "{fault:#?}");
}

#[test]
fn a_fault_of_one_variant_or_recipe_names_it() {
    let text = std::fs::read_to_string(root().join("structure/variants.dsl")).unwrap();
    let (sources, found) = diagnose("structure/variants.dsl", &text);
    let fault = found.iter().find(|d| d.code.0 == "E0301").unwrap();
    let beside = fault.secondary.iter().find(|l| l.text == "in variant `widths`").unwrap();
    assert_eq!(sources.text(beside.span), Some("widths"));
}

#[test]
fn blocks_of_the_library_have_no_fault_by_themselves() {
    let model = "input zz_x : Seq<zz>[ZT, zf]\nlabel zz_y : Real\nmodel ZZ {\n  let s = mean_features(mean(linear(zz_x, out: 4)))\n  output s for zz_y\n  loss l = square(s - zz_y)\n}\n";
    let mut failed = String::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib")).unwrap().flatten() {
        let text = format!("{}\n{model}", std::fs::read_to_string(file.path()).unwrap());
        let (_, found) = diagnose("library.dsl", &text);
        for d in found.iter().filter(|d| d.is_error()) {
            writeln!(failed, "{}: {}", file.path().display(), d.message).unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}
