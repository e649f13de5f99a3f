//! A comma too many is one fault, wherever it stands.
use std::{Linear,, MLP, mse} // error[E0101]: expected a name, found `,`
hyper keep(l,, m) = l + m // error[E0101]: expected a name, found `,`
input audio : Seq<audio>[Ta,, fa] // error[E0102]: expected an expression after `,`
label y : Real
block Up<n,, m>(x: Seq<m>[n, _], k: int = 3) -> Seq<m>[n, 16] { linear(x, out: k) |> Linear(out: 16) } // error[E0102]: expected a name after `,`
block Down<n, m>(x: Seq<m>[n, _],, k: int = 3) -> Seq<m>[n, 16] { linear(x, out: k) |> Linear(out: 16) } // error[E0102]: expected a name after `,`
model M {
  let a = Up(audio,, k: 4) // error[E0102]: expected an expression after `,`
  let xs = [a,, Down(a, k: 2)] // error[E0102]: expected an expression after `,`
  let b, c = Linear(xs[0], out: keep(0,, 1)) // error[E0102]: expected an expression after `,`
  let score = mean(xs[0]) |> MLP(widths: [8,, 1]) |> scalar() // error[E0102]: expected an expression after `,`
  let d = linear(xs[0], out: 8,, bias: false) // error[E0102]: expected an expression after `,`
  output scalar(linear(mean(d), out: 1)) + score for y
  loss l = mse(score, target: y)
}
recipe demo { optimizer = adam(lr: 1e-3,, eps: 1e-8) } // error[E0102]: expected an expression after `,`
