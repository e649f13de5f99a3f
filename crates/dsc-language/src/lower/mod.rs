//! From the program to its graph: blocks are inlined, loops unrolled, companions' views and losses made explicit.
//!
//! A program is checked by being lowered: a block has its types checked at each call, where its generics are known,
//! so an error names the call that does not fit. Nothing of the data is needed; dims stay names.
//!
//! - [`compile`]: one graph of a program (base or variant, hypers set);
//! - [`check`]: everything wrong with a program: base, all variants and recipes, names in what nothing takes, lints;
//! - [`recipe_sets`], [`set_by`]: which hypers are set from outside, and by whom;
//! - [`types`]: what every bound name stands for.
//!
//! Lowering always ends: steps, nodes, depth, elements of lists and sizes of dims are bounded, and what goes beyond is
//! one error (E0408). It runs on a stack of its own, so the caller's does not matter.

mod at;
mod block;
mod check;
mod emit;
mod expr;
mod holds;
mod lints;
mod lowering;
mod model;
mod names;
mod ops;
mod origin;
mod path;
mod pattern;
mod primitives;
mod regions;
mod report;
mod sets;
mod statements;
mod types;
mod value;
mod walk;

pub use check::check;
pub use lowering::{Compiled, Options, Setting, compile, inputs};
pub use names::FIGURES;
pub use names::unknown_figure;
pub use sets::{SetBy, recipe_sets, set_by};
pub use types::{Typed, types};
