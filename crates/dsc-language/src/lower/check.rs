//! Everything wrong with a program at once: the base, every variant, and the lints that look at all of them together.

use std::collections::{BTreeMap, BTreeSet};

use super::alone::check_alone;
use super::budget::MAX_STEPS_OF_A_CHECK;
use super::compile::{Compiled, compile};
use super::constants::gradients;
use super::notes::Uses;
use super::options::{Options, Setting};
use super::sets::setting;
use crate::sema::program::{ModuleId, Program};
use crate::sema::resolve::{Def, DefId, DefKind, Role, STATIC_TYPES, expr_text, quoted, read, unused};
use dsc_graph::dims::DimTable;
use dsc_graph::statics::Static;
use dsc_graph::{Graph, Loss};
use dsc_syntax::ast::{Block, Change, ExprKind, Ident};
use dsc_syntax::diag::codes::hypers::{self, E0408};
use dsc_syntax::diag::codes::{lints as lint, structure, types};
use dsc_syntax::diag::{Code, Diagnostic, Diagnostics, did_you_mean};
use dsc_syntax::source::Span;
use rayon::prelude::*;

/// Checks base and variants (or the one variant of `options`) and lints the main file.
///
/// `options` gives the recipe's hypers, the bound dims and the encoder, as for [`compile`]. The base and all variants are
/// checked under each of `bindings` too: what only the numbers of the data decide is then decided.
pub fn check(program: &Program, options: &Options, bindings: &[Binding]) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Models { list: models, beyond } = models(program, options, bindings);
    let mut uses = Uses::default();
    let mut hashes: BTreeMap<Option<&String>, &String> = BTreeMap::new();
    // A `when` that has no value in a variant need not be warned of in the base.
    let of_all = models.iter().flat_map(|m| m.diagnostics.iter()).filter(|d| d.code == hypers::E0402);
    let fail_somewhere: BTreeSet<Span> = of_all.filter_map(|d| Some(d.primary.as_ref()?.span)).collect();
    for Model { form, diagnostics, uses: met, hash, .. } in &models {
        uses.add(met);
        add(&mut found, diagnostics, form.place.clone(), &fail_somewhere);
        if let Some(hash) = hash {
            hashes.insert(form.options.variant.as_ref(), hash);
        }
    }
    let lowered_with_faults = found.has_errors();
    found.extend(beyond);
    recipes(program, &mut found);
    let spoilt = Spoilt::of(program, &found);
    // What is behind a fault may not have been reached.
    let broken = lowered_with_faults || spoilt.half_read;
    let mut lost: Vec<Span> = Vec::new();
    // One variant, or other hypers, may leave out what the file is there for.
    if options.variant.is_none() && options.sets.is_empty() {
        uncalled(program, &uses, broken, &mut found);
        found.extend(check_alone(program, options, &not_lowered(program, &uses)));
        let idle: Vec<Span> = of_code(&found, lint::W0114).collect();
        // That a dropout which is never read has no effect says both.
        let is_dropout = |def: &Def| idle.iter().any(|at| is_within(*at, def.whole) && at.end == def.whole.end);
        for (def, warning) in unused(&program.names, &program.modules, &uses.elements) {
            let def = program.names.def(def);
            // One that gives a name again was reported.
            let again = program.names.is_given_again(def.span);
            let told = again || spoilt.holds(def) || warning.code == lint::W0102 && is_dropout(def);
            if !told {
                lost.extend((warning.code == lint::W0102).then_some(def.whole));
                found.push(warning);
            }
        }
    }
    lost.extend(given_twice(program));
    // Weights and dropout of a value that is never read, or whose name is given again, go with it.
    let lost = |d: &Diagnostic| {
        d.primary.as_ref().is_some_and(|l| {
            lost.iter().any(|whole| is_within(l.span, *whole)) || spoilt.calls_a_remedy(program, l.span)
        })
    };
    if let Some(base) = models.first().filter(|_| !spoilt.may_read_anything(program)) {
        found.extend(base.dead.iter().filter(|d| !lost(d)).cloned());
    }
    found.retain(|d| d.code != lint::W0114 || !lost(d));
    if options.sets.is_empty() {
        equal_variants(program, &hashes, &mut found);
    }
    found
}

/// What of the files is not sound: names that look unused may be of use once that is mended.
struct Spoilt<'p> {
    /// Words that refer to nothing: one may have been meant for a name.
    words: BTreeSet<&'p str>,
    /// Those of them that may have been meant for a value.
    values: BTreeSet<&'p str>,
    /// Words that are quoted in what mends a stream in the place of another: an input among them is of use once that is done.
    remedies: BTreeSet<String>,
    /// Places of faults.
    places: Vec<Span>,
    /// Whether some expression or parameter could not be read.
    half_read: bool,
    /// Whether the model predicts nothing and has no loss.
    rootless: bool,
    /// Whether a value stands where a number, flag or string is wanted: a hyper may have been meant.
    in_place_of_setting: bool,
}

impl<'p> Spoilt<'p> {
    fn of(program: &'p Program, found: &Diagnostics) -> Self {
        let errors = || found.iter().filter(|d| d.is_error());
        let mut places: Vec<Span> =
            errors().flat_map(|d| d.primary.iter().chain(&d.secondary)).map(|label| label.span).collect();
        let mut words = BTreeSet::new();
        let mut values = BTreeSet::new();
        let claims: Vec<Span> = program.expects.iter().flat_map(|(e, _)| &e.claims).map(|claim| claim.span).collect();
        let known = program.names.resolved_places();
        let mut half_read = program.modules.iter().any(|m| m.blocks.values().any(|block| block.params_unread));
        if !program.names.is_complete() {
            program.exprs(&mut |e| match &e.kind {
                ExprKind::Error | ExprKind::Faulty(_) => {
                    half_read = true;
                    places.push(e.span);
                }
                ExprKind::Name(name) if !known.contains(&e.span) => {
                    places.push(e.span);
                    if words.len() < MAX_MISSPELT {
                        words.insert(name.as_str());
                        // An expectation reads no value.
                        if !claims.iter().any(|claim| is_within(e.span, *claim)) {
                            values.insert(name.as_str());
                        }
                    }
                }
                _ => {}
            });
        }
        places.sort_unstable_by_key(|span| span.start);
        // Other faults say what can be done in general.
        let says_what =
            |d: &&Diagnostic| d.code == types::E0303 || d.help.as_deref().is_some_and(|h| h.ends_with(ENCODE));
        let misplaced = errors().filter(says_what).filter_map(|d| d.help.as_deref());
        let remedies = misplaced.flat_map(quoted).map(str::to_owned).collect();
        let wants_setting = |message: &str| {
            let wanted = message.split_once(" expects ").and_then(|(_, misfit)| misfit.split_once(", found "));
            // Types of values begin with a capital.
            wanted.is_some_and(|(ty, found)| STATIC_TYPES.contains(&ty) && found.starts_with(char::is_uppercase))
        };
        let in_place_of_setting = errors().any(|d| d.code == types::E0301 && wants_setting(&d.message));
        let rootless = errors().any(|d| d.code == structure::E0508);
        Spoilt { words, values, remedies, places, half_read, rootless, in_place_of_setting }
    }

    /// Whether a word refers to nothing and is like no name: it may have been meant for any value, so none is surely dead.
    fn may_read_anything(&self, program: &Program) -> bool {
        let known = || program.names.defs().map(|(_, def)| def.name.as_str());
        // A variant may name what is in a block.
        let is_own = |word: &str| program.names.defs().any(|(_, def)| def.module == ModuleId::MAIN && def.name == word);
        self.values.iter().any(|word| did_you_mean(word, known()).is_none() && !is_own(word))
    }

    /// Whether a place is a call of what mends a stream in the place of another: its result may have been meant there.
    fn calls_a_remedy(&self, program: &Program, place: Span) -> bool {
        let names = &program.names;
        let mut calls = names.uses().filter(|u| u.role == Role::Call && is_within(u.span, place));
        !self.remedies.is_empty() && calls.any(|u| self.remedies.contains(&names.def(u.def).name))
    }

    /// Whether a definition is among it.
    fn holds(&self, def: &Def) -> bool {
        let first = self.places.partition_point(|place| place.start < def.whole.start);
        let inside = self.places.get(first).is_some_and(|place| place.start < def.whole.end);
        let of_value = matches!(def.kind, DefKind::Let | DefKind::Var | DefKind::Label);
        let of_remedy = matches!(def.kind, DefKind::Input | DefKind::Import(_)) && self.remedies.contains(&def.name);
        of_remedy
            || inside && (of_value || matches!(def.kind, DefKind::Hyper | DefKind::Input))
            || self.in_place_of_setting && matches!(def.kind, DefKind::Hyper)
            || self.rootless && of_value
            || self.words.contains(def.name.as_str())
            || self.words.iter().any(|word| did_you_mean(word, [def.name.as_str()]).is_some())
    }
}

/// The data and the hypers of a recipe, which a file is checked with.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The recipe.
    pub recipe: Ident,
    /// The numbers of its data, where they are known.
    pub dims: Option<DimTable>,
    /// The configuration of its text encoder.
    pub encoder: BTreeMap<String, Static>,
}

/// A form of the file's model that is compiled by itself: base, variant, or one of them as a recipe has it.
struct Form {
    options: Options,
    /// What is said along with its diagnostics.
    place: Option<(Span, String)>,
    /// Whether its graph is looked at; base and variants stand for what they are under a recipe.
    linted: bool,
    /// Whether it has the hypers of a form that is linted, so that only its errors are of interest.
    errors_only: bool,
}

struct Model {
    form: Form,
    diagnostics: Diagnostics,
    uses: Uses,
    dead: Vec<Diagnostic>,
    hash: Option<String>,
    steps: u64,
}

struct Models {
    list: Vec<Model>,
    /// An error at the first form that was not looked at.
    beyond: Option<Diagnostic>,
}

/// Forms that are compiled side by side. One number for all machines: how far a budget goes depends on it.
const SIDE_BY_SIDE: usize = 8;
/// How the remedy for tokens in the place of a sequence ends.
const ENCODE: &str = "|> Bert()`";
/// Words that refer to nothing: more are not compared with unused names.
const MAX_MISSPELT: usize = 100;

/// The base (or the one variant that is asked for) first, then variants, then both as recipes have them: side by side, for
/// none depends on another, until the steps of a check are spent.
fn models(program: &Program, options: &Options, bindings: &[Binding]) -> Models {
    let mut rest = forms(program, options, bindings).into_iter();
    let (mut list, mut steps) = (Vec::new(), 0);
    loop {
        let forms: Vec<Form> = rest.by_ref().take(SIDE_BY_SIDE).collect();
        if forms.is_empty() {
            return Models { list, beyond: None };
        }
        if steps > MAX_STEPS_OF_A_CHECK {
            let place = forms.into_iter().find_map(|f| f.place).map_or(Span::NONE, |(span, _)| span);
            let message = format!("variants and recipes take more than {MAX_STEPS_OF_A_CHECK} steps to unroll");
            let d = Diagnostic::error(E0408, message)
                .at(place, "this and what follows is not checked")
                .help("make the loops shorter, or check one variant: `--variant NAME`");
            return Models { list, beyond: Some(d) };
        }
        let compiled: Vec<Model> = forms.into_par_iter().map(|form| model(program, form)).collect();
        steps += compiled.iter().map(|m| m.steps).sum::<u64>();
        list.extend(compiled);
    }
}

fn model(program: &Program, form: Form) -> Model {
    let Compiled { graph, mut diagnostics, uses, dead, steps, .. } = compile(program, &form.options);
    if let Some(graph) = &graph
        && let Some(mut fault) = untrainable(program, graph)
    {
        // A value that is always the same is why.
        for d in std::mem::take(&mut diagnostics).into_sorted() {
            match &d.primary {
                Some(place) if d.code == lint::W0116 => fault = fault.because(place.span, d.message.clone()),
                _ => diagnostics.push(d),
            }
        }
        diagnostics.push(fault);
    }
    let hash = graph.as_ref().filter(|_| form.linted).map(Graph::hash);
    if form.errors_only {
        let errors = std::mem::take(&mut diagnostics).into_sorted().into_iter().filter(Diagnostic::is_error);
        diagnostics.extend(errors);
    }
    Model { form, diagnostics, uses, dead, hash, steps }
}

fn forms(program: &Program, options: &Options, bindings: &[Binding]) -> Vec<Form> {
    let place = |name: &Ident, what: &str| Some((name.span, format!("in {what} `{}`", name.value)));
    let mut forms = vec![Form { options: options.clone(), place: None, linted: true, errors_only: false }];
    if options.variant.is_none() {
        forms.extend(program.variants.iter().map(|(name, variant)| Form {
            options: Options { variant: Some(name.clone()), ..options.clone() },
            place: place(&variant.name, "variant"),
            linted: true,
            errors_only: false,
        }));
    }
    let known = forms.len();
    for recipe in program.recipes.values() {
        let recipe_sets = recipe_sets(program, &recipe.name.value);
        let binding = bindings.iter().find(|b| b.recipe.value == recipe.name.value);
        if recipe_sets.is_empty() && binding.is_none() {
            continue;
        }
        // Variants, too, where the recipe has data: what only these decide may be about what a variant changes.
        let under: Vec<Form> = forms
            .iter()
            .take(if binding.is_some() { known } else { 1 })
            .map(|form| {
                let mut options = Options { recipe_sets: recipe_sets.clone(), ..form.options.clone() };
                if let Some(binding) = binding {
                    options.dims.clone_from(&binding.dims);
                    options.encoder.clone_from(&binding.encoder);
                }
                let errors_only = recipe_sets.is_empty();
                Form { options, place: place(&recipe.name, "recipe"), linted: false, errors_only }
            })
            .collect();
        forms.extend(under);
    }
    forms
}

/// Adds what was found in one compilation; of what has no place, once. What is an error somewhere is not warned of.
fn add(found: &mut Diagnostics, more: &Diagnostics, place: Option<(Span, String)>, fail_somewhere: &BTreeSet<Span>) {
    let is_told = |d: &Diagnostic| d.primary.as_ref().is_some_and(|l| fail_somewhere.contains(&l.span));
    for d in more.iter().filter(|d| d.code != lint::W0121 || !is_told(d)) {
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
fn untrainable(program: &Program, graph: &Graph) -> Option<Diagnostic> {
    let flows = gradients(graph);
    let trains = |l: &Loss| flows.get(l.value.index()) == Some(&true);
    // That there is no loss has been reported.
    if graph.losses.is_empty() || graph.losses.iter().any(trains) {
        return None;
    }
    let why = if graph.params.is_empty() {
        ("the model has no weights", "`Linear(out: ..)`, `MLP(widths: ..)` and other blocks own some")
    } else if graph.trained_params().contains(&true) {
        (
            "every loss is the same whatever the weights are",
            "a factor of 0, or the difference of a value with itself, leaves no gradient: compare the prediction with a \
             label, `mse(score, target: y)`",
        )
    } else {
        ("no loss depends on a weight", "the way from a weight to a loss must not lead through `stop_grad`")
    };
    let mut d = Diagnostic::error(structure::E0524, format!("there is nothing to train: {}", why.0))
        .at(program.model.name.span, "no gradient reaches a weight")
        .help(why.1);
    if let Some(loss) = graph.losses.first() {
        d = d.because(loss.span, "the first loss");
    }
    Some(d)
}

fn equal_variants(program: &Program, hashes: &BTreeMap<Option<&String>, &String>, found: &mut Diagnostics) {
    for (name, variant) in &program.variants {
        let base = variant.base.as_ref().map(|b| &b.value);
        let same = hashes.get(&Some(name)).zip(hashes.get(&base)).is_some_and(|(this, before)| this == before);
        // One without changes is that whatever else is wrong with the file.
        if same || base.is_none() && variant.changes.iter().all(|change| sets_what_is(program, change)) {
            let what = base.map_or_else(|| "the model".to_owned(), |b| format!("`{b}`"));
            found.push(
                Diagnostic::warning(lint::W0109, format!("variant `{name}` is the same graph as {what}"))
                    .at(variant.name.span, "its changes change nothing")
                    .help("a comparison of the two would measure chance; change something, or take it away"),
            );
        }
    }
}

/// Whether a change gives a hyper the value that it is declared with.
fn sets_what_is(program: &Program, change: &Change) -> bool {
    let Change::Set { name, value, .. } = change else { return false };
    let declared = program.hyper(ModuleId::MAIN, &name.value).map(|(_, hyper)| expr_text(&hyper.value));
    declared.is_some_and(|text| text == expr_text(value))
}

impl Uses {
    fn add(&mut self, other: &Uses) {
        self.blocks.extend(&other.blocks);
        self.lowered.extend(&other.lowered);
        self.elements.extend(&other.elements);
    }
}

/// Recipes that are missing or inherit in a circle, and what they set to something else than a value.
fn recipes(program: &Program, found: &mut Diagnostics) {
    for (name, recipe) in &program.recipes {
        found.extend(program.recipe_chain(name).err());
        found.extend(recipe.entries.iter().filter_map(|entry| setting(entry)?.err()));
    }
}

/// Blocks of the user's files whose bodies no call has checked.
fn not_lowered<'p>(program: &'p Program, uses: &Uses) -> Vec<(DefId, &'p Block)> {
    let blocks = program.modules.iter().filter(|m| !m.is_std).flat_map(|m| m.blocks.values());
    let defined = blocks.filter_map(|b| Some((program.names.defined_at(None, b.name.span)?, b)));
    defined.filter(|(def, _)| !uses.lowered.contains(def)).collect()
}

/// Blocks that nothing calls. Where the model is broken, those that nothing mentions. What only such a block calls goes
/// with it.
fn uncalled(program: &Program, uses: &Uses, broken: bool, found: &mut Diagnostics) {
    let names = &program.names;
    let read = read(names);
    let Some(main) = program.main() else { return };
    let mut list: Vec<(DefId, &Block)> = Vec::new();
    for block in main.blocks.values().filter(|block| !block.name.span.is_empty()) {
        let called = |def: &DefId| uses.blocks.contains(def);
        let Some(def) = names.defined_at(None, block.name.span).filter(|def| !called(def)) else { continue };
        // A word of it in text that could not be read may have been a call, and a fault may keep a call from being reached.
        if !(main.unread.contains(&block.name.value) || broken && read.contains(&def)) {
            list.push((def, block));
        }
    }
    let with = callers(program, &list);
    for (def, block) in &list {
        if with.get(def).is_some_and(|first| first != def) {
            continue;
        }
        // An expectation names a block without calling it.
        let help = match names.uses().any(|u| u.def == *def && u.role == Role::Call) {
            true => "it is in a branch that nothing takes now: a variant that takes it would be checked too",
            false => "call it or take it away",
        };
        let message = format!("block `{}` is never called, so only its declared types are checked", block.name.value);
        found.push(Diagnostic::warning(lint::W0105, message).at(block.name.span, "not called").help(help));
    }
}

/// For each of these blocks that only others of them mention, the one that it goes with: the first that leads to it.
fn callers(program: &Program, list: &[(DefId, &Block)]) -> BTreeMap<DefId, DefId> {
    let names = &program.names;
    let among: BTreeSet<DefId> = list.iter().map(|(def, _)| *def).collect();
    let mut outside: BTreeSet<DefId> = BTreeSet::new();
    let mut calls: BTreeMap<DefId, BTreeSet<DefId>> = BTreeMap::new();
    let mut called: BTreeSet<DefId> = BTreeSet::new();
    for u in names.uses().filter(|u| u.role.reads() && among.contains(&u.def)) {
        let caller = among.iter().find(|def| is_within(u.span, names.def(**def).whole));
        match caller {
            Some(caller) if *caller == u.def => {}
            Some(caller) => {
                calls.entry(*caller).or_default().insert(u.def);
                called.insert(u.def);
            }
            None => drop(outside.insert(u.def)),
        }
    }
    // Those that nothing of the list calls first; what is left then calls itself in a circle.
    let first = list.iter().map(|(def, _)| *def).filter(|def| !called.contains(def) || outside.contains(def));
    let mut with = BTreeMap::new();
    for root in first.chain(list.iter().map(|(def, _)| *def)).collect::<Vec<_>>() {
        let mut open = if with.contains_key(&root) { Vec::new() } else { vec![root] };
        while let Some(def) = open.pop() {
            if !with.contains_key(&def) && (def == root || !outside.contains(&def)) {
                with.insert(def, root);
                open.extend(calls.get(&def).into_iter().flatten());
            }
        }
    }
    with
}

/// The bindings whose name another one in their body has, which was reported.
fn given_twice(program: &Program) -> Vec<Span> {
    let bindings =
        || program.names.defs().map(|(_, def)| def).filter(|d| matches!(d.kind, DefKind::Let | DefKind::Var));
    let again: BTreeSet<&String> =
        bindings().filter(|d| program.names.is_given_again(d.span)).map(|d| &d.name).collect();
    bindings().filter(|d| again.contains(&d.name)).map(|d| d.whole).collect()
}

/// The places of the diagnostics of a code.
fn of_code(found: &Diagnostics, code: Code) -> impl Iterator<Item = Span> {
    found.iter().filter(move |d| d.code == code).filter_map(|d| Some(d.primary.as_ref()?.span))
}

fn is_within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
