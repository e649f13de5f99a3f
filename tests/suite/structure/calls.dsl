//! Calls that do not fit their blocks.
use std::{Linear, MLP, FFN, CrossAttention, FrameEncoder, mse} // warning[W0104]: `FFN` is imported and never used

hyper d = 64

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block A<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { B(x) }
block B<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { A(x) } // error[E0505]: `A` calls itself
block Nothing<n>(x: Seq<_>[n, d]) -> Seq<_>[n, d] { // error[E0519]: this body has no value
  let y = relu(x)
}

model M {
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: d)
  let missing = CrossAttention(a, from: v) // error[E0501]: missing argument `heads` of `CrossAttention`
  let misspelt = CrossAttention(a, form: v, heads: 8) // error[E0502]: `CrossAttention` has no argument `form` // warning[W0102]: `misspelt` is never read
  let twice = CrossAttention(a, from: v, from: a, heads: 8) // error[E0502]: `from` of `CrossAttention` is given twice
  let unnamed = CrossAttention(a, v, heads: 8) // error[E0503]: argument 2 of `CrossAttention` has no name
  let prim_missing = linear(a) // error[E0501]: missing argument `out` of `linear`
  let prim_misspelt = linear(a, widht: 3) // error[E0502]: `linear` has no argument `widht` // warning[W0102]: `prim_misspelt` is never read
  let prim_twice = linear(a, out: 3, out: 4) // error[E0502]: `out` of `linear` is given twice
  let prim_behind = linear(out: 3, a) // error[E0503]: an argument of `linear` without a name follows named ones
  let prim_unnamed = dropout(a, 0.1) // error[E0503]: argument 2 of `dropout` has no name
  let unused = learned(rows: 3, width: d, init: "zeros", std: 0.1) // error[E0502]: `std` has no meaning for "zeros" entries
  let value = relu(Linear) // error[E0504]: `Linear` is not called
  let number = d(a) // error[E0504]: a hyper without parameters cannot be called
  let circle = A(a) // warning[W0102]: `circle` is never read
  let nothing = Nothing(a) // warning[W0102]: `nothing` is never read
  let empty = each x in [a, v] { let z = x } // error[E0519]: this body has no value // warning[W0102]: `empty` is never read
  let shared = FrameEncoder{width: d, heads: 8, ff: d, layres: 2} // error[E0502]: `FrameEncoder` has no argument `layres` // warning[W0102]: `shared` is never read
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
