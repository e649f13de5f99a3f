//! Text encoders, `E08xx`.

codes! {
    /// The text encoder that the recipe names is neither a folder nor in the Hugging Face cache. The message lists the
    /// places that were searched, and how to obtain the encoder.
    E0801 = "text encoder not found", "";
    /// The folder of the encoder lacks a required file: `config.json` (or `bert_config.json`), the weights
    /// (`model.safetensors` or `pytorch_model.bin`, or their index where they are split), or the vocabulary (`tokenizer.json` or
    /// `vocab.txt`). Download it from the same source as the others. Weights of TensorFlow or Flax have to be converted.
    E0802 = "incomplete encoder folder", "";
    /// `config.json` cannot be read, is not valid JSON, lacks a required size, or contains an impossible value.
    E0803 = "invalid encoder configuration", "";
    /// `config.json` describes something other than BERT with absolute positions and the exact GELU. A similar
    /// architecture would load but compute different features, so it is rejected. Use a BERT encoder.
    E0804 = "unsupported encoder architecture", "";
    /// The weight file is damaged, has another format, or has no state dict that can be found: one at the root, or under a key
    /// such as `state_dict` or `model`. A whole pickled model is not read: save its `state_dict()`.
    E0805 = "unreadable weight file", "";
    /// A weight is stored in a type other than a 16, 32 or 64 bit float. Quantised weights are not supported.
    E0806 = "unsupported weight type", "";
    /// Parameters that `config.json` implies are missing from the weight file, or have other shapes. Both files must
    /// come from the same encoder.
    E0807 = "weights do not match the configuration", "";
    /// `tokenizer.json` or `vocab.txt` cannot be read, or is not the tokenizer of a BERT: word pieces, with `[CLS]` before and
    /// `[SEP]` after a text. The message names the component that differs.
    E0808 = "unusable tokenizer", "";
    /// The tokenizer produces token ids for which the encoder has no embedding. Both must come from the same encoder.
    E0809 = "tokenizer does not match the encoder", "";
    /// More than 5% of the tokens of the texts are unknown to the vocabulary of the text encoder, or no text has any token.
    /// What the model sees of such texts is mostly `[UNK]`. The usual causes are an encoder for another language, and a
    /// cased vocabulary: as in transformers, texts are lower-cased unless `tokenizer_config.json` says
    /// `"do_lower_case": false`.
    E0810 = "texts unknown to the text encoder", "";
}
