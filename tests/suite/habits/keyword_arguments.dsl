//! Arguments as Python writes them, in calls that have another fault.
use std::{Linear, MLP, LowRankFusion, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out = d) // error[E0106]: expected `:` after `out`, found `=`
  let b = a.mean(dim=1) // error[E0402]: a tensor has no fields
  let c = F.softmax(a, dim=-1) // error[E0201]: the language has no modules such as `F`
  let e = linear(a, out_features=d) // error[E0502]: `linear` has no argument `out_features` // warning[W0102]: `e` is never read
  let f = Linear(a, outt = d) // error[E0502]: `Linear` has no argument `outt`
  let g = LowRankFusion(mean(a), mean(a), out: d, rank: 4) // error[E0503]: `xs` of `LowRankFusion` is one list
  let m = mean(a)
  let h = LowRankFusion(m, m, out: d, rank: 4) // error[E0503]: `xs` of `LowRankFusion` is one list
  let i = einsum(a, param(shape: [d, d]), "ti,ij->tj") // error[E0503]: argument 3 of `einsum` has no name
  let j = concat(a, a, along: time) // error[E0201]: nothing is called `time` here
  let k = dropout(a, p: dropout) // error[E0504]: `dropout` is not called
  let score = m |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, y=y) // error[E0502]: `mse` has no argument `y`
}
