//! From defaults, recipe, environment and command line to settings.

use std::collections::HashSet;
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::apply::{Entry, apply};
use super::family::Family;
use super::keys::KEYS;
use super::settings::Settings;
use super::value::Value;
use super::words::{ClassRule, Standardize};
use dsc_syntax::ast::{Recipe, RecipeEntry};
use dsc_syntax::diag::codes::run::E0901;
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::inheritance::chain;
use dsc_syntax::source::Span;

/// What a training is asked to do, beside what the recipe says.
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
    /// Settings of the command line, in order.
    pub command_line: &'a [KeyValue],
}

/// Settings with their history.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The recipe that was used.
    pub recipe: Option<String>,
    /// What training reads.
    pub settings: Settings,
    /// Where each came from, by key, for those that are no defaults.
    pub origins: IndexMap<String, Origin>,
    /// Warnings, such as a selection of the worst epoch.
    pub warnings: Vec<Diagnostic>,
}

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nothing said otherwise.
    Default,
    /// The card of the data set of that name.
    Card(String),
    /// The recipe of that name.
    Recipe(String),
    /// The variant of that name: hypers alone.
    Variant(String),
    /// The environment variable of that name.
    Environment(String),
    /// An option of the command line, as written.
    CommandLine(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Card(name) => write!(f, "card `{name}`"),
            Origin::Recipe(name) => write!(f, "recipe `{name}`"),
            Origin::Variant(name) => write!(f, "variant `{name}`"),
            Origin::Environment(name) => write!(f, "environment variable `{name}`"),
            Origin::CommandLine(option) => write!(f, "`{option}`"),
        }
    }
}

/// The settings of one training.
///
/// # Errors
/// All faults at once: `E0901` unknown keys, `E0902` values that a key does not take, `E0513` recipes that are not there or
/// inherit in a circle, `E0963` a metric that the family lacks; those of [`constant`](dsc_graph::constant::constant) and,
/// for the environment and the command line, of the parser.
pub fn resolve(recipes: &IndexMap<String, Recipe>, request: &Request<'_>) -> Result<Resolved, Vec<Diagnostic>> {
    let mut faults = Diagnostics::new();
    let (resolved, together) = resolve_into(recipes, request, &mut faults);
    faults.extend(together);
    if faults.has_errors() { Err(faults.into_sorted()) } else { Ok(resolved) }
}

/// What is wrong with settings as a whole, whatever is wrong with one of them: the warnings and the faults.
pub(super) fn check_together(
    recipes: &IndexMap<String, Recipe>,
    request: &Request<'_>,
) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let (resolved, together) = resolve_into(recipes, request, &mut Diagnostics::new());
    (resolved.warnings, together)
}

/// The same, as far as it is free of faults: for figures of a file whose faults [`check_recipes`](super::check_recipes)
/// reports.
pub fn settings_of(recipes: &IndexMap<String, Recipe>, request: &Request<'_>) -> Settings {
    resolve_into(recipes, request, &mut Diagnostics::new()).0.settings
}

/// Keys of what bounds a step of the optimiser together.
const EPS_AND_BETAS: [&str; 2] = ["optimizer.eps", "optimizer.betas"];

/// Settings under way.
struct Resolving<'f> {
    settings: Settings,
    origins: IndexMap<String, Origin>,
    /// Places of the last values, the latest last, for what is wrong with settings together.
    places: IndexMap<String, Span>,
    /// Keys whose last value has a fault that was reported.
    faulty: HashSet<String>,
    faults: &'f mut Diagnostics,
}

impl Resolving<'_> {
    fn put(&mut self, entry: &Entry, origin: Origin) -> Vec<Diagnostic> {
        let faults = apply(&mut self.settings, entry);
        let below = format!("{}.", entry.key);
        self.faulty.retain(|key| *key != entry.key && !key.starts_with(&below));
        let named: Vec<(String, Span)> = match &entry.value {
            Value::Call(_, arguments) => {
                let named = arguments.iter().filter_map(|a| Some((a.name.as_ref()?, a.span)));
                named.map(|(name, span)| (format!("{below}{}", name.value), span)).collect()
            }
            _ => Vec::new(),
        };
        // A fault of one argument is none of the others.
        let own = faults.iter().map(|d| d.primary.as_ref().map_or(Span::NONE, |label| label.span)).map(|at| {
            let argument = named.iter().find(|(_, of)| !at.is_none() && of.start <= at.start && at.end <= of.end);
            argument.map_or(&entry.key, |(key, _)| key).clone()
        });
        self.faulty.extend(own);
        if !self.faulty.contains(&entry.key) {
            self.places.retain(|key, _| *key != entry.key && !key.starts_with(&below));
            self.places.insert(entry.key.clone(), entry.value_span);
            self.places.extend(named);
        }
        if faults.is_empty() {
            self.origins.retain(|key, _| !key.starts_with(&below));
            self.origins.insert(entry.key.clone(), origin);
        }
        faults
    }

    /// A text that is in no file; messages say `place` of it.
    fn put_text(&mut self, key: &str, text: &str, place: &str, origin: Origin) {
        let mut faults = Vec::new();
        if let Some(entry) = Entry::of_text(key, text, &mut faults) {
            faults.extend(self.put(&entry, origin));
        }
        let placed = |d: Diagnostic| Diagnostic { message: format!("{} ({place})", d.message), ..d.without_places() };
        self.faults.extend(faults.into_iter().map(placed));
    }
}

/// The settings, and what is wrong with them together; `faults` takes those of single entries.
fn resolve_into(
    recipes: &IndexMap<String, Recipe>,
    request: &Request<'_>,
    faults: &mut Diagnostics,
) -> (Resolved, Vec<Diagnostic>) {
    let mut now = Resolving {
        settings: Settings::default(),
        origins: IndexMap::new(),
        places: IndexMap::new(),
        faulty: HashSet::new(),
        faults,
    };
    if let Some((name, family, class)) = request.card {
        (now.settings.family, now.settings.class) = (family, class);
        for key in ["family", "class"] {
            now.origins.insert(key.into(), Origin::Card(name.into()));
        }
    } else if request.data.is_some() {
        // Nobody knows the scales of an unknown file; the known data sets are used as their authors made them.
        now.settings.standardize = Standardize::Train;
    }
    let named = request.recipe.or_else(|| request.data.filter(|data| recipes.contains_key(*data)));
    let inherited = match named.map(|name| chain(recipes, name)).transpose() {
        Ok(chain) => chain.unwrap_or_default(),
        Err(fault) => {
            now.faults.push(fault);
            Vec::new()
        }
    };
    for recipe in &inherited {
        for entry in &recipe.entries {
            // `set` entries are the compiler's.
            let RecipeEntry::Key { path, value, span } = entry else { continue };
            let mut faults = Vec::new();
            if let Some(entry) = Entry::of(path, value, *span, &mut faults) {
                faults.extend(now.put(&entry, Origin::Recipe(recipe.name.value.clone())));
            }
            now.faults.extend(faults);
        }
    }
    for key in KEYS {
        let variable = key.variable();
        if let Some((_, text)) = request.environment.iter().find(|(name, text)| *name == variable && !text.is_empty()) {
            let place = format!("environment variable `{variable}`");
            now.put_text(key.name, text, &place, Origin::Environment(variable));
        }
    }
    for KeyValue { option, key, value } in request.command_line {
        now.put_text(key, value, &format!("`{option}`"), Origin::CommandLine(option.clone()));
    }

    let Resolving { mut settings, origins, places, faulty, .. } = now;
    let place = |key: &str| places.get(key).copied().unwrap_or(Span::NONE);
    if !origins.contains_key("select") {
        settings.select = settings.family.default_select();
    }
    let mut together = Vec::new();
    let info = settings.select.info(settings.family);
    // All families that have a metric of that name mean one thing by it; whether more or less is better may be another matter
    // in the family that was meant.
    let no_family = faulty.contains("family");
    let known = match &info {
        Ok(info) => (!no_family).then_some(*info),
        Err(_) if no_family => None,
        Err(_) => Family::ALL.iter().find_map(|family| settings.select.info(*family).ok()),
    };
    let warning = known.and_then(|info| settings.select.warning(&info));
    let mut warnings: Vec<Diagnostic> =
        warning.map(|w| w.at(place("select"), "keeps the worst epoch")).into_iter().collect();
    together.extend(info.err().filter(|_| !no_family).map(|d| d.at(place("select"), "no such metric")));
    if !faulty.iter().any(|key| key == "optimizer" || EPS_AND_BETAS.contains(&key.as_str())) {
        let latest = places.iter().rfind(|(key, _)| EPS_AND_BETAS.contains(&key.as_str()));
        let at = latest.map_or(Span::NONE, |(_, span)| *span);
        // Outside of a file there is no place to show.
        let outside = latest.and_then(|(key, _)| origins.get(key)).filter(|_| at.is_none());
        together.extend(settings.optimizer.fault().map(|mut d| {
            if let Some(origin) = outside {
                d.message = format!("{origin}: {}", d.message);
            }
            d.at(at, "these do not go together")
        }));
    }
    let late = settings.schedule.warning(settings.epochs);
    warnings.extend(late.map(|w| w.at(place("warmup"), "outlasts the training")));
    (Resolved { recipe: inherited.last().map(|r| r.name.value.clone()), settings, origins, warnings }, together)
}

/// A recipe key set from outside the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    /// How it was set, for messages and for the run's record: `--with epochs=5`, `--epochs 5`.
    pub option: String,
    /// The key: `epochs`, `optimizer.lr`.
    pub key: String,
    /// The value as written.
    pub value: String,
}

impl KeyValue {
    /// `KEY=VALUE` behind an option of the command line.
    ///
    /// # Errors
    /// `E0901` for text without `=`.
    pub fn parse(option: &str, text: &str) -> Result<KeyValue, Diagnostic> {
        let pair = text.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        let (key, value) = pair.filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            Diagnostic::error(E0901, format!("`{option} {text}` is not a setting"))
                .help(format!("write `{option} KEY=VALUE`"))
        })?;
        Ok(KeyValue { option: format!("{option} {text}"), key: key.to_owned(), value: value.to_owned() })
    }
}
