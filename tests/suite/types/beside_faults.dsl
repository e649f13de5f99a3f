//! What is wrong with a call whose operand has a fault: everything that does not depend on the operand.
use std::{GatedUnit, GRU, LayerNorm, Linear, LowRankFusion, MLP, SelfAttention, mse}

hyper d = 64
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  let v = vision |> Linear(out: d)
  let b = Linear(adio, out: d) // error[E0201]: nothing is called `adio` here
  let taps = conv1d(b, out: d) // error[E0501]: missing argument `kernel` of `conv1d`
  let both = conv1d(b) // error[E0501]: missing arguments `out`, `kernel` of `conv1d`
  let rows = take(b) // error[E0501]: missing argument `rows` of `take`
  let negative = take(b, rows: -3) // error[E0306]: `rows` of `take` is -3
  let dropped = dropout(b) // error[E0501]: missing argument `p` of `dropout`
  let gated = gru(b) // error[E0501]: missing argument `hidden` of `gru`
  let reversed = conv1d(b, out: d, kernel: -3) // error[E0306]: `kernel` of `conv1d` is -3
  let pooled = b.mean(dim: 1) // error[E0402]: a tensor has no fields
  let moved = b.to("cuda") // error[E0402]: a tensor has no fields
  let layers = GRU(b, hidden: d, layers: 0) // error[E0404]: `GRU` expects `layers >= 1`, found layers = 0
  let heads = SelfAttention(v, heads: 0) // error[E0404]: `SelfAttention` expects `w % heads == 0`, found heads = 0, w = 64
  let unnamed = attention(b, v, heads: 2) // error[E0503]: argument 2 of `attention` has no name // error[E0501]: missing argument `value` of `attention`
  let unit = GatedUnit(mean(v), mean(v)) // error[E0503]: argument 2 of `GatedUnit` has no name // error[E0501]: missing argument `out` of `GatedUnit`
  let rank = LowRankFusion(mean(v), mean(v), out: d, rank: 4) // error[E0503]: `xs` of `LowRankFusion` is one list
  let over = softmax(v, over: "rows") // error[E0403]: `over` of `softmax` is "rows"
  let norm = LayerNorm(v, dim: d) // error[E0502]: `LayerNorm` has no argument `dim`
  let wide = concat(mean(over), mean(norm)) |> MLP(widths: [d, 2]) |> scalar() // error[E0301]: `scalar` of a vector of 2 entries
  let all = concat(mean(taps), mean(both), mean(rows), mean(negative), mean(dropped), mean(gated), mean(reversed), pooled, moved)
  let others = concat(mean(layers), mean(heads), mean(unnamed), unit, rank)
  let score = scale(concat(all, others), by: wide) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
