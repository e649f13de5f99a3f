//! "did you mean": one rule for every kind of name.

/// The candidate closest to `wrong`, if any is close enough to be a slip of the hand.
pub fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wrong.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|c| *c != wrong)
        .map(|c| {
            let distance = strsim::osa_distance(&wrong.to_lowercase(), &c.to_lowercase());
            (distance, c)
        })
        // Where nothing of the word is left, anything would do.
        .filter(|(distance, _)| *distance <= limit && *distance < wrong.chars().count())
        .min()
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn close_names_only() {
        assert_eq!(did_you_mean("visoin", ["text", "audio", "vision"]), Some("vision"));
        assert_eq!(did_you_mean("linear", ["Linear", "LayerNorm"]), Some("Linear"));
        assert_eq!(did_you_mean("q", ["text", "audio"]), None);
        assert_eq!(did_you_mean("b", ["T", "a"]), None);
    }
}
