//! The rule that chooses the best epoch: `select = min mae`, or of an output that is not the first, `select = min arousal.mae`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::family::{Family, MetricInfo};
use super::field::{Field, Range};
use super::value::Value;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints::W0191;
use dsc_syntax::diag::codes::run::E0963;

/// One metric and which end of it is best, applied to the validation split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Select {
    /// Whether the least value is the best.
    pub minimize: bool,
    /// Name of a metric of the family, after the label of an output and a dot where it is not that of the first output.
    pub metric: String,
}

impl Select {
    /// The label of the output whose metric it is; `None` for the first output.
    pub fn output(&self) -> Option<&str> {
        self.metric.rsplit_once('.').map(|(output, _)| output)
    }

    /// Name of the metric, without an output.
    pub fn metric_name(&self) -> &str {
        self.metric.rsplit_once('.').map_or(&self.metric, |(_, metric)| metric)
    }

    /// The metric, in a family.
    ///
    /// # Errors
    /// `E0963` for a metric that the family lacks.
    pub fn info(&self, family: Family) -> Result<MetricInfo, Diagnostic> {
        family.metric(self.metric_name())
    }

    /// Checks that the output it names is one of `outputs`, by their labels.
    ///
    /// # Errors
    /// `E0963` for an output that is not among them.
    pub fn check_output(&self, outputs: &[&str]) -> Result<(), Diagnostic> {
        match self.output() {
            Some(name) if !outputs.contains(&name) => {
                Err(Diagnostic::error(E0963, format!("`select = {self}`: the model has no output for `{name}`"))
                    .help(format!("it has outputs for {}", outputs.join(", ")))
                    .did_you_mean(name, outputs.iter().copied()))
            }
            _ => Ok(()),
        }
    }

    /// A warning (`W0191`) where the rule keeps the worst epoch.
    pub fn warning(&self, info: &MetricInfo) -> Option<Diagnostic> {
        (self.minimize == info.higher_is_better).then(|| {
            let (word, other) = if self.minimize { ("min", "max") } else { ("max", "min") };
            let (name, better) = (&self.metric, if info.higher_is_better { "more" } else { "less" });
            Diagnostic::warning(
                W0191,
                format!("`select = {word} {name}` keeps the worst epoch: of {name}, {better} is better"),
            )
            .help(format!("write `select = {other} {name}`"))
        })
    }

    /// Whether `candidate` beats the best so far. An undefined value never does, any defined one beats an undefined
    /// one, and of equals the earlier stays.
    pub fn better(&self, candidate: Option<f64>, best: Option<f64>) -> bool {
        match (candidate, best) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(new), Some(old)) if self.minimize => new < old,
            (Some(new), Some(old)) => new > old,
        }
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.minimize { "min" } else { "max" }, self.metric)
    }
}

impl Field for Select {
    fn set(&mut self, value: &Value, _: Range) -> bool {
        let Value::Select { minimize, metric } = value else { return false };
        *self = Select { minimize: *minimize, metric: metric.clone() };
        true
    }

    fn takes(&self, _: Range) -> String {
        "min or max and a metric".to_owned()
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(minimize: bool, metric: &str) -> Select {
        Select { minimize, metric: metric.into() }
    }

    fn warning(family: Family, rule: &Select) -> Option<Diagnostic> {
        rule.warning(&rule.info(family).unwrap())
    }

    #[test]
    fn undefined_never_wins_and_ties_keep_the_earlier() {
        let least = rule(true, "mae");
        assert!(least.better(Some(0.4), None));
        assert!(least.better(Some(0.4), Some(0.5)));
        assert!(!least.better(Some(0.4), Some(0.4)));
        assert!(!least.better(None, None));
        assert!(!least.better(None, Some(0.4)));
        let most = rule(false, "corr");
        assert!(most.better(Some(0.5), Some(0.4)));
        assert!(warning(Family::Sims, &most).is_none());
    }

    #[test]
    fn a_metric_may_be_of_another_output() {
        let rule = rule(true, "arousal.mae");
        assert_eq!((rule.output(), rule.metric_name()), (Some("arousal"), "mae"));
        assert_eq!(rule.info(Family::Sims).unwrap().name, "mae");
        assert_eq!(rule.to_string(), "min arousal.mae");
        let wrong = Select { minimize: false, ..rule };
        assert_eq!(warning(Family::Sims, &wrong).unwrap().help.unwrap(), "write `select = min arousal.mae`");
    }

    #[test]
    fn the_wrong_end_is_warned_of() {
        let wrong = warning(Family::Mosi, &rule(true, "acc7")).unwrap();
        assert_eq!(wrong.help.unwrap(), "write `select = max acc7`");
        assert!(warning(Family::Mosi, &rule(false, "mae")).is_some());
        assert!(rule(true, "acc3").info(Family::Mosi).is_err());
    }
}
