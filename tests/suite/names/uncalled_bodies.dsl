//! Blocks that nothing calls: what no call could mend is told, what depends on the call is not.
use std::{MLP, SelfAttention, mse}

hyper d = 64
input audio : Seq<audio>[Ta, fa]
label y : Real

block Stated<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, 32] { relu(x) } // warning[W0105]: block `Stated` is never called // error[E0304]: the width is 64, stated is 32
block Mixed<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { x + mean(x) } // warning[W0105]: block `Mixed` is never called // error[E0301]: `add` of Seq<m>[n, 64] and Vec[64]
block Short<n, m>(x: Seq<m>[n, d]) { linear(x) } // warning[W0105]: block `Short` is never called // error[E0501]: missing argument `out` of `linear`
block Part<n, m, w>(x: Seq<m>[n, w], width: int, depth: int, drop: real) -> Seq<m>[n, width] { // warning[W0105]: block `Part` is never called
  var h = linear(x, out: width)
  for l in 0..depth { h = linear(h, out: 2 * width) |> linear(out: width) |> dropout(p: drop) }
  let parts = split(h, parts: 4)
  let rest = concat(parts[0], parts[1], parts[2], parts[3]) |> skip(rows: 1)
  let more = when depth > 2 { sqrt(w) * x } else { x[3] }
  let square = x + linear(more, out: 64)
  let heads = SelfAttention(x, heads: 4) + square
  rest + linear(heads, out: width)
}
block Inner<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { relu(x) }
block Outer<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { Inner(x) } // warning[W0105]: block `Outer` is never called
block Ping<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { Pong(x) } // warning[W0105]: block `Ping` is never called
block Pong<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { Ping(x) } // error[E0505]: `Ping` calls itself

model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
