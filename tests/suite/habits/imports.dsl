//! Imports of what the library lacks.
use std::{Linear, MLP, mse, LSTMCell} // warning[W0104]: `Linear` is imported and never used // error[E0204]: the standard library has no `LSTMCell`
use std::MultiheadAttention // error[E0204]: the standard library has no `MultiheadAttention`
use torch::{nn} // error[E0202]: no module `torch`
use "blocks.dsl"::{Gate} // error[E0202]: cannot read `habits/blocks.dsl`: No
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = audio |> LSTMCell(hidden: d) |> MultiheadAttention(heads: 2) |> mean()
  let b = Gate(mean(audio))
  let score = a |> MLP(widths: [d, 1]) |> scalar() |> TransformerLayr(heads: 2) // error[E0201]: no block `TransformerLayr`
  output score for yy // error[E0201]: no label `yy`
  loss l = mse(score, target: y)
}
