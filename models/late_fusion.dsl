//! Late fusion: each stream is pooled separately; an MLP reads the three concatenated vectors.
use std::{Bert, Linear, MLP, mse}

hyper d = 128

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

model LateFusion {
  let t = text   |> Bert() |> Linear(out: d)
  let a = audio  |> Linear(out: d) |> relu()
  let v = vision |> Linear(out: d) |> relu()
  let score = concat(mean(t), mean(a), mean(v)) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 25 }
recipe demo   = sims { epochs = 10  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
