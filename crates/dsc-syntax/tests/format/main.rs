//! The formatter: stock files are formatted; formatting keeps tree and comments, and once is enough. Style by examples in
//! `style`, texts made at random in `random`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::SourceMap;
use dsc_syntax::{ast::Module, format, parse, same_tree};

use dsc_testing::{property, root};

mod generate;
mod random;
mod style;

fn laid(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut sources = SourceMap::new();
    // A file before the one at hand, so that its offsets have a base other than 0.
    sources.add("other.dsl", "// something else\n");
    let id = sources.add("case.dsl", text);
    format(&sources, id)
}

fn tree(text: &str) -> (Module, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let id = sources.add("case.dsl", text);
    parse(&sources, id)
}

/// All that is written, comments too, without blanks and without the marks that the formatter may add or take away.
fn substance(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '(' | ')')).collect()
}

/// Formats a text that has no faults, and holds the result to what the formatter promises.
fn keeps(text: &str) -> String {
    let new = laid(text).unwrap_or_else(|f| panic!("{text}\n{f:#?}"));
    let (before, after) = (tree(text).0, tree(&new).0);
    assert!(same_tree(&before, &after), "the tree differs\n{text}\n-----\n{new}");
    assert_eq!(substance(text), substance(&new), "something is lost or moved\n{text}\n-----\n{new}");
    let again = laid(&new).unwrap();
    assert_eq!(new, again, "formatting again changes more\n{text}");
    for line in new.lines() {
        assert_eq!(line, line.trim_end(), "blanks at the end of a line\n{new}");
    }
    assert!(!new.contains("\n\n\n") && !new.starts_with('\n'), "empty lines\n{new}");
    assert!(new.is_empty() || new.ends_with('\n') && !new.ends_with("\n\n"), "the end\n{new}");
    new
}

/// The folders of the standard library and the stock models.
const STOCK: [&str; 2] = ["stdlib", "models"];

/// All `.dsl` files of some folders of the checkout.
fn files_in(folders: &[&str]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "dsl") {
                all.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!all.is_empty());
    all
}

/// All there are: stock models, standard library, the canonical example, the suite.
fn files() -> Vec<(String, String)> {
    let [stdlib, models] = STOCK;
    files_in(&[stdlib, models, "tests", "crates/dsc-syntax/tests"])
}

/// Those that have no syntax errors.
fn readable() -> Vec<String> {
    files().into_iter().map(|(_, text)| text).filter(|text| tree(text).1.is_empty()).collect()
}

#[test]
fn stock_files_are_formatted() {
    for (name, text) in files_in(&STOCK) {
        assert_eq!(laid(&text).unwrap(), text, "{name}: run `dsc fmt stdlib models`");
        assert!(text.lines().all(|l| l.chars().count() <= 120), "{name}");
    }
}

#[test]
fn every_file_keeps_its_tree_and_comments() {
    let all = readable();
    assert!(all.len() > 30, "{}", all.len());
    for text in &all {
        keeps(text);
        // Line ends of another system.
        let crlf = laid(&text.replace('\n', "\r\n")).unwrap();
        assert_eq!(crlf.replace("\r\n", "\n"), laid(text).unwrap());
        assert!(!crlf.replace("\r\n", "").contains(['\r', '\n']));
    }
}

#[test]
fn text_with_faults_has_no_layout() {
    for (name, text) in files() {
        let faults = tree(&text).1;
        match laid(&text) {
            Ok(_) => assert!(faults.is_empty(), "{name}"),
            Err(found) => assert_eq!(
                found.iter().map(|f| f.code).collect::<Vec<_>>(),
                faults.iter().map(|f| f.code).collect::<Vec<_>>(),
                "{name}"
            ),
        }
    }
}
