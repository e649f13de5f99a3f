//! Linear maps, norms and feed-forward blocks.
//!
//! `Any[w]` is any tensor whose last axis has width `w`: a vector, a sequence, a matrix.

/// x Wᵀ + b over the last axis, as `torch.nn.Linear`.
block Linear(x: Any[_], out: int, bias: bool = true) {
  linear(x, out: out, bias: bias)
}

/// Layer normalisation over the last axis, with learned weight and bias, as `torch.nn.LayerNorm`.
block LayerNorm(x: Any[_], eps: real = 1e-5) -> like x {
  layer_norm(x, eps: eps)
}

/// Feed-forward network: two linear maps, to `hidden` and back, with a ReLU in between.
block FFN<w>(x: Any[w], hidden: int, drop: real = 0.0) -> like x {
  let inner = linear(x, out: hidden) |> relu() |> dropout(p: drop)
  let outer = linear(inner, out: w)
  outer
}

/// Multi-layer perceptron: linear maps to the given widths, with a ReLU after each but the last.
block MLP(x: Any[_], widths: [int], drop: real = 0.0) {
  var h = x
  for i in 0..len(widths) {
    h = linear(h, out: widths[i])
    h = when i + 1 < len(widths) { relu(h) |> dropout(p: drop) } else { h }
  }
  h
}

/// Gated linear unit (Dauphin et al. 2017, arXiv 1612.08083): a linear map times the sigmoid of another.
block GLU(x: Any[_], out: int) {
  let value = linear(x, out: out)
  let gate  = linear(x, out: out) |> sigmoid()
  value * gate
}

/// Highway layer (Srivastava et al. 2015, arXiv 1505.00387): a learned gate mixes the input with a nonlinear
/// transformation of it, feature by feature.
block Highway<w>(x: Any[w]) -> like x {
  let gate  = linear(x, out: w) |> sigmoid()
  let other = linear(x, out: w) |> relu()
  gate * other + (1 - gate) * x
}

/// Squeeze and excitation (Hu et al. 2018, arXiv 1709.01507) for a sequence: each feature is multiplied by a gate,
/// which a bottleneck of width `hidden` computes from the mean over time.
block SEGate<n, m, w>(x: Seq<m>[n, w], hidden: int) -> Seq<m>[n, w] {
  let inner = mean(x) |> linear(out: hidden) |> relu()
  let gate  = linear(inner, out: w) |> sigmoid()
  mul_row(x, row: gate)
}
