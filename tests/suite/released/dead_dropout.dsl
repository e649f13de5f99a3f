//! The text head: Linear, GELU, Linear, GELU, LayerNorm, preceded by a dropout whose result is discarded. The program
//! continues with the values from before the dropout.
use std::{Bert, LayerNorm, Linear, MLP, mse}

hyper d = 128

input text : Tokens[T]
label y : Real

model TextHead {
  let hidden  = text |> Bert()
  let dropped = dropout(hidden, p: 0.1) // warning[W0114]: this dropout has no effect
  let inner = hidden |> Linear(out: d, bias: false) |> gelu()
  let t     = inner |> Linear(out: d, bias: false) |> gelu() |> LayerNorm()
  let score = mean(t) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
