//! The rule that chooses the best epoch: `select = min mae`.

use super::{Family, MetricInfo, Metrics};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints::W0191;

/// Which end of a metric is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least value.
    Min,
    /// The greatest value.
    Max,
}

/// One metric and a direction, applied to the validation split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Select {
    /// The wanted end.
    pub direction: Direction,
    /// The metric.
    pub metric: MetricInfo,
}

impl Select {
    /// The rule for that metric of a family.
    ///
    /// # Errors
    /// `E0963` for a metric that the family lacks.
    pub fn new(family: Family, direction: Direction, metric: &str) -> Result<Select, Diagnostic> {
        Ok(Select { direction, metric: family.metric(metric)? })
    }

    /// A warning (`W0191`) where the rule asks for the worst epoch.
    pub fn warning(&self) -> Option<Diagnostic> {
        let (word, other) = match self.direction {
            Direction::Min => ("min", "max"),
            Direction::Max => ("max", "min"),
        };
        let wanted = if self.metric.higher_is_better { Direction::Max } else { Direction::Min };
        (self.direction != wanted).then(|| {
            let name = self.metric.name;
            let better = if self.metric.higher_is_better { "more" } else { "less" };
            Diagnostic::warning(
                W0191,
                format!("`select = {word} {name}` keeps the worst epoch: of {name}, {better} is better"),
            )
            .help(format!("write `select = {other} {name}`"))
        })
    }

    /// The value the rule looks at; `None` where it is undefined.
    pub fn value(&self, metrics: &Metrics) -> Option<f64> {
        metrics.get(self.metric.name)
    }

    /// Whether `candidate` beats the best so far. An undefined value never does, any defined one beats an undefined
    /// one, and of equals the earlier stays.
    pub fn better(&self, candidate: Option<f64>, best: Option<f64>) -> bool {
        match (candidate, best) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(new), Some(old)) => match self.direction {
                Direction::Min => new < old,
                Direction::Max => new > old,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_never_wins_and_ties_keep_the_earlier() {
        let rule = Select::new(Family::Sims, Direction::Min, "mae").unwrap();
        assert!(rule.better(Some(0.4), None));
        assert!(rule.better(Some(0.4), Some(0.5)));
        assert!(!rule.better(Some(0.4), Some(0.4)));
        assert!(!rule.better(None, None));
        assert!(!rule.better(None, Some(0.4)));
        let rule = Select::new(Family::Sims, Direction::Max, "corr").unwrap();
        assert!(rule.better(Some(0.5), Some(0.4)));
        assert!(rule.warning().is_none());
    }

    #[test]
    fn the_wrong_end_is_warned_of() {
        let rule = Select::new(Family::Mosi, Direction::Min, "acc7").unwrap();
        let warning = rule.warning().unwrap();
        assert_eq!(warning.help.unwrap(), "write `select = max acc7`");
        assert!(Select::new(Family::Mosi, Direction::Max, "mae").unwrap().warning().is_some());
        assert!(Select::new(Family::Mosi, Direction::Min, "acc3").is_err());
    }
}
