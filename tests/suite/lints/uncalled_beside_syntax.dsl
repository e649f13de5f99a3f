//! What only a call that was not reached calls is not told to be unused.
use std::mse
input audio : Seq<audio>[Ta, fa]
label y : Real
block Inner<n, m>(x: Seq<m>[n, _]) -> Seq<m>[n, 8] { linear(x, out: 8) }
block Outer<n, m>(x: Seq<m>[n, _]) -> Seq<m>[n, 8] { Inner(x) }
model M {
  let a = Outer(audio,,) // error[E0102]: expected an expression after `,`
  let score = linear(mean(a), out: 1) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
