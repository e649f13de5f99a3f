//! Bodies that begin with a colon, or with nothing; what is wrong in them is reported.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
block Half(x: Vec[_]) = linear(x, out: (d // 2)) // error[E0101]: expected `{` before the body of block `Half`, found `=`
block Gate(x: Vec[_]) -> Vec[d]: // error[E0101]: expected `{` before the body of block `Gate`, found `:`
  let g = sigmoid(linear(x, out: e)) // error[E0201]: nothing is called `e` here
  g
block Same<n, m>(
  x: Seq<m>[n, d],
) -> Seq<m>[n, d]
  where d > 1
{
  x
}
model M: // error[E0101]: expected `{` before the body of model `M`, found `:`
  let a = Linear(audio, out: d) |> Same()
  let b = (relu(a) // error[E0103]: `(` is not closed before this `let`
  let score = concat(Gate(mean(b)), Half(mean(aa))) |> MLP(widths: [d, 1]) |> scalar() // error[E0201]: nothing is called `aa` here
  output score for y
  loss l = mse(score, target: y); // error[E0105]: the language has no semicolons
}
variant narrow: // error[E0101]: expected `{` before the body of variant `narrow`, found `:`
  set d = 16
recipe mosi // error[E0101]: expected `{` before the body of recipe `mosi`, found the end of the line
  epochs = 3
}
