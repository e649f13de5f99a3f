//! ALMT, the adaptive language-guided multimodal transformer (Zhang et al., EMNLP 2023, arXiv 2310.05804).
//!
//! Voice and face carry much that has nothing to do with the sentiment, so the words decide what is taken from them. A few
//! learned tokens in front of every stream gather it through a transformer, and only they go on. Transformer layers turn
//! the text's tokens into features of three scales. At every scale the text asks voice and face, and what they answer
//! is added to the hyper-modality, which starts as learned tokens. At the end the text, the query, attends to the
//! hyper-modality, the key and the value, and a [CLS] token of this crossmodal transformer makes the prediction.
//!
//! Simplified: norms stand after each sum as in `TransformerLayer`; one drop rate.
use std::{Bert, MLP, LayerNorm, FFN, TransformerLayer, CrossAttention, mse}

hyper d      = 128  in 16..=256  where d % heads == 0
hyper heads  = 8
hyper ff     = 128
hyper tokens = 8    in 1..=32               // learned tokens of every stream
hyper scales = 3    in 1..=6                // features of the text
hyper depth  = 2    in 1..=6                // layers of the crossmodal transformer
hyper drop   = 0.0  in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Learned tokens gather a stream; the stream itself is left behind.
block Gather<n, m>(x: Seq<m>[n, _]) -> Seq<m>[tokens, d] {
  let rows = concat(learned(rows: tokens, width: d), linear(x, out: d))
  TransformerLayer(rows + positions(rows, width: d), heads: heads, ff: ff, drop: drop) |> take(rows: tokens)
}

/// Adaptive hyper-modality learning at one scale: the text asks both, the hyper-modality takes the answers.
block Ask<n, m>(hyper_modality: Seq<m>[n, d], text: Seq<_>[n, d], others: [Seq<_>[_, d]]) -> Seq<m>[n, d] {
  hyper_modality + sum o in others { CrossAttention(text, from: o, heads: heads, drop: drop) }
}

/// Layer of the crossmodal transformer.
block Answer<n, m>(x: Seq<m>[n, d], from: Seq<_>[_, d]) -> Seq<m>[n, d] {
  let z = LayerNorm(x + CrossAttention(x, from: from, heads: heads, drop: drop))
  LayerNorm(z + FFN(z, hidden: ff, drop: drop))
}

model ALMT {
  var t = text |> Bert() |> Gather()
  let a = Gather(audio)
  let v = Gather(vision)

  var hyper_modality = learned(rows: tokens, width: d)
  for j in 0..scales {
    t = when j > 0 { TransformerLayer(t, heads: heads, ff: ff, drop: drop) } else { t }
    hyper_modality = Ask(hyper_modality, text: t, others: [audio: a, vision: v])
  }

  let source = concat(learned(rows: 1, width: d), hyper_modality)
  var h = concat(learned(rows: 1, width: d), t)
  for l in 0..depth { h = Answer(h, from: source) }
  let score = h[0] |> MLP(widths: [d, 1], drop: drop) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe mosi  = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei = mosi { epochs = 20 }
recipe demo  = sims { epochs = 10  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
