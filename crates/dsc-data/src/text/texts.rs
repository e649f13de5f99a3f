//! The transcripts of a data set as token ids.

use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

use super::Tokenizer;
use crate::{Dataset, Split, Tokens};

/// Transcripts as token ids.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Per split, per sample, the ids.
    pub ids: Tokens,
    /// How many texts of each split were cut.
    pub truncated: IndexMap<Split, usize>,
    /// Tokens of the longest text.
    pub longest: usize,
}

impl Texts {
    /// Tokenises the texts under `key` of all splits. `wanted_by` names the input in messages.
    ///
    /// # Errors
    /// `E0605` without such texts; as [`Tokenizer::tokenise_all`].
    pub fn of(dataset: &Dataset, tokenizer: &Tokenizer, key: &str, wanted_by: &str) -> Result<Texts, Diagnostic> {
        let mut texts = Texts::default();
        for table in &dataset.tables {
            let tokenised = tokenizer.tokenise_all(table.text(key, wanted_by)?)?;
            texts.longest = texts.longest.max(tokenised.longest);
            texts.truncated.insert(table.split, tokenised.truncated);
            texts.ids.insert(table.split, tokenised.ids);
        }
        Ok(texts)
    }
}
