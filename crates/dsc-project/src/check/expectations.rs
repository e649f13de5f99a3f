//! Which model an expectation is about, and its figures.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use dsc_analysis::expectation::{self, Subject};
use dsc_analysis::{MemoryPlan, Summary};
use dsc_data::card::{Card, card, encoder};
use dsc_data::{Binding, EncoderBinding};
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_graph::statics::Static;
use dsc_language::lower::{MAX_STEPS_OF_A_CHECK, Options, compile, inputs, recipe_sets};
use dsc_language::sema::program::Program;
use dsc_recipe::{Algorithm, Settings, settings_of};
use dsc_syntax::ast::Expect;
use dsc_syntax::diag::codes::hypers::E0408;
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::Span;
use rayon::prelude::*;

/// Models that are compiled side by side.
const SIDE_BY_SIDE: usize = 8;

/// Judges every claim of every `expect` item. Claims that say nothing are reported by [`lower::check`](dsc_language::lower::check).
pub(super) fn check(program: &Program, request: &Request<'_>) -> Diagnostics {
    let mut found = Diagnostics::new();
    let all_questions: Vec<_> = program.expects.iter().map(|(e, _)| (e, questions(program, request, e))).collect();
    let all: BTreeSet<&Question> = all_questions.iter().flat_map(|(_, questions)| questions).collect();
    let all: Vec<&Question> = all.into_iter().collect();
    let (mut models, mut steps) = (BTreeMap::new(), 0);
    for part in all.chunks(SIDE_BY_SIDE) {
        if steps > MAX_STEPS_OF_A_CHECK {
            break;
        }
        let answers: Vec<_> = part.par_iter().map(|question| Model::of(program, request, question)).collect();
        for (question, (model, taken)) in part.iter().zip(answers) {
            steps += taken;
            models.insert(*question, model);
        }
    }
    for (expect, questions) in &all_questions {
        if questions.iter().any(|q| !models.contains_key(q)) {
            let place = expect.claims.first().map_or(Span::NONE, |claim| claim.span);
            let message = format!("expectations take more than {MAX_STEPS_OF_A_CHECK} steps to unroll");
            let d = Diagnostic::error(E0408, message).at(place, "this and what follows is not checked");
            found.push(d.help("say for which recipe each is meant: `.. for sims`"));
            break;
        }
        for model in questions.iter().filter_map(|q| models.get(q)) {
            match model {
                Ok(Some(model)) => {
                    let subject = model.subject(program);
                    let judge = if model.whole { expectation::check } else { expectation::check_beside_faults };
                    found.extend(expect.claims.iter().filter_map(|claim| judge(claim, &subject).err()));
                }
                // What keeps it from being read is reported with the model.
                Ok(None) => {}
                Err(faults) => found.extend(faults.iter().cloned().map(|d| match &expect.recipe {
                    Some(recipe) if d.primary.is_none() => d.at(recipe.span, "required by this expectation"),
                    _ => d,
                })),
            }
        }
    }
    found
}

/// A model under a recipe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    variant: Option<String>,
    recipe: Option<String>,
}

/// The models that an expectation is about.
fn questions(program: &Program, request: &Request<'_>, expect: &Expect) -> Vec<Question> {
    let named = expect.recipe.as_ref().map(|r| r.value.clone());
    let variant = named.clone().filter(|n| program.variants.contains_key(n));
    if request.options.variant.is_some() && request.options.variant != variant {
        return Vec::new();
    }
    if let Some(recipe) = named.filter(|_| variant.is_none()) {
        let known = program.recipes.contains_key(&recipe);
        return known.then_some(Question { variant, recipe: Some(recipe) }).into_iter().collect();
    }
    let known = |name: &String| {
        let Some(card) = card_of(program, name) else { return false };
        encoder(&encoder_name(&settings(program, name, Some(card)), card)).is_ok()
    };
    let mut recipes: Vec<Option<String>> = program.recipes.keys().filter(|r| known(r)).cloned().map(Some).collect();
    if recipes.is_empty() {
        recipes.push(request.bound.map(str::to_owned));
    }
    recipes.into_iter().map(|recipe| Question { variant: variant.clone(), recipe }).collect()
}

/// The card of the data set that a recipe, or the nearest one it inherits from, is named like.
pub(super) fn card_of(program: &Program, recipe: &str) -> Option<&'static Card> {
    let chain = program.recipe_chain(recipe).ok()?;
    chain.iter().rev().find_map(|r| card(&r.name.value))
}

/// The settings of a recipe. Its faults are reported by [`check_recipes`](dsc_recipe::check_recipes).
pub(super) fn settings(program: &Program, recipe: &str, card: Option<&Card>) -> Settings {
    let request = dsc_recipe::Request {
        recipe: Some(recipe),
        data: card.map(|c| c.name),
        card: card.map(|c| (c.name, c.family, c.class_rule)),
        ..dsc_recipe::Request::default()
    };
    settings_of(&program.recipes, &request)
}

pub(super) fn encoder_name(settings: &Settings, card: &Card) -> String {
    settings.encoder.clone().unwrap_or_else(|| card.encoder.to_owned())
}

/// A compiled model with its figures.
struct Model {
    graph: Graph,
    /// Whether it has no fault; the graph of one that has shows types alone.
    whole: bool,
    summary: Summary,
    hypers: Vec<(String, Static)>,
    dims: Option<DimTable>,
    plan: MemoryPlan,
    under: String,
}

impl Model {
    /// Compiles it, as far as it goes where it has faults, which are reported with the model. And the steps that it takes.
    fn of(
        program: &Program,
        request: &Request<'_>,
        question: &Question,
    ) -> (Result<Option<Model>, Vec<Diagnostic>>, u64) {
        let mut steps = 0;
        (Self::compiled(program, request, question, &mut steps), steps)
    }

    fn compiled(
        program: &Program,
        request: &Request<'_>,
        question: &Question,
        steps: &mut u64,
    ) -> Result<Option<Model>, Vec<Diagnostic>> {
        let one = |d: Diagnostic| vec![d];
        let mut options = Options { variant: question.variant.clone(), ..request.options.clone() };
        let mut plan = MemoryPlan::default();
        if let Some(recipe) = &question.recipe {
            let card = card_of(program, recipe);
            let settings = settings(program, recipe, card);
            plan = memory_plan(&settings);
            let Ok(sets) = recipe_sets(program, recipe) else { return Ok(None) };
            options.recipe_sets = sets;
            if request.bound != Some(recipe.as_str()) || request.options.dims.is_none() {
                options.dims = None;
                if let Some(card) = card {
                    let binding = binding(request, card, &encoder_name(&settings, card)).map_err(one)?;
                    options.encoder = binding.encoder.as_ref().map(|e| e.config.statics()).unwrap_or_default();
                    options.dims = Some(binding.dims(&inputs(program, &options))?);
                }
            }
        }
        let compiled = compile(program, &options);
        let nothing = Graph::default();
        *steps = compiled.steps;
        let variant = question.variant.iter().map(|v| format!("of variant `{v}`"));
        let recipe = question.recipe.iter().map(|r| format!("with recipe `{r}`"));
        let whole = compiled.graph.is_some();
        Ok(compiled.graph.or(compiled.partial).map(|graph| Model {
            summary: Summary::of(if whole { &graph } else { &nothing }),
            graph,
            whole,
            hypers: compiled.hypers,
            dims: options.dims,
            plan,
            under: variant.chain(recipe).collect::<Vec<_>>().join(" "),
        }))
    }

    fn subject<'a>(&'a self, program: &'a Program) -> Subject<'a> {
        Subject {
            program,
            graph: &self.graph,
            summary: &self.summary,
            hypers: &self.hypers,
            dims: self.dims.as_ref(),
            plan: self.plan,
            under: &self.under,
        }
    }
}

pub(super) fn binding(request: &Request<'_>, card: &Card, name: &str) -> Result<Binding, Diagnostic> {
    let found: Result<EncoderBinding, Diagnostic> = encoder(name).or_else(|_| (request.encoder)(name));
    Ok(Binding::of_card(card, found?))
}

/// The settings of a recipe with what the card of its data set says; what is wrong with them is reported with the recipes.
pub fn recipe_settings(program: &Program, recipe: &str) -> Settings {
    settings(program, recipe, card_of(program, recipe))
}

/// How settings train.
pub fn memory_plan(settings: &Settings) -> MemoryPlan {
    let moments = match settings.optimizer.kind {
        Algorithm::Adam | Algorithm::AdamW => 2,
    };
    MemoryPlan { batch: settings.batch as u64, moments }
}
