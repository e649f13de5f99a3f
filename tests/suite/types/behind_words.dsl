//! What is behind a word, form or layer of another language is checked as its remedy would have it.
import std::{Bert, Linear, MLP, TensorFusion, mse, mae} // error[E0107]: unknown item `import`

hyper d = 16

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y  : Real
label ya : Real from "regression_labels_A"
label yv : Real from "regression_labels_V"

block Fused(xs: [Vec[_]], out: int) -> Vec[out] { TensorFusion(xs) |> linear(out: out) }
block Centre<k>(scores: Vec[k], out: int) -> Vec[out] { linear(scores, out: out) }
block Moved<n, m, w>(x: Seq<m>[n, w]) -> Seq<m>[n, w] {
  let before = roll(x, shifts: 1) // error[E0201]: no block `roll`
  before * concat(x, before, along: "features") // error[E0301]: `mul` of
}

model M {
  let t = text |> Bert()[0] |> Linear(out: d) // error[E0116]: `[0]` belongs to the call
  let words = text |> mean() |> Linear(out: d) // error[E0301]: `mean` expects a tensor, found Tokens[T]
  let said = Bert(text).pooler_output |> Linear(out: 3) // error[E0402]: a tensor has no fields
  let kept = said.detach() + t // error[E0402]: a tensor has no fields // error[E0301]: `add` of Vec[3] and Vec[16]
  let a = mean(Moved(audio)) |> Linear(out: d)
  let v = mean(vision) |> Linear(out: d)
  let parts = split(a, parts: 4)
  let past = parts[4] + t // error[E0306]: element 4 of a list of 4 // error[E0301]: `add` of Vec[4] and Vec[16]
  let fused = Fused(t, a, v, out: d) // error[E0503]: `xs` of `Fused` is one list
  let more = fused + words + Linear(a, out: 3) // error[E0301]: `add` of Vec[16] and Vec[3]
  let centre = Centre(out: 5) // error[E0501]: missing argument `scores` of `Centre`
  let twice = centre(t) + centre(a) + t // error[E0301]: `add` of Vec[5] and Vec[16]
  let all = 0.5 * for x in {a: a, v: v} { x } // error[E0115]: a `for` has no value // error[E0115]: a list is written in square brackets
  let score = concat(kept, past, more, twice, all, said) |> MLP(widths: [d, 1]) |> scalar()
  let says_a = linear(a, out: 1) |> scalar()
  let says_v = linear(v, out: 1) |> scalar()
  output score for y
  output says_a for ya
  output says_v for yv // warning[W0119]: no loss reads the label `yv`
  loss prediction = mse(score, target: y) + mae(says_a, target: ya) + square(score - says_v)
  loss audio = mse(says_v, target: ya) + 0.1 * Side(a, t) // error[E0201]: no block `Side`
}

variant none { drop prediction  drop audio } // error[E0508]: variant `none` drops every loss of the model

recipe mosi = sims { select = min acc2_non0 } // warning[W0191]: keeps the worst epoch
recipe sims { epochs = 3 }
