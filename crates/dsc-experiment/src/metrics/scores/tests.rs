//! Golden numbers: published ones, and ones computed by scikit-learn 1.x and numpy from the same samples.

use super::*;

fn assert_values(metrics: &Metrics, expected: &[(&str, f64)]) {
    assert_eq!(
        metrics.entries.iter().map(|m| m.info.name).collect::<Vec<_>>(),
        expected.iter().map(|e| e.0).collect::<Vec<_>>()
    );
    for (name, value) in expected {
        let found = metrics.get(name).unwrap();
        // The float32 differences behind MAE move its eighth digit; classes are exact.
        let tolerance = if ["mae", "mse"].contains(name) { 1e-7 } else { 1e-12 };
        assert!((found - value).abs() < tolerance, "{name}: {found} instead of {value}");
    }
}

/// Values on a grid of `step`, predictions a few quarter steps away, so that boundaries, halves and zeros are hit often.
fn grid(step: f32, low: i64, levels: u64, seed: u32) -> (Vec<f32>, Vec<f32>) {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u64::from(state >> 8)
    };
    let truth: Vec<f32> = (0..300).map(|_| ((draw() % levels) as i64 + low) as f32 * step).collect();
    let predictions = truth.iter().map(|y| y + ((draw() % 41) as i64 - 20) as f32 * step * 0.25).collect();
    (predictions, truth)
}

#[test]
fn sims_agrees_with_scikit_learn() {
    let (predictions, truth) = grid(0.1, -10, 21, 12345);
    let expected = [
        ("acc2", 0.8566666666666667),
        ("f1", 0.8570616212437295),
        ("acc3", 0.7766666666666666),
        ("acc5", 0.5633333333333334),
        ("mae", 0.22533333486566942),
        ("corr", 0.8911089858356775),
    ];
    assert_values(&evaluate(Family::Sims, &predictions, &truth).unwrap(), &expected);
}

#[test]
fn mosi_agrees_with_scikit_learn() {
    let (predictions, truth) = grid(0.5, -6, 13, 777);
    assert_eq!(predictions.iter().filter(|p| **p == 0.0).count(), 6);
    assert_eq!(truth.iter().filter(|y| **y == 0.0).count(), 21);
    let expected = [
        ("acc2_non0", 0.8064516129032258),
        ("f1_non0", 0.8062324639317318),
        ("acc2_has0", 0.7666666666666667),
        ("f1_has0", 0.7667496333170364),
        ("acc5", 0.45),
        ("acc7", 0.24666666666666667),
        ("mae", 1.3191666666666666),
        ("corr", 0.7692712039721479),
    ];
    assert_values(&evaluate(Family::Mosi, &predictions, &truth).unwrap(), &expected);
    let plain = evaluate(Family::Regression, &predictions, &truth).unwrap();
    assert_values(&plain, &[("mae", 1.3191666666666666), ("corr", 0.7692712039721479), ("mse", 2.225)]);
}

/// The test split of CH-SIMS by its counts: 248 negative (97 of them in (-0.7, -0.1]), 69 zero, 140 positive.
fn ch_sims_truth() -> Vec<f32> {
    let counts = [(-1.0f32, 80), (-0.8, 71), (-0.6, 50), (-0.2, 47), (0.0, 69), (0.4, 80), (1.0, 60)];
    counts.iter().flat_map(|&(value, count)| std::iter::repeat_n(value, count)).collect()
}

#[test]
fn a_collapsed_model_on_ch_sims_scores_the_published_row() {
    let truth = ch_sims_truth();
    let two = |x: f64| (x * 1e4).round() / 100.0;
    for constant in [-0.1f32, -0.4, (-0.7f32).next_up()] {
        let row = evaluate(Family::Sims, &vec![constant; 457], &truth).unwrap();
        let found = ["acc2", "f1", "acc3", "acc5"].map(|name| two(row.get(name).unwrap()));
        assert_eq!(found, [69.37, 56.82, 54.27, 21.23]);
        assert_eq!(row.get("corr"), None);
        assert_eq!(row.samples, 457);
    }
    // The arguments the other way round give the number that has been published by mistake.
    let swapped = evaluate(Family::Sims, &truth, &vec![-0.4; 457]).unwrap();
    assert_eq!(two(swapped.get("f1").unwrap()), 81.91);
    assert_eq!(two(swapped.get("acc2").unwrap()), 69.37);
}

#[test]
fn the_constant_is_the_mean_of_the_training_labels() {
    let (constant, row) = constant_row(Family::Sims, &[-1.0, -0.6, 0.4], &ch_sims_truth()).unwrap();
    assert!((constant - -0.4).abs() < 1e-7);
    assert_eq!(row.get("corr"), None);
    assert!((row.get("acc3").unwrap() - 248.0 / 457.0).abs() < 1e-12);
    assert_eq!(constant_row(Family::Sims, &[], &[0.0]).unwrap_err().code, E0962);
    assert_eq!(constant_row(Family::Sims, &[f32::NAN], &[0.0]).unwrap_err().code, E0961);
}

#[test]
fn zero_conventions_differ_between_the_families() {
    let one = |family, name: &str, p: f32, y: f32| evaluate(family, &[p], &[y]).unwrap().get(name);
    assert_eq!(one(Family::Mosi, "acc2_has0", 0.0, 1.0), Some(1.0), "0 is non-negative");
    assert_eq!(one(Family::Mosi, "acc2_has0", -0.0, 1.0), Some(1.0));
    assert_eq!(one(Family::Mosi, "acc2_non0", 0.0, 1.0), Some(0.0), "a prediction of exactly 0 is negative");
    assert_eq!(one(Family::Mosi, "acc2_non0", 1.0, 0.0), None, "no sample is left");
    assert_eq!(one(Family::Sims, "acc2", 0.0, 1.0), Some(0.0), "0 is negative");
    assert_eq!(one(Family::Sims, "acc5", 0.1f32, 0.0), Some(1.0), "0.1 in float32 is not above the cut");
    assert_eq!(one(Family::Sims, "acc5", 0.7f32, 0.2), Some(1.0));
    assert_eq!(one(Family::Mosi, "acc7", 2.5, 2.0), Some(1.0), "2.5 rounds to 2");
    assert_eq!(one(Family::Mosi, "acc7", -0.5, 0.0), Some(1.0));
}

#[test]
fn clipping_touches_mae_and_corr_of_sims_only() {
    let (predictions, truth) = ([3.0, -2.0, 0.5], [1.0, -1.0, 0.5]);
    let sims = evaluate(Family::Sims, &predictions, &truth).unwrap();
    assert_eq!((sims.get("mae"), sims.get("corr")), (Some(0.0), Some(1.0)));
    let mosi = evaluate(Family::Mosi, &predictions, &truth).unwrap();
    assert_eq!(mosi.get("mae"), Some(1.0));
    assert!(mosi.get("corr").unwrap() < 1.0);
    // Everything beyond the limit becomes one constant.
    assert_eq!(evaluate(Family::Sims, &[2.0, 3.0], &[0.5, 1.0]).unwrap().get("corr"), None);
}

#[test]
fn what_is_no_number_is_an_error_that_names_the_sample() {
    let ids = ["aqgy3_0001$_$03", "aqgy3_0001$_$04"];
    let wrong = evaluate_named(Family::Sims, &[0.1, f32::NAN], &[0.0, 0.0], |i| ids[i].into()).unwrap_err();
    assert_eq!(wrong.code, E0960);
    assert_eq!(wrong.message, "the prediction of sample aqgy3_0001$_$04 is NaN");
    assert_eq!(evaluate(Family::Mosi, &[f32::INFINITY], &[0.0]).unwrap_err().code, E0960);
    assert_eq!(evaluate(Family::Mosi, &[0.0], &[f32::NAN]).unwrap_err().code, E0961);
    assert_eq!(evaluate(Family::Mosi, &[0.0], &[]).unwrap_err().code, E0962);
}

#[test]
fn undefined_is_null_and_reads_back() {
    let row = evaluate(Family::Regression, &[0.5, 0.5], &[0.0, 1.0]).unwrap();
    let text = serde_json::to_string(&row).unwrap();
    assert_eq!(text, r#"{"mae":0.5,"corr":null,"mse":0.25}"#);
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(Metrics::from_values(Family::Regression, 2, |name| read[name].as_f64()), row);
    assert_eq!(row.metric("corr").unwrap().value, None);
    assert_eq!(row.metric("acc2").unwrap_err().code, dsc_syntax::diag::codes::run::E0963);
    let empty = evaluate(Family::Mosi, &[], &[]).unwrap();
    assert!(empty.entries.iter().all(|m| m.value.is_none()));
}

#[test]
fn two_classes_agree_with_scikit_learn() {
    // accuracy_score, f1_score(average="weighted") and roc_auc_score of scikit-learn 1.7 on these: ties, a logit of 0, 0 and -0.
    let logits = [-1.5, 0.25, 0.0, 2.0, -0.0, 0.25, 3.0, -2.0, 0.75, -0.5];
    let truth = [0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    let metrics = evaluate(Family::Binary, &logits, &truth).unwrap();
    assert_values(&metrics, &[("acc2", 0.6), ("f1", 0.6), ("auc", 0.72)]);
    // The constant is the logit of the share of class 1, so it predicts the more frequent class, and orders nothing.
    let (constant, metrics) = constant_row(Family::Binary, &[0.0, 0.0, 0.0, 1.0], &truth).unwrap();
    assert!((f64::from(constant) - (1.0f64 / 3.0).ln()).abs() < 1e-6, "{constant}");
    assert_values(&metrics, &[("acc2", 0.5), ("f1", 1.0 / 3.0), ("auc", 0.5)]);
    // One class alone has no area, and a constant that is finite.
    let (constant, metrics) = constant_row(Family::Binary, &[1.0; 3], &[1.0; 3]).unwrap();
    assert!(constant.is_finite() && constant > 10.0);
    assert_eq!((metrics.get("acc2"), metrics.get("auc")), (Some(1.0), None));
}

#[test]
fn a_prediction_that_is_constant_but_for_the_last_bits_has_no_correlation() {
    let truth = [-1.0, 0.5, 2.0, -0.25];
    for constant in [0.1f32, -3.3, 1e-20, 12345.678] {
        let nearly = [constant, constant.next_up(), constant.next_down(), constant.next_up().next_up()];
        assert_eq!(evaluate(Family::Regression, &nearly, &truth).unwrap().get("corr"), None, "{constant}");
        assert_eq!(evaluate(Family::Regression, &truth, &nearly).unwrap().get("corr"), None, "{constant}");
        let apart = [constant, constant * 1.001, constant * 0.999, constant * 1.002];
        assert!(evaluate(Family::Regression, &apart, &truth).unwrap().get("corr").is_some(), "{constant}");
    }
}
