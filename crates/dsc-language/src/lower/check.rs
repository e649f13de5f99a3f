//! Everything wrong with a program at once: the base, every variant, and the lints that look at all of them together.

use std::collections::BTreeMap;

use super::compile::{Compiled, compile};
use super::notes::Uses;
use super::options::{Options, Setting};
use super::sets::setting;
use crate::sema::program::{ModuleId, Program};
use crate::sema::resolve::{DefId, read, unused};
use dsc_graph::dims::Dim;
use dsc_graph::{Graph, MaxOver, Op};
use dsc_syntax::ast::Ident;
use dsc_syntax::diag::codes::{lints as lint, structure};
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::Span;
use rayon::prelude::*;

/// Checks base and variants (or the one variant of `options`) and lints the main file.
///
/// `options` gives the recipe's hypers, the bound dims and the encoder, as for [`compile`].
pub fn check(program: &Program, options: &Options) -> Diagnostics {
    let mut found = Diagnostics::new();
    let mut uses = Uses::default();
    let mut broken = false;
    let mut models = models(program, options);
    let mut hashes: BTreeMap<Option<&String>, &String> = BTreeMap::new();
    for model in &mut models {
        uses.add(std::mem::take(&mut model.compiled.uses));
    }
    for Model { form, compiled, hash } in &models {
        broken |= compiled.diagnostics.has_errors();
        add(&mut found, &compiled.diagnostics, form.place.clone());
        if let (Some(graph), Some(hash)) = (&compiled.graph, hash) {
            untrainable(program, graph, &mut found);
            dropped_masks(program, graph, &mut found);
            hashes.insert(form.options.variant.as_ref(), hash);
        }
    }
    recipes(program, &mut found);
    // After an error some of the file has not been read, and what looks unused may not be.
    if !broken && program.names.is_complete() && !found.has_errors() {
        // One variant, or other hypers, may leave out what the file is there for.
        if options.variant.is_none() && options.sets.is_empty() {
            uncalled(program, &uses, &mut found);
            found.extend(unused(&program.names, &program.modules, &uses.elements));
        }
        if let Some(Compiled { graph: Some(graph), param_calls, .. }) = models.first().map(|m| &m.compiled) {
            dead_parameters(graph, param_calls, &mut found);
        }
        if options.sets.is_empty() {
            equal_variants(program, &hashes, &mut found);
        }
    }
    found
}

/// A form of the file's model that is compiled by itself: base, variant, or the base with the hypers of a recipe.
struct Form {
    options: Options,
    /// What is said along with its diagnostics.
    place: Option<(Span, String)>,
    /// Whether its graph is looked at; the base stands for what it is under a recipe.
    linted: bool,
}

struct Model {
    form: Form,
    compiled: Compiled,
    hash: Option<String>,
}

/// The base (or the one variant that is asked for) first, then variants, then recipes that set hypers: side by side, for
/// none depends on another.
fn models(program: &Program, options: &Options) -> Vec<Model> {
    let place = |name: &Ident, what: &str| Some((name.span, format!("in {what} `{}`", name.value)));
    let mut forms = vec![Form { options: options.clone(), place: None, linted: true }];
    if options.variant.is_none() {
        forms.extend(program.variants.iter().map(|(name, variant)| Form {
            options: Options { variant: Some(name.clone()), ..options.clone() },
            place: place(&variant.name, "variant"),
            linted: true,
        }));
    }
    forms.extend(program.recipes.values().filter_map(|recipe| {
        let recipe_sets = recipe_sets(program, &recipe.name.value);
        (!recipe_sets.is_empty()).then(|| Form {
            options: Options { recipe_sets, ..options.clone() },
            place: place(&recipe.name, "recipe"),
            linted: false,
        })
    }));
    let compiled = |form: Form| {
        let compiled = compile(program, &form.options);
        let hash = compiled.graph.as_ref().filter(|_| form.linted).map(Graph::hash);
        Model { form, compiled, hash }
    };
    forms.into_par_iter().map(compiled).collect()
}

/// Adds what was found in one compilation; of what has no place, once.
fn add(found: &mut Diagnostics, more: &Diagnostics, place: Option<(Span, String)>) {
    for d in more.iter() {
        if d.primary.is_none() && found.iter().any(|f| f.code == d.code && f.message == d.message) {
            continue;
        }
        found.push(match &place {
            Some((span, text)) => d.clone().because(*span, text.clone()),
            None => d.clone(),
        });
    }
}

/// The hypers that a recipe sets, base recipes first. What is wrong with them is reported elsewhere.
fn recipe_sets(program: &Program, recipe: &str) -> Vec<Setting> {
    let known = |s: &Setting| program.hyper(ModuleId(0), &s.name).is_some();
    let entries = program.recipe_chain(recipe).unwrap_or_default().into_iter().flat_map(|r| &r.entries);
    entries.filter_map(|e| setting(e)?.ok()).filter(known).collect()
}

/// A model whose losses give no weight a gradient.
fn untrainable(program: &Program, graph: &Graph, found: &mut Diagnostics) {
    // That there is no loss has been reported.
    if graph.losses.is_empty() || graph.trained_params().contains(&true) {
        return;
    }
    let why = match graph.params.is_empty() {
        true => ("the model has no weights", "`Linear(out: ..)`, `MLP(widths: ..)` and other blocks own some"),
        false => ("no loss depends on a weight", "the way from a weight to a loss must not lead through `stop_grad`"),
    };
    let mut d = Diagnostic::error(structure::E0524, format!("there is nothing to train: {}", why.0))
        .at(program.model.name.span, "no gradient reaches a weight")
        .help(why.1);
    if let Some(loss) = graph.losses.first() {
        d = d.because(loss.span, "the first loss");
    }
    found.push(d);
}

/// Sequences whose padding becomes visible, by a call in the user's files.
fn dropped_masks(program: &Program, graph: &Graph, found: &mut Diagnostics) {
    let in_std =
        |span: Span| program.modules.iter().any(|m| m.is_std && m.span.start <= span.start && span.start <= m.span.end);
    for (_, node) in graph.nodes().filter(|(_, n)| !in_std(n.span)) {
        let Op::Dense { to } = node.op else { continue };
        let rows = node.ty.len().cloned().unwrap_or_default();
        let why = match to {
            MaxOver::Batch => "predictions depend on the batch now; without `dense` every operation leaves padding out",
            MaxOver::Data => {
                "predictions depend on the longest sample of the data now; without `dense` every operation leaves padding out"
            }
        };
        found.push(
            Diagnostic::warning(lint::W0112, format!("padding becomes visible: every sample gets {} rows", rows))
                .at(node.span, "from here on, shorter samples end in rows of zeros")
                .help(why),
        );
    }
}

fn equal_variants(program: &Program, hashes: &BTreeMap<Option<&String>, &String>, found: &mut Diagnostics) {
    for (name, variant) in &program.variants {
        let base = variant.base.as_ref().map(|b| &b.value);
        let (Some(this), Some(before)) = (hashes.get(&Some(name)), hashes.get(&base)) else { continue };
        if this == before {
            let what = base.map_or_else(|| "the model".to_owned(), |b| format!("`{b}`"));
            found.push(
                Diagnostic::warning(lint::W0109, format!("variant `{name}` is the same graph as {what}"))
                    .at(variant.name.span, "its changes change nothing")
                    .help("a comparison of the two would measure chance; change something, or take it away"),
            );
        }
    }
}

impl Uses {
    fn add(&mut self, other: Uses) {
        self.blocks.extend(other.blocks);
        self.elements.extend(other.elements);
    }
}

/// Recipes that are missing or inherit in a circle, and what they set to something else than a value.
fn recipes(program: &Program, found: &mut Diagnostics) {
    for (name, recipe) in &program.recipes {
        found.extend(program.recipe_chain(name).err());
        found.extend(recipe.entries.iter().filter_map(|entry| setting(entry)?.err()));
    }
}

/// Blocks that nothing calls.
fn uncalled(program: &Program, uses: &Uses, found: &mut Diagnostics) {
    let names = &program.names;
    let read = read(names);
    let Some(main) = program.main() else { return };
    for block in main.blocks.values() {
        let name = &block.name.value;
        let called = |def: &DefId| uses.blocks.contains(def);
        let Some(def) = names.defined_at(None, block.name.span).filter(|def| !called(def)) else { continue };
        // A word of it in text that could not be read may have been a call.
        if main.unread.contains(name) {
            continue;
        }
        let help = match read.contains(&def) {
            true => "it is in a branch that nothing takes now: a variant that takes it would be checked too",
            false => "call it or take it away",
        };
        found.push(
            Diagnostic::warning(
                lint::W0105,
                format!("block `{name}` is never called, so its types have not been checked"),
            )
            .at(block.name.span, "not called")
            .help(help),
        );
    }
}

/// Weights that no loss trains, one lint per call of the file that owns them.
fn dead_parameters(graph: &Graph, calls: &[Span], found: &mut Diagnostics) {
    let mut by_call: BTreeMap<(Span, bool), Vec<&dsc_graph::Param>> = BTreeMap::new();
    let states = graph.dead_params().into_iter().zip(graph.trained_params()).zip(graph.constant_params());
    for ((param, ((dead, trained), constant)), call) in graph.params.iter().zip(states).zip(calls) {
        if !trained && !constant {
            by_call.entry((*call, dead)).or_default().push(param);
        }
    }
    for ((call, dead), params) in by_call {
        let mut count = Dim::from(0);
        for param in &params {
            count = count.plus(&param.shape.iter().fold(Dim::from(1), |n, d| n.times(d)));
        }
        let shown: Vec<&str> = params.iter().take(6).map(|p| p.path.as_str()).collect();
        let more = params.len().saturating_sub(shown.len());
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = if params.len() == 1 { "1 weight".to_owned() } else { format!("{} weights", params.len()) };
        let one = params.len() == 1;
        let state = match (dead, one) {
            (true, true) => "reaches neither an output nor a loss",
            (true, false) => "reach neither an output nor a loss",
            (false, true) => "gets no gradient from any loss",
            (false, false) => "get no gradient from any loss",
        };
        found.push(
            Diagnostic::warning(lint::W0101, format!("{what} ({count} parameters) {state}"))
                .at(call, "owned by this call")
                .help(format!("nothing would train them: {}{tail}", shown.join(", "))),
        );
    }
}
