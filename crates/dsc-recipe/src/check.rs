//! All recipes of a file, whether a training would take them or not.

use super::apply::{Entry, apply};
use super::family::Family;
use super::resolve::{Request, check_together};
use super::select::Select;
use super::settings::Settings;
use super::value::Value;
use dsc_syntax::ast::{Recipe, RecipeEntry};
use dsc_syntax::diag::codes::run::E0963;
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::inheritance::chain;
use indexmap::IndexMap;

/// Checks the keys and values of every recipe, for `dsc check`. Whether a metric exists depends on the family and is
/// decided here only for names that no family has, and where a recipe says the family. Lints look at what a recipe has with
/// all that it inherits. `outputs` are the labels that the model has outputs for; empty where they are not known.
pub fn check_recipes(recipes: &IndexMap<String, Recipe>, outputs: &[&str]) -> Vec<Diagnostic> {
    let mut found = Diagnostics::new();
    for recipe in recipes.values() {
        let mut settings = Settings::default();
        for entry in &recipe.entries {
            let RecipeEntry::Key { path, value, span } = entry else { continue };
            let mut faults = Vec::new();
            if let Some(entry) = Entry::of(path, value, *span, &mut faults) {
                faults.extend(apply(&mut settings, &entry));
                faults.extend(no_metric(&entry).or_else(|| no_output(&entry, outputs)));
            }
            found.extend(faults);
        }
    }
    for recipe in recipes.values() {
        let request = Request { recipe: Some(&recipe.name.value), ..Request::default() };
        let (warnings, faults) = check_together(recipes, &request);
        found.extend(warnings);
        // Without a family of its own a recipe has that of the data, which may have the metric.
        let judged = says_family(recipes, recipe);
        found.extend(faults.into_iter().filter(|d| judged || d.code != E0963));
    }
    found.into_sorted()
}

/// A rule of selection by a metric that no family has.
fn no_metric(entry: &Entry) -> Option<Diagnostic> {
    let Value::Select { metric, .. } = &entry.value else { return None };
    let mut all: Vec<&str> = Family::ALL.iter().flat_map(|f| f.metrics()).map(|m| m.name).collect();
    // `mae`, or `arousal.mae` of an output.
    let metric = metric.rsplit_once('.').map_or(metric.as_str(), |(_, metric)| metric);
    if entry.key != "select" || all.contains(&metric) {
        return None;
    }
    all.sort_unstable();
    all.dedup();
    Some(
        Diagnostic::error(E0963, format!("there is no metric `{metric}`"))
            .at(entry.value_span, "no metric family has it")
            .help(match metric {
                "loss" | "val_loss" | "valid_loss" => {
                    "the loss of the validation split is no metric: by `min mae` the epoch of the least error is kept"
                        .to_owned()
                }
                _ => format!("the metrics are {}", all.join(", ")),
            })
            .did_you_mean(metric, all.iter().copied()),
    )
}

/// A rule of selection by a metric of an output that the model lacks.
fn no_output(entry: &Entry, outputs: &[&str]) -> Option<Diagnostic> {
    let Value::Select { minimize, metric } = &entry.value else { return None };
    if entry.key != "select" || outputs.is_empty() {
        return None;
    }
    let select = Select { minimize: *minimize, metric: metric.clone() };
    let fault = select.check_output(outputs).err()?;
    Some(fault.at(entry.value_span, "no output of that label"))
}

/// Whether the recipe, or one that it inherits from, gives the family of metrics.
fn says_family(recipes: &IndexMap<String, Recipe>, recipe: &Recipe) -> bool {
    let is = |entry: &RecipeEntry| matches!(entry, RecipeEntry::Key { path, .. } if matches!(path.as_slice(), [key] if key.value == "family"));
    let inherited = chain(recipes, &recipe.name.value).unwrap_or_default();
    inherited.into_iter().flat_map(|r| &r.entries).any(is)
}
