//! Recipes: the settings of a training, their keys and values. Nothing here needs data or libtorch, so that a file is
//! checked by the same table that a run is trained by.
//!
//! - [`KEYS`] is the one table of keys: name, field, range, text and example of each. `dsc explain`, the README, the
//!   environment variables, [`Settings::keys`] and the checks of values all come from it;
//! - [`Settings`] holds the values, [`Field`] is how one is read from a [`Value`] and written again;
//! - [`Family`], [`ClassRule`], [`NonFinite`], [`Standardize`], [`Algorithm`], [`Select`] and [`Schedule`] are the types of
//!   settings, which data, runtime and training share;
//! - [`resolve`] applies defaults, recipe, environment and command line in the order of their strength, [`check_recipes`]
//!   checks every recipe of a file.
//!
//! # Invariants
//! - A value is a constant ([`dsc_graph::constant`]), a word, or one of the forms of [`Value`], and is read by the parser of
//!   the language wherever it was written: in a file, in `--with`, in `DSC_*`. One fault has one code in all of them.
//! - None of these settings is part of a graph. Only the `set` entries of a recipe are, and the compiler reads those
//!   (`recipe_sets` of `dsc-language`).
//! - The names under which settings are saved in a run folder stay, so that older runs can be read.
//!
//! # A new key
//! CONTRIBUTING.md lists its places. The compiler asks for the default; tests name a field without a key, a key that the README
//! lacks, and a field that nothing reads.

mod apply;
mod check;
mod family;
mod field;
mod foreign;
mod hints;
mod keys;
mod optimizer;
mod resolve;
mod schedule;
mod select;
mod settings;
mod value;
mod words;

pub use check::check_recipes;
pub use family::{Classes, Family, Measure, MetricInfo};
pub use field::{Field, Range};
pub use foreign::alias as key_called;
pub use keys::{KEYS, Key, markdown, overview};
pub use optimizer::Optimizer;
pub use resolve::{KeyValue, Origin, Request, Resolved, resolve, settings_of};
pub use schedule::{Decay, Schedule, Warmup, describe_schedule};
pub use select::Select;
pub use settings::Settings;
pub use value::{Argument, Value};
pub use words::{Algorithm, ClassRule, NonFinite, Padding, Precision, Recompute, Standardize};

#[cfg(test)]
mod tests;
