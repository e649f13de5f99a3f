//! Changes of a variant.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d)
  let h = relu(a)
  let score = mean(h) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
  loss extra = 0.1 * mean_features(square(mean(h)))
}
variant narrow { d = 16 } // error[E0101]: missing `set` before `d`
variant no_relu { h = a } // error[E0101]: missing `let` before `h`
variant no_extra { remove extra } // error[E0101]: unexpected `remove`
variant both = narrow, no_relu {} // warning[W0109]: variant `both` is the same graph as `narrow` // error[E0101]: unexpected `, no_relu` before the body of variant `both`
variant half { loss extra = 0.5 } // warning[W0118]: loss `extra` is the number 0.5
variant more { let q = relu(a) } // error[E0512]: the model has no binding `q` to change
variant x extends narrow { set d = 8 } // error[E0101]: unexpected `extends narrow` before the body of variant `x`
variant double { loss extra *= two } // error[E0201]: nothing is called `two` here
