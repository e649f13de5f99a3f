//! Training and evaluation on libtorch.
//!
//! - [`train()`]: trains every seed of a request, each into a run folder; [`score()`] and [`predict()`]: load such a run;
//! - [`comparison`]: ablations and sweeps, with one process per run;
//! - [`Libtorch`]: all of these as an [`Engine`](dsc_project::Engine);
//! - [`batch_source`]: batches of a data set for a graph; [`trainer`]: the training loop of one seed; [`evaluate`]: predictions
//!   and scores of a whole split; [`outputs`]: how every output is scored;
//! - [`encoder_weights`], [`initial_weights`], [`weight_map`]: weights from other programs, and how their names are mapped.
//!
//! Training from Rust, on the generated data set:
//!
//! ```
//! use dsc_experiment::events::{Silent, Stop};
//! use dsc_project::TrainRequest;
//!
//! let folder = tempfile::tempdir()?;
//! let mut request = TrainRequest::new("unimodal/vision", "demo").with("epochs", "1");
//! request.out = Some(folder.path().join("run"));
//!
//! let trained = dsc_train::train(&request, &Stop::new(), &mut Silent)?;
//! let mae = trained.results[0].test.metrics["mae"].expect("defined for any predictions");
//! assert!(mae < 0.4, "labels lie in -1..1, and the best constant has 0.31: {mae}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ahead;
mod batch_pass;
pub mod batch_source;
mod bench;
mod companions;
pub mod comparison;
pub mod encoder_weights;
pub mod evaluate;
mod finish;
pub mod initial_weights;
mod libtorch;
mod manifest;
mod memory;
mod non_finite;
mod optimizer;
pub mod outputs;
mod precision;
mod predict;
mod profile;
mod resume;
mod room;
mod run;
mod score;
mod shard_pass;
mod trained_model;
pub mod trainer;
pub mod weight_map;

pub use libtorch::Libtorch;
pub use predict::predict;
pub use run::train;
pub use score::score;

#[cfg(test)]
mod tests;
