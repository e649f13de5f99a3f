//! DashFusion (Wen et al., T-NNLS 2025): align on text, then fuse through shrinking bottlenecks.
//!
//! The file follows the article. Where the article is silent: attention has no biases and no output projection, FFN
//! hidden width 256, [CLS] starts as ones, positions as zeros, both learned; padding gets no weight anywhere.
use std::{Bert, Linear, MLP, LayerNorm, FFN, FrameEncoder, TransformerLayer, CrossAttention, MultiCA, mse, nt_xent}

hyper d       = 128  where d % heads == 0
hyper heads   = 8
hyper ff      = 256                                // the article is silent
hyper p       = 8    in [2, 4, 8, 16, 32, 64]      // bottleneck tokens of the first layer
hyper depth   = 2    in 0..=4                      // fusion layers; 0 is plain concatenation
hyper layers  = 2    in 1..=6                      // per encoder, after the authors' correction (the article says 1)
hyper lambda  = 0.2
hyper tau     = 0.5
hyper refined = false                              // eq. 9 spreads B^l (its symbol) or H^l (its text)
hyper drop    = 0.0  in 0.0..=0.9                  // outside BERT; the article is silent
hyper keep(l) = max(1, p // 2**l)                  // the article's p / 2^(l-1), l from 0

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Temporal alignment, eq. 4.
block Align<n, m>(t: Seq<m>[n, d], others: [Seq<_>[_, d]]) -> Seq<m>[n, d] {
  t + sum o in others { CrossAttention(t, from: o, heads: heads, drop: drop) }
}

/// One fusion layer, eq. 6-9; B is added twice in eq. 7-8, as printed.
block Fuse<n, m>(h: Seq<m>[n, d], streams: [Seq<_>[_, d]], tokens: int) -> (Seq<m>[min(n, tokens), d], like streams) {
  let b   = TransformerLayer(h, heads: heads, ff: ff, drop: drop) |> take(rows: tokens)
  let hb  = LayerNorm(b + MultiCA(b, streams: streams, heads: heads, drop: drop))
  let hl  = LayerNorm(hb + FFN(hb, hidden: ff, drop: drop))
  let src = when refined { hl } else { b }
  let spread = each x in streams {
    let z = LayerNorm(x + CrossAttention(x, from: src, heads: heads, drop: drop))
    LayerNorm(z + FFN(z, hidden: ff, drop: drop))
  }
  (hl, spread)
}

model DashFusion {
  let t = text   |> Bert() |> Linear(out: d)
  let a = audio  |> FrameEncoder(width: d, heads: heads, ff: ff, layers: layers, drop: drop)
  let v = vision |> FrameEncoder(width: d, heads: heads, ff: ff, layers: layers, drop: drop)

  let h0 = Align(t, others: [audio: a, vision: v])
  var h  = h0
  var xs = [text: t, audio: a, vision: v]
  for l in 0..depth { h, xs = Fuse(h, streams: xs, tokens: keep(l)) }
  let score = concat(h[0], ..each x in xs { x[0] }) |> MLP(widths: [2*d, d, 1], drop: drop) |> scalar()
  output score for y

  companions c {
    by = [mean(t), mean(a), mean(v)]  class = class(y)  pos = 2  near = 2  far = 2  pool = 10  refresh = 2
  }
  let text_pos = [mean(a), mean(v), ..mean(t) at c.pos]  // semantic alignment joins the text anchor, eq. 5
  let others   = [audio: mean(a), vision: mean(v), fused: h0[0]]
  loss prediction = mse(score, target: y)
  loss contrast   = lambda * (nt_xent(mean(t), pos: text_pos, neg: mean(t) at c.neg, tau: tau)
    + sum x in others { nt_xent(x, pos: x at c.pos, neg: x at c.neg, tau: tau) })
}

/// Table IV, without semantic alignment: the text anchor has no positives of other modalities.
variant no_semantic { let text_pos = mean(t) at c.pos }
/// Table IV, without supervised contrast: modalities of one sample are aligned, samples of one class are not.
variant no_scl { let text_pos = [mean(a), mean(v)]  let others = [] }
/// Table IV, without temporal alignment: the bottleneck starts from random tokens.
variant no_temporal { let h0 = learned(rows: p, width: d)  let others = [audio: mean(a), vision: mean(v)] }
/// Table IV, without dual-stream alignment: neither temporal nor semantic.
variant no_dual = no_temporal { let text_pos = mean(t) at c.pos }
/// Table IV, without hierarchical bottleneck fusion: the aligned text and the streams side by side.
variant no_hbf { set depth = 0 }

recipe sims {
  epochs = 100  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { set depth = 3  set layers = 4  epochs = 25  batch = 8  optimizer.lr = 2e-5 }
recipe demo   = sims { epochs = 10  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
/// CMU-MOSI with a small pretrained encoder (MiniLM) and features of other kinds: chosen on the validation split.
recipe mosi_real = mosi {
  epochs = 6  optimizer = adamw(lr: 5e-4, encoder_lr: 5e-5, weight_decay: 1e-3)
  warmup = 0.1 fraction  decay = linear  standardize = train  seeds = 3  encoder = "all-MiniLM-L6-v2"
}
expect params < 120M, macs(Fuse) < 150M for sims
