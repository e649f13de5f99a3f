//! The contrastive term between text and audio of a companion has one positive and no negatives. Of the 22 pairs that
//! the loss of an anchor averages over, 12 are always 0.
use std::{Linear, MLP, mse, nt_xent}

hyper d   = 128
hyper tau = 0.5

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real

model NoNegatives {
  let t = mean(embed(text, rows: 30522, width: d))
  let a = mean(Linear(audio, out: d))
  let score = concat(t, a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  companions c { by = [t, a]  class = class(y)  pos = 2  near = 2  far = 2 }
  loss prediction = mse(score, target: y)
  loss semantic   = nt_xent(t, pos: [a], neg: [], tau: tau) // warning[W0116]: a comparison with itself alone
  loss contrast   = nt_xent(t, pos: t at c.pos, neg: t at c.neg, tau: tau)
}
