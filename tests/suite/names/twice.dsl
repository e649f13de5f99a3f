//! One name, two things.
use std::{Linear, MLP, mse, FFN} // error[E0203]: a second block `FFN` // warning[W0104]: `FFN` is imported and never used

hyper d = 64
hyper d = 32 // error[E0203]: a second item `d`
hyper vision = 3 // warning[W0103]: hyper `vision` is never read

input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv] // error[E0203]: a second item `vision` // warning[W0106]: input `vision` is never read
label y : Real

block FFN(x: Vec[d]) -> Vec[d] { x } // warning[W0105]: block `FFN` is never called, so only its declared types are checked

block Twice<n, n>(x: Seq<_>[n, d], x: int) -> Vec[d] { mean(x) } // error[E0203]: a second `n` in one declaration // error[E0203]: a second `x` in one declaration // warning[W0105]: block `Twice` is never called, so only its declared types are checked

model M {
  let a = mean(audio) |> Linear(out: 64)
  let a = relu(a) // error[E0203]: a second `a` in one scope
  let list = [one: a, one: a] // error[E0203]: a second element `one`
  let more = [one: a, ..[one: a]] // error[E0203]: a second element `one`
  let score = a |> MLP(widths: [64, 1]) |> scalar()
  output score for y
  output score for y // error[E0203]: a second output for `y`
  loss prediction = mse(score, target: y)
  loss prediction = mse(score, target: y) // error[E0203]: a second loss `prediction`
}

variant v { set d = 3  set d = 4 } // error[E0203]: `v` is a variant and a recipe // error[E0203]: a second set `d` in one variant
variant u { set d = 3  set d = 4 } // error[E0203]: a second set `d` in one variant
variant v { drop prediction } // error[E0203]: a second variant `v`
recipe v { epochs = 3  epochs = 4 } // error[E0203]: a second `epochs` in one recipe
