//! The suite: every `tests/suite/**/*.dsl` is a case that holds its own expectations.
//!
//! `// error[E0203]: part of the message` at the end of a line expects that diagnostic with its primary label on that
//! line; several on one line are separated by ` // `; a line with nothing else refers to the line above it (the
//! nearest one that is not such a line itself). `// warning[W0101]: ..` likewise. One
//! without a place is expected on the first line. Whatever is not expected, and whatever does not come, fails the suite.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc::diag::{Diagnostic, Severity, all_codes};
use dsc::source::SourceMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What the suite checks: the one place that says how far a case is compiled.
fn check(name: &str, text: &str) -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let (_, diagnostics) = dsc::syntax::parse(&sources, file);
    (sources, diagnostics)
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

/// What is wrong with one case; empty when it holds.
fn complaints(name: &str, text: &str) -> String {
    let (sources, diagnostics) = check(name, text);
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
        } else if path.extension().is_some_and(|e| e == "dsl") {
            found.push(path);
        }
    }
}

fn suite() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
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
fn every_syntax_code_has_a_case_and_an_example_that_fails() {
    let told: BTreeSet<String> = suite().iter().flat_map(|(_, text)| expectations(text)).map(|e| e.code).collect();
    for info in all_codes().filter(|c| c.code.0.starts_with("E01")) {
        assert!(told.contains(info.code.0), "no case under tests/suite expects {}", info.code);
        let (_, diagnostics) = check("example.dsl", info.example);
        let hit = diagnostics.iter().any(|d| d.code == info.code);
        assert!(hit, "the example of {} does not show it: {diagnostics:#?}", info.code);
    }
}

#[test]
fn the_harness_sees_what_is_amiss() {
    assert_eq!(complaints("a.dsl", "hyper x = 3\n"), "");
    assert_eq!(
        complaints("a.dsl", "hyper x = ; // error[E0105]: semicolon // error[E0102]: expected an expression\n"),
        ""
    );
    assert_eq!(complaints("a.dsl", "hyper x = 3;\n// error[E0105]\n"), "");
    assert!(complaints("a.dsl", "hyper x = 3;\n").contains("a.dsl:1:12: not expected: Error[E0105]"));
    assert!(complaints("a.dsl", "hyper x = 3 // error[E0105]: no\n").contains("a.dsl:1: did not come"));
    assert!(complaints("a.dsl", "hyper x = 3; // error[E0105]: other words\n").contains("not expected"));
    assert!(complaints("a.dsl", "hyper x = 3; // warning[E0105]\n").contains("did not come"));
}
