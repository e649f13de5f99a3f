//! Static analysis of a graph: costs, memory, differences and pictures, without running it and without libtorch.
//!
//! - [`count`]: how many numbers its parameters hold;
//! - [`cost`]: the rule of every operation: its multiply-adds and what training keeps of it ([`cost::CONVENTION`] states
//!   what counts); [`node_costs`]: the rules applied to the nodes of a graph;
//! - [`summary`]: figures grouped by block; [`line_costs`]: the same figures by line of the user's files;
//! - [`places`]: the line, the calls and the loop turns that each node comes from;
//! - [`summary_rows`]: a summary for reading, in which equal turns of a loop are one row;
//! - [`memory`]: bytes of training at a batch size, and the largest batch that fits; [`step`]: those of a step over time;
//! - [`expectation`]: `expect` items, checked on a graph;
//! - [`diff`]: what differs between two models;
//! - [`draw`] makes pictures of a graph.
//!
//! Figures are polynomials in the names of the data ([`Dim`](dsc_graph::dims::Dim)) and become numbers under a
//! [`DimTable`](dsc_graph::dims::DimTable). A ragged length counts with its maximum. They are taken from the graph as it
//! is written, before any pass: they do not change when a pass learns to save work.

pub mod cost;
pub mod count;
pub mod diff;
pub mod draw;
pub mod expectation;
pub mod line_costs;
pub mod memory;
pub mod node_costs;
pub mod places;
pub mod step;
pub mod summary;
pub mod summary_rows;

pub use line_costs::{LineCost, by_line};
pub use memory::{Memory, MemoryPlan};
pub use node_costs::{Costs, NodeCost, Phase};
pub use places::Place;
pub use summary::{Figures, Summary, SummaryNode, Training};
pub use summary_rows::SummaryRow;
