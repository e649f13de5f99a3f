//! The transcripts of a data set as token ids.

use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

use super::Tokenizer;
use crate::{Dataset, Split, Tokens};

/// The token ids of a text column.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// For each split, the token ids of every sample.
    pub ids: Tokens,
    /// Number of texts per split that were truncated to the maximum length.
    pub truncated: IndexMap<Split, usize>,
    /// Number of tokens of the longest text.
    pub longest: usize,
}

impl Texts {
    /// Tokenises the texts with the key `key` in all splits. `reader` is the input that reads them, for messages.
    ///
    /// # Errors
    /// `E0605` if there are no such texts; as [`Tokenizer::tokenise_all`].
    pub fn of(dataset: &Dataset, tokenizer: &Tokenizer, key: &str, reader: &str) -> Result<Texts, Diagnostic> {
        let mut texts = Texts::default();
        for table in &dataset.tables {
            let tokenised = tokenizer.tokenise_all(table.text(key, reader)?)?;
            texts.longest = texts.longest.max(tokenised.longest);
            texts.truncated.insert(table.split, tokenised.truncated);
            texts.ids.insert(table.split, tokenised.ids);
        }
        Ok(texts)
    }
}
