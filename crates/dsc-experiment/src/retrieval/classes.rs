//! The class of a sample, from its label.

use dsc_recipe::ClassRule;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0961;

/// The class of each label, `[n]`. Only equality of the numbers is meaningful.
///
/// # Errors
/// `E0961` for a label that is NaN or infinite.
pub fn classes(rule: ClassRule, labels: &[f32]) -> Result<Vec<i64>, Diagnostic> {
    let class = |(i, &label): (usize, &f32)| {
        if !label.is_finite() {
            let message = format!("the label of the training sample with index {i} is {label}");
            return Err(
                Diagnostic::error(E0961, message).help("remove the sample or correct its label in the feature file")
            );
        }
        Ok(match rule {
            // Adding 0 turns -0 into 0.
            ClassRule::Exact => i64::from((label + 0.0).to_bits()),
            ClassRule::Round => label.round_ties_even() as i64,
        })
    };
    labels.iter().enumerate().map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_compares_bits_and_round_goes_to_even() {
        let exact = classes(ClassRule::Exact, &[0.2, 0.2, 0.2f32.next_up(), 0.0, -0.0]).unwrap();
        assert_eq!(exact[0], exact[1]);
        assert_ne!(exact[0], exact[2]);
        assert_eq!(exact[3], exact[4]);
        assert_eq!(classes(ClassRule::Round, &[0.5, 1.5, 2.5, -0.5, -2.6]).unwrap(), [0, 2, 2, 0, -3]);
        assert_eq!(classes(ClassRule::Round, &[0.0, f32::NAN]).unwrap_err().code, E0961);
    }
}
