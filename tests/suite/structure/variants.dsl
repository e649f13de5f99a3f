//! Variants that meet nothing, and bases that do not exist.
use std::{Linear, MLP, FFN, mse} // warning[W0104]: `FFN` is imported and never used

hyper d = 64

input audio : Seq<audio>[Ta, fa]
label y : Real

block Head(x: Vec[d]) -> Real { x |> MLP(widths: [d, 1]) |> scalar() }

model M {
  let a = audio |> Linear(out: d)
  let score = Head(mean(a)) // error[E0301]: `x` of `Head` expects a width of d = 64, found 32
  output score for y
  loss prediction = mse(score, target: y)
  loss size = square(score)
}

variant misspelt { let aa = relu(audio) } // error[E0512]: the model has no binding `aa` to change
variant no_loss  { drop sizes } // error[E0512]: the model has no loss `sizes` to change
variant no_block { block Haed(x: Vec[d]) -> Real { sum_features(x) } } // error[E0512]: the model has no called block `Haed` to change
variant no_input { input vision : Seq<vision>[Tv, 3] } // error[E0512]: the model has no input `vision` to change
variant no_base  = mispelt { drop size } // error[E0517]: no variant `mispelt` to start from
variant circle   = circle2 { drop size } // error[E0513]: variants `circle`, `circle2` inherit from each other
variant circle2  = circle {}
variant widths   { let a = audio |> Linear(out: 32) }
variant dropped  { drop size }
variant again    = dropped { loss size = abs(score) }
recipe  sims     = simss { epochs = 3 } // error[E0513]: no recipe `simss`
recipe  mosi     = mosi {} // error[E0513]: recipe `mosi` inherits from itself
