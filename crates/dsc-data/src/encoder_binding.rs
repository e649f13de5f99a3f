//! What compiler and runtime know of a text encoder.

use serde::{Deserialize, Serialize};

use super::text::EncoderConfig;

/// A text encoder as the compiler and the runtime need it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderBinding {
    /// Its name, such as `bert-base-chinese`, or the folder it was read from.
    pub name: String,
    /// Widths, numbers of layers and heads, vocabulary size, dropout rates.
    pub config: EncoderConfig,
    /// Whether its weights are read from a file; otherwise they are initialised from the seed.
    pub pretrained: bool,
}
