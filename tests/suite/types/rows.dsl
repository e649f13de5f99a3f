//! A sequence keeps at least one row: by its form, or by a number of the data.
use std::{MLP, mse}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  let late  = take(audio, rows: Ta - 30) // error[E0306]: `take` of Ta - 30 rows, which may be less than 1
  let part  = take(audio, rows: (Ta // 100)) // error[E0306]: which may be less than 1
  let odd   = take(audio, rows: Ta % 2) // error[E0306]: which may be less than 1
  let mixed = take(audio, rows: min(Ta, Tv - 1)) // error[E0306]: which may be less than 1
  let whole = take(audio, rows: Ta + Tv)
  let least = take(audio, rows: max(1, Ta - 30))
  let half  = take(audio, rows: max(1, Ta // 2))
  let wide  = take(audio, rows: fa - 6)
  let pools = concat(mean(late), mean(part), mean(odd), mean(mixed), mean(whole), mean(least), mean(half), mean(wide))
  let seen = mean(vision)
  let score = concat(pools, seen) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
