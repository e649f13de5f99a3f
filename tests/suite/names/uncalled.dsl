//! Names in a block that nothing calls, in a branch that nothing takes, in a variant: each fault is reported, and once.
use std::{Linear, MLP, mse}

hyper d       = 64
hyper gated   = false
hyper keep(l) = max(1, d - l)

input audio : Seq<audio>[Ta, fa]
label y : Real

block Never<n>(x: Seq<_>[n, d], k: int = later, later: int = 3) -> Seq<_>[n, d] { // error[E0201]: nothing is called `later` here // warning[W0105]: block `Never` is never called, so only its declared types are checked
  let h = x
  h = relu(h) // error[E0514]: `h` is a `let` and keeps its value
  x = relu(h) // error[E0514]: `x` is a parameter and keeps its value
  let h = d(x) // error[E0203]: a second `h` in one scope // error[E0504]: a hyper without parameters cannot be called
  let s = audio // error[E0201]: `audio` is an input of the model and is not known inside a block
  let r = keep // error[E0504]: `keep` is a function of l
  let q = a // error[E0201]: nothing is called `a` here
  h
}

model M {
  let a = audio |> Linear(out: d)
  let b = when gated { let c = relu  a } else { a } // error[E0504]: `relu` is not called
  let e = when gated { let b = a  b } else { a } // error[E0203]: a second `b` in one scope // warning[W0102]: `e` is never read
  for l in 0..2 { let u = keep(l) } // warning[W0102]: `u` is never read
  for k in 0..2 { let u = keep(k) } // warning[W0102]: `u` is never read
  let score = mean(b) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

variant early { let a = b } // error[E0201]: nothing is called `b` here
variant later = early { loss prediction = abs(score - yy) } // error[E0201]: nothing is called `yy` here
variant twice { let u = keep(l) } // error[E0201]: nothing is called `l` here
