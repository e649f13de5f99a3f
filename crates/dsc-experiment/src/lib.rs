//! Training runs without libtorch: their settings, metrics, events, and the files that they write.
//!
//! - [`schedule`], [`retrieval`], [`metrics`]: learning rate, companions, scores;
//! - [`events`]: what a run reports while it is in progress; [`notice`]: messages to the user;
//! - [`profile`]: where the time of its steps goes;
//! - [`run_folder`], [`checkpoint`], [`results`]: the files of a run;
//! - [`write`](mod@write): files that are written whole or not at all;
//! - [`report`]: tables and plots of results.
//!
//! Everything that affects a result is a function of the seed and of logical coordinates (epoch, step, sample), so a run is
//! reproduced bit for bit on the same machine, with any number of threads.

pub mod checkpoint;
pub mod events;
pub mod metrics;
pub mod notice;
pub mod profile;
pub mod report;
pub mod results;
pub mod retrieval;
pub mod run_folder;
pub mod schedule;
pub mod write;
