//! What is behind a part of a tuple, an assignment or an operand with a fault is checked with what is known of it.
use std::{Bert, Linear, MLP, mse}

hyper d = 16
hyper post = 8

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y  : Real
label ya : Real from "regression_labels_A"

block Two(x: Vec[_], width: int) -> (Vec[width], Real) {
  let h = Linear(x, out: width)
  (h, linear(h, out: 1) |> scalar())
}
block Swapped<n, m>(x: Seq<m>[n, d], xs: [Seq<_>[_, d]]) -> (Seq<_>[n, d], [Seq<_>[_, d]]) {
  let rest = each h in xs { take(h, rows: 2) }
  (rest, x) // error[E0304]: the value is [text: Seq<text>
}
block Vote(x: Vec[d]) -> Real { linear(x, out: 1) |> scalar() }
block Router(x: Vec[_], into: int) -> Vec[into] {
  linear(x, out: into) |> softmax(over: "feature") // error[E0403]: `over` of `softmax` is "feature"
}

model M {
  let t = text |> Bert() |> Linear(out: d)
  let a = audio |> Linear(out: d)
  let head_t = Two{width: post}
  let head_a = Two{width: 2*post}
  let h, score, rest = head_t(mean(t)) // error[E0515]: 3 names for a tuple of 2
  let g, score_a = head_a(mean(a))
  let gap = h - g // error[E0301]: `sub` of Vec[8] and Vec[16]

  var xs = [text: t, audio: a]
  var shared = t
  for l in 0..2 { shared, xs = Swapped(shared, xs: xs) }
  let votes = each x in xs { Vote(x) } // error[E0301]: `x` of `Vote` expects Vec[d], found Seq<text>

  let lost = unknown(a) // error[E0201]: no block `unknown`
  let sum_of = mean(a) + lost
  let wrong = sum_of + h // error[E0301]: `add` of Vec[16] and Vec[8]
  let fused = einsum(stack([lost, mean(a)]), h, spec: "td,t") // error[E0308]: `einsum`
  let routed = Router(fused, into: 3)
  let weights = softmax(lost, over: "rows") // error[E0403]: `over` of `softmax` is "rows"

  let rows : Seq<text>[T, d] = concat(t, a, along: "features") // error[E0302]: `concat`: one sequence has length T
  let twice = rows * concat(rows, rows, along: "features") // error[E0301]: `mul` of Seq<text>[T, 16] and Seq<text>[T, 32]

  let all = concat(gap, wrong, routed, mean(twice), weights, ..votes) |> MLP(widths: [d, 1]) |> scalar()
  output all for y
  output score_a for y // error[E0203]: a second output for `y`
  loss prediction = mse(score, target: y) + mse(all, target: ya)
}

recipe sims { epochs = 3  select = min all.mae } // error[E0963]: the model has no output for `all`
