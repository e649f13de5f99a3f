//! Expectations that hold, and some that do not.
use std::{FFN, Linear, MLP, mse}
hyper d = 16
input audio : Seq<audio>[Ta, fa]
label y : Real
block Twice<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] {
  var h = x
  for l in 0..2 { h = FFN(h, hidden: 4) }
  h
}
model M {
  let a = audio |> Linear(out: d)
  let both = [near: Twice(a), far: relu(a)]
  let score = mean(both.near) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
variant wide { let score = mean(both.far) |> MLP(widths: [64, 1]) |> scalar() }
recipe sims { epochs = 3  batch = 4 }
recipe large = sims { set d = 1024 }
recipe own { epochs = 3 }

// The map from 33 features, twice 16 - 4 - 16, and 16 - 8 - 1.
expect params == 16 * 34 + 2 * (4*17 + 16*5) + 8*17 + 9 for sims
expect macs == 400 * (16*33 + 2 * 2*16*4) + 16*8 + 8 for sims
expect params(a) == 544, params(Twice) == 296, params(both.near.twice) == 296, 3 > params(a) - params(a.linear) for sims
expect macs(Twice) == Ta * 2 * 2*d*4, macs(MLP) / macs < 0.01, macs(both.near.twice.ffn[1]) == Ta * 2*d*4 for sims
expect shape(a) == [Ta, d], shape(a) == [400, 16], shape(both.near) == [_, d], shape(score) == [], shape(audio) != [_] for sims
expect memory < 1M, memory < memory(batch: 5) for sims
expect params < 3000 for wide // error[E0530]: `params` is 118,921 of variant `wide` with recipe `large`, expected < 3,000
expect params == 985 for sims
expect params < 900 for sims // error[E0530]: `params` is 985 with recipe `sims`, expected < 900
expect params(Twice) < 200 for sims // error[E0530]: `params(Twice)` is 296 with recipe `sims`
expect 1K > macs(score.mlp) for large // error[E0530]: `macs(score.mlp)` is 8,200 with recipe `large`, expected < 1,000
expect shape(score) == [1] for sims // error[E0530]: `shape(score)` is Real with recipe `sims`, expected == [1]
expect shape(a) == [Ta] for sims // error[E0530]: `shape(a)` is Seq<audio>[Ta, 16] with recipe `sims`, expected == [Ta]
expect memory(batch: 1000) < 1M for sims // error[E0530]: `memory(batch: 1000)` is
expect macs < 1M for own // error[E0531]: `macs` is
expect shape(a) == [Ta, d], params(Twice) == 296 for own
expect params < 1500 // error[E0530]: with recipe `large`
