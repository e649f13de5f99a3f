//! Hypers against their declarations.
use std::{Linear, MLP, mse}

hyper d     = 10  where d % heads == 0 // error[E0404]: `d` breaks its condition: d = 10, heads = 4
hyper heads = 4
hyper p     = 3   in [2, 4, 8] // error[E0403]: `p` is 3, its range is [2, 4, 8]
hyper depth = 9   in 0..=4 // error[E0403]: `depth` is 9, its range is 0..=4
hyper name  = "x" in 0..3 // error[E0403]: `name` is "x", its range is 0..3
hyper a     = b + 1 // error[E0405]: hyper `a` depends on itself
hyper b     = a
hyper zero  = 1 / 0 // error[E0406]: `1 / 0` divides by zero
hyper huge  = 9_000_000_000_000_000_000 + 9_000_000_000_000_000_000 // error[E0406]: `9000000000000000000 + 9000000000000000000` is too large
hyper root  = sqrt(0 - 2) // error[E0406]: `sqrt` of -2 is NaN
hyper text  = "eight" * 2 // error[E0402]: `*` of a string and a whole number
hyper width = fa // error[E0401]: a hyper is a number, this is fa, known with the data only
hyper keep(l) = p - l  in 1..8  where p > l

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let x = mean(audio) |> Linear(out: keep(9)) // error[E0403]: `keep` is -7, its range is 1..8
  let z = mean(audio) |> Linear(out: keep(l: 1, k: 2)) // error[E0501]: `keep` takes 1 number, not 2
  let w = mean(audio) |> Linear(out: keep(k: 1)) // error[E0502]: `keep` takes l, in this order
  let u = mean(audio) |> Linear(out: keep) // error[E0504]: `keep` is a function of l
  let score = mean(audio) |> MLP(widths: [d, 1], drop: 1.5) |> scalar() // error[E0403]: `p` of `dropout` is 1.5
  output score for y
  loss prediction = mse(score, target: y)
}

variant v { set dpeth = 0 } // error[E0407]: no hyper `dpeth` to set
variant w { set depth = 7 } // error[E0403]: `depth` is 7, its range is 0..=4
variant u { set p = "four" } // error[E0403]: `p` is a whole number, "four" is a string
variant f { set keep = 3 } // error[E0407]: `keep` is a function of l and cannot be set
recipe sims { set layrs = 3 } // error[E0407]: no hyper `layrs` to set
recipe mosi { set heads = depth + 2 } // error[E0401]: `depth` is not a constant
recipe mosei { set depth = 8 } // error[E0403]: `depth` is 8, its range is 0..=4
