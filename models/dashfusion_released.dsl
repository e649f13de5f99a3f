//! DashFusion as released by its authors: the computation of their program, which differs from their article.
//!
//! With the same weights, predictions, losses and gradients are those of the program. `dashfusion_released.names` maps
//! its parameter names, so that `dsc import` reads its checkpoints. `dashfusion.dsl` follows the article; each
//! difference from it is numbered in this file. `docs/released.md` shows what `dsc check` reports about the program.
//!
//! Left out, since no prediction depends on it: layers that the program builds and never uses (a feed-forward network
//! and two norms of the temporal alignment, two linear maps in each encoder, BERT's pooler) and a dropout whose result
//! it discards. It exchanges the names of audio and vision in everything after the alignment; the weight map corrects
//! that.
//!
//! Different here: a zero frame inside a sequence is a frame, not padding (only the length decides); initial values are
//! those of `dashfusion.dsl`; a far negative is never also a near one of the same anchor if the lists allow it; from a
//! list of one, that one is drawn twice; an anchor with an empty list has contrast 0, where the program crashes; weight
//! decay applies to the weights of linear maps only; the first epoch can be selected.
use std::{Bert, LayerNorm, mse, nt_xent}

hyper d         = 128    where d % heads == 0
hyper heads     = 8
hyper ff        = 256
hyper inner     = 256    where inner % heads == 0  // width of the temporal alignment's attention
hyper p         = 8      in [2, 4, 8, 16, 32, 64]
hyper depth     = 2      in 1..=4
hyper layers    = 2      in 1..=6
hyper lambda    = 0.2
hyper tau       = 0.5
hyper drop      = 0.5    in 0.0..=0.9              // in the encoders of audio and vision
hyper drop_rows = 0.1    in 0.0..=0.9              // on the rows that enter them
hyper pairs     = 22                               // what the contrast is divided by
hyper upper     = 0.625  in 0.01..=1.0             // parts of the ranking, another for each data set
hyper lower     = 0.5    in 0.01..=1.0
hyper keep(l)   = max(1, p // 2**l)

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Two linear maps with a GELU in between, where the article has a ReLU.
block Gelu<w>(x: Any[w], hidden: int, drop: real = 0.0) -> like x {
  let inner = linear(x, out: hidden) |> gelu() |> dropout(p: drop)
  let outer = linear(inner, out: w)
  outer
}

/// 1. The text head has two linear maps without biases, each followed by a GELU, and a norm.
block TextHead<n>(x: Seq<text>[n, _]) -> Seq<text>[n, d] {
  let inner = linear(x, out: d, bias: false) |> gelu()
  let outer = linear(inner, out: d, bias: false) |> gelu()
  LayerNorm(outer)
}

/// 2. A layer of the audio and vision encoders has biases, an output projection, GELU and a high dropout rate. Padding
/// is masked here.
block EncoderLayer<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] {
  let query = linear(x, out: d)
  let key   = linear(x, out: d)
  let value = linear(x, out: d)
  let mixed = attention(query, key: key, value: value, heads: heads, drop: drop)
  let z     = LayerNorm(x + (linear(mixed, out: d) |> dropout(p: drop)))
  let f     = Gelu(z, hidden: ff, drop: drop) |> dropout(p: drop)
  LayerNorm(z + f)
}

/// 2. An encoder ends with an additional norm.
block Encoder<n, m>(x: Seq<m>[n, _]) -> Seq<m>[n + 1, d] {
  let cls       = learned(rows: 1, width: d, init: "ones")
  let projected = linear(x, out: d)
  let rows      = concat(cls, projected)
  let place     = positions(rows, width: d, init: "zeros")
  var h         = dropout(rows + place, p: drop_rows)
  for l in 0..layers { h = EncoderLayer(h) }
  LayerNorm(h)
}

/// Attention to one stream with a query that several streams share.
block Answer<n, m, w>(query: Seq<m>[n, w], from: Seq<_>[_, d]) -> Seq<m>[n, w] {
  let key   = linear(from, out: w, bias: false)
  let value = linear(from, out: w, bias: false)
  attention(query, key: key, value: value, heads: heads)
}

/// 4. Temporal alignment: one query for both streams, heads of width 32, one output projection with a bias.
block Align<n, m>(t: Seq<m>[n, d], others: [Seq<_>[_, d]]) -> Seq<m>[n, d] {
  let query = linear(t, out: inner, bias: false)
  let mixed = sum o in others { Answer(query, from: o) }
  let out   = linear(mixed, out: d)
  t + out
}

/// 5. A transformer layer with norms on the residual branches, and biases. Scores are scaled by the whole width instead
/// of the width of a head.
block BranchNormLayer<n, m>(x: Seq<m>[n, d], from: Seq<_>[_, d]) -> Seq<m>[n, d] {
  let query = linear(x, out: d)
  let key   = linear(from, out: d)
  let value = linear(from, out: d)
  let seen  = attention(query, key: key, value: value, heads: heads, scale: 1 / sqrt(d)) |> LayerNorm()
  let z     = x + seen
  let f     = Gelu(z, hidden: ff) |> LayerNorm()
  z + f
}

/// 6. The bottleneck attends to all streams with one query and is added once, where the article adds it twice.
block Gather<n, m>(b: Seq<m>[n, d], streams: [Seq<_>[_, d]]) -> Seq<m>[n, d] {
  let query = linear(b, out: d, bias: false)
  let mixed = sum x in streams { Answer(query, from: x) }
  let z     = LayerNorm(b + mixed)
  LayerNorm(z + Gelu(z, hidden: ff))
}

/// One fusion layer. 7. The streams attend to the tokens after their update.
block Fuse<n, m>(h: Seq<m>[n, d], streams: [Seq<_>[_, d]], tokens: int) -> (Seq<m>[min(n, tokens), d], like streams) {
  let b      = BranchNormLayer(h, from: h) |> take(rows: tokens)
  let hl     = Gather(b, streams: streams)
  let spread = each x in streams { BranchNormLayer(x, from: hl) }
  (hl, spread)
}

model DashFusionReleased {
  let hidden = text |> Bert()
  // 1. An encoder of the model's own width has no head.
  let t = when encoder.hidden_size == d { hidden } else { TextHead(hidden) }
  let a = Encoder(audio)
  let v = Encoder(vision)

  // 3. There are no masks after the encoders: padding rows are zeros and take part in the computation. Text is padded
  // to the longest sample of the batch, audio and vision to the longest of the data set.
  let padded = [text: dense(t), vision: dense(v, to: "data"), audio: dense(a, to: "data")]
  let temporal = Align{}
  var h        = temporal(padded.text, others: [audio: padded.audio, vision: padded.vision])
  var xs       = padded
  for l in 0..depth { h, xs = Fuse(h, streams: xs, tokens: keep(l)) }

  // 8. A GELU after each linear map but the last.
  let read  = concat(h[0], ..each x in xs { x[0] })
  let wide  = linear(read, out: 2*d) |> gelu()
  let deep  = linear(wide, out: d) |> gelu()
  let score = linear(deep, out: 1) |> scalar()
  output score for y

  // The first row of the alignment. Queries do not interact, so the other rows are not needed.
  let first = temporal(take(t, rows: 1), others: [audio: padded.audio, vision: padded.vision])
  let views = [text: mean(t), audio: mean(a), vision: mean(v), fused: first[0]]
  // 10. The lists contain ranks, used as sample indices. Similarity is one cosine of all modalities, concatenated.
  companions c {
    by = [concat(views.text, views.vision, views.audio)]  class = class(y)  pos = 2  near = 2  far = 2  pool = 10
    refresh = 2  listed = "ranks"  upper = upper  lower = lower
  }
  // 9. Every positive is compared with the negatives and itself only. The sum is divided by 22 pairs. 12 of these, text
  // with audio and vision of the six companions, have no negatives and are 0.
  let samples = sum x in views { sum q in x at c.pos { nt_xent(x, pos: [q], neg: x at c.neg, tau: tau) } }
  let modalities = sum x in [views.audio, views.vision] {
    nt_xent(views.text, pos: [x], neg: views.text at c.neg, tau: tau)
  }
  loss prediction = mse(score, target: y)
  loss contrast   = lambda * (samples + modalities) / pairs
}

/// 11. The committed settings: the warm-up is longer than the training, so the learning rate never reaches `lr`.
recipe sims {
  epochs = 4  batch = 16  optimizer = adamw(lr: 5e-5, weight_decay: 1e-3)  warmup = 10 epochs  decay = linear
  select = min mae
  seed = 12
  seeds = 1
  encoder = "bert-base-chinese"
  family = sims
  class = exact
  standardize = none
}
recipe simsv2 = sims {}
recipe mosi   = sims { set upper = 1.0  set lower = 1.0  encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei = mosi {
  set depth = 3  set layers = 4  set upper = 0.5  set lower = 0.125
  epochs = 25  batch = 8  optimizer.lr = 2e-5  warmup = 1 epochs
}
recipe demo = sims { epochs = 10  optimizer.lr = 1e-3  warmup = 1 epochs  encoder = "demo" }
