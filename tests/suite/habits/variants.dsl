//! Variants and expectations.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d)
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar() // error[E0301]: `mean` expects a Seq, found Vec[32]
  output score for y
  loss l = mse(score, target: y)
}
variant w { set dd = 8 } // error[E0407]: no hyper `dd` to set
variant x = ww { set d = 8 } // error[E0517]: no variant `ww` to start from
variant y2 { let a = Linear(audo, out: d) } // error[E0201]: nothing is called `audo` here
variant z { drop ll } // error[E0512]: the model has no loss `ll` to change
variant q { block Linear(x: Vec[_]) -> Vec[d] { x } } // error[E0502]: `Linear` of variant `q` does not fit the calls of the model
variant s { loss l = mse(score, target: z) } // error[E0201]: nothing is called `z` here
variant t { let a, b = audio } // error[E0101]: a variant replaces one name at a time: `let name = ..`
variant u { input audio : Seq<audio>[Ta] } // error[E0518]: no input has this type: `Seq<audio>[Ta]`
variant v { set d = "16" } // error[E0403]: `d` is a whole number, "16" is a string
variant v2 { epochs = 3 } // error[E0101]: unexpected `epochs`
expect parameters < 3K // error[E0201]: no figure `parameters`
expect params(A) < 3K // error[E0201]: `params(A)`: the file has no block `A`
expect 3 < 4 // error[E0520]: this expectation says nothing about the model
