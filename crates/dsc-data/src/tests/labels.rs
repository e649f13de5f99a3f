//! Labels against the metrics of a family, and findings against what a model reads.

use super::*;
use dsc_recipe::Family;

fn said(values: &[f64], family: Family) -> Option<String> {
    let d = open(|a| f8(a.text("regression_labels"), &[i32::try_from(values.len()).unwrap()], values));
    label_finding(&d, LABELS, family).map(|f| {
        assert_eq!((f.warning.code.0, f.warning.is_error(), f.key.as_deref()), ("E0618", false, Some(LABELS)));
        format!("{}; {}", f.warning.message, f.warning.help.unwrap())
    })
}

#[test]
fn labels_that_a_family_cannot_score_are_reported() {
    let two = [0., 1., 1., 0.];
    for family in [Family::Mosi, Family::Sims, Family::Regression] {
        let text = said(&two, family).unwrap();
        assert!(text.contains("are 0 and 1") && text.contains("`family = binary`"), "{text}");
    }
    assert_eq!(said(&two, Family::Binary), None);
    assert!(said(&[0., 1., 2.], Family::Binary).unwrap().contains("expects 0 and 1"));
    for (family, other) in [(Family::Mosi, [1., 5.]), (Family::Sims, [-2., 1.])] {
        let text = said(&other, family).unwrap();
        assert!(text.contains("measures") && text.contains("`family = regression`"), "{text}");
        assert_eq!(said(&other, Family::Regression), None);
    }
    assert!(said(&[0.5, 2.5], Family::Mosi).unwrap().contains("negative against positive"));
    assert!(said(&[-0.5, -0.2], Family::Sims).unwrap().contains("negative against positive"));
    assert_eq!(said(&[-2.4, 0., 1.], Family::Mosi), None);
    assert_eq!(said(&[-1., 0.2], Family::Sims), None);
    // Nothing is known of labels that are not there.
    assert_eq!(said(&[f64::NAN, f64::NAN], Family::Mosi), None);
    let d = open(|a| f8(a.text("audio"), &[1, 2, 1], &[1., 1.]));
    assert_eq!(label_finding(&d, LABELS, Family::Mosi), None);
}

#[test]
fn findings_about_other_keys_do_not_concern_a_model() {
    let d = open(|a| {
        let a = f8(f8(a.text("audio"), &[1, 2, 1], &[1., 1.]).text("text"), &[1, 2, 1], &[1., 1.]);
        f8(a.text("audio_lengths").floats(&[0.]).text("text_bert"), &[1, 3, 2], &[0.; 6])
    });
    let about = |keys: &[&str]| d.warnings_about(keys).iter().map(|w| w.message.clone()).collect::<Vec<_>>();
    assert_eq!(d.warnings().len(), 2, "{:?}", d.warnings());
    assert!(about(&["audio"]).len() == 1 && about(&["audio"])[0].contains("train.audio"));
    assert!(about(&["text"]).len() == 1 && about(&["text"])[0].contains("train.text"));
    assert!(about(&["vision"]).is_empty());
}
