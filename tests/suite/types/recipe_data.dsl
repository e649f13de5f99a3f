//! What only the numbers of the data decide, under the data sets that the recipes are named like.
use std::{Bert, MLP, SelfAttention, mse}

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  let a = audio |> SelfAttention(heads: 4) // error[E0404]: found heads = 4, w = fa
  let t = Bert(text) |> SelfAttention(heads: 12) // error[E0404]: found heads = 12, w = 64
  let e = embed(text, rows: 10, width: 8) // error[E0306]: a table of 10 rows, the vocabulary of the text encoder has 30522
  let b = linear(audio, out: fa - 10) // error[E0306]: `out` of `linear` is fa - 10 = -5
  let c = gru(audio, hidden: fa // 8) // error[E0306]: `hidden` of `gru` is (fa // 8) = 0
  let p = param(shape: [fa - 6]) // error[E0306]: `shape` of `param` has an axis of fa - 6 = -1
  let l = learned(rows: fa - 6, width: 4) // error[E0306]: `rows` of `learned` is fa - 6 = -1
  let k = take(audio, rows: fa - 6) // error[E0306]: `rows` of `take` is fa - 6 = -1
  let s = mean(vision) |> slice(from: 4, to: 30) // error[E0306]: entries 4 to 30 of Vec[fv]
  let pools = concat(mean(a), mean(t), mean(e), mean(b), mean(c), mean(l), mean(k), p, s)
  let score = pools |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe mosi { epochs = 2 }
recipe tiny { epochs = 2  encoder = "demo" }
