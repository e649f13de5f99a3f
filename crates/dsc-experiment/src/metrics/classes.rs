//! From values to classes, and what is counted over classes. Everything here compares in float32.

use dsc_recipe::Classes;

/// The class of a value among bins (lo, hi] with those upper cuts: the number of cuts below the value.
fn bin(value: f32, cuts: &[f32]) -> usize {
    cuts.iter().filter(|&&cut| value > cut).count()
}

/// The class of a value on a scale of -limit..limit: clipped, rounded half to even.
fn rounded(value: f32, limit: f32) -> usize {
    (value.clamp(-limit, limit).round_ties_even() + limit) as usize
}

/// Predicted and true class of each sample.
pub(super) type Pairs = Vec<(usize, usize)>;

/// The classes of predictions and truths, `(prediction, truth)` of each sample that takes part.
pub(super) fn pairs(classes: Classes, samples: &[(f32, f32)]) -> Pairs {
    let of = |class: &dyn Fn(f32) -> usize| samples.iter().map(|&(p, y)| (class(p), class(y))).collect();
    match classes {
        Classes::Bins(cuts) => of(&|value| bin(value, cuts)),
        Classes::Rounded(limit) => of(&|value| rounded(value, limit)),
        Classes::NonNegative => of(&|value| (value >= 0.0).into()),
        Classes::Logit => samples.iter().map(|&(p, y)| ((p > 0.0).into(), (y > 0.5).into())).collect(),
        Classes::PositiveWithoutZero => {
            let kept = samples.iter().filter(|(_, y)| *y != 0.0);
            kept.map(|&(p, y)| ((p > 0.0).into(), (y > 0.0).into())).collect()
        }
    }
}

/// The share of samples whose classes agree; `None` without samples.
pub(super) fn accuracy(pairs: &Pairs) -> Option<f64> {
    let hits = pairs.iter().filter(|(predicted, truth)| predicted == truth).count();
    (!pairs.is_empty()).then(|| hits as f64 / pairs.len() as f64)
}

/// F1 per class, weighted by how many samples *truly* belong to it; a class that is never predicted scores 0.
/// `None` without samples.
pub(super) fn weighted_f1(pairs: &Pairs) -> Option<f64> {
    let classes = pairs.iter().map(|&(_, truth)| truth + 1).max()?;
    let sum: f64 = (0..classes)
        .map(|class| {
            let count = |test: &dyn Fn(&(usize, usize)) -> bool| pairs.iter().filter(|pair| test(pair)).count() as f64;
            let support = count(&|pair| pair.1 == class);
            let hits = count(&|pair| *pair == (class, class));
            let claimed = count(&|pair| pair.0 == class);
            // 2 hits / (claimed + support) is the harmonic mean of precision and recall, 0 where either is undefined.
            if support > 0.0 { support * 2.0 * hits / (claimed + support) } else { 0.0 }
        })
        .sum();
    Some(sum / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_belong_to_the_bin_below_and_are_float32() {
        let cuts = [-0.7f32, -0.1, 0.1, 0.7];
        assert_eq!(bin(0.1f32, &cuts), 2, "0.1 as float32 is not above the cut, though above 0.1 as float64");
        assert!(f64::from(0.1f32) > 0.1);
        assert_eq!(bin(0.1f32.next_up(), &cuts), 3);
        assert_eq!(bin(0.7f32, &cuts), 3);
        assert_eq!(bin(0.7f32.next_up(), &cuts), 4, "though it may lie below 0.7 as float64");
        assert!(f64::from(0.7f32) < 0.7);
        assert_eq!(bin(-0.1f32, &cuts), 1);
        assert_eq!(bin(-0.7f32, &cuts), 0);
        assert_eq!(bin(-1.0, &cuts), 0);
        assert_eq!(bin(0.0, &[0.0]), 0);
        assert_eq!(bin(-0.0, &[0.0]), 0);
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let classes = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map(|v| rounded(v, 3.0));
        assert_eq!(classes, [1, 1, 3, 3, 5, 5]);
        assert_eq!([-9.0, -3.4, 3.4, 9.0].map(|v| rounded(v, 3.0)), [0, 0, 6, 6]);
        assert_eq!([-2.6, 1.5, 2.5].map(|v| rounded(v, 2.0)), [0, 4, 4]);
    }

    #[test]
    fn f1_is_weighted_by_the_truth() {
        // Truth 0 0 0 1, always predicting 0: F1 of class 0 is 6/7, of class 1 it is 0.
        let pairs: Pairs = vec![(0, 0), (0, 0), (0, 0), (0, 1)];
        assert!((weighted_f1(&pairs).unwrap() - 0.75 * 6.0 / 7.0).abs() < 1e-15);
        let swapped: Pairs = pairs.iter().map(|&(p, t)| (t, p)).collect();
        assert!((weighted_f1(&swapped).unwrap() - 6.0 / 7.0).abs() < 1e-15);
        assert_eq!(weighted_f1(&Vec::new()), None);
        assert_eq!(accuracy(&Vec::new()), None);
    }
}
