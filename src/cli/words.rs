//! The words of the language, each with the sections of the language page that describe it.

/// The page, as the repository has it.
const PAGE: &str = include_str!("../../docs/language.md");

/// A word or mark, and the headings of its sections.
pub(super) type Word = (&'static str, &'static [&'static str]);

/// All words that can be explained.
pub(super) const WORDS: &[Word] = &[
    ("use", &["Several files"]),
    ("std", &["Several files"]),
    ("hyper", &["Dims and hypers"]),
    ("where", &["Dims and hypers", "Blocks"]),
    ("input", &["Inputs, labels, types"]),
    ("label", &["Inputs, labels, types"]),
    ("from", &["Inputs, labels, types"]),
    ("Tokens", &["Inputs, labels, types"]),
    ("Seq", &["Inputs, labels, types", "Lengths and masks"]),
    ("Vec", &["Inputs, labels, types"]),
    ("Real", &["Inputs, labels, types"]),
    ("Tensor", &["Inputs, labels, types"]),
    ("Any", &["Inputs, labels, types"]),
    ("like", &["Inputs, labels, types"]),
    ("block", &["Blocks", "Calls"]),
    ("model", &["A file and its items"]),
    ("let", &["Statements and lists"]),
    ("var", &["Statements and lists"]),
    ("for", &["Statements and lists"]),
    ("each", &["Statements and lists"]),
    ("when", &["Statements and lists"]),
    ("else", &["Statements and lists"]),
    ("output", &["Outputs and losses"]),
    ("loss", &["Outputs and losses"]),
    ("reveal", &["Inputs, labels, types"]),
    ("companions", &["Companions"]),
    ("at", &["Companions"]),
    ("by", &["Companions"]),
    ("class", &["Companions"]),
    ("pos", &["Companions"]),
    ("near", &["Companions"]),
    ("far", &["Companions"]),
    ("pool", &["Companions"]),
    ("refresh", &["Companions"]),
    ("listed", &["Companions"]),
    ("upper", &["Companions"]),
    ("lower", &["Companions"]),
    ("variant", &["Variants, recipes, expectations"]),
    ("set", &["Variants, recipes, expectations"]),
    ("drop", &["Variants, recipes, expectations"]),
    ("recipe", &["Variants, recipes, expectations"]),
    ("expect", &["Variants, recipes, expectations"]),
    ("encoder", &["Dims and hypers", "Variants, recipes, expectations"]),
];

/// The sections of a word, as the page has them.
pub(super) fn sections((_, headings): &Word) -> String {
    headings.iter().filter_map(|heading| section(heading)).collect::<Vec<_>>().join("\n\n")
}

/// A section with its subsections.
fn section(heading: &str) -> Option<&'static str> {
    let level = |line: &str| line.bytes().take_while(|b| *b == b'#').count();
    let is = |line: &str| level(line) > 0 && line.trim_start_matches('#').trim() == heading;
    let (mut at, mut start, mut depth, mut fenced) = (0, None, 0, false);
    for line in PAGE.split_inclusive('\n') {
        fenced ^= line.starts_with("```");
        match start {
            // A comment in a program is no heading.
            Some(_) if !fenced && level(line) > 0 && level(line) <= depth => break,
            None if !fenced && is(line) => (start, depth) = (Some(at), level(line)),
            _ => {}
        }
        at += line.len();
    }
    PAGE.get(start?..at).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_sections_that_speak_of_it() {
        for word in WORDS {
            assert!(word.1.iter().all(|heading| section(heading).is_some()), "{word:?}");
            let text = sections(word);
            assert!(text.contains(word.0), "{word:?}: {text}");
        }
        let companions = section("Companions").unwrap();
        assert!(companions.starts_with("### Companions\n") && companions.contains("`refresh`"), "{companions}");
        assert!(!companions.contains("### The batch"));
    }
}
