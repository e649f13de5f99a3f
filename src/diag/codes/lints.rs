//! Lints, `W01xx`: the model means something, but probably not what was meant.

codes! {
    /// Weights that no output and no loss reaches: they would be trained by nothing and yet be counted and stored.
    W0101 = "dead parameters",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A `let` that nothing reads.
    W0102 = "value never read",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = relu(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A hyper that nothing reads: setting it changes nothing.
    W0103 = "hyper never read",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nhyper heads = 8\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// An imported name that nothing uses.
    W0104 = "import never used",
        "use std::{FFN, MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A block that nothing calls. Blocks are checked where they are called, so this one has only been read.
    W0105 = "block never called",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Gate<w>(x: Vec[w]) -> Vec[w] { sigmoid(x) * x }\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// An input that nothing reads.
    W0106 = "input never read",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// `reveal x` in the file: not a fault, the checker tells the type as asked.
    W0107 = "revealed type",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  reveal audio\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The label is an operand of what is to predict it: the score would measure how well the answer was copied.
    W0108 = "label reaches the prediction",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = scale(mean(audio), by: y) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A variant compiles to the graph of what it starts from, so a comparison of the two measures chance.
    W0109 = "variant equals its base",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nhyper depth = 2\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nvariant deep { set depth = 2 }\n";
    /// `dense` makes padding visible: rows of zeros stand behind the shorter samples of a batch, and what comes after
    /// attends to them, averages over them and normalises them like rows of the data. A prediction then depends on the
    /// other samples of its batch. Some published programs do it, and to reproduce one it has to be done; otherwise
    /// nothing needs it, for every operation here leaves padding out.
    W0112 = "dropped mask",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let padded = dense(audio)\n  let score = mean(padded) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The learning rate still rises when training ends: the warm-up takes as many steps as the whole training or
    /// more, so the rate that was asked for is never reached or never held.
    W0190 = "warm-up as long as the training", "";
    /// `select` asks for the epoch that does worst: the least of a metric where more is better, or the reverse.
    W0191 = "selection against the metric", "";
}
