//! A call or argument of another name is taken for what its remedy says, and a size with a fault may be any: what is wrong behind
//! it is told at once.
use std::{Linear, MLP, SelfAttention, mse}
use torch.nn as nn // error[E0202]: no module `torch`

hyper d = 64
input text  : Tokens[T] from "raw_text"
input audio : Seq<audio>[Ta, fa]
label y : Real

block Pair<n, m>(x: Seq<m>[n, d], w: Vec[d]) -> Seq<m>[n, d] { x }

model M {
  let a = audio |> nn.ReLU() |> Linear(out: d)
  let wrong = Pair(a, w: a) // error[E0301]: `w` of `Pair` expects Vec[d], found Seq<audio>[Ta, 64]
  let b = a |> ReLU() // error[E0201]: no block `ReLU`
  let heads = SelfAttention(b, heads: 7) // error[E0404]: `SelfAttention` expects `w % heads == 0`, found heads = 7, w = 64
  let c = a.relu() // error[E0402]: a tensor has no fields
  let row = c[-2] // error[E0306]: row -2 of a sequence of length Ta
  let e = embed(text, vocab: 100, width: 60) // error[E0502]: `embed` has no argument `vocab`
  let sum = e + a // error[E0302]: `add`: one sequence has length T, the other Ta
  let wide = linear(a, out: 2.5) // error[E0401]: `out` of `linear` expects a whole number, found real 2.5
  let taken = Pair(wide, w: wide) // error[E0301]: `w` of `Pair` expects Vec[d], found Seq<audio>[Ta, out]
  let some = Linear(a) // error[E0501]: missing argument `out` of `Linear`
  let missing = linear(a) // error[E0501]: missing argument `out` of `linear`
  let tall = mean(missing) |> SelfAttention(heads: 4) // error[E0301]: `x` of `SelfAttention` expects Seq<m>[n, w], found Vec[out]
  let pooled = mean(audo) // error[E0201]: nothing is called `audo` here
  let again = mean(pooled) // error[E0301]: `mean` expects a Seq, found Vec[fa]
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = nn.MSELoss()(score, y)
}
