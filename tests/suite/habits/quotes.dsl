//! Quotes of word processors and of Python, and unterminated strings.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa] from “audio” // error[E0115]: strings use the straight quotes `"`
label y : Real from 'regression_labels' // error[E0115]: strings use double quotes
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
recipe mosi { epochs = 10  encoder = “bert-base-uncased” } // error[E0115]: strings use the straight quotes `"`
recipe sims { epochs = 10  encoder = "bert-base-chinese } // error[E0109]: unterminated string
recipe demo { epochs = 10  encoder = "demo } // error[E0109]: unterminated string
