//! The conventions of the data sets.

use serde::{Deserialize, Serialize};

use dsc_data::card;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0963, E0964};

/// A convention: classes, clipping, the list of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// CH-SIMS and CH-SIMS v2, labels in -1..1: values are clipped before everything, bins are (lo, hi].
    Sims,
    /// CMU-MOSI and CMU-MOSEI, labels in -3..3: both zero conventions, rounded classes, MAE and Corr unclipped.
    Mosi,
    /// Any other real label: errors and correlation only.
    Regression,
}

impl From<card::MetricFamily> for Family {
    fn from(family: card::MetricFamily) -> Family {
        match family {
            card::MetricFamily::Sims => Family::Sims,
            card::MetricFamily::Mosi => Family::Mosi,
        }
    }
}

/// What a metric is called and how its numbers read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricInfo {
    /// The name in files, logs and `select`: `acc2_non0`.
    pub name: &'static str,
    /// The name in tables: `Acc-2 (non0)`.
    pub title: &'static str,
    /// A fraction that tables show in percent (the values themselves are always fractions).
    pub percent: bool,
    /// Whether more is better.
    pub higher_is_better: bool,
}

const fn percent(name: &'static str, title: &'static str) -> MetricInfo {
    MetricInfo { name, title, percent: true, higher_is_better: true }
}

const MAE: MetricInfo = MetricInfo { name: "mae", title: "MAE", percent: false, higher_is_better: false };
const CORR: MetricInfo = MetricInfo { name: "corr", title: "Corr", percent: false, higher_is_better: true };
const MSE: MetricInfo = MetricInfo { name: "mse", title: "MSE", percent: false, higher_is_better: false };

static SIMS: [MetricInfo; 6] =
    [percent("acc2", "Acc-2"), percent("f1", "F1"), percent("acc3", "Acc-3"), percent("acc5", "Acc-5"), MAE, CORR];
static MOSI: [MetricInfo; 8] = [
    percent("acc2_non0", "Acc-2 (non0)"),
    percent("f1_non0", "F1 (non0)"),
    percent("acc2_has0", "Acc-2 (has0)"),
    percent("f1_has0", "F1 (has0)"),
    percent("acc5", "Acc-5"),
    percent("acc7", "Acc-7"),
    MAE,
    CORR,
];
static REGRESSION: [MetricInfo; 3] = [MAE, CORR, MSE];

impl Family {
    /// All families.
    pub const ALL: [Family; 3] = [Family::Sims, Family::Mosi, Family::Regression];

    /// The name in recipes and cards: `sims`, `mosi`, `regression`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Sims => "sims",
            Family::Mosi => "mosi",
            Family::Regression => "regression",
        }
    }

    /// The family of that name; the data sets `simsv2` and `mosei` stand for their families.
    ///
    /// # Errors
    /// `E0964` for another name.
    pub fn parse(name: &str) -> Result<Family, Diagnostic> {
        match name {
            "sims" | "simsv2" => Ok(Family::Sims),
            "mosi" | "mosei" => Ok(Family::Mosi),
            "regression" => Ok(Family::Regression),
            _ => Err(Diagnostic::error(E0964, format!("there is no metric family `{name}`"))
                .help("the families are sims (also simsv2), mosi (also mosei), regression")
                .did_you_mean(name, ["sims", "simsv2", "mosi", "mosei", "regression"])),
        }
    }

    /// The metrics in the order of a table.
    pub fn metrics(self) -> &'static [MetricInfo] {
        match self {
            Family::Sims => &SIMS,
            Family::Mosi => &MOSI,
            Family::Regression => &REGRESSION,
        }
    }

    /// The metric of that name.
    ///
    /// # Errors
    /// `E0963`, which lists the names, for another one.
    pub fn metric(self, name: &str) -> Result<MetricInfo, Diagnostic> {
        let names = || self.metrics().iter().map(|m| m.name);
        self.metrics().iter().find(|m| m.name == name).copied().ok_or_else(|| {
            Diagnostic::error(E0963, format!("the metric family {} has no metric `{name}`", self.name()))
                .help(format!("its metrics are {}", names().collect::<Vec<_>>().join(", ")))
                .did_you_mean(name, names())
        })
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_slips_are_answered() {
        assert_eq!(Family::parse("mosei"), Ok(Family::Mosi));
        assert_eq!(Family::parse("simsv2"), Ok(Family::Sims));
        let wrong = Family::parse("simss").unwrap_err();
        assert_eq!(wrong.code, E0964);
        assert!(wrong.help.unwrap().starts_with("did you mean `sims`?"));
        let wrong = Family::Sims.metric("acc_2").unwrap_err();
        assert_eq!(wrong.code, E0963);
        let help = wrong.help.unwrap();
        assert_eq!(help, "did you mean `acc2`? its metrics are acc2, f1, acc3, acc5, mae, corr");
        assert!(!Family::Mosi.metric("mae").unwrap().higher_is_better);
        assert!(Family::Regression.metric("acc7").is_err());
    }
}
