//! Strings without their quotes.
use std::{Linear, MLP, mse}
hyper d = 32
hyper pool = mean in ["mean", "max"] // error[E0201]: nothing is called `mean` here
hyper act = "relu"
hyper last = softmax // error[E0201]: nothing is called `softmax` here
input audio : Seq<audio>[Ta, fa] from audio_feat // error[E0101]: expected a string after `from`, found `audio_feat`
label y : Real from labels.mosi // error[E0101]: expected a string after `from`, found `labels.mosi`
model M {
  let a = Linear(audio, out: “32”) // error[E0115]: strings use the straight quotes
  let b = when act == relu { relu(a) } else { tanh(a) } // error[E0201]: nothing is called `relu` here
  let c = when pool == "mean" { mean(b) } else { maxpool(b) }
  let score = c |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
