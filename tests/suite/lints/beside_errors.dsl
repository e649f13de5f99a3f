//! Lints do not wait for the last error: what is sound is looked at. What a faulty line reads is of use.
use std::{FFN, Linear, MLP, mse} // warning[W0104]: `FFN` is imported and never used

hyper d     = 64
hyper spare = 3 // warning[W0103]: hyper `spare` is never read
hyper heads = 4
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
label z : Real // warning[W0106]: label `z` is never read

block Unused(x: Vec[_]) -> like x { relu(x) } // warning[W0105]: block `Unused` is never called

model M {
  let a     = audio  |> Linear(out: d)
  let v     = vision |> Linear(out: d)
  let lost  = a |> Linear(out: d) // warning[W0102]: `lost` is never read
  let kept  = a |> Linear(out: d)
  let sum   = kept + v // error[E0302]: `add`: one sequence has length Ta
  let mixed = MLP(mean(a), widths: [haeds, d]) // error[E0201]: nothing is called `haeds` here
  let score = concat(mean(sum), mixed) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
