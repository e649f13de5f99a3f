//! Heads that do not divide, rows that are not there.
use std::{Linear, MLP, SelfAttention, FrameEncoder, mse} // warning[W0104]: `FrameEncoder` is imported and never used

hyper d = 64

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = audio |> Linear(out: d)
  let own = attention(a, key: a, value: a, heads: 7) // error[E0305]: 7 heads do not divide a width of 64
  let std_block = SelfAttention(a, heads: 7) // error[E0404]: `SelfAttention` expects `w % heads == 0`, found heads = 7, w = 64
  let unprojected = SelfAttention(audio, heads: 8) // warning[W0102]: `unprojected` is never read
  let third = a[2] // error[E0306]: row 2 of a sequence of length Ta
  let none = take(a, rows: 0) // error[E0306]: `rows` of `take` is 0
  let empty = linear(a, out: 0) // error[E0306]: `out` of `linear` is 0
  let tokens = learned(rows: 4, width: d)
  let fifth = tokens[4] // error[E0306]: row 4 of a sequence of length 4
  let long = positions(learned(rows: 9, width: d), rows: 8, width: d) // error[E0306]: positions of 9 rows, the table has 8
  let nothing = concat() // error[E0307]: `concat` of nothing
  let never = logsumexp([]) // error[E0307]: `logsumexp` of nothing
  let list = [a]
  let second = list[1] // error[E0306]: element 1 of a list of 1
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
