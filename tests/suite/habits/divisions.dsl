//! Divisions that a comment would swallow, and comments that are none.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
hyper half = d // 2   // half the width // warning[W0103]: hyper `half` is never read // error[E0112]: outside of brackets
hyper h2 = d // 2 # half // warning[W0103]: hyper `h2` is never read // error[E0112]: outside of brackets
hyper h3 = d // 2 /* half */ // warning[W0103]: hyper `h3` is never read // error[E0112]: outside of brackets
hyper h4 = d // half // x // warning[W0103]: hyper `h4` is never read // error[E0112]: outside of brackets
hyper h5 = d  // 2 of them // warning[W0103]: hyper `h5` is never read
hyper h6 = 8 // heads // warning[W0103]: hyper `h6` is never read
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  let z = d // 2 // c // warning[W0102]: `z` is never read // error[E0112]: outside of brackets
  output score for y
  loss l = mse(score, target: y)
}
