//! Loops and choices of other languages.
use std::{Linear, MLP, nt_xent, mse}
hyper d = 32
hyper mode = "sum" in ["sum", "gate"]
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  var a = Linear(audio, out: d)
  for (let i = 0; i < 2; i++) { a = relu(a) } // error[E0115]: a loop goes over a range or a list
  for (l in 0..2) { a = relu(a) } // error[E0101]: the head of a loop has no brackets
  let xs = [one: a, two: relu(a)]
  let b = each x, z in xs { x } // error[E0115]: a loop has one variable
  let c = each (n, x) in xs.items() { mean(x) } // error[E0115]: a loop has one variable
  let e = when d > 3 then a else b // error[E0101]: expected `{`, found `then` // warning[W0102]: `e` is never read
  let f = when mode is "sum" { mean(a) } else { c[0] } // error[E0115]: the language has no `is`
  let g = when mode is not "sum" { mean(a) } else { c[0] } // error[E0115]: the language has no `is not`
  let h = a[0:4] // error[E0115]: the language has no slices `x[a:b]`
  let i = a[:, 0, :] // error[E0115]: the language has no slices `x[a:b]`
  let j = a[0, :] // error[E0115]: the language has no slices `x[a:b]`
  let k = a[:, :, 0:4] // error[E0115]: the language has no slices `x[a:b]`
  let score = f + g + c[1] |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  companions c2 { by = [mean(a)]  class = class(label) } // error[E0201]: no label `label`
  loss l = mse(score, target: y)
  loss con = nt_xent(f, pos: f at d.pos, neg: f at c2.neg, tau: 0.5) // error[E0201]: `d` is a hyper and has no companions
}
