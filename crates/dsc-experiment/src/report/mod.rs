//! Tables and plots of results, and the summary of a model.

pub mod summary;
pub mod table;

pub mod ablation;
pub mod plot;
pub mod profile;
pub mod results;
