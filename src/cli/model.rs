//! What the commands that take a model have in common: finding the file, settings from the command line.

use crate::data::card::{card, encoder};
use crate::data::text::EncoderFolder;
use crate::data::{Binding, Dataset, EncoderBinding};
use crate::diag::Diagnostic;
use crate::lower::{Options, Setting, inputs, literal, recipe_sets};
use crate::sema::program::{Loaded, Program};
use crate::sema::statics::Static;
use crate::source::{EmbeddedWorld, FsWorld, Span, World};
use crate::syntax::ast::{RecipeEntry, SettingValue};
use std::path::PathBuf;

/// Which model: file or stock model, variant, hypers.
#[derive(Clone, Debug, clap::Args)]
pub struct ModelArgs {
    /// A .dsl file, or the name of a stock model (`dsc models` lists them); `FILE#VARIANT` is a variant of it
    #[arg(value_name = "FILE")]
    pub file: String,
    /// A variant of the file instead of its base
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Set a hyper: `--set p=4`, checked against its declared range
    #[arg(long = "set", value_name = "HYPER=VALUE", value_parser = parse_setting)]
    pub sets: Vec<Setting>,
}

impl ModelArgs {
    /// Takes the variant that the name itself says: `mine.dsl#narrow`, `dashfusion/no_scl`.
    ///
    /// # Errors
    /// What to tell the user where `--variant` says another one.
    pub(super) fn take_variant(&mut self) -> Result<(), String> {
        let (file, named) = split_variant(&self.file);
        let variant = one_variant(&self.file, named, self.variant.as_deref())?.map(str::to_owned);
        (self.file, self.variant) = (file.to_owned(), variant);
        Ok(())
    }
}

/// File and variant of a name: `FILE#VARIANT`, or `STOCK/VARIANT` of a stock model. Where a file of the whole name exists, or a
/// stock model has it, that is meant.
pub(super) fn split_variant(name: &str) -> (&str, Option<&str>) {
    let whole = std::path::Path::new(name).exists() || EmbeddedWorld::model(name).is_some();
    let split = |mark| name.rsplit_once(mark).filter(|(file, variant)| !file.is_empty() && !variant.is_empty());
    let of_stock = |(stock, _): &(&str, &str)| EmbeddedWorld::model(stock).is_some();
    match split('#').or_else(|| split('/').filter(of_stock)) {
        Some((file, variant)) if !whole => (file, Some(variant)),
        _ => (name, None),
    }
}

/// The variant that a name and an option say together.
///
/// # Errors
/// What to tell the user where they say two.
pub(super) fn one_variant<'a>(
    name: &str,
    named: Option<&'a str>,
    option: Option<&'a str>,
) -> Result<Option<&'a str>, String> {
    match (named, option) {
        (Some(one), Some(other)) if one != other => {
            Err(format!("`{name}` names one variant and the option another, `{other}`"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// `p=4` as a setting.
pub(super) fn parse_setting(text: &str) -> Result<Setting, String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "write HYPER=VALUE, such as p=4".to_owned())?;
    Ok(Setting { name: name.trim().to_owned(), value: parse_value(value.trim()), span: Span::NONE })
}

/// A number, a flag, or a string with or without quotes.
pub fn parse_value(text: &str) -> Static {
    if let Ok(n) = text.parse::<i64>() {
        return Static::Int(n);
    }
    if let Ok(x) = text.parse::<f64>() {
        return Static::Float(x);
    }
    match text {
        "true" => Static::Bool(true),
        "false" => Static::Bool(false),
        _ => Static::Str(text.trim_matches('"').to_owned()),
    }
}

/// Loads a file, or a stock model when no such file exists.
pub fn load(file: &str) -> Loaded {
    load_from(&FsWorld, file)
}

/// The same, with the files of a world.
pub(super) fn load_from(world: &dyn World, file: &str) -> Loaded {
    let on_disk = std::path::Path::new(file);
    if !on_disk.exists()
        && let Some(text) = EmbeddedWorld::model(file)
    {
        let name = file.strip_suffix(".dsl").unwrap_or(file);
        return Program::load_text(world, &format!("{name}.dsl"), text);
    }
    Program::load(world, file)
}

/// The encoder that a recipe names, if it does.
pub fn recipe_encoder(program: &Program, recipe: &str) -> Option<String> {
    let chain = program.recipe_chain(recipe).ok()?;
    chain.into_iter().flat_map(|r| &r.entries).rev().find_map(|entry| match entry {
        RecipeEntry::Key { path, value: SettingValue::Expr(e), .. }
            if path.len() == 1 && path.first().is_some_and(|p| p.value == "encoder") =>
        {
            match literal(e) {
                Some(Static::Str(name)) => Some(name),
                _ => None,
            }
        }
        _ => None,
    })
}

/// What a model is bound to without training: dims of a data set, a recipe, a text encoder.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BindArgs {
    /// Bind the dims of a data set: sims, simsv2, mosi, mosei, demo (from its card, no file needed), or a feature file
    #[arg(long, value_name = "NAME|FILE")]
    pub data: Option<String>,
    /// The recipe whose hypers and text encoder count; the one named like the data set if there is one
    #[arg(long, value_name = "NAME")]
    pub recipe: Option<String>,
    /// Folder of the text encoder whose config.json gives `encoder.hidden_size` and the like
    #[arg(long, value_name = "DIR")]
    pub text_encoder: Option<PathBuf>,
}

impl BindArgs {
    /// Whether anything is bound.
    pub fn any(&self) -> bool {
        self.data.is_some() || self.recipe.is_some() || self.text_encoder.is_some()
    }

    /// The recipe that counts, if any.
    pub fn recipe_name(&self, program: &Program) -> Option<String> {
        self.recipe.clone().or_else(|| self.data.clone().filter(|d| program.recipes.contains_key(d)))
    }

    /// The text encoder's configuration: the folder's, else that of the recipe's encoder, else bert-base-uncased.
    ///
    /// # Errors
    /// A folder without a usable encoder, or an encoder that neither a card nor a cache knows.
    pub fn encoder(&self, program: &Program) -> Result<EncoderBinding, Diagnostic> {
        if let Some(folder) = &self.text_encoder {
            let name = folder.display().to_string();
            let config = EncoderFolder::find(&name, Some(folder))?.config()?;
            return Ok(EncoderBinding { name, config, pretrained: true });
        }
        let named = self.recipe_name(program).and_then(|r| recipe_encoder(program, &r));
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

/// Options for compiling, and the diagnostics of binding. Without `--data` dims stay names.
///
/// # Errors
/// What does not fit, all at once.
pub fn options(program: &Program, model: &ModelArgs, bind: &BindArgs) -> Result<Options, Vec<Diagnostic>> {
    let one = |d: Diagnostic| vec![d];
    let encoder = bind.encoder(program).map_err(one)?;
    let mut options = Options {
        variant: model.variant.clone(),
        sets: model.sets.clone(),
        encoder: encoder.config.statics(),
        ..Options::default()
    };
    if let Some(recipe) = bind.recipe_name(program) {
        options.recipe_sets = recipe_sets(program, &recipe)?;
    }
    if let Some(data) = &bind.data {
        let binding = match card(data) {
            Some(card) => Binding::of_card(card, encoder),
            None => {
                let dataset = Dataset::open(std::path::Path::new(data)).map_err(one)?;
                Binding::from_dataset(&dataset, Some(encoder), None).map_err(one)?
            }
        };
        options.dims = Some(binding.dims(&inputs(program, &options))?);
    }
    Ok(options)
}
