//! Lints, `W01xx`: the model means something, but probably not what was meant.

codes! {
    /// Weights that no loss trains: neither an output nor a loss reaches them, or an output alone, or a loss only through
    /// `stop_grad`. They stay as they begin, and yet they are counted and stored. Weights that `stop_grad` alone reads are
    /// constants, and meant.
    W0101 = "weights that nothing trains",
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
    /// A variant compiles to the graph of what it starts from, so a comparison of the two measures chance.
    W0109 = "variant equals its base",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nhyper depth = 2\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nvariant deep { set depth = 2 }\n";
    /// `dense` makes padding visible: rows of zeros stand behind the shorter samples of a batch, and what comes after
    /// attends to them, averages over them and normalises them like rows of the data. A prediction then depends on the
    /// other samples of its batch. Some published programs do it, and to reproduce one it has to be done; otherwise
    /// nothing needs it, for every operation here leaves padding out.
    W0112 = "dropped mask",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let padded = dense(audio)\n  let score = mean(padded) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A value under the name of a modality that is made of other modalities alone: `[audio: v, vision: a]`. Shapes agree
    /// after the encoders, so nothing else would tell, and the weights of both carry the wrong name. Names are those of
    /// `let`s, parameters of blocks and labels of streams.
    W0113 = "modality swap",
        "use std::{MLP, MultiCA, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 8)\n  let v = linear(vision, out: 8)\n  let b = learned(rows: 4, width: 8)\n  let h = MultiCA(b, streams: [audio: v, vision: a], heads: 2)\n  let score = mean(h) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Dropout acts in training alone, and nothing that is trained reads the result of this one: it was thrown away, or it
    /// feeds a prediction and no loss.
    W0114 = "dropout without effect",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 8)\n  let dropped = dropout(a, p: 0.1)\n  let score = mean(a) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Attention divides its scores by the root of the width of a head, or by something else that the program names. In
    /// one model both are seldom meant: a factor other than elsewhere makes the weights of that attention sharper or
    /// flatter from the start.
    W0115 = "two attention scales",
        "use std::{MLP, SelfAttention, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 64) |> SelfAttention(heads: 8)\n  let b = attention(a, key: a, value: a, heads: 8, scale: 0.125)\n  let score = mean(b) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A contrast tells a positive from negatives. With none, the only value is compared with itself: the term is 0
    /// whatever the weights are, and yet it counts where terms are averaged.
    W0116 = "comparison with itself alone",
        "use std::{MLP, mse, nt_xent}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let a = mean(linear(audio, out: 8))\n  let v = mean(linear(vision, out: 8))\n  let score = concat(a, v) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n  loss contrast = nt_xent(a, pos: [v], neg: [], tau: 0.5)\n}\n";
    /// The text encoder that was given brings weights, and no call of the standard library's `Bert` takes them: the model
    /// trains without what was learned before. A copy of `Bert` in the file is a block like others, with fresh weights.
    W0189 = "pretrained weights without a place", "";
    /// The learning rate still rises when training ends: the warm-up takes as many steps as the whole training or
    /// more, so the rate that was asked for is never reached or never held.
    W0190 = "warm-up as long as the training",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epochs = 4  warmup = 10 epochs }\n";
    /// `select` asks for the epoch that does worst: the least of a metric where more is better, or the reverse.
    W0191 = "selection against the metric",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { select = max mae }\n";
}
