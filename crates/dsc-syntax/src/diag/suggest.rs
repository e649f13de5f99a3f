//! Suggestions for misspelt names ("did you mean").

/// The candidate with the smallest edit distance to `wrong`, ignoring case, if it is at most a third of the length of
/// `wrong` (and at least 1).
pub fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wrong.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|c| *c != wrong)
        .map(|c| {
            let distance = strsim::osa_distance(&wrong.to_lowercase(), &c.to_lowercase());
            (distance, c)
        })
        // If every character differs, it is not a misspelling.
        .filter(|(distance, _)| *distance <= limit && *distance < wrong.chars().count())
        .min()
        .map(|(_, c)| c)
}

/// Which names a file has of one kind: `the file's recipes are sims, mosi`, or `the file has no recipes`.
pub fn the_file_has<'a>(kind: &str, names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => format!("the file has no {kind}"),
        _ => format!("the file's {kind} are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_only() {
        assert_eq!(did_you_mean("visoin", ["text", "audio", "vision"]), Some("vision"));
        assert_eq!(did_you_mean("linear", ["Linear", "LayerNorm"]), Some("Linear"));
        assert_eq!(did_you_mean("q", ["text", "audio"]), None);
        assert_eq!(did_you_mean("b", ["T", "a"]), None);
    }

    #[test]
    fn names_of_a_file_are_listed() {
        assert_eq!(
            the_file_has("recipes", &["sims".to_owned(), "mosi".to_owned()]),
            "the file's recipes are sims, mosi"
        );
        assert_eq!(the_file_has("recipes", &[]), "the file has no recipes");
    }
}
