//! Diagnostics as data: a stable code, a message, a primary span, secondary spans that explain it, and a suggestion.
//!
//! Nothing here prints. [`render`] turns diagnostics into text (`full`, `concise`) or JSON; the command line writes it.

pub mod codes;
mod diagnostic;
mod printable;
mod render;
mod suggest;

pub use codes::{Code, CodeInfo, all_codes, explain, retired};
pub use diagnostic::{Diagnostic, Diagnostics, Fix, Label, MAX_ERRORS, Severity};
pub use printable::{printable, printable_json};
pub use render::{Format, render, to_json};
pub use suggest::{did_you_mean, the_file_has};
