//! From names to a loaded program and the options it is compiled with.

use std::path::Path;

use dsc_data::card::{card, encoder, locate};
use dsc_data::text::EncoderFolder;
use dsc_data::{Binding, Dataset, EncoderBinding, Reads, Split, check_aligned, demo};
use dsc_graph::statics::Static;
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, Setting, compile, inputs, recipe_sets};
use dsc_language::sema::program::{Loaded, ModuleId, Program};
use dsc_recipe::{Padding, Settings};
use dsc_syntax::ast::ExprKind;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::{FsWorld, Span, World};

use crate::check::recipe_settings;
use crate::request::{Assignment, BindRequest, ModelRequest};

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
            Some(card(data).map_or(data, |c| c.recipe_of(&program.recipes)).to_owned())
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
        if let Some(card) = card(data) {
            let binding = Binding::of_card(card, encoder);
            options.dims = Some(binding.dims(&inputs)?);
        } else {
            let settings = bind.recipe_name(program).map_or_else(Settings::default, |r| recipe_settings(program, &r));
            let dataset = open_data(data, None, settings.padding).map_err(one)?;
            let binding = Binding::from_dataset(&dataset, Some(encoder), None).map_err(one)?;
            options.dims = Some(binding.dims(&inputs)?);
            found = in_data(program, &options, &dataset, &settings);
        }
    }
    Ok((options, found))
}

/// What is found in the data that concerns a model.
fn in_data(program: &Program, options: &Options, dataset: &Dataset, settings: &Settings) -> Vec<Diagnostic> {
    // What keeps it from being compiled is reported with the model.
    let Some(graph) = compile(program, options).graph else { return dataset.warnings_about(&[]) };
    let reads = Reads::of(&graph);
    let mut found = reads.warnings(dataset, settings.family);
    for table in &dataset.tables {
        found.extend(check_aligned(table, &reads.inputs, None).err());
        // A test split without labels is predicted and not scored.
        for label in reads.labels.iter().filter(|_| table.split != Split::Test) {
            found.extend(table.label(&label.key, &format!("label `{}`", label.name)).err());
        }
    }
    found
}
