//! Shapes of values that no fault touches are judged beside faults; what may be another once these are mended is not.
use std::{Bert, Linear, MLP, mse}

hyper d = 16
hyper cells = 8

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real

block Pooled<n, m>(x: Seq<m>[n, _]) -> Vec[d] {
  mean(x[0:4]) |> Linear(out: d) // error[E0115]: the language has no slices
}
block Disputed<n, m>(x: Seq<m>[n, _]) -> Vec[cells] {
  mean(x) |> Linear(out: d) // error[E0304]: the width is 16, stated is cells = 8
}

model M {
  let rows = text |> Bert() |> Linear(out: d)
  let a = Pooled(audio)
  let e = Disputed(audio)
  let t = mean(rows)
  let odd = t + linear(t, out: cells) // error[E0301]: `add` of Vec[16] and Vec[8]
  let gone = nowhere(t) // error[E0201]: no block `nowhere`
  var h = t
  h = gone(h)
  let both = [near: t, far: gone]
  let score = concat(t, a, odd) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims { epochs = 3 }
expect shape(rows) == [d, T] for sims // error[E0530]: `shape(rows)` is Seq<text>[T, 16]
expect shape(a) == [cells], shape(t) == [d], shape(audio) == [Ta] for sims // error[E0530]: `shape(a)` is Vec[16] // error[E0530]: `shape(audio)` is
expect shape(t) != [16] for sims // error[E0530]: `shape(t)` is Vec[16]
expect shape(e) == [d], shape(e) == [cells] for sims
expect shape(odd) == [3], shape(gone) == [3], shape(both.far) == [3], shape(h) == [3], shape(nothing) == [3] for sims
expect params < 10, macs(t) < 3, shape(t) == [params] for sims
