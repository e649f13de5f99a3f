//! Audio only: the frame encoder of DashFusion, mean pooling and an MLP.
use std::{FrameEncoder, MLP, mse}

hyper d      = 128  where d % heads == 0
hyper heads  = 8
hyper ff     = 256
hyper layers = 2    in 1..=6

input audio : Seq<audio>[Ta, fa]
label y     : Real

model AudioOnly {
  let a = audio |> FrameEncoder(width: d, heads: heads, ff: ff, layers: layers)
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 100  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { family = mosi  class = round }
recipe mosei  = mosi { set layers = 4  epochs = 25  batch = 8  optimizer.lr = 2e-5 }
recipe demo   = sims { epochs = 10  optimizer.lr = 1e-3  seeds = 1 }
