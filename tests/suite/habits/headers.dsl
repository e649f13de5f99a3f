//! Headers of items.
use std.{Linear, MLP, mse} // error[E0101]: expected `::` after `std`, found `.`
import std // error[E0107]: unknown item `import`
hyper d: int = 32 // error[E0101]: a hyper has no declared type
hyper heads 4 // error[E0101]: expected `:` or `=`, found `4`
const k = 3 // error[E0107]: unknown item `const`
input audio = Seq<audio>[Ta, fa] // error[E0101]: expected `:` after `audio`, found `=`
input vision Seq<vision>[Tv, fv] // error[E0101]: expected `:` after `vision`
label y : Real
model M() { // error[E0101]: unexpected `()` before the body of model `M`
  let a = Linear(audio, out: d)
  let v = Linear(vision, out: d)
  let score = mean(a) + mean(v) |> MLP(widths: [d // heads, k, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
