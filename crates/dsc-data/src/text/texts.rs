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
    /// Splits whose token ids are those of `text_bert`, since they have no texts.
    pub ready: Vec<Split>,
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
            texts.truncated.insert(table.split, tokenised.truncated);
            texts.ids.insert(table.split, tokenised.ids);
        }
        Ok(texts)
    }
}
