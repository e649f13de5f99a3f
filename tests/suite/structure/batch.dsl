//! Values of the whole batch are for losses alone, and their number is nothing but itself.
use std::{Linear, MLP, info_nce, mse}

hyper d = 64

input audio : Seq<audio>[Ta, fa]
input other : Vec[batch] // error[E0518]: `batch` is the number of samples of a step
label y : Real

block Collected<b>(all: Tensor[b, d], rows: Seq<_>[_, d]) -> Seq<_>[_, d] {
  take(rows, rows: b) // error[E0522]: `rows` of `take` is batch
}

model M {
  let a = mean(audio) |> Linear(out: d)
  let rows = audio |> Linear(out: d)
  companions c { by = [a]  class = class(y) }
  let all : Tensor[batch, d] = in_batch(a)
  let few : Tensor[8, d] = in_batch(a) // error[E0304]: the width is batch, stated is 8
  let seq = in_batch(audio) // error[E0301]: `in_batch` expects a value without time, found Seq<audio>[Ta, fa]
  let near = in_batch((a at c.pos)[0]) // error[E0522]: `in_batch` of a value that reads companions
  let far = all at c.neg // error[E0522]: the values of the batch at a companion
  let mixed = linear(transpose(all), out: 4) // error[E0301]: `linear` over an axis of batch, found Tensor[64, batch]
  let first = slice(transpose(all), to: 2) // error[E0306]: nobody knows that there are as many
  let mine = own(a) // error[E0301]: `own` expects a value with an entry per anchor, [batch, ..], found Vec[64]
  let same = in_batch(y) + mean_features(transpose(all)) // error[E0301]: `add` of Vec[batch] and Vec[64]
  let taken = Collected(all, rows: rows)
  let score = a |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  loss contrast = info_nce(a, with: 2 * a, tau: 0.1)
}
