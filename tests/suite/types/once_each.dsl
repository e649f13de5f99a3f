//! One report for one mistake: what only follows from it is not told.
use std::losses::mse // error[E0101]: a file has no modules within
use std::{Linear, MLP, huber, last}  // error[E0204]: the standard library has no `last`

hyper d = 64
hyper rate = 0.1
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv] as "pose" // error[E0101]: expected `from`, found `as`
label y : Real

block Hear<n>(x: Seq<audio>[n, _]) -> Vec[d] { Linear(mean(x), out: d) }
block Pool<n, m>(x: Seq<m>[n, d], drop: real) -> Vec[d] { mean(x) |> dropout(p: drop) }

model M {
  let a = Hear(vision) // error[E0303]: expects a sequence of audio, found one of vision
  let v = vision |> Linear(out: d)
  let v = vision |> Linear(out: d) // error[E0203]: a second `v` in one scope
  let pooled = [Pool(x, drop: rate) for x in [v, v]] // error[E0115]: the language has no comprehensions
  let wide = mean(v) |> Linear(out d) // error[E0101]: unexpected `d`
  let masked = attention(v, key: v, value: v, heads: 4, mask: none) |> mean() // error[E0502]: `attention` has no argument `mask`
  let each_of = for x in [a, a] { relu(x) } // error[E0115]: a `for` has no value
  let score = concat(each_of[0], wide, masked, pooled[0]) |> MLP(widths: [d, 1]) |> scalar()
  output score for target // error[E0201]: no label `target`
  loss prediction = cross_entropy(score, target: y) // error[E0201]: no block `cross_entropy`
  loss robust = huber(score, target: y, delta: 1.0)
}

recipe sims { family = classification  select = max acc2 } // error[E0902]: `family` takes
