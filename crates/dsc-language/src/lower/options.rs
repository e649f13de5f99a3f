//! What is compiled of a program.

use std::collections::BTreeMap;

use dsc_graph::dims::DimTable;
use dsc_graph::statics::Static;
use dsc_syntax::source::Span;

/// A value for a hyper from outside the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The hyper.
    pub name: String,
    /// Its value.
    pub value: Static,
    /// Where it was set: a place in a recipe, [`Span::NONE`] for the command line.
    pub span: Span,
}

/// What to compile of a program.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The variant; the base model if none.
    pub variant: Option<String>,
    /// Hypers set by the recipe.
    pub recipe_sets: Vec<Setting>,
    /// Hypers set by the user, stronger than the variant's, which are stronger than the recipe's.
    pub sets: Vec<Setting>,
    /// Numbers of the data, if bound: dims that cannot be shown to be equal are then decided by number.
    pub dims: Option<DimTable>,
    /// The text encoder's configuration: `hidden_size`, .. of `encoder.hidden_size` in the language.
    pub encoder: BTreeMap<String, Static>,
    /// Whether [`Compiled::types`](super::Compiled::types) is filled in.
    pub types: bool,
}
