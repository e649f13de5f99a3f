//! A model file of any length.

use std::fmt::Write as _;

/// A file of `n` times the same model under other names: inputs shared, blocks, encoders, fusion, losses apart.
pub fn long_file(n: usize) -> String {
    let mut text = "use std::{CrossAttention, FFN, FrameEncoder, LayerNorm, MLP, MultiCA, TransformerLayer, mse}

hyper d = 128
hyper heads = 8

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
"
    .to_owned();
    let mut model = String::new();
    for i in 0..n {
        writeln!(
            text,
            "label y{i} : Real

block Fuse{i}<n, m>(h: Seq<m>[n, d], streams: [Seq<_>[_, d]], tokens: int) -> (Seq<m>[min(n, tokens), d], like streams) {{
  let b  = TransformerLayer(h, heads: heads, ff: 256) |> take(rows: tokens)
  let hb = LayerNorm(b + MultiCA(b, streams: streams, heads: heads))
  let hl = LayerNorm(hb + FFN(hb, hidden: 256))
  let spread = each x in streams {{
    let z = LayerNorm(x + CrossAttention(x, from: b, heads: heads))
    LayerNorm(z + FFN(z, hidden: 256))
  }}
  (hl, spread)
}}"
        )
        .unwrap();
        writeln!(
            model,
            "  let t{i} = embed(text, rows: 1000, width: d)
  let a{i} = audio |> FrameEncoder(width: d, heads: heads, ff: 256, layers: 2)
  let v{i} = vision |> FrameEncoder(width: d, heads: heads, ff: 256, layers: 2)
  var h{i} = t{i}
  var xs{i} = [text: t{i}, audio: a{i}, vision: v{i}]
  for l in 0..2 {{ h{i}, xs{i} = Fuse{i}(h{i}, streams: xs{i}, tokens: 8 // 2**l) }}
  let score{i} = concat(h{i}[0], ..each x in xs{i} {{ x[0] }}) |> MLP(widths: [256, 128, 1]) |> scalar()
  output score{i} for y{i}
  loss prediction{i} = mse(score{i}, target: y{i})"
        )
        .unwrap();
    }
    format!("{text}\nmodel Long {{\n{model}}}\n")
}
