//! A range of which a part could not be read may hold any value.
use std::mse
hyper d = 16 in [4,, 8] // error[E0102]: expected an expression after `,`
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = when d == 5 { linear(audio, out: 8) } else { linear(audio, out: d) }
  let score = linear(mean(a), out: 1) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
variant wide { set d = 32 }
