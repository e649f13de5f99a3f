//! Two streams swapped.
use std::{Linear, MLP, FFN, mse}

hyper d = 64

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Fuse<n, k>(a: Seq<audio>[n, d], v: Seq<vision>[k, d]) -> Vec[2*d] { concat(mean(a), mean(v)) }

block Lost<n>(a: Seq<audio>[n, d]) -> Seq<vision>[n, d] { FFN(a, hidden: d) } // error[E0303]: the sequence is of audio, stated is vision

model M {
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: d)
  let f = Fuse(v, v: a) // error[E0303]: `a` of `Fuse` expects a sequence of audio, found one of vision
  let l = Lost(a)
  let w : Seq<audio>[Tv, d] = v // error[E0303]: the sequence is of vision, stated is audio
  let score = concat(mean(a), mean(v)) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
