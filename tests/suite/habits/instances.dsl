//! Instances.
use std::{Linear, MLP, FFN, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let fc = Linear(out: d) // error[E0501]: missing argument `x` of `Linear`
  let f2 = Linear{d} // error[E0101]: unexpected `{`
  let f3 = Linear{out = d} // error[E0106]: expected `:` after `out`, found `=`
  let act = relu // error[E0504]: `relu` is not called
  let f4 = MLP{widths: [d, 1]}
  let a = f3(audio)
  let b = f4 audio // warning[W0102]: `b` is never read // error[E0510]: the value of this expression is lost
  let c = (a |> FFN(hidden: 64) |> FFN(hidden: 64)) // error[E0506]: two calls would own the weights `c.ffn`
  let score = mean(a) |> f4() |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
