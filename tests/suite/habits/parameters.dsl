//! Parameters of blocks.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
block A(x, hidden: int) -> Vec[d] { Linear(x, out: d) } // error[E0102]: expected a type after `x`
block B(x: Vec[_], at: [int]) -> Vec[d] { Linear(x, out: d) } // error[E0114]: expected a name, found the keyword `at`
block C(x: Vec[_] y: Vec[_]) -> Vec[d] { Linear(x + y, out: d) } // error[E0101]: missing comma before `y`
block D(x: Vec[_], hidden int) -> Vec[d] { Linear(x, out: hidden) } // error[E0101]: expected a type, found `int`
block E(x: Vec[_], k = 3: int) -> Vec[d] { Linear(x, out: d) } // error[E0101]: expected a type, found `=`
block G(x: Vec[_]): Vec[d] { Linear(x, out: d) } // error[E0101]: expected `->` before the result type, found `:`
model M {
  let a = Linear(mean(audio), out: d)
  let s = A(a, hidden: 3) + B(a, at: [1]) + C(a, y: a) + D(a, hidden: d) + E(a) + G(a)
  let score = s |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
