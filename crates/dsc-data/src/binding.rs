//! What turns a program into a graph of known sizes: the dims of the data and the configuration of the text encoder.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::card::{Card, card, cards, encoder};
use super::dataset::Dataset;
use super::text::{EncoderConfig, MAX_TOKENS};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0606, E0608};

/// Size of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamDims {
    /// Static bound of the length; 1 for single vectors.
    pub max_len: usize,
    /// Features per frame.
    pub width: usize,
    /// Whether samples are single vectors in the file (`[N, f]`).
    #[serde(default)]
    pub vector: bool,
}

/// A text encoder as the compiler and the runtime need it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderBinding {
    /// Its name, or the folder it was read from.
    pub name: String,
    /// Its sizes.
    pub config: EncoderConfig,
    /// Whether weights come from a file; else they are drawn from the seed.
    pub pretrained: bool,
}

/// Dims by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// The data set, for messages.
    pub name: String,
    /// Streams by key.
    pub streams: IndexMap<String, StreamDims>,
    /// T.max of a `Tokens` input: min(128, longest transcript in tokens, positions of the encoder); 128 where the longest is
    /// not known.
    pub text_max_len: usize,
    /// Keys of the columns of text, which can be tokenised; the transcripts are `raw_text`.
    pub texts: Vec<String>,
    /// The text encoder, where one was chosen.
    pub encoder: Option<EncoderBinding>,
    /// Keys of the labels.
    pub labels: Vec<String>,
}

impl Binding {
    /// From the card of a known data set, without any file; `encoder_name` none takes the one of the card.
    ///
    /// # Errors
    /// `E0608` for an unknown data set, `E0612` for an unknown encoder.
    pub fn from_card(name: &str, encoder_name: Option<&str>) -> Result<Binding, Diagnostic> {
        let Some(card) = card(name) else {
            let names = cards().iter().map(|c| c.name);
            return Err(Diagnostic::error(E0608, format!("there is no card of `{name}`")).did_you_mean(name, names));
        };
        Ok(Self::of_card(card, encoder(encoder_name.unwrap_or(card.encoder))?))
    }

    /// The same with an encoder that is known already, by its folder for instance.
    pub fn of_card(card: &Card, encoder: EncoderBinding) -> Binding {
        let dims = |(key, max_len, width): &(&str, usize, usize)| {
            ((*key).to_owned(), StreamDims { max_len: *max_len, width: *width, vector: false })
        };
        Binding {
            name: card.name.to_owned(),
            streams: card.streams.iter().map(dims).collect(),
            text_max_len: text_bound(Some(card.text_max_len), Some(&encoder)),
            texts: vec!["raw_text".to_owned()],
            encoder: Some(encoder),
            labels: vec!["regression_labels".to_owned()],
        }
    }

    /// From an open data set. `longest_tokens` is the longest tokenised transcript, if they have been tokenised.
    ///
    /// # Errors
    /// `E0606` where a stream has another width in another split.
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
                .help("all splits need the same features"));
            }
            dims.max_len = dims.max_len.max(new.max_len);
        }
        Ok(Binding {
            name: dataset.name.clone(),
            streams,
            text_max_len: text_bound(longest_tokens, encoder.as_ref()),
            texts: keys(dataset.tables.iter().flat_map(|t| t.texts.keys())),
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
