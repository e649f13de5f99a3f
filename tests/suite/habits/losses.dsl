//! Outputs and losses.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d)
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score -> y // error[E0101]: expected `for`, found `->`
  output = score // error[E0101]: expected `for`, found the end of the line
  loss mse(score, target: y) // error[E0101]: expected `=`, found `(`
  loss l : mse(score, target: y) // error[E0101]: expected `=` after `l`, found `:`
  loss m += 0.1 * mse(score, target: y) // error[E0115]: a loss is given once, without `+=`
  loss n = nn.MSELoss()(score, y) // error[E0201]: the language has no modules such as `nn`
  loss.backward() // error[E0101]: expected a name, found `.`
  loss o = mse(score, target: y)
}
