//! Training and evaluation on libtorch: requests, carried out.
//!
//! - [`train()`]: every seed of a request, in run folders; [`score()`] and [`predict()`]: such a run opened again;
//! - [`comparison`]: ablations and sweeps, a process for each run;
//! - [`Libtorch`]: all of them as an [`Engine`](dsc_project::Engine);
//! - [`feed`]: batches of a data set for a graph; [`trainer`]: the loop over epochs of one seed; [`evaluate`]: a whole split without
//!   training;
//! - [`encoder_weights`], [`initial_weights`], [`weight_map`]: weights that were trained elsewhere, and their names there.
//!
//! A training from Rust, on generated data:
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

mod companions;
pub mod comparison;
pub mod encoder_weights;
pub mod evaluate;
pub mod feed;
pub mod initial_weights;
mod libtorch;
mod manifest;
mod predict;
mod run;
mod score;
mod trained_model;
pub mod trainer;
pub mod weight_map;

pub use libtorch::Libtorch;
pub use predict::predict;
pub use run::train;
pub use score::score;

#[cfg(test)]
mod tests;
