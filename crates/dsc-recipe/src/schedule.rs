//! The course of the learning rate as a recipe gives it: warm-up and decay.

use serde::{Deserialize, Serialize};

use super::field::{Field, Range};
use super::value::Value;
use super::words::words;
use dsc_graph::statics::Static;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints::W0190;

/// How long the rate rises.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Warmup {
    /// That many epochs.
    Epochs(u64),
    /// That many optimiser steps.
    Steps(u64),
    /// That share of all steps, 0..=1.
    Fraction(f64),
}

impl Field for Warmup {
    fn set(&mut self, value: &Value, range: Range) -> bool {
        let found = match value {
            Value::Quantity(n, unit) => {
                // Larger numbers are not whole in an f64.
                let whole = (range.holds(*n) && n.fract() == 0.0 && *n < 1e15).then_some(*n as u64);
                match unit.as_str() {
                    "epochs" | "epoch" => whole.map(Warmup::Epochs),
                    "steps" | "step" => whole.map(Warmup::Steps),
                    "fraction" => (0.0..=1.0).contains(n).then_some(Warmup::Fraction(*n)),
                    _ => None,
                }
            }
            Value::Constant(Static::Int(0)) => Some(Warmup::Steps(0)),
            other => (other.word() == Some("none")).then_some(Warmup::Steps(0)),
        };
        if let Some(found) = found {
            *self = found;
        }
        found.is_some()
    }

    fn takes(&self, _: Range) -> String {
        "a whole number of epochs or steps (`10 epochs`), or a fraction from 0 to 1 (`0.1 fraction`)".to_owned()
    }

    fn text(&self) -> Option<String> {
        Some(match self {
            Warmup::Epochs(n) => format!("{n} epochs"),
            Warmup::Steps(n) => format!("{n} steps"),
            Warmup::Fraction(share) => format!("{share} fraction"),
        })
    }

    fn words(&self) -> &'static [&'static str] {
        &["epochs", "steps", "fraction", "none"]
    }
}

words! {
    /// What follows the warm-up.
    Decay {
        /// Linearly to 0, reached after the last step.
        Linear = "linear",
        /// The full rate to the end.
        Constant = "none",
    }
}

/// Warm-up and decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The rise, from 0 to the peak rate.
    pub warmup: Warmup,
    /// What the rate does behind it.
    pub decay: Decay,
}

impl Default for Schedule {
    /// The full rate throughout.
    fn default() -> Self {
        Schedule { warmup: Warmup::Steps(0), decay: Decay::Constant }
    }
}

impl Schedule {
    /// A warning (`W0190`) where the warm-up isn't shorter than a training of `epochs`, if that does not depend on the
    /// number of steps in an epoch; else the schedule of a run, in steps, has one.
    pub fn warning(&self, epochs: u64) -> Option<Diagnostic> {
        let takes = match self.warmup {
            Warmup::Epochs(n) if n > 0 && n >= epochs => {
                format!("{n} epoch{} and the training {epochs}", if n == 1 { "" } else { "s" })
            }
            Warmup::Fraction(share) if share >= 1.0 => "as many steps as the training".to_owned(),
            _ => return None,
        };
        let message = format!("the warm-up takes {takes}: the learning rate never reaches its set value");
        Some(Diagnostic::warning(W0190, message).help("shorten `warmup` or train for more epochs"))
    }
}

/// In words: `warm-up 0.1 of the steps, linear decay`.
pub fn describe_schedule(schedule: &Schedule) -> String {
    let warmup = match schedule.warmup {
        Warmup::Epochs(0) | Warmup::Steps(0) => "no warm-up".to_owned(),
        Warmup::Epochs(n) => format!("warm-up {n} epochs"),
        Warmup::Steps(n) => format!("warm-up {n} steps"),
        Warmup::Fraction(f) => format!("warm-up {f} of the steps"),
    };
    match schedule.decay {
        Decay::Constant => format!("{warmup}, no decay"),
        Decay::Linear => format!("{warmup}, linear decay"),
    }
}
