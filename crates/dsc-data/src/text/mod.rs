//! Text for the encoder: where a pretrained encoder lies, what it is, its weights, and its tokeniser.
//!
//! An encoder is a folder as the Hugging Face tools write it: `config.json`, the weights (`model.safetensors` or
//! `pytorch_model.bin`) and the vocabulary (`tokenizer.json` or `vocab.txt`).
//!
//! - [`EncoderFolder`] finds it, by name in the local cache or by path; nothing is downloaded;
//! - [`EncoderConfig`] says what it is, and refuses whatever is not BERT as the article uses it;
//! - [`WeightFile`] maps its weights (and any other safetensors file or PyTorch state dict) without libtorch and without
//!   executing anything of the file;
//! - [`Tokenizer`] turns texts into token ids, [`Texts`] those of a whole data set.

mod config;
mod folder;
mod texts;
mod tokenizer;
mod torch_zip;
mod weight;
mod weights;

pub use config::EncoderConfig;
pub use folder::{CacheRoots, EncoderFolder};
pub use texts::Texts;
pub use tokenizer::{MAX_TOKENS, Tokenised, Tokenizer};
pub use weight::Weight;
pub use weights::{WeightFile, open_weights};
