//! Types, dims and lengths, `E03xx`.

codes! {
    /// An operation got values whose shapes or kinds do not fit. Nothing is broadcast or cast, so what does not fit is
    /// a mistake of the model, not of the data.
    E0301 = "types do not fit",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let both = mean(audio) + mean(vision)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Two sequences meet element by element, but each has a length of its own. Equal maxima are not enough: in a
    /// batch the rows would belong to different moments.
    E0302 = "sequences of different lengths",
        "use std::{FFN, MLP, mse}\ninput audio : Seq<audio>[Ta, 8]\ninput vision : Seq<vision>[Tv, 8]\nlabel y : Real\nmodel M {\n  let both = linear(audio, out: 8) + FFN(vision, hidden: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A sequence of one modality stands where the block asks for another.
    E0303 = "wrong modality",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nblock OnlyVision<n, w>(x: Seq<vision>[n, w]) -> Vec[w] { mean(x) }\nmodel M {\n  let v = OnlyVision(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The value of a block has another type than the block states.
    E0304 = "result type does not hold",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Pool<n, w>(x: Seq<_>[n, w]) -> Vec[w] { x }\nmodel M {\n  let v = Pool(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The number of heads, or of groups of a convolution, must divide the width it splits.
    E0305 = "heads or groups do not divide the width",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 64)\n  let mixed = attention(a, key: a, value: a, heads: 7)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A row, or a number of rows, that the sequence does not have.
    E0306 = "no such row",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let third = audio[2]\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A primitive got the wrong number of operands.
    E0307 = "wrong number of operands",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let nothing = concat()\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The letters of an `einsum` do not say which axes of its operands meet: a letter for every axis, time first, a
    /// comma between operands, and behind the arrow the letters of the result. A time axis stays first or is summed over.
    E0308 = "einsum that says nothing",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let squared = einsum(mean(audio), mean(audio), spec: \"i,i\")\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
}
