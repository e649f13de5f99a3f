//! Both bodies of a choice whose condition has a fault are checked, and so is a block whose only call has one.
use std::{Linear, MLP, TransformerLayer, mse}

hyper d = 64
hyper deep = true
input audio : Seq<audio>[Ta, fa]
label y : Real
label z : Real from "z"

block Encode<n>(x: Seq<_>[n, d]) -> Vec[d] { TransformerLayer(x, heads: 7, ff: d) |> mean() } // error[E0404]: expects `w % heads == 0`

model M {
  let a = audio |> Linear(out: d)
  let encoded = Encode(a, depth: 3) // error[E0502]: `Encode` has no argument `depth`
  let chosen = when mean(a) > 1 { mean(a) + Linear(encoded, out: 3) } else { relu(a) |> mean() } // error[E0402]: `>` has no meaning for tensors // error[E0301]: `add` of Vec[64] and Vec[3]
  let only = when deep { relu(encoded) } // error[E0402]: this `when` has no value
  companions c { by = [a]  class = class(y)  pos = 1  near = 12  far = 1  pool = 10 } // error[E0511]: samples are compared by vectors // warning[W0122]: `near` is 12
  let score = concat(chosen, only) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  output in_batch(encoded) |> transpose() |> mean_features() |> Linear(out: 1) |> scalar() for y // error[E0203]: a second output for `y` // error[E0522]: depends on the rest of its batch
  loss prediction = mse(score, target: label_z) // error[E0201]: nothing is called `label_z` here
  loss total = prediction + prediction // error[E0201]: `prediction` is a loss, which has no value in the model
}

variant same    { set d = 64 } // warning[W0109]: variant `same` is the same graph as the model
variant shallow { set deep = false }
variant owned   { set c.near = 3 } // error[E0101]: a variant sets hypers, and `c.near` is none
recipe sims     { set optimizer.lr = 1e-3  epochs = 3  warmup = 9 epochs } // error[E0101]: `set` is for hypers // warning[W0190]: the warm-up takes 9 epochs
