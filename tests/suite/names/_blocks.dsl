//! Blocks that several models share.
hyper rate = 0.5 in 0.0..=1.0

block Gate<w>(x: Vec[w]) -> Vec[w] {
  scale(x, by: sigmoid(sum_features(x))) * rate
}
