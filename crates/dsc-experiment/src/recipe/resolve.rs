//! From recipes, environment and command line to settings.

use indexmap::IndexMap;

use super::keys::{Entry, KEYS, apply};
use super::settings::{Origin, Settings, Standardize};
use super::value::Value;
use crate::metrics::{Direction, Family, Select};
use crate::retrieval::ClassRule;
use dsc_syntax::ast::{Recipe, RecipeEntry, SettingValue};
use dsc_syntax::diag::codes::run::{E0901, E0903, E0904, E0905, E0963};
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::Span;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// `--recipe NAME`; without it the recipe named like the data set, if there is one.
    pub recipe: Option<&'a str>,
    /// Name of the data set (`sims`), or the stem of the data file (`mosi_real`).
    pub data: Option<&'a str>,
    /// What the card of a known data set says: its name, metrics and classes.
    pub card: Option<(&'a str, Family, ClassRule)>,
    /// Environment variables, `DSC_EPOCHS` = `3`; those that name no key are not looked at.
    pub environment: &'a [(String, String)],
    /// Settings of the command line, in order: option as written, key, value.
    pub command_line: &'a [(String, String, String)],
}

/// Settings with their history.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The recipe that was used.
    pub recipe: Option<String>,
    /// The settings.
    pub settings: Settings,
    /// Where each came from, by key, for those that are no defaults.
    pub origins: IndexMap<String, Origin>,
    /// Warnings, such as a selection of the worst epoch.
    pub warnings: Vec<Diagnostic>,
}

/// The environment variable of a key: `DSC_OPTIMIZER_LR` of `optimizer.lr`.
pub fn environment_name(key: &str) -> String {
    format!("DSC_{}", key.replace('.', "_").to_uppercase())
}

/// The settings of one training.
///
/// # Errors
/// All faults at once: `E0901` unknown keys, `E0902` values that a key does not take, `E0903` recipes that are not there,
/// `E0904` recipes that inherit in a circle, `E0963` a metric that the family lacks.
pub fn resolve(recipes: &[Recipe], request: &Request<'_>) -> Result<Resolved, Vec<Diagnostic>> {
    let mut diagnostics = Diagnostics::new();
    let mut settings = Settings::default();
    let mut origins: IndexMap<String, Origin> = IndexMap::new();
    if let Some((name, family, class)) = request.card {
        (settings.family, settings.class) = (family, class);
        for key in ["family", "class"] {
            origins.insert(key.into(), Origin::Card(name.into()));
        }
    } else if request.data.is_some() {
        // Nobody knows the scales of an unknown file; the known data sets are used as their authors made them.
        settings.standardize = Standardize::Train;
    }
    let start = match request.recipe {
        Some(name) => {
            let found = recipes.iter().find(|r| r.name.value == name);
            if found.is_none() {
                diagnostics.push(no_recipe(recipes, name));
            }
            found
        }
        None => request.data.and_then(|data| recipes.iter().find(|r| r.name.value == data)),
    };
    let chain = start.map(|r| chain(recipes, r, &mut diagnostics)).unwrap_or_default();

    let (mut select_span, mut warmup_span) = (Span::NONE, Span::NONE);
    let mut put =
        |settings: &mut Settings, entry: &Entry<'_>, origin: Origin, diagnostics: &mut Diagnostics| match apply(
            settings, entry,
        ) {
            Ok(()) => {
                if entry.key == "optimizer" {
                    origins.retain(|key, _| !key.starts_with("optimizer."));
                }
                match entry.key.as_str() {
                    "select" => select_span = entry.value_span,
                    "warmup" => warmup_span = entry.value_span,
                    _ => {}
                }
                origins.insert(entry.key.clone(), origin);
            }
            Err(d) => diagnostics.push(d),
        };
    for recipe in chain {
        for item in &recipe.entries {
            match item {
                RecipeEntry::Key { path, value, span } => {
                    let origin = Origin::Recipe(recipe.name.value.clone());
                    put(&mut settings, &entry_of(path, value, *span), origin, &mut diagnostics);
                }
                // The compiler's business.
                RecipeEntry::Set { .. } | RecipeEntry::Error(_) => {}
            }
        }
    }
    for info in KEYS {
        let variable = environment_name(info.name);
        if let Some((_, text)) = request.environment.iter().find(|(name, text)| *name == variable && !text.is_empty()) {
            let place = format!(" (environment variable `{variable}`)");
            let origin = Origin::Environment(variable.clone());
            put(&mut settings, &entry_of_text(info.name, text, &place), origin, &mut diagnostics);
        }
    }
    for (option, key, text) in request.command_line {
        let place = format!(" (`{option}`)");
        let origin = Origin::CommandLine(option.clone());
        put(&mut settings, &entry_of_text(key, text, &place), origin, &mut diagnostics);
    }

    let mut warnings = Vec::new();
    let direction = if settings.select.minimize { Direction::Min } else { Direction::Max };
    match Select::new(settings.family, direction, &settings.select.metric) {
        Ok(select) => warnings.extend(select.warning().map(|w| w.at(select_span, "keeps the worst epoch"))),
        Err(d) => diagnostics.push(d.at(select_span, "no such metric")),
    }
    warnings.extend(settings.schedule.warning(settings.epochs).map(|w| w.at(warmup_span, "outlasts the training")));
    if diagnostics.has_errors() {
        return Err(diagnostics.into_sorted());
    }
    Ok(Resolved { recipe: start.map(|r| r.name.value.clone()), settings, origins, warnings })
}

/// Checks all recipes of a file by themselves, for `dsc check`: keys, values, names of bases. Whether a metric exists
/// depends on the family and is decided here only for names that no family has. Lints look at what a recipe has with all
/// that it inherits.
pub fn check_recipes(recipes: &[Recipe]) -> Vec<Diagnostic> {
    let mut diagnostics = Diagnostics::new();
    for (i, recipe) in recipes.iter().enumerate() {
        if let Some(first) = recipes.iter().take(i).find(|r| r.name.value == recipe.name.value) {
            let message = format!("there are two recipes of the name `{}`", recipe.name.value);
            diagnostics.push(
                Diagnostic::error(E0905, message)
                    .at(recipe.name.span, "the second one")
                    .because(first.name.span, "the first one")
                    .help("give it another name"),
            );
        }
        chain(recipes, recipe, &mut diagnostics);
        let mut settings = Settings::default();
        for entry in &recipe.entries {
            let RecipeEntry::Key { path, value, span } = entry else { continue };
            let entry = entry_of(path, value, *span);
            match apply(&mut settings, &entry) {
                Err(d) => diagnostics.push(d),
                Ok(()) if entry.key == "select" => {
                    let metric = &settings.select.metric;
                    if Family::ALL.iter().all(|f| f.metric(metric).is_err()) {
                        let mut all: Vec<&str> = Family::ALL.iter().flat_map(|f| f.metrics()).map(|m| m.name).collect();
                        all.sort_unstable();
                        all.dedup();
                        diagnostics.push(
                            Diagnostic::error(E0963, format!("there is no metric `{metric}`"))
                                .at(entry.value_span, "no metric family has it")
                                .help(format!("the metrics are {}", all.join(", ")))
                                .did_you_mean(metric, all.iter().copied()),
                        );
                    }
                }
                Ok(()) => {}
            }
        }
    }
    for recipe in recipes {
        let request = Request { recipe: Some(&recipe.name.value), ..Request::default() };
        match resolve(recipes, &request) {
            Ok(resolved) => diagnostics.extend(resolved.warnings),
            // Another fault of the recipe has been told; whether its metric goes with the family is known only where a
            // recipe says the family.
            Err(faults) if chain(recipes, recipe, &mut Diagnostics::new()).iter().any(|r| says_family(r)) => {
                diagnostics.extend(faults.into_iter().filter(|d| d.code == E0963));
            }
            Err(_) => {}
        }
    }
    diagnostics.into_sorted()
}

fn says_family(recipe: &Recipe) -> bool {
    let is = |entry: &RecipeEntry| matches!(entry, RecipeEntry::Key { path, .. } if matches!(path.as_slice(), [key] if key.value == "family"));
    recipe.entries.iter().any(is)
}

/// The recipe and those it inherits from, the most basic one first.
fn chain<'a>(recipes: &'a [Recipe], start: &'a Recipe, diagnostics: &mut Diagnostics) -> Vec<&'a Recipe> {
    let mut list = vec![start];
    let mut at = start;
    while let Some(base) = &at.base {
        let Some(next) = recipes.iter().find(|r| r.name.value == base.value) else {
            diagnostics.push(no_recipe(recipes, &base.value).at(base.span, "not a recipe of this file"));
            break;
        };
        if list.iter().any(|r| std::ptr::eq(*r, next)) {
            let message = format!("the recipe `{}` inherits from itself", next.name.value);
            diagnostics.push(
                Diagnostic::error(E0904, message).at(base.span, "leads back").help("let one of them have no base"),
            );
            break;
        }
        list.push(next);
        at = next;
    }
    list.reverse();
    list
}

fn no_recipe(recipes: &[Recipe], name: &str) -> Diagnostic {
    let help = match recipes {
        [] => "the file has no recipes".to_owned(),
        _ => format!("the file's recipes are {}", names(recipes).join(", ")),
    };
    Diagnostic::error(E0903, format!("there is no recipe `{name}`")).help(help).did_you_mean(name, names(recipes))
}

fn names(recipes: &[Recipe]) -> Vec<&str> {
    recipes.iter().map(|r| r.name.value.as_str()).collect()
}

fn entry_of<'a>(path: &[dsc_syntax::ast::Ident], value: &SettingValue, span: Span) -> Entry<'a> {
    let key = path.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(".");
    let key_span = path.iter().fold(Span::NONE, |s, p| s.to(p.span));
    let value_span = match value {
        SettingValue::Expr(e) => e.span,
        SettingValue::Select { metric, .. } => metric.span,
        SettingValue::Quantity { value, unit } => value.span.to(unit.span),
    };
    let value_span = if value_span.is_none() { span } else { value_span };
    Entry { key, key_span, value: Value::of(value), value_span, place: "" }
}

fn entry_of_text<'a>(key: &str, text: &str, place: &'a str) -> Entry<'a> {
    // Names of encoders may look like numbers or calls.
    let value = if key == "encoder" { Value::Word(text.trim().to_owned()) } else { Value::of_text(text) };
    Entry { key: key.to_owned(), key_span: Span::NONE, value, value_span: Span::NONE, place }
}

/// `KEY=VALUE` of the command line.
///
/// # Errors
/// `E0901` for text without `=`.
pub fn split_setting(option: &str, text: &str) -> Result<(String, String, String), Diagnostic> {
    text.split_once('=')
        .map(|(key, value)| (format!("{option} {text}"), key.trim().to_owned(), value.trim().to_owned()))
        .filter(|(_, key, _)| !key.is_empty())
        .ok_or_else(|| {
            Diagnostic::error(E0901, format!("`{option} {text}` is not a setting"))
                .help(format!("write `{option} KEY=VALUE`"))
        })
}
