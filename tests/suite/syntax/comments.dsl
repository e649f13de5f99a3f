//! Comments behind code that only look like divisions.
hyper p = 8  // 8
hyper d = 128  // p
hyper k = 64	// 64
hyper wide = 128 in [64, 128] // 64
hyper own = 128 // own
hyper half = p // 2
// error[E0112]: looks like a division
hyper same = half // d
// error[E0112]: looks like a division
hyper kept = p where p // 2
// error[E0112]: looks like a division
input audio : Seq<audio>[Ta, d] // d
input text : Seq<text>[Tt, p] from "text" // p
label y : Real // p
use std::Linear // d
block B(
  x: Seq<m>[n, d], // d
  h: Vec[d] // d
) -> Seq<m>[n, d] // d
{ x }
block C(x: Real, k: int = p // 2
// error[E0112]: looks like a division
) -> Real { x }
model M {
  let s = F(audio)
  let z : Vec[d] // d
    = s // d
// error[E0112]: looks like a division
  let u = F(x, k: p // 2
// error[E0112]: looks like a division
  )
  output s for y // s
  loss l = s // 2
// error[E0112]: looks like a division
}
variant v = w // 2
{
  drop l // 2
  input audio : Seq<audio>[Ta, d] // d
  set d = p // 2
// error[E0112]: looks like a division
}
recipe r {
  set d = 64 // d
  epochs = 3 // 3
  optimizer.lr = 2e-5 // d / 2
}
expect params < 120M for r // 2
hyper e = p // 2
// error[E0112]: looks like a division
