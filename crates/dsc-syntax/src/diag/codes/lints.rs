//! Lints, `W01xx`: the model means something, but probably not what was meant.

codes! {
    /// These parameters never receive a gradient: they reach no output and no loss, or only an output, or reach a loss
    /// only through `stop_grad`. They keep their initial values but are still counted and stored. Delete the layer, or
    /// use its result in a loss. Parameters that are used only inside `stop_grad` are treated as intended constants.
    W0101 = "untrained parameters",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let _a = linear(audio, out: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A `let` is never used. Use it, delete it, or begin its name with `_`.
    W0102 = "unused value",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = relu(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Nothing uses this hyper, so setting it has no effect. Use it or delete it.
    W0103 = "unused hyper",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nhyper heads = 8\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Nothing uses this imported name. Delete it from the `use`.
    W0104 = "unused import",
        "use std::{FFN, MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Nothing calls this block. Blocks are type-checked at their calls, so this one has only been checked as far as the declared
    /// types of its parameters go.
    W0105 = "unused block",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Gate<w>(x: Vec[w]) -> Vec[w] { sigmoid(x) * x }\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Nothing reads this input or label. Use it or delete it, so that the data need not contain it.
    W0106 = "unused input or label",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// `reveal x` prints the type of `x`. Delete the statement when it is no longer needed.
    W0107 = "revealed type",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  reveal audio\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The variant compiles to the same graph as its base, so a comparison of the two measures only random variation.
    /// The names that it changes probably have no effect under these settings.
    W0109 = "variant equals its base",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nhyper depth = 2\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nvariant deep { set depth = 2 }\n";
    /// `dense` removes the mask: shorter samples are padded with zero rows, and everything after it attends to them,
    /// averages over them and normalises them like data. Predictions then depend on the other samples of the batch.
    /// This is needed only to reproduce programs that do so; delete the `dense`, and every operation masks padding
    /// itself.
    W0112 = "padding visible to the model",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let padded = dense(audio)\n  let score = mean(padded) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A value under the name of one modality is computed only from others: `[audio: v, vision: a]`. The shapes agree
    /// after the encoders, so nothing else would detect it, and the parameters of both streams are stored under the
    /// wrong name. The names of `let`s, block parameters and list labels are compared. Exchange the two values, or
    /// rename them.
    W0113 = "exchanged modalities",
        "use std::{MLP, MultiCA, mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 8)\n  let v = linear(vision, out: 8)\n  let b = learned(rows: 4, width: 8)\n  let h = MultiCA(b, streams: [audio: v, vision: a], heads: 2)\n  let score = mean(h) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Dropout acts only in training, and no loss uses the result of this one: it was discarded, or it feeds an output
    /// that no loss reads. Use its result, or delete it.
    W0114 = "dropout without effect",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 8)\n  let dropped = dropout(a, p: 0.1)\n  let score = mean(a) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Attention scales its scores by 1/sqrt(width of a head) unless `scale` says otherwise. This model uses several
    /// scales, which is rarely intended: one of the attentions starts sharper or flatter than the others. Omit `scale`,
    /// or use the same everywhere.
    W0115 = "inconsistent attention scales",
        "use std::{MLP, SelfAttention, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, out: 64) |> SelfAttention(heads: 8)\n  let b = attention(a, key: a, value: a, heads: 8, scale: 0.125)\n  let score = mean(b) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A contrastive term, softmax or norm has only one entry, so it is constant whatever the parameters are, but still
    /// counts where terms are averaged. The same holds for a deviation of one row, a `clamp` between equal bounds and
    /// attention with a scale of 0. Add negatives or entries, or drop the term.
    W0116 = "contrast without alternatives",
        "use std::{MLP, mse, nt_xent}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\nmodel M {\n  let a = mean(linear(audio, out: 8))\n  let v = mean(linear(vision, out: 8))\n  let score = concat(a, v) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n  loss contrast = nt_xent(a, pos: [v], neg: [], tau: 0.5)\n}\n";
    /// A logarithm, root or quotient of labels is undefined for some of them: `log(y)` where `y` is 0. Its value does not
    /// depend on any weight, so training cannot lead away from it, and one such sample makes all weights NaN. A logarithm or
    /// root of what a linear map makes is undefined for half of its values. Keep the value off the pole,
    /// `log(clamp(y, min: 1e-3))`, or compare predictions with labels by `mse`, `mae` or `huber`.
    W0117 = "undefined for some values",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: log(y))\n}\n";
    /// The loss is the same whatever the weights are: a number, or a value that no weight reaches except through
    /// `stop_grad`, times 0, or compared with itself. It is logged and added to the total, and trains nothing. In a
    /// variant, `loss x = 0.5` replaces the loss by the number; `loss x *= 0.5` scales it. The same is said of a product of
    /// weights that all begin as 0: the gradient of each is the other one, so they stay 0.
    W0118 = "loss without gradient",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n  loss size = 0.1 * square(score)\n}\nvariant half { loss size = 0.5 }\n";
    /// An output predicts this label, a loss trains what the output is made of, and no loss reads the label: nothing says
    /// what the prediction should be. Compare the two in a loss, `mse(score, target: y)`, or predict the label that the
    /// loss reads.
    W0119 = "label that no loss reads",
        "use std::{MLP}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = abs(score)\n}\n";
    /// Training makes the losses larger here, not smaller: a loss is an error with a minus sign, so it falls without end,
    /// or weights get their gradients through `grad_reverse` alone. Take the sign away, or let the value reach a loss
    /// without `grad_reverse` as well.
    W0120 = "training away from the labels",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = -mse(score, target: y)\n}\n";
    /// The condition of a `when` depends on a hyper and does what it says for some of its values only: it compares the
    /// hyper with a value that its range does not have, so the branch is never taken, or it has no `else`, so that the
    /// model has no value there once the hyper is set otherwise.
    W0121 = "choice that not every value of a hyper has",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nhyper pool = \"mean\" in [\"mean\", \"max\"]\nmodel M {\n  let a = when pool == \"maxpool\" { maxpool(audio) } else { mean(audio) }\n  let score = a |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// `companions` draws more samples of a kind than its list holds (`pool`), so the same ones are drawn several times and
    /// count as often. Raise `pool`, or draw fewer.
    W0122 = "more companions than listed",
        "use std::{MLP, mse, nt_xent}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = mean(linear(audio, out: 8))\n  let score = a |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n  companions c { by = [a]  class = class(y)  pos = 5  pool = 3 }\n  loss contrast = nt_xent(a, pos: a at c.pos, neg: a at c.neg, tau: 0.5)\n}\n";
    /// An output is a constant, or is computed of constants alone, so every sample has the same prediction. Compute it from
    /// inputs.
    W0123 = "constant prediction",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nlabel z : Real from \"z\"\nhyper guess = 0.1\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  output guess for z\n  loss prediction = mse(score, target: y)\n}\n";
    /// The given text encoder has pretrained weights, but the model does not call the standard library's `Bert`, which
    /// loads them. It therefore trains from random initial values. Call `std::Bert`; a copy of it in your own file is
    /// an ordinary block with new weights.
    W0189 = "unused pretrained weights", "";
    /// The warm-up takes at least as many steps as the whole training, so the configured learning rate is never reached
    /// or never held. Shorten `warmup` or train for more epochs.
    W0190 = "warm-up as long as the training",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epochs = 4  warmup = 10 epochs }\n";
    /// `select` asks for the minimum of a metric that should be high, or the maximum of one that should be low.
    /// Exchange `min` and `max`.
    W0191 = "selection of the worst epoch",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { select = max mae }\n";
    /// `precision` asks for products that this device does not compute faster than fp32: TF32 and bfloat16 are for GPUs, and bfloat16 for
    /// processors with AMX. On others products are computed in fp32 of rounded values, which shows what training in bf16 would give,
    /// and takes longer.
    W0192 = "precision without gain", "";
}
