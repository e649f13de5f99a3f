//! Unclosed brackets in the middle of a line.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
block A(x: Vec[_] -> Vec[d] { Linear(x, out: d) } // error[E0103]: `(` is not closed before this `->` // warning[W0101]: 2 weights (32*fa + 32 parameters) reach neither an output
block B(x: Vec[_) -> Vec[d] { Linear(x, out: d) } // warning[W0105]: block `B` is never called, so only its declared types // error[E0103]: `[` is not closed before this `)`
model M {
  let v = mean(audio // error[E0103]: `(` is not closed before this `let`
  let s = A(v) // warning[W0102]: `s` is never read
  let t = [v, v // warning[W0102]: `t` is never read // error[E0103]: `[` is not closed before this `let`
  let u = MLP(v, widths: [d, 1])) |> scalar() // error[E0104]: unmatched closing bracket `)`
  let w = Linear(v, out: (d + 1) // warning[W0102]: `w` is never read // error[E0103]: `(` is not closed before this `output`
  output u for y
  loss l = mse(u, target: y // error[E0103]: `(` is not closed before this `}`
}
