//! What is resolved together.

use indexmap::IndexMap;

use crate::sema::module::ModuleItems;
use dsc_syntax::ast::{Expect, Model, Recipe, Variant};
use dsc_syntax::source::Span;

/// The files of a program.
pub(in crate::sema) struct Files<'a> {
    /// The main file first.
    pub(in crate::sema) modules: &'a [ModuleItems],
    /// What the main file of a model has beside items that others may import.
    pub(in crate::sema) main: Option<MainFile<'a>>,
}

/// The model of the main file, and what is said about it.
pub(in crate::sema) struct MainFile<'a> {
    pub(in crate::sema) model: &'a Model,
    pub(in crate::sema) variants: &'a IndexMap<String, Variant>,
    pub(in crate::sema) recipes: &'a IndexMap<String, Recipe>,
    pub(in crate::sema) expects: &'a [(Expect, Span)],
    /// Further models, which are a fault.
    pub(in crate::sema) others: &'a [&'a Model],
}
