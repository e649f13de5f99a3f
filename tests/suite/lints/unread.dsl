//! What nothing reads.
use std::{Linear, MLP, FFN, mse} // warning[W0104]: `FFN` is imported and never used

hyper d      = 64
hyper unused = 3 // warning[W0103]: hyper `unused` is never read

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv] // warning[W0106]: input `vision` is never read
label y : Real

block Gate<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { sigmoid(x) * x } // warning[W0105]: block `Gate` is never called, so only its declared types are checked

model M {
  let a = audio |> Linear(out: d)
  let b = a |> Linear(out: d) // warning[W0101]: 2 weights (4160 parameters) reach neither an output nor a loss
  let lost = relu(mean(b)) // warning[W0102]: `lost` is never read
  reveal mean(a) // warning[W0107]: the type is Vec[64] // warning[W0107]: the type is Vec[128]
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

variant same { set d = 64 } // warning[W0109]: variant `same` is the same graph as the model
variant wide { set d = 128 }
variant wider = wide { set d = 128 } // warning[W0109]: variant `wider` is the same graph as `wide`
