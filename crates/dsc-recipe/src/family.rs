//! The conventions of the data sets: which metrics there are, and what each measures.

use super::select::Select;
use super::words::words;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0963;

words! {
    /// A convention: classes, clipping, the list of metrics. The data sets `simsv2` and `mosei` name their families.
    Family {
        /// CH-SIMS and CH-SIMS v2, labels in -1..1: values are clipped before everything, bins are (lo, hi].
        Sims = "sims" | "simsv2",
        /// CMU-MOSI and CMU-MOSEI, labels in -3..3: both zero conventions, rounded classes, MAE and Corr unclipped.
        Mosi = "mosi" | "mosei",
        /// Two classes, labels 0 and 1; predictions are logits, as `bce_with_logits` trains them.
        Binary = "binary",
        /// Any other real label: errors and correlation only.
        Regression = "regression",
    }
}

/// What a metric is called, how its numbers read, and what it measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricInfo {
    /// The name in files, logs and `select`: `acc2_non0`.
    pub name: &'static str,
    /// The name in tables: `Acc-2 (non0)`.
    pub title: &'static str,
    /// A fraction that tables show in percent (the values themselves are always fractions).
    pub percent: bool,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// How it is computed.
    pub measure: Measure,
}

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// The share of samples whose classes agree.
    Accuracy(Classes),
    /// F1 per class, weighted by how many samples truly belong to it.
    F1(Classes),
    /// Mean absolute error.
    Mae,
    /// Mean squared error.
    Mse,
    /// Pearson's correlation.
    Corr,
    /// Area under the receiver operating characteristic: how often a sample of class 1 has the larger prediction than one of class
    /// 0, ties counted half.
    Auc,
}

/// How values become classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Classes {
    /// Bins (lo, hi] with these upper cuts.
    Bins(&'static [f32]),
    /// Clipped to -limit..limit and rounded half to even.
    Rounded(f32),
    /// Above 0 or not; samples whose truth is 0 are left out.
    PositiveWithoutZero,
    /// At least 0 or not.
    NonNegative,
    /// A prediction is a logit, of class 1 above 0; a truth is of class 1 above one half.
    Logit,
}

const fn accuracy(name: &'static str, title: &'static str, classes: Classes) -> MetricInfo {
    MetricInfo { name, title, percent: true, higher_is_better: true, measure: Measure::Accuracy(classes) }
}

const fn f1(name: &'static str, title: &'static str, classes: Classes) -> MetricInfo {
    MetricInfo { name, title, percent: true, higher_is_better: true, measure: Measure::F1(classes) }
}

const fn real(name: &'static str, title: &'static str, higher_is_better: bool, measure: Measure) -> MetricInfo {
    MetricInfo { name, title, percent: false, higher_is_better, measure }
}

const MAE: MetricInfo = real("mae", "MAE", false, Measure::Mae);
const CORR: MetricInfo = real("corr", "Corr", true, Measure::Corr);
const MSE: MetricInfo = real("mse", "MSE", false, Measure::Mse);

static SIMS: [MetricInfo; 6] = [
    accuracy("acc2", "Acc-2", Classes::Bins(&[0.0])),
    f1("f1", "F1", Classes::Bins(&[0.0])),
    accuracy("acc3", "Acc-3", Classes::Bins(&[-0.1, 0.1])),
    accuracy("acc5", "Acc-5", Classes::Bins(&[-0.7, -0.1, 0.1, 0.7])),
    MAE,
    CORR,
];
static MOSI: [MetricInfo; 8] = [
    accuracy("acc2_non0", "Acc-2 (non0)", Classes::PositiveWithoutZero),
    f1("f1_non0", "F1 (non0)", Classes::PositiveWithoutZero),
    accuracy("acc2_has0", "Acc-2 (has0)", Classes::NonNegative),
    f1("f1_has0", "F1 (has0)", Classes::NonNegative),
    accuracy("acc5", "Acc-5", Classes::Rounded(2.0)),
    accuracy("acc7", "Acc-7", Classes::Rounded(3.0)),
    MAE,
    CORR,
];
static BINARY: [MetricInfo; 3] =
    [accuracy("acc2", "Acc-2", Classes::Logit), f1("f1", "F1", Classes::Logit), real("auc", "AUC", true, Measure::Auc)];
static REGRESSION: [MetricInfo; 3] = [MAE, CORR, MSE];

impl Family {
    /// The range that values are clipped to before anything is measured, -limit..limit.
    pub fn clip(self) -> Option<f32> {
        match self {
            Family::Sims => Some(1.0),
            Family::Mosi | Family::Binary | Family::Regression => None,
        }
    }

    /// The least and the largest label that the metrics are made for; `None` for any.
    pub fn label_range(self) -> Option<(f32, f32)> {
        match self {
            Family::Sims => Some((-1.0, 1.0)),
            Family::Mosi => Some((-3.0, 3.0)),
            Family::Binary => Some((0.0, 1.0)),
            Family::Regression => None,
        }
    }

    /// The rule that selects the epoch where nothing says another one.
    pub fn default_select(self) -> Select {
        match self {
            Family::Sims | Family::Mosi | Family::Regression => Select { minimize: true, metric: "mae".to_owned() },
            Family::Binary => Select { minimize: false, metric: "acc2".to_owned() },
        }
    }

    /// The constant prediction that a model without any input settles on: the mean of the training labels, of two classes the
    /// logit of the share of class 1.
    pub fn constant(self, mean: f64) -> f32 {
        match self {
            Family::Sims | Family::Mosi | Family::Regression => mean as f32,
            Family::Binary => {
                // One class alone would have an infinite logit.
                let share = mean.clamp(1e-6, 1.0 - 1e-6);
                (share / (1.0 - share)).ln() as f32
            }
        }
    }

    /// The metrics in the order of a table.
    pub fn metrics(self) -> &'static [MetricInfo] {
        match self {
            Family::Sims => &SIMS,
            Family::Mosi => &MOSI,
            Family::Binary => &BINARY,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_slips_are_answered() {
        assert_eq!(Family::parse("mosei"), Some(Family::Mosi));
        assert_eq!(Family::parse("simsv2"), Some(Family::Sims));
        assert_eq!(Family::parse("simss"), None);
        let wrong = Family::Sims.metric("acc_2").unwrap_err();
        assert_eq!(wrong.code, E0963);
        let help = wrong.help.unwrap();
        assert_eq!(help, "did you mean `acc2`? its metrics are acc2, f1, acc3, acc5, mae, corr");
        assert!(!Family::Mosi.metric("mae").unwrap().higher_is_better);
        assert!(Family::Regression.metric("acc7").is_err());
        for family in Family::ALL {
            assert!(family.default_select().info(*family).is_ok(), "{family}");
        }
    }
}
