//! From names to a loaded program and the options it is compiled with.

use std::path::Path;

use dsc_data::card::{Location, card, data_stem, encoder, locate};
use dsc_data::text::EncoderFolder;
use dsc_data::{Binding, Dataset, EncoderBinding, ReadLabel, Reads, Split, Table, check_split, demo};
use dsc_experiment::schedule::Plan;
use dsc_graph::Graph;
use dsc_graph::statics::Static;
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, Setting, compile, inputs, recipe_sets};
use dsc_language::sema::program::{Loaded, ModuleId, Program};
use dsc_recipe::{Padding, Settings};
use dsc_syntax::ast::ExprKind;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::{FsWorld, Span, World};

use crate::check::recipe_settings;
use crate::encoder::text_findings;
use crate::request::{Assignment, BindRequest, ModelRequest};
use crate::text_input::TextInput;

/// File and variant of a name: `FILE#VARIANT`, or `STOCK/VARIANT` of a stock model. Where a file of the whole name exists, or a
/// stock model has it, that is meant.
pub fn split_variant(name: &str) -> (&str, Option<&str>) {
    let whole = Path::new(name).exists() || EmbeddedWorld::model(name).is_some();
    let split = |mark| name.rsplit_once(mark).filter(|(file, variant)| !file.is_empty() && !variant.is_empty());
    let of_stock = |(stock, _): &(&str, &str)| EmbeddedWorld::model(stock).is_some();
    match split('#').or_else(|| split('/').filter(of_stock)) {
        Some((file, variant)) if !whole => (file, Some(variant)),
        _ => (name, None),
    }
}

impl ModelRequest {
    /// The model that a name and an option for its variant mean together: `mine.dsl#narrow`, `dashfusion/no_scl`.
    ///
    /// # Errors
    /// The reason, where they name two variants.
    pub fn named(name: &str, variant: Option<&str>, sets: Vec<Assignment>) -> Result<ModelRequest, String> {
        let (file, of_name) = split_variant(name);
        let variant = match (of_name, variant) {
            (Some(one), Some(other)) if one != other => {
                return Err(format!("`{name}` names one variant and the option another, `{other}`"));
            }
            (one, other) => one.or(other),
        };
        Ok(ModelRequest { file: file.to_owned(), variant: variant.map(str::to_owned), sets })
    }

    /// The hypers that are set, as the compiler takes them.
    ///
    /// # Errors
    /// Values that are no constants, all at once.
    pub fn settings(&self, program: &Program) -> Result<Vec<Setting>, Vec<Diagnostic>> {
        let is_text = |name: &str| {
            let hyper = program.hyper(ModuleId(0), name);
            hyper.is_some_and(|(_, hyper)| matches!(hyper.value.kind, ExprKind::Str(_)))
        };
        let read = self.sets.iter().map(|set| {
            // A shell takes the quotes away, so the text of a string need not be an expression: `--set init=xavier-normal`.
            if is_text(&set.name) {
                let value = Static::Str(set.value.trim_matches('"').to_owned());
                return Ok(Setting { name: set.name.clone(), value, span: Span::NONE });
            }
            Setting::read(&set.name, &set.value).map_err(|fault| Diagnostic {
                message: format!("{} (`--set {}={}`)", fault.message, set.name, set.value),
                ..fault
            })
        });
        let (good, bad): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        match bad.is_empty() {
            true => Ok(good.into_iter().flatten().collect()),
            false => Err(bad.into_iter().filter_map(Result::err).collect()),
        }
    }
}

/// Loads a file, or a stock model when no such file exists.
pub fn load(file: &str) -> Loaded {
    load_from(&FsWorld, file)
}

/// The same, with the files of a world.
pub fn load_from(world: &dyn World, file: &str) -> Loaded {
    if !Path::new(file).exists()
        && let Some(text) = EmbeddedWorld::model(file)
    {
        let name = file.strip_suffix(".dsl").unwrap_or(file);
        return Program::load_text(world, &format!("{name}.dsl"), text);
    }
    Program::load(world, file)
}

/// Opens a known data set by its name, else a feature file; a file called like a data set is given as `./demo`.
///
/// # Errors
/// A file that is missing or cannot be read, a name that nothing has.
pub fn open_data(data: &str, data_root: Option<&Path>, padding: Padding) -> Result<Dataset, Diagnostic> {
    locate(data, data_root)?.open(demo::SEED, padding)
}

impl BindRequest {
    /// Whether anything is bound.
    pub fn any(&self) -> bool {
        *self != BindRequest::default()
    }

    /// The recipe that counts, if any.
    pub fn recipe_name(&self, program: &Program) -> Option<String> {
        let of_data = || {
            let data = self.data.as_deref()?;
            Some(card(data).map_or_else(|| data_stem(data), |c| c.recipe_of(&program.recipes).to_owned()))
        };
        self.recipe.clone().or_else(|| of_data().filter(|d| program.recipes.contains_key(d)))
    }

    /// The text encoder's configuration: the folder's, else that of the recipe's encoder, else bert-base-uncased.
    ///
    /// # Errors
    /// A folder without a usable encoder, or an encoder that neither a card nor a cache knows.
    fn encoder(&self, program: &Program) -> Result<EncoderBinding, Diagnostic> {
        if let Some(folder) = &self.text_encoder {
            let name = folder.display().to_string();
            let config = EncoderFolder::find(&name, Some(folder))?.config()?;
            return Ok(EncoderBinding { name, config, pretrained: true });
        }
        let named = self.recipe_name(program).and_then(|r| recipe_settings(program, &r).encoder);
        let from_card = || self.data.as_deref().and_then(card).map(|c| c.encoder.to_owned());
        let name = named.or_else(from_card).unwrap_or_else(|| "bert-base-uncased".to_owned());
        encoder(&name).or_else(|_| cached_encoder(&name))
    }
}

/// An encoder that no card knows, by its folder or from a cache.
///
/// # Errors
/// There is none.
pub fn cached_encoder(name: &str) -> Result<EncoderBinding, Diagnostic> {
    let config = EncoderFolder::find(name, None)?.config()?;
    Ok(EncoderBinding { name: name.to_owned(), config, pretrained: true })
}

/// Options for compiling. Without data, dims stay names.
///
/// # Errors
/// What does not fit, all at once.
pub fn options(program: &Program, model: &ModelRequest, bind: &BindRequest) -> Result<Options, Vec<Diagnostic>> {
    bound(program, model, bind).map(|(options, _)| options)
}

/// The same, with what is found in the data beside their dims, as a training would report it: warnings about what the model reads,
/// and faults of its labels.
///
/// # Errors
/// As [`options`].
pub fn bound(
    program: &Program,
    model: &ModelRequest,
    bind: &BindRequest,
) -> Result<(Options, Vec<Diagnostic>), Vec<Diagnostic>> {
    let one = |d: Diagnostic| vec![d];
    let encoder = bind.encoder(program).map_err(one)?;
    let mut found = Vec::new();
    let mut options = Options {
        variant: model.variant.clone(),
        sets: model.settings(program)?,
        encoder: encoder.config.statics(),
        ..Options::default()
    };
    if let Some(recipe) = bind.recipe_name(program) {
        options.recipe_sets = recipe_sets(program, &recipe)?;
    }
    if let Some(data) = &bind.data {
        let inputs = inputs(program, &options);
        match card(data) {
            // The generated data are always there.
            Some(card) if !matches!(locate(data, None), Ok(Location::Demo)) => {
                options.dims = Some(Binding::of_card(card, encoder).dims(&inputs)?);
            }
            _ => {
                let settings = settings_for(program, bind, data);
                let dataset = open_data(data, None, settings.padding).map_err(one)?;
                let binding = Binding::from_dataset(&dataset, Some(encoder), None).map_err(one)?;
                options.dims = Some(binding.dims(&inputs)?);
                // What keeps it from being compiled is reported with the model.
                found = match compile(program, &options).graph {
                    Some(graph) => in_data(&graph, &dataset, data, bind.text_encoder.as_deref(), &settings),
                    None => dataset.warnings_about(&[]),
                };
            }
        }
    }
    Ok((options, found))
}

/// What is found in the data that concerns a model.
fn in_data(
    graph: &Graph,
    dataset: &Dataset,
    data: &str,
    text_encoder: Option<&Path>,
    settings: &Settings,
) -> Vec<Diagnostic> {
    let reads = Reads::of(graph);
    let mut found = reads.warnings(dataset, settings.family);
    for split in Split::ALL {
        match check_split(dataset, &reads.inputs, split, settings.nonfinite, None) {
            // A test split without labels is predicted and not scored.
            Ok(_) if split == Split::Test => {}
            Ok(_) => found.extend(dataset.split(split).ok().into_iter().flat_map(|table| label_faults(&reads, table))),
            Err(fault) => found.push(fault),
        }
    }
    if let Ok(train) = dataset.split(Split::Train)
        && settings.schedule.warning(settings.epochs).is_none()
    {
        found.extend(plan(settings, train.len).warning());
    }
    if let Ok(Some(input)) = TextInput::of(graph) {
        found.extend(text_findings(dataset, data, text_encoder, settings, &input));
    }
    found
}

/// What is wrong with the labels of a split that a model reads.
fn label_faults(reads: &Reads<'_>, table: &Table) -> Vec<Diagnostic> {
    let fault = |label: &ReadLabel| table.label(&label.key, &format!("label `{}`", label.name)).err();
    reads.labels.iter().filter_map(fault).collect()
}

/// The learning rates of a training on that many samples.
fn plan(settings: &Settings, samples: usize) -> Plan {
    let batches = samples.div_ceil(settings.batch).div_ceil(settings.accumulate) as u64;
    Plan::new(&settings.schedule, batches * settings.epochs, batches)
}

/// The settings of the recipe that counts for a data set, or those without a recipe.
fn settings_for(program: &Program, bind: &BindRequest, data: &str) -> Settings {
    match (bind.recipe_name(program), card(data)) {
        (Some(recipe), _) => recipe_settings(program, &recipe),
        (None, Some(card)) => Settings { family: card.family, class: card.class_rule, ..Settings::default() },
        (None, None) => Settings::default(),
    }
}
