//! Conditions of other languages.
use std::{Linear, MLP, mse}
hyper d = 32
hyper gated = true
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d)
  let b = if gated { sigmoid(a) } else { a } // error[E0115]: the language has no `if`
  let c = when gated { sigmoid(a) } elif d > 3 { a } else { b } // warning[W0102]: `c` is never read // error[E0115]: the language has no `elif`
  let e = gated ? a : b // error[E0101]: unexpected `?`
  let f = a if gated else b // error[E0115]: the language has no `a if c else b`
  let g = when not gated && d > 3 { a } else { b } // warning[W0102]: `g` is never read // error[E0115]: the language has no `&&`
  let h = when gated = true { a } else { b } // warning[W0102]: `h` is never read // error[E0115]: `=` compares nothing: it gives a name its value
  let i = when a > 0 { a } else { b } // error[E0402]: `>` has no meaning for tensors
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
