//! Types, dims and lengths, `E03xx`.

codes! {
    /// The shapes or kinds of the operands do not match. Nothing is broadcast or cast implicitly, since a mismatch is
    /// far more often a mistake than an intention. Project one operand to the width of the other with `linear`, pool a
    /// sequence with `mean`, or use an explicit operation such as `add_row`, `scale` or `repeat`. `dsc check FILE
    /// --types` prints the type of every name.
    E0301 = "mismatched types",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let both = mean(audio) + mean(vision)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Two sequences are combined element by element, but their lengths are different variables. Even if the longest
    /// samples have equal length, row `i` of one is not the same moment as row `i` of the other in every sample. Pool
    /// both sequences, let one attend to the other (`CrossAttention`), or, if the data are aligned, declare both inputs
    /// with one length variable.
    E0302 = "mismatched sequence lengths",
        "use std::{FFN, MLP, mse}\ninput audio : Seq<audio>[Ta, 8]\ninput vision : Seq<vision>[Tv, 8]\nlabel y : Real\nmodel M {\n  let both = linear(audio, out: 8) + FFN(vision, hidden: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The block expects a sequence of another modality than the one it is given. This usually means that two streams
    /// were exchanged. Pass the other stream, or declare the parameter as `Seq<_>[..]` if the block accepts any
    /// modality.
    E0303 = "mismatched modality",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nblock OnlyVision<n, w>(x: Seq<vision>[n, w]) -> Vec[w] { mean(x) }\nmodel M {\n  let v = OnlyVision(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The value of the block does not have the result type that the block declares. Change the declared type or the
    /// last expression of the body; without a declared type, it is inferred.
    E0304 = "mismatched result type",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Pool<n, w>(x: Seq<_>[n, w]) -> Vec[w] { x }\nmodel M {\n  let v = Pool(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Attention splits its width evenly among the heads, and a grouped convolution splits its channels among the
    /// groups. The number of heads or groups must divide the width: 8 heads divide a width of 64, 7 do not.
    E0305 = "heads or groups do not divide the width",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 64)\n  let mixed = attention(a, key: a, value: a, heads: 7)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A row, a list element or a number of rows is requested that the value may not have. A sample is only guaranteed
    /// to have a first and a last row, so of a sequence of unknown length only `x[0]` and `x[-1]` are accepted.
    /// `take(x, rows: 8)` returns at most 8 rows and accepts shorter samples.
    E0306 = "index out of range",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let third = audio[2]\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The primitive is called with the wrong number of tensors, for instance `concat()` or `stack([])` without any.
    /// `dsc explain NAME` prints its signature.
    E0307 = "wrong number of operands",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let nothing = concat()\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The `spec` of an `einsum` does not match its operands. It has one letter per axis, with the time axis first,
    /// commas between operands, and the letters of the result after `->`: `"ti,ij->tj"`. A time axis must stay first or
    /// be summed over. There is no letter for the batch.
    E0308 = "invalid einsum specification",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let squared = einsum(mean(audio), mean(audio), spec: \"i,i\")\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
}
