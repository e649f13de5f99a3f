//! Rules of selection.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
recipe mosi { select = min loss  select = "max corr"  encoder = ‘bert’ } // error[E0963]: there is no metric `loss` // error[E0203]: a second `select` in one recipe // error[E0902]: `select` takes min or max and a metric, found the text // error[E0115]: strings use the straight quotes `"`
