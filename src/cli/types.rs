//! What `--types` shows: the type of everything that a file binds.

use super::{Exit, Output};
use dsc_language::lower::Options;
use dsc_language::sema::program::Program;
use dsc_project::types::sections;
use dsc_syntax::diag::{Diagnostic, Format, render};
use dsc_syntax::source::SourceMap;
use serde_json::{Value, json};

/// Prints diagnostics and types; as JSON in one object.
pub(super) fn print(
    found: &[Diagnostic],
    program: &Program,
    options: &Options,
    sources: &SourceMap,
    out: &mut Output,
) -> Exit {
    if out.is_json() {
        let diagnostics: Value = serde_json::from_str(&render(found, sources, Format::Json, false)).unwrap_or_default();
        out.json(&json!({ "diagnostics": diagnostics, "types": as_json(program, options, sources) }));
        return if found.iter().any(Diagnostic::is_error) { Exit::Faults } else { Exit::Done };
    }
    let exit = out.diagnostics(found, sources);
    show(program, options, sources, out);
    exit
}

/// One object per binding.
fn as_json(program: &Program, options: &Options, sources: &SourceMap) -> Value {
    let each = sections(program, options).into_iter().flat_map(|s| s.bindings.into_iter().map(move |t| (s.name, t)));
    each.map(|(block, t)| {
        let at = sources.locate(t.span);
        json!({
            "block": block, "name": t.name, "types": t.types, "file": at.as_ref().map(|a| &a.file),
            "line": at.as_ref().map(|a| a.line), "column": at.as_ref().map(|a| a.column),
        })
    })
    .collect()
}

/// A paragraph per block, a line per binding.
fn show(program: &Program, options: &Options, sources: &SourceMap, out: &mut Output) {
    for (i, section) in sections(program, options).into_iter().enumerate() {
        if i > 0 {
            out.line("");
        }
        match sources.locate(section.span) {
            Some(at) if !section.name.is_empty() => {
                out.line(format_args!("{}  {}:{}", section.title, at.file, at.line))
            }
            _ => out.line(section.title),
        }
        let width = section.bindings.iter().map(|t| t.name.len()).max().unwrap_or_default();
        for t in &section.bindings {
            let line = sources.locate(t.span).map_or(0, |at| at.line);
            for (i, ty) in t.types.iter().enumerate() {
                match i {
                    0 => out.line(format_args!("{line:>5}  {:width$}  {ty}", t.name)),
                    _ => out.line(format_args!("{:>5}  {:width$}  {ty}", "", "")),
                }
            }
        }
    }
}
