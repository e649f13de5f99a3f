//! `dsc fmt FILE..`

use super::files::{replace, unified};
use super::{Exit, Output};
use dsc_language::EmbeddedWorld;
use dsc_project::files::dsl_files;
use dsc_syntax::diag::codes::names::E0202;
use dsc_syntax::diag::codes::run::E0931;
use dsc_syntax::diag::{Diagnostic, MAX_ERRORS, to_json};
use dsc_syntax::format;
use dsc_syntax::source::SourceMap;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// `dsc fmt`.
///
/// The tree and the comments of a file stay as they are, and formatting twice changes nothing more. A file with syntax errors
/// is left alone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, folders (every .dsl file below them), or `-` for standard input to standard output
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing, list the files that would change; exit code 1 if there are any
    #[arg(long)]
    check: bool,
    /// As --check, and show the changes (so does --check -v)
    #[arg(long)]
    diff: bool,
}

/// What became of a file.
enum Outcome {
    /// It is as it should be.
    Unchanged,
    /// It was, or would be, changed to this.
    Changed(String),
    /// It has no layout, or could not be read or written.
    Faulty(Vec<Diagnostic>),
}

/// One file of the command line.
struct File {
    name: String,
    sources: SourceMap,
    text: String,
    outcome: Outcome,
}

/// Formats files in place, or tells which of them are not formatted.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let check = args.check || args.diff;
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for given in &args.files {
        if given.as_os_str() == "-" {
            if seen.insert(PathBuf::from("-")) {
                files.push(standard_input(check, out));
            }
            continue;
        }
        let mut found = Vec::new();
        if let Err(why) = dsl_files(given, &mut found) {
            files.push(unreadable(given, &why));
        }
        for path in found {
            if seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
                files.push(one(&path, check));
            }
        }
    }
    let show_changes = args.diff || (check && out.args().verbose > 0);
    if out.is_json() {
        let list: Vec<Value> = files.iter().map(|f| as_json(f, check, show_changes)).collect();
        out.json(&json!({ "files": list }));
    } else {
        for file in &files {
            report(file, check, show_changes, out);
        }
        summary(&files, check, out);
    }
    let faulty = files.iter().any(|f| matches!(f.outcome, Outcome::Faulty(_)));
    let changed = files.iter().any(|f| matches!(f.outcome, Outcome::Changed(_)));
    if faulty || (check && changed) { Exit::Faults } else { Exit::Done }
}

fn unreadable(path: &Path, why: &io::Error) -> File {
    let name = path.display().to_string();
    let mut fault = Diagnostic::error(E0202, format!("cannot read `{name}`: {why}"));
    if EmbeddedWorld::model(&name).is_some() {
        fault = fault.help(format!("`dsc models show {name}` prints the stock model; save it to a file first"));
    }
    File { name, sources: SourceMap::new(), text: String::new(), outcome: Outcome::Faulty(vec![fault]) }
}

/// Formats a text.
fn laid_out(name: String, text: String) -> File {
    let mut sources = SourceMap::new();
    let id = sources.add(name.clone(), text.clone());
    let outcome = match format(&sources, id) {
        Ok(new) if new == text => Outcome::Unchanged,
        Ok(new) => Outcome::Changed(new),
        Err(faults) => Outcome::Faulty(faults),
    };
    File { name, sources, text, outcome }
}

/// Formats a file, in place unless it is only to be checked.
fn one(path: &Path, check: bool) -> File {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) => return unreadable(path, &why),
    };
    let mut file = laid_out(path.display().to_string(), text);
    if let Outcome::Changed(new) = &file.outcome
        && !check
        && let Err(why) = replace(path, new)
    {
        let fault = Diagnostic::error(E0931, format!("cannot write `{}`: {why}", file.name));
        file.outcome = Outcome::Faulty(vec![fault]);
    }
    file
}

fn standard_input(check: bool, out: &mut Output) -> File {
    let name = "<stdin>".to_owned();
    let mut text = String::new();
    if let Err(why) = io::stdin().read_to_string(&mut text) {
        return File { name, ..unreadable(Path::new("standard input"), &why) };
    }
    let file = laid_out(name, text);
    if !check && !out.is_json() {
        match &file.outcome {
            Outcome::Unchanged => write_text(&file.text, out),
            Outcome::Changed(new) => write_text(new, out),
            Outcome::Faulty(_) => {}
        }
    }
    file
}

fn write_text(text: &str, out: &mut Output) {
    if !text.is_empty() {
        out.verbatim(text.strip_suffix('\n').unwrap_or(text));
    }
}

fn report(file: &File, check: bool, show_changes: bool, out: &mut Output) {
    match &file.outcome {
        Outcome::Unchanged => {}
        Outcome::Changed(_) if !check => {
            if out.args().verbose > 0 {
                out.note(format_args!("formatted {}", file.name));
            }
        }
        Outcome::Changed(_) if !show_changes => out.line(&file.name),
        Outcome::Changed(new) => {
            let changes = changes(file, new, out.color());
            out.painted(changes.trim_end_matches('\n'));
        }
        Outcome::Faulty(faults) => {
            let shown: Vec<_> = faults.iter().take(MAX_ERRORS).cloned().collect();
            // The exit code is that of all files together.
            let _ = out.diagnostics(&shown, &file.sources);
        }
    }
}

fn summary(files: &[File], check: bool, out: &mut Output) {
    let of = |what: fn(&Outcome) -> bool| files.iter().filter(|f| what(&f.outcome)).count();
    let changed = of(|o| matches!(o, Outcome::Changed(_)));
    let counts = [
        (changed, if check { "would change" } else { "formatted" }),
        (of(|o| matches!(o, Outcome::Unchanged)), "as formatted"),
        (of(|o| matches!(o, Outcome::Faulty(_))), "left alone because of errors"),
    ];
    let parts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let only_input = matches!(files, [file] if file.name == "<stdin>");
    if parts.is_empty() {
        out.note("no .dsl files found");
    } else if check || !only_input {
        out.note(format_args!("files: {}", parts.join(", ")));
    }
}

fn changes(file: &File, new: &str, color: bool) -> String {
    unified((&file.name, &file.text), (&format!("{} (formatted)", file.name), new), color)
}

fn as_json(file: &File, check: bool, show_changes: bool) -> Value {
    let mut map = serde_json::Map::new();
    map.insert("file".into(), json!(file.name));
    let state = match &file.outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Changed(_) if check => "would change",
        Outcome::Changed(_) => "formatted",
        Outcome::Faulty(_) => "faulty",
    };
    map.insert("state".into(), json!(state));
    match &file.outcome {
        Outcome::Changed(new) if show_changes => {
            map.insert("diff".into(), json!(changes(file, new, false)));
        }
        // Standard input has no place to be written back to.
        Outcome::Changed(text) if !check && file.name == "<stdin>" => drop(map.insert("text".into(), json!(text))),
        Outcome::Unchanged if !check && file.name == "<stdin>" => drop(map.insert("text".into(), json!(file.text))),
        Outcome::Faulty(faults) => drop(map.insert("diagnostics".into(), to_json(faults, &file.sources))),
        _ => {}
    }
    Value::Object(map)
}
