//! Training: schedule, retrieval of companions, metrics.

pub mod checkpoint;
pub mod metrics;
pub mod recipe;
pub mod retrieval;
pub mod schedule;
