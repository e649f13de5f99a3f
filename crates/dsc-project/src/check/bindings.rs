//! The data and text encoders that the recipes of a file name.

use std::collections::BTreeMap;

use super::Request;
use super::expectations::{binding, card_of, encoder_name, settings};
use dsc_data::card::encoder;
use dsc_language::lower::{Binding, Options, inputs};
use dsc_language::sema::program::Program;
use dsc_syntax::ast::Recipe;

/// What each recipe binds the model to, if it says so; nothing where data are given.
pub(super) fn of_recipes(program: &Program, request: &Request<'_>) -> Vec<Binding> {
    if request.options.dims.is_some() || request.bound.is_some() {
        return Vec::new();
    }
    program.recipes.values().filter_map(|recipe| of_recipe(program, request, recipe)).collect()
}

fn of_recipe(program: &Program, request: &Request<'_>, recipe: &Recipe) -> Option<Binding> {
    let (name, options) = (&recipe.name.value, request.options);
    let card = card_of(program, name);
    let settings = settings(program, name, card);
    let Some(card) = card else {
        let config = encoder(settings.encoder.as_deref()?).ok()?.config.statics();
        return Some(Binding { recipe: recipe.name.clone(), dims: None, encoder: config });
    };
    let bound = binding(request, card, &encoder_name(&settings, card)).ok()?;
    // Data of that name may have other streams than the published ones; the training says what is missing.
    let dims = bound.dims(&inputs(program, &Options { dims: None, ..options.clone() })).ok()?;
    let config = bound.encoder.as_ref().map_or_else(BTreeMap::new, |e| e.config.statics());
    Some(Binding { recipe: recipe.name.clone(), dims: Some(dims), encoder: config })
}
