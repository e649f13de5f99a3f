//! Misspelt names of every kind.
use std::{Bert, Linear, MLP, mse}

hyper d = 64

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let t = txt |> Bert() |> Linear(out: d) // error[E0201]: nothing is called `txt` here
  let a = audio |> Linaer(out: d) // error[E0201]: no block `Linaer`
  let b = audio |> Linear(out: dd) // error[E0201]: nothing is called `dd` here
  let streams = [text: t, audio: b]
  let s = streams.audoi // error[E0201]: the list has no `audoi`
  let h = mean(streams["vision"]) // error[E0201]: the list has no `vision`
  let e = text |> Bert() |> Linear(out: encoder.hiden_size) // error[E0201]: the text encoder's configuration has no `hiden_size`
  let score = concat(mean(t), mean(b)) |> MLP(widths: [d, 1]) |> scalar()
  output score for z // error[E0201]: no label `z`
  companions c { by = [mean(b)]  class = class(yy) } // error[E0201]: no label `yy`
  loss prediction = mse(score, target: y)
}
