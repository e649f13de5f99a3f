//! The learning rate over the steps of a training: linear warm-up, then constant or linear decay to 0.

use dsc_recipe::{Decay, Schedule, Warmup};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints::W0190;

/// A schedule with all lengths in optimiser steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Number of warm-up steps.
    pub warmup: u64,
    /// Number of steps of the training.
    pub total: u64,
    /// The learning rate after the warm-up.
    pub decay: Decay,
}

impl Plan {
    /// The schedule of a training of `total` steps with `steps_per_epoch` steps per epoch. A fraction is rounded up to whole
    /// steps.
    pub fn new(schedule: &Schedule, total: u64, steps_per_epoch: u64) -> Plan {
        let warmup = match schedule.warmup {
            Warmup::Epochs(epochs) => epochs.saturating_mul(steps_per_epoch),
            Warmup::Steps(steps) => steps,
            // The cast saturates, so a negative or undefined fraction gives no warm-up.
            Warmup::Fraction(share) => (share * total as f64).ceil() as u64,
        };
        Plan { warmup, total, decay: schedule.decay }
    }

    /// The factor on the base rate for step `step`, counted from 0: `step / warmup` during the warm-up (so the first step has
    /// the rate 0), then 1 or `(total - step) / (total - warmup)`. Equal to `get_linear_schedule_with_warmup` of transformers
    /// at every step.
    pub fn factor(&self, step: u64) -> f64 {
        if step < self.warmup {
            return step as f64 / self.warmup as f64;
        }
        match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => {
                let rest = self.total.saturating_sub(self.warmup).max(1);
                self.total.saturating_sub(step) as f64 / rest as f64
            }
        }
    }

    /// The learning rate of step `step` (from 0) for a base rate.
    pub fn lr(&self, base: f64, step: u64) -> f64 {
        base * self.factor(step)
    }

    /// A warning (`W0190`) if the warm-up is not shorter than the training.
    pub fn warning(&self) -> Option<Diagnostic> {
        (self.warmup > 0 && self.warmup >= self.total).then(|| {
            let last = self.factor(self.total.saturating_sub(1));
            Diagnostic::warning(
                W0190,
                format!(
                    "the warm-up takes {} steps and the training {}: the learning rate reaches only {:.0} % of its set value",
                    self.warmup,
                    self.total,
                    100.0 * last
                ),
            )
            .help("shorten `warmup` or train for more epochs")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(warmup: Warmup, total: u64, steps_per_epoch: u64) -> Plan {
        Plan::new(&Schedule { warmup, decay: Decay::Linear }, total, steps_per_epoch)
    }

    #[test]
    fn it_rises_and_falls_linearly() {
        let plan = linear(Warmup::Steps(4), 10, 5);
        let factors: Vec<f64> = (0..=10).map(|step| plan.factor(step)).collect();
        let expected = [0.0, 0.25, 0.5, 0.75, 1.0, 5.0 / 6.0, 4.0 / 6.0, 0.5, 2.0 / 6.0, 1.0 / 6.0, 0.0];
        assert!(factors.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-15), "{factors:?}");
        assert_eq!(plan.lr(5e-5, 7), 2.5e-5);
        assert_eq!(plan.factor(99), 0.0);
    }

    #[test]
    fn epochs_steps_and_fractions_agree() {
        let steps = linear(Warmup::Steps(20), 100, 10);
        assert_eq!(linear(Warmup::Epochs(2), 100, 10), steps);
        assert_eq!(linear(Warmup::Fraction(0.2), 100, 10), steps);
        assert_eq!(linear(Warmup::Fraction(0.15), 7, 7).warmup, 2);
        assert_eq!(linear(Warmup::Fraction(f64::NAN), 7, 7).warmup, 0);
    }

    #[test]
    fn the_default_rate_is_constant() {
        let plan = Plan::new(&Schedule::default(), 10, 5);
        assert!((0..20).all(|step| plan.factor(step) == 1.0));
        let plan = Plan::new(&Schedule { warmup: Warmup::Steps(2), decay: Decay::Constant }, 10, 5);
        assert_eq!([0, 1, 2, 9].map(|step| plan.factor(step)), [0.0, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn a_warm_up_that_outlasts_the_training_is_warned_of() {
        // The released settings of DashFusion: 10 epochs of warm-up, 4 of training.
        let warning = linear(Warmup::Epochs(10), 4 * 86, 86).warning().unwrap();
        assert_eq!(warning.code, W0190);
        assert_eq!(
            warning.message,
            "the warm-up takes 860 steps and the training 344: the learning rate reaches only 40 % of its set value"
        );
        assert!(linear(Warmup::Epochs(3), 4 * 86, 86).warning().is_none());
        assert!(linear(Warmup::Fraction(1.0), 50, 10).warning().is_some());
        assert!(Plan::new(&Schedule::default(), 0, 0).warning().is_none());
    }
}
