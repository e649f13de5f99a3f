//! Values under the name of a modality that they are not made of, and what is none.
use std::{CrossAttention, Linear, MLP, MultiCA, mse}

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Pool<n, m>(audio: Seq<m>[n, _]) -> Vec[8] { mean(Linear(audio, out: 8)) }

model M {
  let t = embed(text, rows: 100, width: 8)
  let a = Linear(audio, out: 8)
  let v = Linear(vision, out: 8)
  let b = learned(rows: 4, width: 8)
  let h = MultiCA(b, streams: [audio: v, vision: a], heads: 2) // warning[W0113]: modalities change places: `audio` is made of `vision`, `vision` is made of `audio`
  // What is computed of it is not told again.
  let streams = [audio: h, text: CrossAttention(t, from: h, heads: 2)]
  let one = Pool(t) // warning[W0113]: a modality under the name of another: `audio` is made of `text`
  // A value by the name of its encoding; a gate for a modality may come from anywhere.
  let vision_enc = Linear(audio, out: 8) // warning[W0113]: a modality under the name of another: `vision` is made of `audio`
  let audio_gate = sigmoid(mean(v))
  // Names that no modality has, and parameters of the library.
  let x = Linear(mean(t), out: 8)
  // A value of several modalities may have the name of any of them, learned rows any name.
  let mixed = MultiCA(CrossAttention(a, from: v, heads: 2), streams: [text: t, vision: b], heads: 2)
  let good  = [audio: CrossAttention(v, from: a, heads: 2), vision: v]
  let score = concat(mean(mixed), one, mean(vision_enc), audio_gate, x, ..each x in good { mean(x) }, ..each x in streams { mean(x) })
    |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
