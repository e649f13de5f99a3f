//! Text encoders, `E08xx`.

codes! {
    /// The text encoder a model or recipe asks for is neither a folder nor in the Hugging Face cache.
    /// The message lists every place that was looked at, the help the ways to get the encoder.
    E0801 = "text encoder not found", "";
    /// A folder was found, but a file that belongs to an encoder is missing: `config.json`, the weights
    /// (`model.safetensors` or `pytorch_model.bin`) or the vocabulary (`tokenizer.json` or `vocab.txt`).
    E0802 = "encoder folder lacks a file", "";
    /// `config.json` cannot be read, is not JSON, lacks a size or holds a value that makes no sense.
    E0803 = "unreadable encoder configuration", "";
    /// `config.json` describes an architecture other than BERT with absolute positions and the exact GELU. Computing
    /// something similar with its weights would give wrong features in silence, so it is refused.
    E0804 = "text encoder of another kind", "";
    /// A weight file is damaged, of another format, or uses something that is never executed or resolved here.
    E0805 = "unreadable weight file", "";
    /// A weight has an element type that is not a floating-point type of 16, 32 or 64 bits.
    E0806 = "weight of another element type", "";
    /// The weight file lacks parameters that `config.json` promises, or holds them in other shapes.
    E0807 = "weights do not fit the configuration", "";
    /// `tokenizer.json` or `vocab.txt` cannot be read, or does not put `[CLS]` and `[SEP]` around a text.
    E0808 = "unusable tokenizer", "";
    /// The tokenizer can give token ids for which the encoder has no embedding.
    E0809 = "tokenizer and encoder do not fit", "";
}
