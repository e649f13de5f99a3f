//! The score of one split.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::classes::{accuracy, pairs, weighted_f1};
use dsc_recipe::{Family, Measure, MetricInfo};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0960, E0961, E0962};

/// One metric with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// What it is.
    pub info: MetricInfo,
    /// Its value (percentages as fractions), `None` where it is undefined.
    pub value: Option<f64>,
}

/// All metrics of a family on one split, in the order of a table.
///
/// Serialises as a map of names to numbers, `null` where undefined.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// The convention.
    pub family: Family,
    /// Number of samples.
    pub samples: usize,
    /// The metrics, those of [`Family::metrics`].
    pub entries: Vec<Metric>,
}

impl Metrics {
    /// Rebuilds metrics that were written to a log: `value` gives the number of each name.
    pub fn from_values(family: Family, samples: usize, value: impl Fn(&str) -> Option<f64>) -> Metrics {
        let entries = family.metrics().iter().map(|&info| Metric { info, value: value(info.name) }).collect();
        Metrics { family, samples, entries }
    }

    /// The entry of that name.
    ///
    /// # Errors
    /// `E0963` where the family has none such.
    pub fn metric(&self, name: &str) -> Result<Metric, Diagnostic> {
        let info = self.family.metric(name)?;
        Ok(Metric { info, value: self.get(name) })
    }

    /// The value of that name, `None` where it is undefined or there is none such.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.entries.iter().find(|m| m.info.name == name).and_then(|m| m.value)
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for entry in &self.entries {
            map.serialize_entry(entry.info.name, &entry.value)?;
        }
        map.end()
    }
}

/// Scores predictions against the truth, both `[n]`.
///
/// # Errors
/// `E0960` a prediction that is NaN or infinite, `E0961` such a label, `E0962` lists of different length. Samples are
/// named by their place; [`evaluate_named`] names them by identifiers.
pub fn evaluate(family: Family, predictions: &[f32], truth: &[f32]) -> Result<Metrics, Diagnostic> {
    evaluate_named(family, predictions, truth, |i| format!("number {i} (counted from 0)"))
}

/// [`evaluate`] with `name(i)` as what an error calls sample `i`, such as its `video$_$clip`.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_named(
    family: Family,
    predictions: &[f32],
    truth: &[f32],
    name: impl Fn(usize) -> String,
) -> Result<Metrics, Diagnostic> {
    if predictions.len() != truth.len() {
        return Err(Diagnostic::error(
            E0962,
            format!("there are {} predictions for {} labels", predictions.len(), truth.len()),
        )
        .help("score the predictions against the split that they were made of"));
    }
    if let Some((i, value)) = predictions.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(Diagnostic::error(E0960, format!("the prediction of sample {} is {value}", name(i)))
            .help("lower the learning rate or look for NaN and -inf in the features: `dsc data info` counts them"));
    }
    if let Some((i, value)) = truth.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(Diagnostic::error(E0961, format!("the label of sample {} is {value}", name(i)))
            .help("remove the sample or mend its label in the feature file"));
    }
    Ok(measured(family, predictions, truth))
}

/// What a model that ignores its input scores: the constant prediction of the **mean of the training labels**, of two classes the
/// logit of that mean.
///
/// The mean, and not the median, because it is the constant that the squared error of training settles on, so it is
/// where a collapsed model ends up. Returns the constant and its metrics on the split `truth`.
///
/// # Errors
/// As [`evaluate`]; `E0962` where there are no training labels.
pub fn constant_row(family: Family, training_truth: &[f32], truth: &[f32]) -> Result<(f32, Metrics), Diagnostic> {
    if training_truth.is_empty() {
        return Err(Diagnostic::error(E0962, "there are no training labels to take a constant of")
            .help("give the labels of the training split"));
    }
    if let Some((i, value)) = training_truth.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(Diagnostic::error(E0961, format!("the label of training sample number {i} is {value}"))
            .help("remove the sample or mend its label in the feature file"));
    }
    let mean = training_truth.iter().map(|&y| f64::from(y)).sum::<f64>() / training_truth.len() as f64;
    let constant = family.constant(mean);
    Ok((constant, evaluate(family, &vec![constant; truth.len()], truth)?))
}

/// Every metric of the family, as its entry says what it measures.
fn measured(family: Family, predictions: &[f32], truth: &[f32]) -> Metrics {
    let clipped = |x: f32| family.clip().map_or(x, |limit| x.clamp(-limit, limit));
    let samples: Vec<(f32, f32)> = predictions.iter().zip(truth).map(|(p, y)| (clipped(*p), clipped(*y))).collect();
    let value = |measure: Measure| match measure {
        Measure::Accuracy(classes) => accuracy(&pairs(classes, &samples)),
        Measure::F1(classes) => weighted_f1(&pairs(classes, &samples)),
        Measure::Mae => mean_absolute_error(&samples),
        Measure::Mse => mean_squared_error(&samples),
        Measure::Corr => correlation(&samples),
        Measure::Auc => area_under_curve(&samples),
    };
    let entries = family.metrics().iter().map(|&info| Metric { info, value: value(info.measure) }).collect();
    Metrics { family, samples: samples.len(), entries }
}

/// Differences in float32, as numpy takes them of float32 arrays; the mean in float64.
fn mean_absolute_error(samples: &[(f32, f32)]) -> Option<f64> {
    mean(samples.iter().map(|(p, y)| f64::from((p - y).abs())))
}

fn mean_squared_error(samples: &[(f32, f32)]) -> Option<f64> {
    mean(samples.iter().map(|(p, y)| f64::from(p - y).powi(2)))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = values.len();
    (n > 0).then(|| values.sum::<f64>() / n as f64)
}

/// The area under the receiver operating characteristic, as the Mann-Whitney statistic with ties counted half; `None` where one of
/// the two classes has no sample.
fn area_under_curve(samples: &[(f32, f32)]) -> Option<f64> {
    let mut sorted: Vec<(f32, bool)> = samples.iter().map(|(p, y)| (*p, *y > 0.5)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ones = sorted.iter().filter(|(_, one)| *one).count();
    let zeros = sorted.len() - ones;
    let (mut below, mut wins) = (0usize, 0.0f64);
    // `total_cmp` tells -0 from 0, which are one prediction.
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        let here = group.iter().filter(|(_, one)| *one).count();
        let zeros_here = group.len() - here;
        wins += here as f64 * (below as f64 + zeros_here as f64 / 2.0);
        below += zeros_here;
    }
    (ones > 0 && zeros > 0).then(|| wins / (ones as f64 * zeros as f64))
}

/// Whether values are equal up to the last bits, which rounding decides: float32 has no more to say of their differences.
fn is_constant(values: impl Iterator<Item = f32>) -> bool {
    let (least, most) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    most - least <= 16.0 * f32::EPSILON * least.abs().max(most.abs())
}

/// Pearson's correlation in float64; `None` where either side is constant, up to rounding.
fn correlation(samples: &[(f32, f32)]) -> Option<f64> {
    // Asked of the values, not of a variance that rounding may have left a little above zero.
    if samples.is_empty() || is_constant(samples.iter().map(|s| s.0)) || is_constant(samples.iter().map(|s| s.1)) {
        return None;
    }
    let mean_p = mean(samples.iter().map(|(p, _)| f64::from(*p)))?;
    let mean_y = mean(samples.iter().map(|(_, y)| f64::from(*y)))?;
    let (mut pp, mut yy, mut py) = (0.0f64, 0.0f64, 0.0f64);
    for (p, y) in samples {
        let (p, y) = (f64::from(*p) - mean_p, f64::from(*y) - mean_y);
        pp += p * p;
        yy += y * y;
        py += p * y;
    }
    let r = py / (pp.sqrt() * yy.sqrt());
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests;
