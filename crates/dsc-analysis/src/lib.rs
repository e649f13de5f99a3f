//! What can be said of a graph without running it, and without libtorch.
//!
//! - [`count`]: how many numbers its parameters hold;
//! - [`cost`]: the rule of every operation: its multiply-adds and what training keeps of it ([`cost::CONVENTION`] states
//!   what counts); [`tally`]: the rules applied to the nodes of a graph;
//! - [`part`]: figures along the calls of the source; [`mod@line`]: the same by line of the user's files;
//! - [`repeat`]: parts that a loop repeats, joined for reading;
//! - [`memory`]: bytes of training at a batch size, and the largest batch that fits;
//! - [`claim`]: `expect` items, judged on a graph;
//! - [`diff`]: what differs between two models;
//! - [`draw`] makes pictures of a graph.
//!
//! Figures are polynomials in the names of the data ([`Dim`](dsc_graph::dims::Dim)) and become numbers under a
//! [`DimTable`](dsc_graph::dims::DimTable). A ragged length counts with its maximum. They are taken from the graph as it
//! is written, before any pass: they do not change when a pass learns to save work.

pub mod claim;
pub mod cost;
pub mod count;
pub mod diff;
pub mod draw;
pub mod line;
pub mod memory;
pub mod part;
pub mod repeat;
pub mod tally;

pub use line::{LineCost, by_line};
pub use memory::{Memory, MemoryPlan};
pub use part::{Figures, Part, Summary, Training};
pub use repeat::Row;
pub use tally::{Costs, NodeCost, Phase};
