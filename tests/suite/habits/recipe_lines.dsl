//! Every entry of a line and every argument of an optimizer is checked.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
recipe sims { epochs = 0  batchsize = 16  seeds = 1.5 // error[E0902]: `epochs` takes a whole number from 1 to 1048576, found 0 // error[E0901]: there is no recipe key `batchsize` // error[E0902]: `seeds` takes a whole number from 1 to 1048576, found 1.5
  optimizer = adamw(lr: fast, betas: 0.9, eps: -1)  clip = "1" // error[E0902]: `optimizer.lr` takes a number above 0, found the name `fast` // error[E0902]: `optimizer.betas` takes two numbers from 0 to below 1, // error[E0902]: `optimizer.eps` takes a number above 0, found -1 // error[E0902]: `clip` takes a number above 0, or none, found the text "1"
  decay = cosine  warmup = 10 // error[E0902]: `decay` takes linear or none, found the name `cosine` // error[E0902]: `warmup` takes a whole number of epochs or steps (`10
  set dd = 8 // error[E0407]: no hyper `dd` to set
  optimizer.wd = 0.1 // error[E0901]: there is no recipe key `optimizer.wd`
  early_stopping = 5 // error[E0901]: there is no recipe key `early_stopping`
  lr_scheduler = "step" // error[E0901]: there is no recipe key `lr_scheduler`
}
