//! Lists, their labels and elements.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
model M {
  let xs = [audio: Linear(audio, out: d), vision: Linear(vision, out: d)]
  let a = xs.audo // error[E0201]: the list has no `audo`
  let b = xs["vison"] // error[E0201]: the list has no `vison`
  let c = xs[2] // error[E0306]: element 2 of a list of 2
  let e = {audio: 1, vision: 2} // warning[W0102]: `e` is never read // error[E0115]: a list is written in square brackets
  let f = [x for x in xs] // error[E0115]: the language has no comprehensions
  let g = each x in xs: mean(x) // warning[W0102]: `g` is never read // error[E0101]: expected `{`, found `:`
  let i, j = xs // error[E0515]: 2 names for a list
  let k = xs.append(audio) // error[E0201]: the list has no `append`
  let score = mean(xs.audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
