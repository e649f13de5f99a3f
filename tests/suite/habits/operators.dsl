//! Operators, comprehensions and divisions of other languages.
use std::{Linear, MLP, mse}
hyper d = 32
hyper keep(l) = max(1, d // 2^l) // warning[W0103]: hyper `keep` is never read // error[E0115]: the language has no `^`
hyper half = d / 2 // warning[W0103]: hyper `half` is never read
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d / 2) // error[E0301]: `out` of `Linear` expects int, found real 16
  let b = [Linear(audio, out: d) for _ in 0..3] // error[E0115]: the language has no comprehensions
  let w = sigmoid(linear(a, out: 1))
  let c = a * w // warning[W0102]: `c` is never read
  let e = einsum(a, a, spec: "bti,btj->bij") // warning[W0102]: `e` is never read
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
