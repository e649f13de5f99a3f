//! Loss terms, per sample.

/// Squared error.
block mse(x: Real, target: Real) -> Real {
  square(x - target)
}

/// Absolute error.
block mae(x: Real, target: Real) -> Real {
  abs(x - target)
}

/// Normalised temperature-scaled cross-entropy, eq. 5 (Chen et al. 2020, arXiv 2002.05709): the sum over the positives of
/// -log(exp(s(anchor, p) / tau) / sum over positives and negatives of exp(s(anchor, .) / tau)). `similarity` is
/// "cosine", or "dot" as the article's text says.
block nt_xent<w>(anchor: Vec[w], pos: [Vec[w]], neg: [Vec[w]], tau: real, similarity: str = "cosine") -> Real where similarity == "cosine" or similarity == "dot" {
  let near = each p in pos { when similarity == "dot" { dot(anchor, with: p) / tau } else { cosine(anchor, with: p) / tau } }
  let far  = each q in neg { when similarity == "dot" { dot(anchor, with: q) / tau } else { cosine(anchor, with: q) / tau } }
  let all  = logsumexp([..near, ..far])
  sum s in near { all - s }
}
