//! Several seeds: mean and spread.

use serde::{Serialize, Serializer};

use super::Metrics;
use dsc_recipe::{Family, MetricInfo};

/// One metric over several runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// What it is.
    #[serde(rename = "name", serialize_with = "name_only")]
    pub info: MetricInfo,
    /// The mean over the runs where it is defined; `None` where it is in none.
    pub mean: Option<f64>,
    /// The **population** standard deviation over those runs (divided by n, as the field's tables are).
    pub std: Option<f64>,
    /// Runs where it is defined.
    pub defined: usize,
    /// Runs where it is not.
    pub undefined: usize,
}

fn name_only<S: Serializer>(info: &MetricInfo, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(info.name)
}

impl Summary {
    fn of(info: MetricInfo, values: &[Option<f64>]) -> Summary {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        let n = known.len() as f64;
        let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / n);
        let std = mean.map(|mean| (known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt());
        Summary { info, mean, std, defined: known.len(), undefined: values.len() - known.len() }
    }
}

/// Mean and population standard deviation of each metric over runs (one entry a seed). Undefined values take no part
/// and are counted.
pub fn aggregate(family: Family, runs: &[Metrics]) -> Vec<Summary> {
    let summary = |info: &MetricInfo| {
        let values: Vec<Option<f64>> = runs.iter().map(|run| run.get(info.name)).collect();
        Summary::of(*info, &values)
    };
    family.metrics().iter().map(summary).collect()
}

/// Mean and spread of `variant - base`, seed by seed: the runs of both lists stand in the order of the same seeds.
/// A seed where either is undefined, or that one of the lists lacks, counts as undefined.
pub fn paired_difference(family: Family, base: &[Metrics], variant: &[Metrics]) -> Vec<Summary> {
    let seeds = base.len().max(variant.len());
    let summary = |info: &MetricInfo| {
        let value = |runs: &[Metrics], seed: usize| runs.get(seed).and_then(|run| run.get(info.name));
        let values: Vec<Option<f64>> =
            (0..seeds).map(|seed| Some(value(variant, seed)? - value(base, seed)?)).collect();
        Summary::of(*info, &values)
    };
    family.metrics().iter().map(summary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(mae: f64, corr: Option<f64>) -> Metrics {
        Metrics::from_values(Family::Regression, 10, |name| match name {
            "mae" => Some(mae),
            "corr" => corr,
            _ => None,
        })
    }

    #[test]
    fn spread_is_that_of_the_population_and_undefined_is_counted() {
        let runs = [run(0.40, Some(0.5)), run(0.44, None), run(0.42, Some(0.7))];
        let [mae, corr, mse] = aggregate(Family::Regression, &runs)[..] else { panic!() };
        assert!((mae.mean.unwrap() - 0.42).abs() < 1e-12);
        assert!((mae.std.unwrap() - (0.0008f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!((corr.defined, corr.undefined), (2, 1));
        assert!((corr.mean.unwrap() - 0.6).abs() < 1e-12);
        assert!((corr.std.unwrap() - 0.1).abs() < 1e-12);
        assert_eq!((mse.mean, mse.std, mse.defined, mse.undefined), (None, None, 0, 3));
        assert_eq!(
            serde_json::to_string(&mse).unwrap(),
            r#"{"name":"mse","mean":null,"std":null,"defined":0,"undefined":3}"#
        );
    }

    #[test]
    fn differences_are_taken_seed_by_seed() {
        let base = [run(0.40, Some(0.5)), run(0.50, Some(0.6))];
        let variant = [run(0.42, None), run(0.52, Some(0.5)), run(0.9, None)];
        let differences = paired_difference(Family::Regression, &base, &variant);
        let mae = differences[0];
        assert!((mae.mean.unwrap() - 0.02).abs() < 1e-12);
        assert!(mae.std.unwrap() < 1e-12);
        assert_eq!((mae.defined, mae.undefined), (2, 1));
        assert_eq!((differences[1].defined, differences[1].undefined), (1, 2));
    }
}
