//! Arguments as PyTorch names them, or without names.
use std::{Linear, MLP, CrossAttention, SelfAttention, FFN, GRU, LayerNorm, mse} // warning[W0104]: `LayerNorm` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
model M {
  let a = Linear(audio, out_features: d) // warning[W0102]: `a` is never read // error[E0502]: `Linear` has no argument `out_features`
  let v = Linear(vision, d) // error[E0503]: argument 2 of `Linear` has no name
  let g = GRU(audio, hidden_size: d) // error[E0502]: `GRU` has no argument `hidden_size`
  let h = CrossAttention(g, v, num_heads: 4) // error[E0503]: argument 2 of `CrossAttention` has no name // error[E0502]: `CrossAttention` has no argument `num_heads`
  let i = SelfAttention(g, heads: 4, dropout: 0.1) // warning[W0102]: `i` is never read // error[E0502]: `SelfAttention` has no argument `dropout`
  let j = FFN(g, hidden_dim: 64) // warning[W0102]: `j` is never read // error[E0502]: `FFN` has no argument `hidden_dim`
  let k = softmax(g, dim: 1) // warning[W0102]: `k` is never read // error[E0502]: `softmax` has no argument `dim`
  let l1 = dropout(g, 0.1) // error[E0503]: argument 2 of `dropout` has no name
  let m = concat(mean(g), mean(v), dim: 1) // warning[W0102]: `m` is never read // error[E0502]: `concat` has no argument `dim`
  let score = mean(g) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, y) // error[E0503]: argument 2 of `mse` has no name
}
