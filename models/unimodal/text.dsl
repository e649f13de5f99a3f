//! Text only: mean pooling of the text encoder and an MLP. The baseline that every fusion model has to beat.
use std::{Bert, Linear, MLP, mse}

hyper d = 128

input text : Tokens[T]
label y    : Real

model TextOnly {
  let t = text |> Bert() |> Linear(out: d)
  let score = mean(t) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 100  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 25  batch = 8  optimizer.lr = 2e-5 }
recipe demo   = sims { epochs = 10  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
