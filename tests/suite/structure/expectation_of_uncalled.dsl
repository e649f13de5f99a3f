//! What nothing calls has no costs that could be expected.
use std::mse
input audio : Seq<audio>[Ta, fa]
label y : Real
block Fuse<n, m>(x: Seq<m>[n, _]) -> Seq<m>[n, 8] { linear(x, out: 8) } // warning[W0105]: block `Fuse` is never called, so only its declared types are checked
model M {
  let score = linear(mean(audio), out: 1) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
recipe sims { epochs = 2 }
expect macs(Fuse) < 100M for sims // error[E0201]: nothing calls `Fuse`
