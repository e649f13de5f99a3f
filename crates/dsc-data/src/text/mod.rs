//! Pretrained text encoders: finding their folder, reading configuration and weights, tokenising text.
//!
//! An encoder is a folder as the Hugging Face tools write it: `config.json` (`bert_config.json` in older ones), the weights
//! (`model.safetensors` or `pytorch_model.bin`, whole or in several files with an index) and the vocabulary (`tokenizer.json` or
//! `vocab.txt`).
//!
//! - [`EncoderFolder`] finds the folder, by name in the local cache or by path; nothing is downloaded;
//! - [`EncoderConfig`] is its configuration; anything but a BERT encoder as the article uses it is an error;
//! - [`WeightFile`] maps its weights (and any other safetensors file or PyTorch state dict) without libtorch and without
//!   executing code from the file;
//! - [`Tokenizer`] turns texts into token ids, [`Texts`] are those of a whole data set.

mod config;
mod entry;
mod folder;
mod names;
mod shards;
mod state_dict;
mod texts;
mod tokenizer;
mod tokenizer_file;
mod torch_legacy;
mod torch_zip;
mod weight;
mod weights;

#[cfg(test)]
mod tests;

pub use config::EncoderConfig;
pub use folder::{CacheRoots, EncoderFolder};
pub use texts::{Texts, TokenInfo, UNKNOWN_WARNING};
pub use tokenizer::{Known, MAX_TOKENS, Tokenised, Tokenizer};
pub use weight::Weight;
pub use weights::{WeightFile, open_weights};
