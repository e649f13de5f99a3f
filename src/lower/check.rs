//! Everything wrong with a program at once: the base, every variant, and the lints that look at all of them together.

use super::lowering::{Compiled, Options, Uses, compile};
use crate::diag::codes::{lints as lint, names, structure};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::Graph;
use crate::sema::program::{ModuleId, Program};

/// Checks base and variants (or the one variant of `options`) and lints the main file.
///
/// `options` gives the recipe's hypers, the bound dims and the encoder, as for [`compile`].
pub fn check(program: &Program, options: &Options) -> Diagnostics {
    let mut found = Diagnostics::new();
    let mut uses = Uses::default();
    let mut broken = false;
    let mut base_graph = None;
    let mut which: Vec<Option<String>> = vec![options.variant.clone()];
    if options.variant.is_none() {
        which.extend(program.variants.keys().cloned().map(Some));
    }
    for variant in which {
        let base = variant.is_none();
        let Compiled { graph, diagnostics, uses: read, .. } = compile(program, &Options { variant, ..options.clone() });
        broken |= diagnostics.has_errors();
        found.extend(diagnostics.iter().cloned());
        uses.add(read);
        if base {
            base_graph = graph;
        }
    }
    recipes_and_expects(program, &mut found);
    // After an error some of the file has not been read, and what looks unused may not be.
    if !broken {
        unread(program, &uses, &mut found);
        if let Some(graph) = base_graph {
            dead_parameters(&graph, &mut found);
        }
    }
    found
}

impl Uses {
    fn add(&mut self, other: Uses) {
        self.hypers.extend(other.hypers);
        self.imports.extend(other.imports);
        self.blocks.extend(other.blocks);
        self.inputs.extend(other.inputs);
        self.bound.extend(other.bound);
        self.read.extend(other.read);
    }
}

fn recipes_and_expects(program: &Program, found: &mut Diagnostics) {
    for name in program.recipes.keys() {
        if let Err(d) = program.recipe_chain(name) {
            found.push(d);
        }
    }
    for (expect, _) in &program.expects {
        if let Some(recipe) = &expect.recipe
            && !program.recipes.contains_key(&recipe.value)
        {
            found.push(
                Diagnostic::error(structure::E0513, format!("no recipe `{}`", recipe.value))
                    .at(recipe.span, "not a recipe of this file")
                    .did_you_mean(&recipe.value, program.recipes.keys().map(String::as_str)),
            );
        }
    }
    for name in program.variants.keys() {
        if program.recipes.contains_key(name)
            && let Some(v) = program.variants.get(name)
        {
            found.push(
                Diagnostic::error(names::E0203, format!("`{name}` is a variant and a recipe"))
                    .at(v.name.span, "rename one of them"),
            );
        }
    }
}

fn unread(program: &Program, uses: &Uses, found: &mut Diagnostics) {
    const MAIN: ModuleId = ModuleId(0);
    let Some(main) = program.main() else { return };
    for (name, (_, _, span)) in &main.imports {
        if !uses.imports.contains(name) {
            found.push(
                Diagnostic::warning(lint::W0104, format!("`{name}` is imported and never used"))
                    .at(*span, "not used")
                    .help("take it out of the `use`"),
            );
        }
    }
    for (name, hyper) in &main.hypers {
        if !uses.hypers.contains(&(MAIN, name.clone())) {
            found.push(
                Diagnostic::warning(lint::W0103, format!("hyper `{name}` is never read"))
                    .at(hyper.name.span, "setting it changes nothing")
                    .help("use it or take it away"),
            );
        }
    }
    for (name, input) in &main.inputs {
        if !uses.inputs.contains(name) {
            found.push(
                Diagnostic::warning(lint::W0106, format!("input `{name}` is never read"))
                    .at(input.name.span, "not used")
                    .help("use it or take it away"),
            );
        }
    }
    for (name, block) in &main.blocks {
        if !uses.blocks.contains(&(MAIN, name.clone())) {
            found.push(
                Diagnostic::warning(
                    lint::W0105,
                    format!("block `{name}` is never called, so its types have not been checked"),
                )
                .at(block.name.span, "not called")
                .help("call it or take it away"),
            );
        }
    }
    for (span, name) in &uses.bound {
        if !uses.read.contains(span) && !name.starts_with('_') {
            found.push(
                Diagnostic::warning(lint::W0102, format!("`{name}` is never read"))
                    .at(*span, "its value is lost")
                    .help(format!("use it, take it away, or call it `_{name}`")),
            );
        }
    }
}

/// Weights that neither output nor loss reaches, one lint per call that owns them.
fn dead_parameters(graph: &Graph, found: &mut Diagnostics) {
    let mut by_place: std::collections::BTreeMap<crate::source::Span, Vec<&crate::ir::Param>> =
        std::collections::BTreeMap::new();
    for (param, dead) in graph.params.iter().zip(graph.dead_params()) {
        if dead {
            by_place.entry(param.span).or_default().push(param);
        }
    }
    let all: Vec<&str> = by_place.values().flatten().map(|p| p.path.as_str()).collect();
    let Some((span, _)) = by_place.iter().next() else { return };
    let mut count = crate::sema::dims::Dim::from(0);
    for param in by_place.values().flatten() {
        count = count.plus(&param.shape.iter().fold(crate::sema::dims::Dim::from(1), |n, d| n.times(d)));
    }
    let shown: Vec<&str> = all.iter().take(6).copied().collect();
    let more = all.len().saturating_sub(shown.len());
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    found.push(
        Diagnostic::warning(
            lint::W0101,
            format!("{} weights ({count} parameters) reach neither an output nor a loss", all.len()),
        )
        .at(*span, "the first of them")
        .help(format!("nothing would train them: {}{tail}", shown.join(", "))),
    );
}
