//! Comparisons of a value with itself alone.
use std::{Linear, MLP, mse, nt_xent}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  let a = Linear(audio, out: 8)
  let gate = softmax(Linear(a, out: 1), over: "features") // warning[W0116]: a softmax over one value is always 1
  let w = softmax(Linear(a, out: 1), over: "time")
  let v = mean(Linear(vision, out: 8))
  let score = concat(mean(gate), mean(w), mean(a), v) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  loss two = nt_xent(mean(a), pos: [v], neg: [2 * v], tau: 0.5)
  loss one = nt_xent(mean(a), pos: [v], neg: [], tau: 0.5) // warning[W0116]: a comparison with itself alone
}

recipe a { select = min corr } // warning[W0191]: `select = min corr` keeps the worst epoch
recipe b = a { epochs = 3  warmup = 1 epochs  select = max corr } // warning[W0190]: the warm-up takes 1 epoch and the training 1
recipe c = b { epochs = 1 }
