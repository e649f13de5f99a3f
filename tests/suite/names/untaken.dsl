//! Names in branches that are not taken, in blocks that nothing calls and in variants.
use std::{Linear, MLP, FFN, mse}

hyper d      = 64
hyper gated  = false

input audio : Seq<audio>[Ta, fa]
label y : Real

block Gate<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { // warning[W0105]: block `Gate` is never called, so only its declared types are checked
  let g = sigmoid(linear(x, out: widht)) // error[E0201]: nothing is called `widht` here
  g * x
}

block Unused<n>(x: Seq<vsion>[n, d], k: int) -> Seq<audio>[n, d] { // error[E0201]: no modality `vsion` // warning[W0105]: block `Unused` is never called, so only its declared types are checked
  FFN(x, hiden: k) // error[E0502]: `FFN` has no argument `hiden`
}

model M {
  let a = audio |> Linear(out: d)
  let b = when gated { Gaet(a) } else { a } // error[E0201]: no block `Gaet`
  let c = when not gated { b } else { b + missing } // error[E0201]: nothing is called `missing` here
  let score = mean(c) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

variant v { let b = when gated { a } else { aa } } // error[E0201]: nothing is called `aa` here
