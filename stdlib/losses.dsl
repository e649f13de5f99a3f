//! Loss terms, per sample.

/// Squared error.
block mse(x: Real, target: Real) -> Real {
  square(x - target)
}

/// Absolute error.
block mae(x: Real, target: Real) -> Real {
  abs(x - target)
}

/// Normalised temperature-scaled cross-entropy, eq. 5 (Chen et al. 2020, arXiv 2002.05709): the sum over the
/// positives of
/// -log(exp(s(anchor, p) / tau) / sum over positives and negatives of exp(s(anchor, .) / tau)). `similarity` is
/// "cosine", or "dot" as the article's text says.
block nt_xent<w>(anchor: Vec[w], pos: [Vec[w]], neg: [Vec[w]], tau: real, similarity: str = "cosine") -> Real
  where similarity == "cosine" or similarity == "dot"
{
  let near = each p in pos {
    when similarity == "dot" { dot(anchor, with: p) / tau } else { cosine(anchor, with: p) / tau }
  }
  let far = each q in neg {
    when similarity == "dot" { dot(anchor, with: q) / tau } else { cosine(anchor, with: q) / tau }
  }
  let all = logsumexp([..near, ..far])
  sum s in near { all - s }
}

/// Huber loss, as `torch.nn.HuberLoss`: half the square up to `delta`, beyond it linear.
block huber(x: Real, target: Real, delta: real = 1.0) -> Real where delta > 0 {
  let far  = abs(x - target)
  let near = clamp(far, max: delta)
  0.5 * square(near) + delta * (far - near)
}

/// Smooth L1 loss, as `torch.nn.SmoothL1Loss`: half the square over `beta` up to `beta`, beyond it the absolute error.
block smooth_l1(x: Real, target: Real, beta: real = 1.0) -> Real where beta > 0 {
  huber(x, target: target, delta: beta) / beta
}

/// Binary cross-entropy of a logit against a target in 0 to 1, as `torch.nn.BCEWithLogitsLoss`.
block bce_with_logits(x: Real, target: Real) -> Real {
  softplus(x) - target * x
}

/// 1 minus the cosine of two vectors.
block cosine_loss<w>(a: Vec[w], with: Vec[w]) -> Real {
  1 - cosine(a, with: with)
}

/// The squared cosine of two vectors: 0 where they are orthogonal.
block orthogonality<w>(a: Vec[w], with: Vec[w]) -> Real {
  square(cosine(a, with: with))
}

/// The values of a vector over the batch, their mean taken away.
block centred<w>(x: Vec[w]) -> Tensor[batch, w] {
  let all = in_batch(x)
  add_row(all, row: -mean_features(transpose(all)))
}

/// Difference loss (Hazarika et al. 2020, MISA, arXiv 2005.03545, eq. 8): both values are centred over the batch and
/// every
/// row is brought to length 1; the mean square of all products of a column of one with a column of the other. In
/// training
/// only.
block difference(a: Vec[_], with: Vec[_]) -> Real {
  let p = centred(a) |> normalize(eps: 1e-6)
  let q = centred(with) |> normalize(eps: 1e-6)
  einsum(p, q, spec: "bi,bj->ij") |> square() |> flatten() |> mean_features()
}

/// Central moment discrepancy (Zellinger et al. 2017, arXiv 1702.08811) of two vectors over the batch, for values in
/// 0 to 1:
/// the distance of their means, and of their central moments up to order `moments`. In training only.
block cmd<w>(a: Vec[w], with: Vec[w], moments: int = 5) -> Real where moments >= 1 {
  let means = mean_features(transpose(in_batch(a))) - mean_features(transpose(in_batch(with)))
  let p = centred(a)
  let q = centred(with)
  norm(means) + sum k in 2..=moments {
    norm(mean_features(transpose(pow(p, exponent: k))) - mean_features(transpose(pow(q, exponent: k))))
  }
}

/// InfoNCE (van den Oord et al. 2018, arXiv 1807.03748) over the batch, on cosines: the pair of one sample against the
/// pairs of `anchor` with the partners of all samples. In training only; its sum with the two exchanged is the
/// symmetric
/// loss of CLIP.
block info_nce<w>(anchor: Vec[w], with: Vec[w], tau: real) -> Real where tau > 0 {
  let partners = in_batch(normalize(with))
  let scores   = matmul(normalize(anchor), with: transpose(partners)) / tau
  logsumexp(scores) - own(scores)
}
