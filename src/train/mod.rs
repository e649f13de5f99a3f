//! Training: from a compiled graph, data and a recipe to a run folder.
//!
//! - [`recipe`]: the settings, resolved from file, environment and command line;
//! - [`schedule`], [`retrieval`], [`metrics`]: the learning rate, companions, scores;
//! - [`feed`]: batches of a data set for a graph;
//! - [`trainer`]: the loop over epochs; [`evaluate`]: a whole split without training;
//! - [`run_folder`], [`checkpoint`]: what a run leaves on the disk;
//! - `initial_weights`, `names`: weights that were trained elsewhere, and what they are called there;
//! - [`events`]: what a run tells while it goes on.
//!
//! Everything that decides a result is a function of the seed and of logical coordinates, so that a run is repeated to the
//! bit on the same machine with the same number of threads.

pub mod checkpoint;
#[cfg(feature = "torch")]
mod companions;
#[cfg(feature = "torch")]
pub mod encoder_weights;
#[cfg(feature = "torch")]
pub mod evaluate;
pub mod events;
#[cfg(feature = "torch")]
pub mod feed;
#[cfg(feature = "torch")]
pub mod initial_weights;
pub mod metrics;
#[cfg(feature = "torch")]
pub mod names;
pub mod recipe;
pub mod results;
pub mod retrieval;
pub mod run_folder;
pub mod schedule;
#[cfg(feature = "torch")]
pub mod trainer;

#[cfg(test)]
#[cfg(feature = "torch")]
mod tests;
