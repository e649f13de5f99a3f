//! From the program to its graph: blocks are inlined, loops unrolled, companions' views and losses made explicit.
//!
//! Types are checked by lowering: a block has its types checked at each call, where its generics are known, so an error
//! names the call that does not fit. What names stand for was resolved when the program was loaded
//! ([`resolve`](crate::sema::resolve)). Nothing of the data is needed; dims stay names.
//!
//! - [`compile`]: one graph of a program (base or variant, hypers set);
//! - [`check`]: everything wrong with a loaded program: base, all variants and recipes, lints;
//! - [`recipe_sets`], [`set_by`]: which hypers are set from outside, and by whom;
//! - [`types`], [`type_table`]: what bound names and expressions are.
//!
//! Lowering always ends: steps, nodes, depth, elements of lists and sizes of dims are bounded, and what goes beyond is
//! one error (E0408). It runs on a stack of its own, so the caller's does not matter.

mod alone;
mod at;
mod block;
mod block_arguments;
mod budget;
mod check;
mod choices;
mod compile;
mod constants;
mod emit;
mod expr;
mod faults;
mod floats;
mod frame;
mod generics;
mod holds;
mod lints;
mod lowering;
mod model;
mod nodes;
mod notes;
mod ops;
mod options;
mod origin;
mod path;
mod pattern;
mod primitives;
mod ranges;
mod regions;
mod report;
mod sets;
mod stated;
mod statements;
mod types;
mod value;

pub use budget::MAX_STEPS_OF_A_CHECK;
pub use check::{Binding, check};
pub use compile::{Compiled, compile, inputs, type_table, types};
pub use options::{Options, Setting};
pub use sets::{SetBy, recipe_sets, set_by};
pub use types::{Seen, TypeTable, Typed};
