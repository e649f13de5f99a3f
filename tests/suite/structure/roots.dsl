//! Nothing predicted, nothing to train for.
use std::{MLP}
input audio : Seq<audio>[Ta, fa]
label y : Real
model M { // error[E0508]: the model has no output and no loss
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
}
