//! Everything that is wrong with a file, in one call: what [`lower::check`] finds in the model and
//! its variants, recipes, and `expect` items, which need the figures of the model and the cards of the data sets.
//!
//! # What the recipes say of the data
//! A recipe that is named like a known data set, or that inherits from one, or that names a known text encoder, says what
//! the model will be trained on: the model and its variants are checked with those dims and that encoder, too, as long as
//! no data are given. What only numbers decide is then an error here and not in the training.
//!
//! # What an expectation is about
//! `expect params < 120M for sims` is about the model itself under the recipe `sims`: its hypers, its batch, its text
//! encoder, and the dims of its data set. The data set is the one that the recipe, or the nearest recipe it inherits
//! from, is named like.
//! - Without `for`, it has to hold under every recipe whose data set and encoder are known without any file.
//! - `for` may name a variant: it has to meet the expectation under every such recipe. Variants are not meant elsewhere:
//!   an ablation may well be larger than its base.
//! - Data that are given (`dsc check FILE --data mine.pkl --recipe sims`) win over the recipe's card, and hypers that are
//!   set hold for expectations too. Where one variant is checked alone, only expectations for it are looked at.

mod bindings;
mod expectations;

pub use expectations::{memory_plan, recipe_settings};

use dsc_data::EncoderBinding;
use dsc_language::lower::{self, Options};
use dsc_language::sema::program::Program;
use dsc_recipe::check_recipes;
use dsc_syntax::diag::codes::{data::E0613, lints::W0106};
use dsc_syntax::diag::{Diagnostic, Diagnostics};

/// Finds the configuration of a text encoder by the name that a recipe gives it.
pub type FindEncoder<'a> = &'a (dyn Fn(&str) -> Result<EncoderBinding, Diagnostic> + Sync);

/// How a file is checked.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What is checked, as for [`lower::check`]: variant, hypers, bound dims and encoder.
    pub options: &'a Options,
    /// The recipe that `options` bind, whose expectations are then judged on these dims and this encoder.
    pub bound: Option<&'a str>,
    /// Encoders that no card knows, looked up only where an expectation names its recipe.
    pub encoder: FindEncoder<'a>,
}

/// All diagnostics of a program.
pub fn check(program: &Program, request: &Request<'_>) -> Diagnostics {
    let bindings = bindings::of_recipes(program, request);
    let (mut found, expected) =
        rayon::join(|| lower::check(program, request.options, &bindings), || expectations::check(program, request));
    found.extend(in_general(program, request.options, &found));
    // An input that the data lack is told as such, whether anything reads it or not.
    let place = |d: &Diagnostic| d.primary.as_ref().map(|label| label.span);
    let lacking: Vec<_> = expected.iter().filter(|d| d.code == E0613).map(place).collect();
    found.retain(|d| d.code != W0106 || !lacking.contains(&place(d)));
    let mut outputs = program.output_labels();
    let all = outputs.len();
    outputs.sort_unstable();
    outputs.dedup();
    // Of two outputs for one label, which was reported, one was meant for another label of the file.
    if outputs.len() < all {
        outputs = program.main().into_iter().flat_map(|m| m.labels.keys()).map(String::as_str).collect();
    }
    found.extend(check_recipes(&program.recipes, &outputs));
    found.extend(expected.into_sorted());
    found
}

/// Errors of a model that is bound to data, with dims as names: shapes that agree for the numbers of these data alone. A training refuses
/// them too. Those that the numbers show as well are `known`.
fn in_general(program: &Program, options: &Options, known: &Diagnostics) -> Vec<Diagnostic> {
    if options.dims.is_none() {
        return Vec::new();
    }
    let place = |d: &Diagnostic| d.primary.as_ref().map(|label| label.span);
    let is_known = |d: &Diagnostic| known.iter().any(|k| k.code == d.code && place(k) == place(d));
    let unbound = lower::check(program, &Options { dims: None, ..options.clone() }, &[]);
    unbound.into_sorted().into_iter().filter(|d| d.is_error() && !is_known(d)).collect()
}
