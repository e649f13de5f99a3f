//! Choices that not all values of a hyper have, and companions that a list does not hold.
use std::{Linear, MLP, mse, nt_xent}

hyper mode = "gate" in ["gate", "sum"]
hyper p    = 4 in [2, 4, 8]
input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = Linear(audio, out: 8) |> mean()
  let b = when mode == "gating" { relu(a) } else { a } // warning[W0121]: `mode` is never "gating": its range is ["gate", "sum"]
  let c = when mode == "gate" { tanh(b) } // warning[W0121]: this `when` has a value only as `mode` is set now
  let e = when p != 3 { relu(c) } else { c } // warning[W0121]: `p` is never 3: its range is [2, 4, 8]
  let score = MLP(e, widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  companions k { by = [a]  class = class(y)  pos = 50  pool = 3 } // warning[W0122]: `pos` is 50, and a list holds 3 samples
  loss contrast = nt_xent(a, pos: a at k.pos, neg: a at k.neg, tau: 0.5)
}
