//! Tables, plots and pages, made from what a run left behind.

pub mod table;

pub mod results;
