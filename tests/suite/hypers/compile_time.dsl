//! What must be known before any data are seen.
use std::{Linear, MLP, mse}

hyper d = 64

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = audio |> Linear(out: d)
  let gate = when mean(a) > 0 { a } else { relu(a) } // error[E0402]: `>` has no meaning for tensors
  let gate2 = when sum_features(mean(a)) { a } else { relu(a) } // error[E0401]: a condition must be true or false at compile time, this is a tensor
  let wide = audio |> linear(out: Ta) // error[E0401]: `out` of `linear` is Ta, a length that every sample has of its own
  let rows = learned(rows: Ta, width: d) // error[E0401]: `rows` of `learned` is Ta, a length that every sample has of its own
  let table = param(shape: [Ta, d]) // error[E0401]: `shape` of `param` expects a list of whole numbers, at least 1 and the same for all samples, found [dim Ta, int 64]
  let place = positions(a, rows: 2*Ta, width: d) // error[E0401]: `rows` of `positions` is 2*Ta, a length that every sample has of its own
  for l in 0..Ta { let q = l } // error[E0401]: a range needs whole numbers that are known at compile time, not 0 and Ta // warning[W0102]: `q` is never read
  for l in 0..20_000 { let q = l } // error[E0408]: a loop of 20000 turns // warning[W0102]: `q` is never read
  let list = [a, a] + [a] // error[E0402]: `+` of a list and a list
  let spread = [..a] // error[E0402]: `..` of a tensor
  let none = when d > 100 { a } // error[E0402]: this `when` has no value: its condition is false and there is no `else`
  let third = a.third // error[E0402]: a tensor has no fields
  let over = each x in 3 { x } // error[E0402]: cannot go over a whole number
  let pick = (a, a)[0] // error[E0402]: a tuple is taken apart by names, not by an index
  let neg = not d // error[E0402]: `not` of a whole number
  let long = len(a) // error[E0402]: `len` of a tensor
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
