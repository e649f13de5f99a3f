//! Marks, quotes, units and keys of other programs in a recipe.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
recipe mosi {
  epochs: 20 // error[E0101]: expected `=` after `epochs`, found `:`
  batch = "16" // error[E0902]: `batch` takes a whole number from 1 to 1048576, found the
  optimizer = adam(lr = 1e-3, wd: 0.01) // error[E0106]: expected `:` after `lr`, found `=` // error[E0901]: `adam` has no setting `wd`
  warmup = 10% // error[E0115]: the language has no percentages
  select = min loss // error[E0963]: there is no metric `loss`
  patience = 8 // error[E0901]: there is no recipe key `patience`
  freeze_bert = true // error[E0901]: there is no recipe key `freeze_bert`
  optimizer.learning_rate = 1e-3 // error[E0901]: there is no recipe key `optimizer.learning_rate`
}
