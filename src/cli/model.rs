//! The arguments that say which model is meant and what it is bound to.

use std::path::PathBuf;

use dsc_project::{Assignment, BindRequest, CompiledModel, ModelRequest};

use super::progress::Progress;
use super::{Exit, Output};

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
    #[arg(long = "set", value_name = "HYPER=VALUE", value_parser = parse_assignment)]
    pub sets: Vec<Assignment>,
}

impl ModelArgs {
    /// The model that is meant.
    ///
    /// # Errors
    /// How the command ends where name and option say two variants.
    pub(super) fn request(&self, out: &mut Output) -> Result<ModelRequest, Exit> {
        named(&self.file, self.variant.as_deref(), &self.sets, out)
    }
}

/// The model of a name, an option for its variant, and hypers.
pub(super) fn named(
    name: &str,
    variant: Option<&str>,
    sets: &[Assignment],
    out: &mut Output,
) -> Result<ModelRequest, Exit> {
    ModelRequest::named(name, variant, sets.to_vec()).map_err(|why| out.usage(why))
}

/// Compiles a model; what is wrong with it is shown.
pub(super) fn open(model: &ModelRequest, bind: &BindRequest, out: &mut Output) -> Result<CompiledModel, Exit> {
    let opened = CompiledModel::open(model, bind, &mut Progress::new(out));
    opened.map_err(|faults| out.faults(&faults))
}

/// `p=4`.
pub(super) fn parse_assignment(text: &str) -> Result<Assignment, String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.trim().is_empty());
    let (name, value) = pair.ok_or_else(|| "write HYPER=VALUE, such as p=4".to_owned())?;
    Ok(Assignment { name: name.trim().to_owned(), value: value.trim().to_owned() })
}

/// What a model is bound to without training: dims of a data set, a recipe, a text encoder.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BindArgs {
    /// Bind the dims of a data set: sims, simsv2, mosi, mosi_aligned, mosei, mosei_aligned, demo (from its card, no file needed),
    /// or a feature file
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
    /// What they say.
    pub(super) fn request(&self) -> BindRequest {
        BindRequest { data: self.data.clone(), recipe: self.recipe.clone(), text_encoder: self.text_encoder.clone() }
    }
}
