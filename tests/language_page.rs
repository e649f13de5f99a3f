//! `docs/language.md` shows whole programs, fenced as `dsl`: `dsc check` reports nothing for any of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_language::lower::Options;
use dsc_language::sema::program::Program;
use dsc_project::check;
use dsc_syntax::diag::{Diagnostic, Format, render};
use dsc_syntax::source::{MemoryWorld, SourceMap};
use std::path::Path;

/// The programs of a page, each with the line of the page that its first line is.
fn programs(page: &str) -> Vec<(usize, String)> {
    let (mut found, mut open) = (Vec::new(), None);
    for (i, line) in page.lines().enumerate() {
        match (line, open.take()) {
            ("```dsl", None) => open = Some((i + 2, String::new())),
            ("```", Some(program)) => found.push(program),
            (line, Some((first, text))) => open = Some((first, text + line + "\n")),
            (_, None) => {}
        }
    }
    assert!(open.is_none(), "the last program has no end");
    found
}

fn diagnose(name: &str, text: &str) -> (SourceMap, Vec<Diagnostic>) {
    let mut loaded = Program::load_text(&MemoryWorld::new(), name, text);
    if let Some(program) = &loaded.program {
        let options = Options { encoder: card::encoder("demo").unwrap().config.statics(), ..Options::default() };
        let request = check::Request { options: &options, bound: None, encoder: &card::encoder };
        loaded.diagnostics.extend(check::check(program, &request).into_sorted());
    } else {
        assert!(loaded.diagnostics.has_errors(), "{name}: no program and no fault");
    }
    (loaded.sources, loaded.diagnostics.into_sorted())
}

#[test]
fn the_checker_has_nothing_to_say_of_the_programs_of_the_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    let programs = programs(&std::fs::read_to_string(&path).unwrap());
    assert!(programs.len() >= 8, "{} programs", programs.len());
    let mut complaints = String::new();
    for (first, text) in &programs {
        let (sources, found) = diagnose(&format!("language_line_{first}.dsl"), text);
        complaints += &render(&found, &sources, Format::Full, false);
    }
    assert!(complaints.trim().is_empty(), "{complaints}");
}

#[test]
fn programs_are_taken_out_of_a_page() {
    let page = "text\n```\nfragment\n```\n```dsl\none\n\ntwo\n```\n```dsl\nthree\n```\n";
    assert_eq!(programs(page), [(6_usize, "one\n\ntwo\n".to_owned()), (11, "three\n".to_owned())]);
}
