//! The transcripts of a data set as token ids.

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::E0810;
use indexmap::IndexMap;
use serde::Serialize;

use super::{Known, Tokenizer};
use crate::finding::Finding;
use crate::{Dataset, Split, Tokens};

/// The tokens of a data set's texts in numbers, for `dsc data info`.
#[derive(Clone, Debug, Serialize)]
pub struct TokenInfo {
    /// Name of the text encoder.
    pub encoder: String,
    /// Key of the texts.
    pub key: String,
    /// Number of tokens, without `[CLS]` and `[SEP]`.
    pub tokens: usize,
    /// How many of them are `[UNK]`.
    pub unknown: usize,
    /// Number of tokens of the longest text, `[CLS]` and `[SEP]` included.
    pub longest: usize,
    /// Number of texts that are truncated to the encoder's limit.
    pub truncated: usize,
}

impl std::fmt::Display for TokenInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let TokenInfo { encoder, key, tokens, unknown, longest, truncated } = self;
        let share = Known { tokens: *tokens, unknown: *unknown }.unknown_share() * 100.0;
        write!(
            f,
            "{key} by the text encoder `{encoder}`: {tokens} tokens, {share:.1}% unknown, at most {longest} per text"
        )?;
        if *truncated > 0 { write!(f, ", {truncated} texts truncated") } else { Ok(()) }
    }
}

/// The share of unknown tokens above which there is a warning.
pub const UNKNOWN_WARNING: f64 = 0.05;

/// The token ids of a text column.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// For each split, the token ids of every sample.
    pub ids: Tokens,
    /// Number of texts per split that were truncated to the maximum length.
    pub truncated: IndexMap<Split, usize>,
    /// Number of tokens of the longest text.
    pub longest: usize,
    /// Splits whose token ids are those of `text_bert`, since they have no texts.
    pub ready: Vec<Split>,
    /// How much of the texts the vocabulary knows.
    pub known: Known,
}

impl Texts {
    /// Tokenises the texts with the key `key` in all splits. Where a split has no `raw_text`, the token ids of its `text_bert` are
    /// taken as they are; `vocab` is the number of embeddings of the encoder. `reader` is the input that reads the texts, for
    /// messages.
    ///
    /// # Errors
    /// `E0605` if there are no such texts, `E0606` for a token id beyond `vocab`; as [`Tokenizer::tokenise_all`].
    pub fn of(
        dataset: &Dataset,
        tokenizer: &Tokenizer,
        vocab: usize,
        key: &str,
        reader: &str,
    ) -> Result<Texts, Diagnostic> {
        let mut texts = Texts::default();
        for table in &dataset.tables {
            if let Some(tokens) = table.tokens_for(key) {
                let (ids, cut) = tokens.take(tokenizer.max_tokens(), vocab)?;
                texts.longest = ids.iter().map(Vec::len).fold(texts.longest, usize::max);
                texts.truncated.insert(table.split, cut);
                texts.ids.insert(table.split, ids);
                texts.ready.push(table.split);
                continue;
            }
            let tokenised = tokenizer.tokenise_all(table.text(key, reader)?)?;
            texts.longest = texts.longest.max(tokenised.longest);
            texts.known = texts.known.and(tokenised.known);
            texts.truncated.insert(table.split, tokenised.truncated);
            texts.ids.insert(table.split, tokenised.ids);
        }
        Ok(texts)
    }

    /// The texts in numbers; `encoder` is its name, `key` that of the texts.
    pub fn info(&self, encoder: &str, key: &str) -> TokenInfo {
        TokenInfo {
            encoder: encoder.to_owned(),
            key: key.to_owned(),
            tokens: self.known.tokens,
            unknown: self.known.unknown,
            longest: self.longest,
            truncated: self.truncated.values().sum(),
        }
    }

    /// A warning where the vocabulary knows little of the texts: too many unknown tokens, or none at all. `encoder` is its name,
    /// `key` that of the texts.
    pub fn finding(&self, tokenizer: &Tokenizer, encoder: &str, key: &str) -> Option<Finding> {
        let Known { tokens, unknown } = self.known;
        // Token ids that the data hold ready are not those of this tokeniser.
        let own = self.ids.iter().filter(|(split, _)| !self.ready.contains(split));
        let samples: usize = own.map(|(_, ids)| ids.len()).sum();
        if tokens == 0 && samples > 0 {
            let what = format!("all {samples} texts are empty for the text encoder `{encoder}`: [CLS] and [SEP] only");
            let warning = Diagnostic::warning(E0810, what).help("look at the texts with `dsc data info`");
            return Some(Finding::about(key, warning));
        }
        let share = self.known.unknown_share();
        if share <= UNKNOWN_WARNING {
            return None;
        }
        let percent = share * 100.0;
        let what =
            format!("{percent:.1}% of the tokens ({unknown} of {tokens}) are unknown to the text encoder `{encoder}`");
        let help = if tokenizer.overrules_case() {
            "use an encoder for the language of the texts; its `tokenizer.json` has a cased vocabulary: \
             `\"do_lower_case\": false` in `tokenizer_config.json` keeps the case of the texts"
        } else if tokenizer.keeps_case() {
            "use an encoder for the language and case of the texts; `\"do_lower_case\": true` in `tokenizer_config.json` lower-cases them"
        } else {
            "use an encoder for the language of the texts, with its own vocabulary"
        };
        Some(Finding::about(key, Diagnostic::warning(E0810, what).help(help)))
    }
}
