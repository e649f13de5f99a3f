//! Values that are the same whatever the weights are, and weights that nothing moves.
use std::{LayerNorm, Linear, MLP, info_nce, mse}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  let a = Linear(audio, out: 8)
  let v = Linear(vision, out: 8)
  let one = Linear(mean(a), out: 1)
  let normed = LayerNorm(one) // warning[W0116]: a layer norm over one value is always its bias
  let sized = normalize(one) // warning[W0116]: one value divided by its own size is always 1 or -1
  let bounded = clamp(one, min: 0, max: 0) // warning[W0116]: a value between equal bounds is always that number
  let even = attention(a, key: v, value: v, heads: 2, scale: 0.0) // warning[W0116]: attention with a scale of 0 gives every row the same weight
  let spread = stdpool(take(a, rows: 1)) // warning[W0116]: the deviation of one row is always 0
  let first = param(shape: [8, 8], init: "zeros")
  let second = param(shape: [8, 1], init: "zeros")
  let stuck = matmul(matmul(mean(a), with: first), with: second) // warning[W0118]: a product of values that are all 0 at the start stays 0
  let up = param(shape: [8, 4])
  let fresh = matmul(matmul(mean(v), with: up), with: param(shape: [4, 1], init: "zeros"))
  let values = concat(normed, sized, bounded, mean(even), spread, stuck, fresh)
  let score = MLP(values, widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  loss alike = info_nce(mean(a), with: mean(a), tau: 0.1)
  let pooled = mean(v)
  loss itself = info_nce(pooled, with: pooled, tau: 0.1) // warning[W0116]: a comparison with itself alone: `anchor` and `with` of `info_nce` are one value
}
