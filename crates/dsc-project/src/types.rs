//! The type of everything that a file binds.

use dsc_language::lower::{Options, Typed, types};
use dsc_language::sema::program::{ModuleItems, Program};
use dsc_syntax::source::Span;

/// The bindings of one block, or of the model.
pub struct Section<'p> {
    /// `block Fuse`, `model DashFusion`.
    pub title: String,
    /// The name in the title.
    pub name: &'p str,
    /// From its name to the end of its body.
    pub span: Span,
    /// Its names with their types, in the order of the file.
    pub bindings: Vec<Typed>,
}

/// All bindings by the block that holds them, blocks in the order of the files.
pub fn sections<'p>(program: &'p Program, options: &Options) -> Vec<Section<'p>> {
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

/// Names and types by block, without lines: what stays as it is when a file is laid out anew.
pub fn listing(program: &Program, options: &Options) -> String {
    let mut text = String::new();
    for section in sections(program, options) {
        text.push_str(&format!("{}\n", section.title));
        for t in &section.bindings {
            text.push_str(&format!("  {} : {}\n", t.name, t.types.join(" | ")));
        }
    }
    text
}
