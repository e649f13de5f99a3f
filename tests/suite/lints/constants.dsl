//! Numbers that are infinite, 0 or undefined in tensors of 32 bits.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = audio |> linear(out: 8)
  let n = layer_norm(a, eps: 0) // error[E0403]: `eps` of `layer_norm` is 0
  let m = normalize(a, eps: 1e-60) // error[E0403]: `eps` of `normalize` is 0.0000
  let b = a * 1e39 // error[E0406]: `affine` with the number 1e39
  let c = clamp(a, max: 1e39) // error[E0403]: `max` of `clamp` is 1000000000000000000000000000000000000000
  let e = a / 1e-39 // error[E0406]: `affine` with the number 1
  let f = maximum(y, with: 1e39) // error[E0406]: `const` with the number 1e39
  let g = a + 1e-50 // error[E0406]: `affine` with the number 1e-50
  let h = a / (abs(a) + 1e-44) // error[E0406]: `affine` with the number 1e-44
  let i = normalize(a, eps: 1e-44) // error[E0403]: `eps` of `normalize` is 0.0000
  let score = concat(mean(n), mean(m), mean(b), mean(c), mean(e), mean(g), mean(h), mean(i)) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: f)
}

variant louder { loss prediction *= 1e39 } // error[E0406]: `affine` with the number 1e39
