//! `dsc explain NAME` of a name that has no entry of its own: what was probably meant, and where it is mentioned.

use dsc_language::sema::resolve::instead_of;
use dsc_recipe::key_called;
use dsc_syntax::diag::did_you_mean;

/// Entries that are named at most.
const MOST: usize = 8;

/// What to say of a name without an entry. `topics` are the names of all entries, each with its text.
pub(super) fn unknown(name: &str, topics: &[(String, String)]) -> String {
    let names = || topics.iter().map(|(name, _)| name.as_str());
    // Codes are written in capitals.
    let near = did_you_mean(&name.to_ascii_uppercase(), names()).or_else(|| did_you_mean(name, names()));
    let meant = near.map(|near| format!("did you mean `{near}`?"));
    let meant = meant
        .or_else(|| instead_of(name))
        .or_else(|| key_called(name).map(|key| format!("did you mean the recipe key `{key}`?")));
    let mentions = mentioning(name, topics);
    let found = match mentions.as_slice() {
        [] => None,
        some => Some(format!("it occurs in the text of {}", some.join(", "))),
    };
    let rest = [meant, found].into_iter().flatten().collect::<Vec<_>>().join("; ");
    let rest = if rest.is_empty() { "`dsc explain` lists all names".to_owned() } else { rest };
    format!("there is no such code or name; {rest}")
}

/// Names of the entries whose name holds the word, then of those whose text has it.
fn mentioning<'t>(word: &str, topics: &'t [(String, String)]) -> Vec<&'t str> {
    let word = word.to_lowercase();
    if word.len() < 3 {
        return Vec::new();
    }
    let of_name = topics.iter().filter(|(name, _)| name.to_lowercase().contains(&word));
    let whole = |text: &str| text.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word);
    let of_text = topics.iter().filter(|(name, text)| !name.to_lowercase().contains(&word) && whole(text));
    of_name.chain(of_text).map(|(name, _)| name.as_str()).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> String {
        let topic = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let topics = [
            topic("E0302", "two sequences have different lengths"),
            topic("softmax", "along the last axis, or over time"),
            topic("log_softmax", "the logarithm of softmax, without overflow"),
            topic("optimizer.lr", "peak learning rate"),
        ];
        unknown(name, &topics)
    }

    #[test]
    fn a_name_without_an_entry_leads_to_one() {
        assert!(said("e03O2").ends_with("did you mean `E0302`?"));
        assert!(said("sofmax").contains("did you mean `softmax`?"));
        assert!(said("overflow").ends_with("it occurs in the text of log_softmax"));
        assert!(said("max").ends_with("it occurs in the text of softmax, log_softmax"));
        assert!(said("LayerNorm1").ends_with("`dsc explain` lists all names"));
        assert!(said("squeeze").contains("scalar(v)"));
        assert!(said("learning_rate").contains("the recipe key `optimizer.lr`"));
    }
}
