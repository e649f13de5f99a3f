//! MulT, the multimodal transformer (Tsai et al., ACL 2019, arXiv 1906.00295), for streams of different lengths that
//! are not aligned.
//!
//! A convolution maps every stream to the same width and mixes neighbouring steps. Then each modality (the target)
//! attends to each of the two others (the sources): one crossmodal transformer per ordered pair, with queries from the
//! target and keys and values from the unprocessed source. The two results of a target are concatenated step by step, a
//! transformer runs over them, and the last steps of the three targets give the prediction.
//!
//! Differences: the words come from a text encoder instead of GloVe; the transformers are not causal, as in the
//! equations of the article. One dropout rate replaces the several of the article.
use std::{Bert, Conv, CrossModalTransformer, MLP, mse}

hyper d      = 40   in 8..=256  where d % heads == 0
hyper heads  = 10
hyper layers = 4    in 1..=8                   // of every crossmodal transformer
hyper memory = 3    in 1..=8                   // of the transformer over a reinforced target
hyper kernel = 3    in [1, 3, 5]               // of the temporal convolution
hyper drop   = 0.1  in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// A target after attention to all sources, concatenated step by step, and its last step.
block Reinforced<n, m>(x: Seq<m>[n, d], sources: [Seq<_>[_, d]]) -> Vec[2*d] where len(sources) == 2 {
  let views = each s in sources {
    CrossModalTransformer(x, from: s, heads: heads, ff: 4*d, layers: layers, drop: drop)
  }
  let joined = concat(..views, along: "features")
  let z = CrossModalTransformer(joined, from: joined, heads: heads, ff: 8*d, layers: memory, drop: drop)
  last_state(z, bidirectional: false)  // the last step
}

model MulT {
  let t = text   |> Bert() |> Conv(out: d, kernel: kernel, bias: false)
  let a = audio  |> Conv(out: d, kernel: kernel, bias: false)
  let v = vision |> Conv(out: d, kernel: kernel, bias: false)

  let ht = Reinforced(t, sources: [audio: a, vision: v])
  let ha = Reinforced(a, sources: [text: t, vision: v])
  let hv = Reinforced(v, sources: [text: t, audio: a])
  let h  = concat(ht, ha, hv)

  let residual = h + MLP(h, widths: [6*d, 6*d], drop: drop)
  let score = residual |> linear(out: 1) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 20 }
recipe demo   = sims {
  set heads = 4  set d = 32  set layers = 2  set memory = 1
  epochs = 20  optimizer.lr = 1e-3  seeds = 1  encoder = "demo"
}
expect shape(h) == [6*d], params(ht) == params(hv) for sims
expect params < 105M, macs < 3.8G for sims
