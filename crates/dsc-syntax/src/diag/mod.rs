//! Diagnostics are data: a stable code, a message, the place of the fault, the place that explains it, one remedy.
//!
//! Nothing here prints. [`render`] turns diagnostics into text (`full`, `concise`) or JSON; the command line decides
//! where it goes.

pub mod codes;
mod diagnostic;
mod render;
mod suggest;

pub use codes::{Code, CodeInfo, all_codes, explain, retired};
pub use diagnostic::{Diagnostic, Diagnostics, Fix, Label, MAX_ERRORS, Severity};
pub use render::{Format, render, to_json};
pub use suggest::{did_you_mean, the_file_has};
