//! Names of tensors: what programs put before and into the names of an encoder's parameters.

/// End of the name of the word embedding, the one parameter that no part of an encoder lacks.
pub(super) const WORDS: &str = "embeddings.word_embeddings.weight";

/// The text before the names of the encoder's parameters: `bert.` in a model for pre-training, `module.bert.` of several devices,
/// `_orig_mod.bert.` of a compiled model, `text_encoder.` in a larger one.
///
/// # Errors
/// The file has several encoders, and none of them is the usual one.
pub(super) fn encoder_prefix<'n>(names: impl Iterator<Item = &'n str>) -> Result<String, String> {
    let found: Vec<&str> =
        names.filter_map(|name| name.strip_suffix(WORDS)).filter(|p| p.is_empty() || p.ends_with('.')).collect();
    let usual = ["", "bert."].into_iter().find(|usual| found.contains(usual));
    match (found.as_slice(), usual) {
        (_, Some(usual)) => Ok(usual.to_owned()),
        ([], None) => Ok("bert.".to_owned()),
        ([one], None) => Ok((*one).to_owned()),
        ([a, b, ..], None) => Err(format!("it has several encoders, among them `{a}*` and `{b}*`")),
    }
}

/// The name of a parameter in current BERT models.
pub(super) fn canonical(name: &str, prefix: &str) -> String {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    for (old, new) in [("gamma", "weight"), ("beta", "bias")] {
        if let Some(stem) = name.strip_suffix(old).filter(|stem| stem.ends_with("LayerNorm.")) {
            return format!("{stem}{new}");
        }
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_found_by_the_word_embedding() {
        let of = |prefixes: &[&str]| {
            let names: Vec<String> = prefixes.iter().map(|p| format!("{p}{WORDS}")).collect();
            encoder_prefix(names.iter().map(String::as_str))
        };
        for prefix in ["", "bert.", "module.bert.", "_orig_mod.", "net.text.encoder."] {
            assert_eq!(of(&[prefix]).unwrap(), prefix);
        }
        assert_eq!(of(&[]).unwrap(), "bert.");
        assert_eq!(of(&["teacher.", "bert."]).unwrap(), "bert.");
        let why = of(&["teacher.", "student."]).unwrap_err();
        assert!(why.contains("`teacher.*` and `student.*`"), "{why}");
        assert_eq!(encoder_prefix(["bertembeddings.word_embeddings.weight"].into_iter()).unwrap(), "bert.");
        assert_eq!(
            canonical("module.bert.encoder.layer.0.LayerNorm.gamma", "module.bert."),
            "encoder.layer.0.LayerNorm.weight"
        );
        assert_eq!(canonical("cls.gamma", "module.bert."), "cls.gamma");
    }
}
