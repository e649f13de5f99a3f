//! Layout and corner cases that are right.
use "shared/blocks.dsl"::{Gate as Door, Other,}
use std::Linear
hyper keep(l, k) = max(1, (p // 2**l)) // the article's
input audio : Seq<audio>[Ta, fa] from "audio"
label y : Real
block B<n, m>(x: Seq<m>[n, d], k: int = 3,) -> (Seq<m>[n // 2, d], like x) where n % 2 == 0 {
  /// doc
  let a, b = F(x)
  let c : Vec[d] = a[0]
  reveal c
  a - b
    |> G(k: k // 2, from: c)
}
variant v = w {
  block B(x: Real) -> Real { x }
  input audio : Seq<audio>[Ta, 3]
  drop contrast
  loss contrast = 0.5 * c
}
recipe r { warmup = 10 epochs  epochs = 100  batch = 16  set d = 3  select = max acc2  x = min(1, 2)  optimizer.lr = 2e-5 }
expect params < 1.5M, macs(B) <= 2G for r
