//! A block whose parameters could not be read takes whatever its calls pass, and its body may read any name.
use std::{Linear, MLP, mse}
input audio : Seq<audio>[Ta, fa]
label y : Real
block Up<n, m> -> Seq<audio>[n, 16] { // error[E0101]: expected parameters in `(` and `)`, found `->`
  Linear(x, out: 16)
}
block Down<n, m>(3: Seq<m>[n, _], k: int = 3) -> Seq<m>[n, 16] { // error[E0101]: unexpected `3`
  Linear(x, out: 16 * k)
}
block <n, m>(x: Seq<m>[n, _]) -> Vec[16] { linear(mean(x), out: 16) } // error[E0101]: expected a name, found `<`
model M {
  let score = mean(Down(Up(audio, k: 4), k: 2)) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
