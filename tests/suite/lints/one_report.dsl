//! One fault is one report, of a lint too.
use std::{Bert, Highway, Linear, MLP, mse}

hyper d = 16
hyper deep = true
hyper experts = 4
hyper strength = 0.5

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real

block Join(a: Vec[d], with: Vec[d]) -> (Vec[d], Vec[d]) {
  let unit = linear(a, out: d)
  return unit, with // error[E0115]: the language has no `return` // error[E0101]: a tuple has brackets
}
block Reversed(x: Vec[d], strength: real) -> Vec[d] { grad_reverse(x, by: strength) }
block Mixed(x: Vec[d], weights: Vec[experts]) -> Vec[d] {
  let views = each i in 0..experts { linear(x, out: d) }
  sum i in 1..=experts { scale(views[i], by: slice(weights, from: i, to: i + 1) |> scalar()) } // error[E0306]: element 4 of a list of 4
}

model M {
  let t = text |> Linear(out: d) |> mean() // error[E0301]: `x` of `Linear` expects Any[_], found Tokens[T]
  let v0 = mean(audio) |> Linear(out: d)
  let v0 = mean(audio) |> Linear(out: d) // error[E0203]: a second `v0` in one scope
  let top = Highway(v0) if deep else v0 // error[E0115]: the language has no `a if c else b`
  let one, two = Join(v0, with: v0)
  let dropped = dropout(v0, p: 0.1) // warning[W0114]: this dropout has no effect
  let further = dropout(v0, p: 0.1) |> Linear(out: d) // warning[W0102]: `further` is never read
  let _probe = linear(v0, out: 1) // warning[W0101]: 2 weights (17 parameters)
  let back = Reversed(v0, strength: y) // error[E0301]: `strength` of `Reversed` expects real, found Real
  let mixed = back + Mixed(v0, weights: softmax(linear(v0, out: experts)))
  let score = concat(t, top, one, two, mixed) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  loss further_on = 0.1 * mse(v0, target: mixed) // error[E0301]: `x` of `mse` expects Real, found Vec[16]
  loss closer     = 0.1 * mean_features(square(v0 - mixed))
}

variant none { drop further_on, closer } // error[E0101]: changes of a variant are not separated by commas
variant late { let mixed = linear(one, out: d) + score } // error[E0201]: nothing is called `score` here

recipe sims { epochs = 3 }
expect params(Linear) < 3K, shape(mixed) == [d] for sims
