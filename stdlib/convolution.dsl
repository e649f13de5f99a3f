//! Convolutions along time.

/// Convolution along time, as `torch.nn.Conv1d` with zero padding at the ends of each sample's own
/// sequence: an output row is centred on its input row or, with `causal`, depends on that row and earlier
/// ones only.
block Conv<n, m>(
  x: Seq<m>[n, _],
  out: int,
  kernel: int,
  dilation: int = 1,
  stride: int = 1,
  groups: int = 1,
  causal: bool = false,
  bias: bool = true,
) -> Seq<m>[(n + stride - 1) // stride, out] {
  conv1d(x, out: out, kernel: kernel, dilation: dilation, stride: stride, groups: groups, causal: causal, bias: bias)
}

/// Residual layer of a temporal convolutional network (Bai et al. 2018), without weight normalisation: two causal
/// convolutions, each followed by ReLU and dropout, then a ReLU of the sum with the input.
block TCNLayer<n, m, w>(x: Seq<m>[n, w], kernel: int, dilation: int = 1, drop: real = 0.0) -> Seq<m>[n, w] {
  let first  = conv1d(x, out: w, kernel: kernel, dilation: dilation, causal: true) |> relu() |> dropout(p: drop)
  let second = conv1d(first, out: w, kernel: kernel, dilation: dilation, causal: true) |> relu() |> dropout(p: drop)
  relu(x + second)
}

/// Temporal convolutional network: a projection to `width`, then layers with dilation 1, 2, 4, ..
block TCN<n, m>(x: Seq<m>[n, _], width: int, kernel: int, layers: int, drop: real = 0.0) -> Seq<m>[n, width] {
  let projected = linear(x, out: width)
  var h = projected
  for l in 0..layers { h = TCNLayer(h, kernel: kernel, dilation: 2**l, drop: drop) }
  h
}
