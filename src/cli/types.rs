//! What `--types` shows: the type of everything that a file binds.

use super::{Exit, Output};
use crate::diag::{Diagnostic, Format, render};
use crate::lower::{Options, Typed, types};
use crate::sema::program::{ModuleItems, Program};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};

/// The bindings of one block, or of the model.
struct Section<'p> {
    /// `block Fuse`, `model DashFusion`.
    title: String,
    /// The name in the title.
    name: &'p str,
    /// From its name to the end of its body.
    span: Span,
    bindings: Vec<Typed>,
}

/// All bindings by the block that they stand in, blocks in the order of the files.
fn sections<'p>(program: &'p Program, options: &Options) -> Vec<Section<'p>> {
    let blocks = |m: &'p ModuleItems| m.blocks.values().map(|b| ("block", &b.name, b.body.span));
    let model = ("model", &program.model.name, program.model.body.span);
    let users = program.modules.iter().filter(|m| !m.is_std).flat_map(blocks);
    let mut all: Vec<Section<'p>> = users
        .chain([model])
        .map(|(what, name, body)| Section {
            title: format!("{what} {}", name.value),
            name: &name.value,
            span: name.span.to(body),
            bindings: Vec::new(),
        })
        .collect();
    all.sort_by_key(|s| s.span);
    let mut outside = Vec::new();
    for typed in types(program, options) {
        let holds = |s: &&mut Section<'_>| s.span.start <= typed.span.start && typed.span.end <= s.span.end;
        match all.iter_mut().find(holds) {
            Some(section) => section.bindings.push(typed),
            // A parameter of a hyper, or what the expression of a variant binds within.
            None => outside.push(typed),
        }
    }
    if !outside.is_empty() {
        let span = outside.first().map_or(Span::NONE, |t| t.span);
        all.push(Section { title: "hypers and variants".to_owned(), name: "", span, bindings: outside });
        all.sort_by_key(|s| s.span);
    }
    all.retain(|s| !s.bindings.is_empty());
    all
}

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

/// Names and types by block, without lines: what stays as it is when a file is laid out anew.
pub(super) fn listing(program: &Program, options: &Options) -> String {
    let mut text = String::new();
    for section in sections(program, options) {
        text.push_str(&format!("{}\n", section.title));
        for t in &section.bindings {
            text.push_str(&format!("  {} : {}\n", t.name, t.types.join(" | ")));
        }
    }
    text
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
