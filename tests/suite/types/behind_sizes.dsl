//! What is behind a fault of sizes, of a list or of an input is checked too: where operands disagree, an axis may be any.
use std::{Linear, MLP, TransformerLayer, mse}

hyper d = 64
input text   : Tokens[T, 3] // error[E0518]: no input has this type: `Tokens[T, 3]`
input audio  : Seq[audio][Ta, fa] // error[E0101]: a modality is written in `<` and `>`
input vision : Seq<vision>[None, Tv, fv] // error[E0518]: no input has this type
label y : Real

model M {
  let t = embed(text, rows: encoder.vocab_size, width: d) |> mean()
  let words = t + Linear(t, out: 3) // error[E0301]: `add` of Vec[64] and Vec[3]
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: d)
  let sum = a + v // error[E0302]: `add`: one sequence has length Ta, the other None
  let behind = TransformerLayer(sum, heads: 7, ff: d) // error[E0404]: expects `w % heads == 0`
  let parts = split(mean(a), parts: 5) // error[E0301]: `split` of 64 entries into 5 equal parts
  let part = parts[7] // error[E0306]: element 7 of a list of 5
  let piece = slice(mean(a), from: 60, to: 70) + mean(a) // error[E0306]: entries 60 to 70 // error[E0301]: `add` of Vec[10] and Vec[64]
  let listed = concat([mean(a), t]) + t // error[E0301]: `concat` expects tensors, found a list // error[E0301]: `add` of Vec[128] and Vec[64]
  let tuple = concat((mean(a), t)) + t // error[E0301]: `concat` expects tensors, found a tuple // error[E0301]: `add` of Vec[128] and Vec[64]
  let joined = torch.cat([a, a], dim=-1) // error[E0201]: the language has no modules such as `torch`
  let pooled = mean(mean(a)) + Linear(t, out: 3) // error[E0301]: `mean` expects a Seq, found Vec[64] // error[E0301]: `add` of Vec[64] and Vec[3]
  let score = concat(mean(behind), part, piece, listed, tuple, words, pooled, mean(joined)) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  loss shifted = sum_features(t) |> MLP(widths: [1]) // error[E0301]: of `MLP` expects
}
