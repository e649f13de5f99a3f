//! Widths, kinds and ranks that do not fit.
use std::{Bert, Linear, MLP, LayerNorm, CrossAttention, FFN, mse, nt_xent} // warning[W0104]: `CrossAttention` is imported and never used // warning[W0104]: `FFN` is imported and never used // warning[W0104]: `mse` is imported and never used

hyper d = 64

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Add(x: Vec[d], y: Vec[d]) -> Vec[d] { x + y }

model M {
  let t = text |> Bert()
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: 32)
  let wrong_width = mean(a) + mean(v) // error[E0301]: `add` of Vec[64] and Vec[32]
  let not_pooled = mean(a) + a // error[E0301]: `add` of Vec[64] and Seq<audio>[Ta, 64]
  let by_block = Add(mean(a), y: mean(v)) // error[E0301]: `y` of `Add` expects a width of d = 64, found 32
  let unpooled = Add(a, y: mean(a)) // error[E0301]: `x` of `Add` expects Vec[d], found Seq<audio>[Ta, 64]
  let tokens = LayerNorm(text) // error[E0301]: `x` of `LayerNorm` expects Any[_], found Tokens[T]
  let ids = text |> Linear(out: d) // error[E0301]: `x` of `Linear` expects Any[_], found Tokens[T]
  let list = concat([mean(a), mean(v)]) // error[E0301]: `concat` expects tensors, found a list
  let kind = relu("text") // error[E0301]: `relu` expects a tensor, found a string
  let number = Linear(a, out: "64") // error[E0301]: `out` of `Linear` expects int, found str "64"
  let score = concat(mean(t), mean(a)) |> MLP(widths: [d, 2]) |> scalar() // error[E0301]: `scalar` of a vector of 2 entries
  output mean(a) for y // error[E0301]: an output is a Real per sample, found Vec[64]
  loss contrast = nt_xent(mean(a), pos: [mean(v)], neg: [], tau: 0.5) // error[E0301]: `pos` of `nt_xent` expects a width of w = 64, found 32
}
