//! How a model is trained: the settings of a `recipe`, resolved.
//!
//! Settings come from four places, each stronger than the one before: the defaults (among them what a known data set's
//! card says about classes and metrics), the recipe with those it inherits from, the environment (`DSC_EPOCHS=3`,
//! `DSC_OPTIMIZER_LR=1e-4`) and the command line (`--with epochs=3`). [`resolve`] applies them in this order and reports
//! every fault of all of them at once. None of these settings is part of the graph; only a recipe's `set` items are, and
//! those the compiler reads ([`dsc_language::lower::recipe_sets`]).

mod keys;
mod keys_of;
mod resolve;
mod settings;
mod value;

pub use keys::{KEYS, KeyInfo};
pub use resolve::{Request, Resolved, check_recipes, environment_name, resolve, split_setting};
pub use settings::{Nonfinite, Optimizer, OptimizerKind, Origin, SelectRule, Settings, Standardize, describe_schedule};
pub use value::Value;

#[cfg(test)]
mod tests;
