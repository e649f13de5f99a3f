//! What stands in a branch that is not taken now is not unused.
use std::{FFN, GRU, Linear, MLP, mse}

hyper recurrent = false
hyper cells     = 16
hyper limit     = 3
hyper heads     = 2 where heads <= limit

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Enc<n, m>(x: Seq<m>[n, _]) -> Seq<m>[n, 8] { Linear(x, out: 8) } // warning[W0105]: block `Enc` is never called, so only its declared types are checked

model M {
  let a = Linear(audio, out: 16)
  let v = mean(a)
  let h = when recurrent { GRU(a, hidden: cells) |> FFN(hidden: 8) |> Enc() } else { a }
  let u = when recurrent { let z = mean(h)  v } else { v } // warning[W0102]: `z` is never read
  let w = when recurrent { concat(u, mean(vision)) } else { mean(h) }
  let score = w |> MLP(widths: [8 * heads, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
