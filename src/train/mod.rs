//! Training: schedule, retrieval of companions, metrics.

pub mod metrics;
pub mod retrieval;
pub mod schedule;
