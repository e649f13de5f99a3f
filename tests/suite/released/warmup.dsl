//! The learning rate rises for 10 epochs, but the committed settings train for 4, so the configured rate is never
//! reached.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model Warmup {
  let score = mean(audio) |> MLP(widths: [128, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 4  batch = 16  optimizer = adamw(lr: 2e-5, weight_decay: 1e-3)
  warmup = 10 epochs  decay = linear // warning[W0190]: the warm-up takes 10 epochs and the training 4
  select = min mae  family = sims
}
