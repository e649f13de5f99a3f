//! The metrics of the field, to the last digit.
//!
//! A [`Family`] is a convention of a group of data sets: how values become classes, whether they are clipped, which
//! metrics there are and in which order a table shows them. [`evaluate`] scores one split; [`constant_row`] scores what
//! a model without any input would reach, which every table needs beside its rows; [`aggregate`] gathers seeds.
//!
//! Three rules are easy to get wrong and move published digits:
//! - **Comparisons are made in float32.** `0.1f32 > 0.1f64` and `0.7f32 < 0.7f64`, so a cast moves samples across a
//!   boundary.
//! - **Rounding is half-to-even** (`2.5` is class 2, `-0.5` is class 0), as in numpy.
//! - **F1 is weighted by the support of the truth.** It isn't symmetric; with swapped arguments a collapsed model's
//!   56.82 becomes 81.91.
//!
//! What is undefined (the correlation of a constant) is `None`: `-` in a table, `null` in JSON, left out of means and
//! counted; never NaN, never 0.

mod aggregate;
mod classes;
mod scores;

pub use aggregate::{Summary, aggregate, paired_difference};
pub use dsc_recipe::{Family, MetricInfo};
pub use scores::{Metric, Metrics, constant_row, evaluate, evaluate_named};
