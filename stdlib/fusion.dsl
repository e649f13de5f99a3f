//! Fusion of one vector per modality into a single vector.

/// Gated multimodal unit (Arevalo et al. 2017, arXiv 1702.01992): two vectors, mixed by a gate computed from both.
block GatedUnit(a: Vec[_], with: Vec[_], out: int) -> Vec[out] {
  let first  = linear(a, out: out, bias: false) |> tanh()
  let second = linear(with, out: out, bias: false) |> tanh()
  let gate   = concat(a, with) |> linear(out: out, bias: false) |> sigmoid()
  gate * first + (1 - gate) * second
}

/// Bilinear map, as `torch.nn.Bilinear`: out_o = sum over i, j of a_i
/// W_oij b_j, plus a bias. The weight is initialised uniformly in ±1/√(i
/// j).
block Bilinear<i, j>(a: Vec[i], with: Vec[j], out: int, bias: bool = true) -> Vec[out] {
  let weight = param(shape: [out, i, j], init: "fan_in")
  let mixed  = einsum(a, weight, with, spec: "i,oij,j->o")
  when bias {
    let offset = param(shape: [out], init: "zeros")
    mixed + offset
  } else {
    mixed
  }
}

/// Tensor fusion (Zadeh et al. 2017, arXiv 1707.07250): the outer product of all vectors, with a 1 appended to each so
/// that it includes all lower-order products, flattened to a vector of length (d1 + 1) (d2 + 1) ..
block TensorFusion(xs: [Vec[_]]) where len(xs) >= 1 {
  var z = append(xs[0], value: 1)
  for i in 1..len(xs) {
    z = outer(z, with: append(xs[i], value: 1)) |> flatten()
  }
  z
}

/// Factor of one modality in low-rank fusion: [x; 1] multiplied by `rank` matrices.
block LowRankFactor<w>(x: Vec[w], out: int, rank: int) -> Tensor[rank, out] {
  let factor = param(shape: [rank, w + 1, out], init: "xavier_normal")
  einsum(append(x, value: 1), factor, spec: "i,rio->ro")
}

/// Low-rank fusion (Liu et al. 2018, arXiv 1806.00064): tensor fusion followed by a
/// linear map whose weight tensor has rank `rank` and is never materialised. The factors
/// of all vectors are multiplied element-wise, and a learned weighted sum is taken over
/// the rank.
block LowRankFusion(xs: [Vec[_]], out: int, rank: int) -> Vec[out] where len(xs) >= 1 {
  let factors = each x in xs { LowRankFactor(x, out: out, rank: rank) }
  var product = factors[0]
  for i in 1..len(factors) { product = product * factors[i] }
  let weights = param(shape: [1, rank], init: "xavier_normal")
  let bias    = param(shape: [out], init: "zeros")
  flatten(matmul(weights, with: product)) + bias
}
