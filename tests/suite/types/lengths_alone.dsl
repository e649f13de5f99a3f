//! An input of which only the length is read is read; one whose length another input has is not.
use std::{MLP, mse}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
input face   : Seq<face>[Ta, ff] // warning[W0106]: input `face` is never read
input pose   : Seq<pose>[Tp, fp] // warning[W0106]: input `pose` is never read
label y : Real

model M {
  let score = take(audio, rows: Tv) |> mean() |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
