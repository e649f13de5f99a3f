//! A metric that the family of a recipe lacks.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe base { family = sims }
recipe x = base { select = max acc7 } // error[E0963]: the metric family sims has no metric `acc7`
// Its family is that of the data.
recipe y { select = max acc7 }
