//! What describes a training, and what it leaves behind. Nothing here needs libtorch.
//!
//! - [`schedule`], [`retrieval`], [`metrics`]: the learning rate, companions, scores;
//! - [`events`]: what a run reports while it goes on, [`notice`] in words;
//! - [`run_folder`], [`checkpoint`], [`results`]: what a run leaves on the disk;
//! - [`report`]: tables and plots of it.
//!
//! Everything that decides a result is a function of the seed and of logical coordinates, so that a run is repeated to the
//! bit on the same machine with the same number of threads.

pub mod checkpoint;
pub mod events;
pub mod metrics;
pub mod notice;
pub mod report;
pub mod results;
pub mod retrieval;
pub mod run_folder;
pub mod schedule;
