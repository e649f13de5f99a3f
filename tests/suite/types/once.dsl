//! One fault, one report.
use std::{Linear, MLP, mae, mse}

hyper d = 64
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Pair<n, k>(a: Seq<audio>[n, d], v: Seq<vision>[k, d]) -> Vec[2*d] { concat(mean(a), mean(v)) }
block Two<n, m>(x: Seq<m>[n, d]) -> (Seq<m>[n, d], Vec[d]) { (x, mean(x)) }
block Layer<n, m>(x: Seq<m>[n, d], width: int) -> Seq<m>[n, d] { linear(x, out: width) |> Linear(out: d) }

model M {
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: d)
  let swapped = Pair(v, v: a) // error[E0303]: `a` of `Pair` expects a sequence of audio, found one of vision
  var h = a
  for l in 0..2 { h = Two(h) } // error[E0514]: `h` was Seq<audio>[Ta, 64] and would become
  let first = h[0]
  let wide = Layer(h, width: 8)
  let taps = conv1d(v, out: d, kernel: 3) // warning[W0102]: `taps` is never read
  let score = concat(swapped, first, mean(wide)) |> MLP(widths: [d, 1])
  output score for y // error[E0301]: an output is a Real per sample, found Vec[1]
  loss prediction = mse(score, target: y)
  loss absolute = mae(score, target: y)
  loss rows = mse(a, target: v) // error[E0301]: `x` of `mse` expects Real, found Seq<audio>[Ta, 64]
}

variant flat { block Layer(x: Vec[_]) -> Vec[_] { x } } // error[E0502]: `Layer` of variant `flat` does not fit the calls of the model
