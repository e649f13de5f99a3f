//! The vocabulary of the generated sentences and the tiny encoder that reads them.

use crate::text::EncoderConfig;

/// Words of the four levels, from lowest to highest.
pub(super) const LEVELS: [[&str; 6]; 4] = [
    ["awful", "dreadful", "terrible", "horrible", "miserable", "disgusting"],
    ["dull", "weak", "tired", "bland", "slow", "clumsy"],
    ["nice", "fine", "pleasant", "decent", "charming", "solid"],
    ["superb", "brilliant", "wonderful", "magnificent", "stunning", "marvellous"],
];

/// Words without meaning for the label.
pub(super) const FILLERS: [&str; 40] = [
    "the", "a", "this", "that", "film", "story", "scene", "actor", "voice", "camera", "music", "ending", "plot",
    "hour", "evening", "people", "city", "train", "table", "window", "was", "is", "seems", "looked", "felt", "sounded",
    "became", "with", "and", "then", "again", "about", "after", "before", "there", "here", "once", "today", "really",
    "quite",
];

/// The WordPiece vocabulary: special tokens, then one piece per word. The position of a token is its id.
pub fn vocab() -> Vec<String> {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    special.into_iter().chain(LEVELS.into_iter().flatten()).chain(FILLERS).map(str::to_owned).collect()
}

/// The text encoder of the data set: BERT with 2 layers, width 64, 4 heads. Its weights are not pretrained but initialised from
/// the seed.
pub fn encoder_config() -> EncoderConfig {
    EncoderConfig {
        model_type: "bert".to_owned(),
        hidden_size: 64,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        intermediate_size: 128,
        vocab_size: vocab().len(),
        max_position_embeddings: 64,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        hidden_act: "gelu".to_owned(),
    }
}
