//! Tables, plots and pages: of what a run left behind, and of what a model costs.

pub mod summary;
pub mod table;

pub mod ablation;
pub mod plot;
pub mod results;
