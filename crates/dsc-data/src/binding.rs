//! What a program needs to become a graph of known sizes: the dims of the data and the configuration of the text encoder.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::card::{Card, card, cards, encoder};
use super::dataset::{Dataset, RAW_TEXT};
use super::encoder_binding::EncoderBinding;
use super::text::MAX_TOKENS;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0606, E0608};

/// Dims of one stream, the maximum over all splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamDims {
    /// Upper bound of the length, in frames; 1 for single vectors.
    pub max_len: usize,
    /// Features per frame.
    pub width: usize,
    /// Whether samples are single vectors in the file (`[N, f]`).
    #[serde(default)]
    pub vector: bool,
}

/// Dims of a data set, by key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// Name of the data set, for messages.
    pub name: String,
    /// Streams by key.
    pub streams: IndexMap<String, StreamDims>,
    /// `T.max` of a `Tokens` input, the minimum of 128, the longest transcript in tokens (where it is known) and the positions
    /// of the encoder.
    pub text_max_len: usize,
    /// Keys of the text columns, which can be tokenised; transcripts have the key `raw_text`.
    pub texts: Vec<String>,
    /// The text encoder, where one was chosen.
    pub encoder: Option<EncoderBinding>,
    /// Keys of the label columns.
    pub labels: Vec<String>,
    /// Keys that the data have and that cannot be read as a stream or text, each with the reason.
    #[serde(skip)]
    pub unusable: IndexMap<String, Diagnostic>,
}

impl Binding {
    /// From the card of a known data set, without reading a file. Without `encoder_name`, the encoder of the card is used.
    ///
    /// # Errors
    /// `E0608` for an unknown data set, `E0612` for an unknown encoder.
    pub fn from_card(name: &str, encoder_name: Option<&str>) -> Result<Binding, Diagnostic> {
        let Some(card) = card(name) else {
            let names = cards().iter().map(|c| c.name);
            return Err(
                Diagnostic::error(E0608, format!("there is no data set card `{name}`")).did_you_mean(name, names)
            );
        };
        Ok(Self::of_card(card, encoder(encoder_name.unwrap_or(card.encoder))?))
    }

    /// As [`from_card`](Self::from_card), with an encoder that was found already, in a folder for instance.
    pub fn of_card(card: &Card, encoder: EncoderBinding) -> Binding {
        let dims = |(key, max_len, width): &(&str, usize, usize)| {
            ((*key).to_owned(), StreamDims { max_len: *max_len, width: *width, vector: false })
        };
        Binding {
            name: card.name.to_owned(),
            streams: card.streams.iter().map(dims).collect(),
            text_max_len: text_bound(Some(card.text_max_len), Some(&encoder)),
            texts: vec![RAW_TEXT.to_owned()],
            encoder: Some(encoder),
            labels: vec!["regression_labels".to_owned()],
            unusable: IndexMap::new(),
        }
    }

    /// From an open data set. `longest_tokens` is the length of the longest tokenised transcript, if they have been tokenised.
    ///
    /// # Errors
    /// `E0606` where a stream has different widths in different splits.
    pub fn from_dataset(
        dataset: &Dataset,
        encoder: Option<EncoderBinding>,
        longest_tokens: Option<usize>,
    ) -> Result<Binding, Diagnostic> {
        let mut streams: IndexMap<String, StreamDims> = IndexMap::new();
        for stream in dataset.tables.iter().flat_map(|t| t.streams.values()) {
            let new = StreamDims { max_len: stream.max_len, width: stream.width, vector: stream.vector };
            let dims = streams.entry(stream.key.clone()).or_insert(new);
            if dims.width != new.width || dims.vector != new.vector {
                return Err(Diagnostic::error(
                    E0606,
                    format!("{} has {} features, other splits {}", stream.place, new.width, dims.width),
                )
                .help("a stream must have the same features in all splits"));
            }
            dims.max_len = dims.max_len.max(new.max_len);
        }
        let mut unusable = IndexMap::new();
        for table in &dataset.tables {
            let faults = table.broken.iter().map(|(key, fault)| (key.clone(), fault.clone()));
            let others = table.other.iter().map(|(key, _)| (key.clone(), table.unread(key, "the input")));
            for (key, fault) in faults.chain(others) {
                unusable.entry(key).or_insert(fault);
            }
        }
        let mut texts = keys(dataset.tables.iter().flat_map(|t| t.texts.keys()));
        // Token ids replace the texts that they were made of.
        if !texts.iter().any(|t| t == RAW_TEXT) && dataset.tables.iter().any(|t| t.tokens_for(RAW_TEXT).is_some()) {
            texts.push(RAW_TEXT.to_owned());
        }
        Ok(Binding {
            name: dataset.name.clone(),
            streams,
            text_max_len: text_bound(longest_tokens, encoder.as_ref()),
            texts,
            unusable,
            encoder,
            labels: keys(dataset.tables.iter().flat_map(|t| t.labels.keys())),
        })
    }
}

/// Each key once, in the order of the file.
fn keys<'k>(all: impl Iterator<Item = &'k String>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for key in all {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

fn text_bound(longest: Option<usize>, encoder: Option<&EncoderBinding>) -> usize {
    let positions = encoder.map_or(MAX_TOKENS, |e| e.config.max_position_embeddings);
    longest.unwrap_or(MAX_TOKENS).min(MAX_TOKENS).min(positions)
}
