//! Linear maps, norms and feed-forward blocks.
//!
//! `Any[w]` is any tensor whose last axis is `w`: a vector, a sequence, a table.

/// x Wᵀ + b over the last axis, as `torch.nn.Linear`.
block Linear(x: Any[_], out: int, bias: bool = true) {
  linear(x, out: out, bias: bias)
}

/// Layer normalisation over the last axis, with weight and bias.
block LayerNorm(x: Any[_], eps: real = 1e-5) -> like x {
  layer_norm(x, eps: eps)
}

/// Two linear maps with a ReLU between them.
block FFN<w>(x: Any[w], hidden: int, drop: real = 0.0) -> like x {
  let inner = linear(x, out: hidden) |> relu() |> dropout(p: drop)
  let outer = linear(inner, out: w)
  outer
}

/// Linear maps to the given widths with a ReLU after each but the last.
block MLP(x: Any[_], widths: [int], drop: real = 0.0) {
  var h = x
  for i in 0..len(widths) {
    h = linear(h, out: widths[i])
    h = when i + 1 < len(widths) { relu(h) |> dropout(p: drop) } else { h }
  }
  h
}
