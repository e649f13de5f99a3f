//! CubeMLP (Sun et al., ACM MM 2022, arXiv 2207.14087): MLPs along the time, modality and feature axes, without
//! attention.
//!
//! Three streams of equal length and width form a cube, time by modality by feature. A layer mixes it along one axis
//! after the other. Each step is a two-layer MLP, shared by all lines along that axis, with a residual connection and a
//! norm after it, and may shorten the axis. The modalities are mixed by the MLP along their axis. The final cube is
//! flattened and read by a linear classifier.
//!
//! Differences: streams are not aligned to the words here, so a stream that is longer than the cube is truncated; in
//! the variant `resampled`, learned queries pool all of it instead. The norms are over the features unless `mixed_norm`
//! is set: a norm over an axis of three modalities removes most of what distinguishes samples.
use std::{Bert, BiLSTM, LayerNorm, MLP, mse}

hyper d          = 64   in 8..=256           // width of the features of the cube
hyper steps      = 40   in 2..=128           // length of the cube
hyper drop       = 0.1  in 0.0..=0.9
hyper mixed_norm = false                     // the norm goes over the axis just mixed, as in the authors' program
hyper depth      = 2    in 1..=4             // layers
hyper modes      = 3    in 1..=3             // modalities behind a layer
hyper time(l)    = max(1, steps // 2**l)     // length behind layer l
hyper width(l)   = max(1, d // 2**l)         // features behind layer l

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// A stream as exactly `steps` rows: truncated, or padded with zero rows. The product with the identity matrix turns
/// time into an ordinary axis.
block Fit<n, m, w>(x: Seq<m>[n, w]) -> Tensor[steps, w] {
  let zeros = learned(rows: steps, width: w, init: "zeros") |> stop_grad()
  let same  = param(shape: [steps, steps], init: "identity") |> stop_grad()
  einsum(take(concat(x, zeros), rows: steps), same, spec: "td,ts->sd")
}

/// MLP along the last axis with a residual connection, which is projected if the axis changes its length.
block Unit<w>(x: Any[w], out: int) {
  let inner = linear(x, out: out) |> gelu() |> dropout(p: drop)
  let outer = linear(inner, out: out)
  let kept  = when w == out { x } else { linear(x, out: out, bias: false) }
  when mixed_norm { LayerNorm(kept + outer) } else { kept + outer }
}

/// Norm over the features.
block Norm(x: Any[_]) -> like x { when mixed_norm { x } else { LayerNorm(x) } }

/// One layer: along time, along the modalities, along the features.
block Cube<l, m, w>(x: Tensor[l, m, w], time: int, modes: int, width: int) -> Tensor[time, modes, width] {
  let by_time     = einsum(x, spec: "lmd->mdl") |> Unit(out: time)
  let timed       = einsum(by_time, spec: "mdl->lmd") |> Norm()
  let by_modes    = einsum(timed, spec: "lmd->ldm") |> Unit(out: modes)
  let met         = einsum(by_modes, spec: "ldm->lmd") |> Norm()
  let by_features = met |> Unit(out: width)
  Norm(by_features)
}

model CubeMLP {
  let t = text   |> Bert() |> linear(out: d) |> Fit()
  let a = audio  |> BiLSTM(hidden: d // 2) |> Fit()
  let v = vision |> BiLSTM(hidden: d // 2) |> Fit()

  let planes = concat(flatten(t), flatten(a), flatten(v)) |> reshape(shape: [3, steps, d])
  var cube = einsum(planes, spec: "mld->lmd")
  for l in 0..depth { cube = Cube(cube, time: time(l), modes: modes, width: width(l)) }

  let flat  = flatten(cube)
  let score = flat |> MLP(widths: [d, 1], drop: drop) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

variant mixed_norm { set mixed_norm = true }
/// A row's scores against every query, normalised over time, are its weights in the rows of the cube.
variant resampled {
  block Fit<n, m, w>(x: Seq<m>[n, w]) -> Tensor[steps, w] {
    let shares = linear(x, out: steps) |> softmax(over: "time")
    einsum(shares, x, spec: "ts,td->sd")
  }
}

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 20 }
recipe demo   = sims { set steps = 24  epochs = 20  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
expect shape(planes) == [3, steps, d], shape(flat) == [(steps // 2) * modes * (d // 2)] for sims
expect params < 105M, macs < 3.5G for sims
