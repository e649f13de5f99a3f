//! Loss terms. Each returns one Real per sample; the training loop averages over the batch.

/// Squared error, (x - target)².
block mse(x: Real, target: Real) -> Real {
  square(x - target)
}

/// Absolute error, |x - target|.
block mae(x: Real, target: Real) -> Real {
  abs(x - target)
}

/// Normalised temperature-scaled cross-entropy (Chen et al. 2020, arXiv 2002.05709), eq. 5 of the DashFusion
/// article: the sum over the positives p of -log(exp(s(anchor, p) / tau) / sum over all positives and
/// negatives q of exp(s(anchor, q) / tau)). `similarity` s is "cosine", or "dot", as the text of the article
/// has it.
block nt_xent<w>(anchor: Vec[w], pos: [Vec[w]], neg: [Vec[w]], tau: real, similarity: str = "cosine") -> Real
  where tau > 0 and (similarity == "cosine" or similarity == "dot")
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

/// Huber loss, as `torch.nn.HuberLoss`: quadratic up to `delta`, linear beyond.
block huber(x: Real, target: Real, delta: real = 1.0) -> Real where delta > 0 {
  let far  = abs(x - target)
  let near = clamp(far, max: delta)
  0.5 * square(near) + delta * (far - near)
}

/// Smooth L1 loss, as `torch.nn.SmoothL1Loss`: quadratic up to `beta`, linear with slope 1 beyond.
block smooth_l1(x: Real, target: Real, beta: real = 1.0) -> Real where beta > 0 {
  huber(x, target: target, delta: beta) / beta
}

/// Binary cross-entropy of a logit `x` and a target in 0 to 1, as `torch.nn.BCEWithLogitsLoss`.
block bce_with_logits(x: Real, target: Real) -> Real {
  softplus(x) - target * x
}

/// 1 minus the cosine of two vectors.
block cosine_loss<w>(a: Vec[w], with: Vec[w]) -> Real {
  1 - cosine(a, with: with)
}

/// The squared cosine of two vectors: 0 if they are orthogonal.
block orthogonality<w>(a: Vec[w], with: Vec[w]) -> Real {
  square(cosine(a, with: with))
}

/// The values of a vector over the batch, minus their mean over the batch.
block centred<w>(x: Vec[w]) -> Tensor[batch, w] {
  let all = in_batch(x)
  add_row(all, row: -mean_features(transpose(all)))
}

/// Difference loss of MISA (Hazarika et al. 2020, arXiv 2005.03545, eq. 8), which pushes two
/// representations to be orthogonal: both are centred over the batch and normalised to
/// length 1 per sample; the loss is the mean of the squared entries of the matrix product of
/// one, transposed, with the other. It reads the whole batch, so it is allowed in losses
/// only.
block difference(a: Vec[_], with: Vec[_]) -> Real {
  let p = centred(a) |> normalize(eps: 1e-6)
  let q = centred(with) |> normalize(eps: 1e-6)
  einsum(p, q, spec: "bi,bj->ij") |> square() |> flatten() |> mean_features()
}

/// Central moment discrepancy (Zellinger et al. 2017, arXiv 1702.08811) of two vectors over the batch, with values in 0
/// to 1: the distance between their means plus the distances between their central moments of order 2 to `moments`.
/// Losses only.
block cmd<w>(a: Vec[w], with: Vec[w], moments: int = 5) -> Real where moments >= 1 {
  let means = mean_features(transpose(in_batch(a))) - mean_features(transpose(in_batch(with)))
  let p = centred(a)
  let q = centred(with)
  norm(means) + sum k in 2..=moments {
    norm(mean_features(transpose(pow(p, exponent: k))) - mean_features(transpose(pow(q, exponent: k))))
  }
}

/// InfoNCE (van den Oord et al. 2018, arXiv 1807.03748) over the batch, with cosine similarity: `anchor`
/// must pick its own partner `with` among the partners of all samples of the batch. The sum of both
/// directions, `info_nce(a, with: b, ..)` plus `info_nce(b, with: a, ..)`, is the symmetric loss of CLIP.
/// Losses only.
block info_nce<w>(anchor: Vec[w], with: Vec[w], tau: real) -> Real where tau > 0 {
  let partners = in_batch(normalize(with))
  let scores   = matmul(normalize(anchor), with: transpose(partners)) / tau
  logsumexp(scores) - own(scores)
}
