//! BERT (Devlin et al. 2019, arXiv 1810.04805), post-norm, equal to `BertModel` of `transformers`
//! without the pooler. `encoder` is the config.json of the text encoder; the weights are loaded from its
//! folder.
use std::{LayerNorm}

/// One layer: self-attention with biases and output projection, then a feed-forward network with GELU.
block BertLayer<n, m, w>(x: Seq<m>[n, w]) -> Seq<m>[n, w] {
  let query = linear(x, out: w)
  let key   = linear(x, out: w)
  let value = linear(x, out: w)
  let mixed = attention(
    query,
    key: key,
    value: value,
    heads: encoder.num_attention_heads,
    drop: encoder.attention_probs_dropout_prob,
  )
  let projected = linear(mixed, out: w) |> dropout(p: encoder.hidden_dropout_prob)
  let attended  = LayerNorm(x + projected, eps: encoder.layer_norm_eps)
  let inner     = linear(attended, out: encoder.intermediate_size) |> gelu()
  let outer     = linear(inner, out: w) |> dropout(p: encoder.hidden_dropout_prob)
  LayerNorm(attended + outer, eps: encoder.layer_norm_eps)
}

/// The last hidden state of every token; row 0 is [CLS].
block Bert<n>(x: Tokens[n]) -> Seq<text>[n, encoder.hidden_size] {
  let word     = embed(x, rows: encoder.vocab_size, width: encoder.hidden_size)
  let position = positions(word, rows: encoder.max_position_embeddings, width: encoder.hidden_size)
  let segment  = learned(rows: encoder.type_vocab_size, width: encoder.hidden_size)
  let summed   = add_row(word + position, row: segment[0])
  let embedded = LayerNorm(summed, eps: encoder.layer_norm_eps) |> dropout(p: encoder.hidden_dropout_prob)
  var h = embedded
  for l in 0..encoder.num_hidden_layers { h = BertLayer(h) }
  h
}
