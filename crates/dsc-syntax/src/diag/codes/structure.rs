//! Blocks, losses, outputs, companions, variants and recipes, `E05xx`.

codes! {
    /// The call omits an argument that has no default. Pass it by name: `linear(x, out: 64)`. `dsc explain NAME` prints
    /// the signature of a primitive or library block.
    E0501 = "missing argument",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The block or primitive has no argument of this name, or the argument is given twice. `dsc explain NAME` prints
    /// the signature.
    E0502 = "unknown argument",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, widht: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Only the first tensor of a call is positional; every other argument must be named. Two streams of the same shape
    /// could otherwise be exchanged without any error. Write `Fuse(t, audio: a, vision: v)` instead of `Fuse(t, a, v)`.
    E0503 = "unnamed argument",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = dropout(audio, 0.1)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Something other than a block, primitive or instance is called, or a block or indexed hyper is used without a
    /// call. To pass around a layer with shared weights, make an instance: `let f = Linear{out: d}`.
    E0504 = "not callable, or not a value",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = relu(MLP)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A block calls itself, directly or through others. Calls are inlined at compile time, so this would never end.
    /// Use a `for` loop over the layers.
    E0505 = "recursive block",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Again<n, w>(x: Seq<_>[n, w]) -> Seq<_>[n, w] { Again(x) }\nmodel M {\n  let a = Again(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Two calls would own parameters with the same path, and a checkpoint could not tell them apart. A path is built
    /// from the names around the call, so give each call its own name: a `let` for each, or a label in a list. To share
    /// the weights instead, make an instance and call it twice: `let f = Linear{out: d}`.
    E0506 = "duplicate parameter path",
        "use std::{FFN, MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  var a = FFN(audio, hidden: 8)\n  a = FFN(a, hidden: 8)\n  a = FFN(a, hidden: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The file defines no model, or more than one; or an imported file defines one. A file that is compiled has
    /// exactly one `model`, and imported files contain only blocks and hypers. Put alternatives of a model into a
    /// `variant`.
    E0507 = "not exactly one model", "hyper d = 1\n";
    /// A model needs at least one `output VALUE for LABEL` and at least one `loss NAME = VALUE`. Without them there is
    /// nothing to predict or to train.
    E0508 = "model without output or loss",
        "model M {}\n";
    /// `output`, `loss` and `companions` are only allowed in the body of the model, not in a block; an imported file
    /// contains blocks and hypers only. Let the block return the value and write the statement in the model.
    E0509 = "statement not allowed here",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Lossy<n, w>(x: Seq<_>[n, w]) -> Seq<_>[n, w] {\n  loss inner = sum_features(mean(x))\n  x\n}\nmodel M {\n  let a = Lossy(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// An expression is used as a statement, so its value is discarded. Only the last expression of a body is its
    /// result. Assign it to a name with `let`, or delete it.
    E0510 = "unused value",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  relu(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// An entry of `companions` is unknown, missing, of the wrong kind or out of range. `by` (the vectors to compare)
    /// and `class` (`class(y)`) are required. `dsc explain companions` lists all entries with their defaults.
    E0511 = "invalid companions",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  companions c { by = [mean(audio)] }\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A variant replaces or drops something that the model does not define. A variant can change hypers, inputs,
    /// blocks, losses and single-name `let`s of the model; it cannot add any. Check the spelling of the name.
    E0512 = "variant without effect",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nvariant no_contrast { drop contrast }\n";
    /// `for`, `--recipe` or a base names a recipe that the file does not define, or variants or recipes inherit from each other. Check
    /// the spelling, or remove one base of the cycle.
    E0513 = "unknown recipe, or a cycle",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe mosi = sims { epochs = 3 }\n";
    /// Only a `var` can be assigned to, and it keeps its kind: a sequence stays a sequence, with any dims. Declare the
    /// name with `var` instead of `let`, or use a new name.
    E0514 = "invalid assignment",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = relu(audio)\n  a = relu(a)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A tuple is unpacked into more or fewer names than it has elements. `let a, b = F(x)` requires a block that
    /// returns a tuple of two values.
    E0515 = "wrong number of names",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a, b = relu(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// `x at c.pos` evaluates `x` on the companions of a sample, so `x` must be a tensor computed from the sample, or a
    /// list of them. Tokens must be encoded first, and companions have no companions of their own. Companions exist
    /// during training only, so an output cannot depend on them.
    E0516 = "value without companions",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = mean(audio) at y\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// No variant of this name is defined in the file. Check the spelling after `--variant`, or the base after `=`.
    E0517 = "unknown variant",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nvariant smaller = small { drop prediction }\n";
    /// The declared type does not exist or is not allowed here. Inputs are `Tokens[T]`, `Seq<audio>[Ta, fa]` with a
    /// modality, or `Vec[f]`, with a name or number for each dim; a label is a `Real`. `dsc explain Seq` describes the
    /// types.
    E0518 = "invalid type",
        "use std::{MLP, mse}\ninput audio : Sequence<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A block, or a branch of `when`, must produce a value, but its body does not end with an expression. Add the
    /// result as the last line.
    E0519 = "body without a value",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Nothing<n, w>(x: Seq<_>[n, w]) -> Seq<_>[n, w] {\n  let y = relu(x)\n}\nmodel M {\n  let a = Nothing(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// An `expect` must compare a figure of the model (`params`, `macs`, `memory`, `shape`) with a value: `expect
    /// params < 120M`.
    E0520 = "invalid expectation",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nexpect params\n";
    /// A loss that reads companions is 0 for a sample that has none, including every term added to it. Terms that do
    /// not read companions would be dropped for these samples. Write them as a `loss` of their own; all losses are
    /// added up.
    E0521 = "loss mixes terms with and without companions",
        "use std::{Linear, MLP, mse, nt_xent}
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = audio |> Linear(out: 8)
  let score = mean(a) |> MLP(widths: [1]) |> scalar()
  output score for y
  companions c { by = [mean(a)]  class = class(y) }
  loss all = mse(score, target: y) + nt_xent(mean(a), pos: mean(a) at c.pos, neg: mean(a) at c.neg, tau: 0.5)
}
";
    /// A figure differs from what an `expect` states: the model has grown, or a shape has changed. The message shows
    /// the actual value and the largest contributions. Change the model, or update the expectation if the new value is
    /// intended.
    ///
    /// An expectation is checked under the recipe that `for` names, or under every recipe with a known data set if
    /// there is no `for`. If `for` names a variant, the variant is checked under all of these recipes.
    E0530 = "expectation not met",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epochs = 3 }\nexpect params < 200 for sims\n";
    /// The figure depends on dims of the data (`fa`, `Ta`), and the recipe does not name a known data set that would
    /// give them a size. Name a recipe of a known data set with `for`, or write the width into the input:
    /// `Seq<audio>[Ta, 74]`.
    E0531 = "expectation needs data",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nexpect params < 200\n";
    /// `in_batch` gives access to the values of all samples of a training step and is allowed in losses only. A
    /// prediction or a retrieval of companions that used it would depend on which other samples happen to be in the
    /// batch.
    E0522 = "batch used outside of a loss",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = mean(audio) |> MLP(widths: [8])\n  let all = transpose(in_batch(a)) |> mean_features()\n  let score = a - all |> MLP(widths: [1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The label is an operand of the value that predicts it. The scores would measure how well the label was copied,
    /// and no prediction would be possible on data without labels. Compute the output from inputs only and use the
    /// label in losses.
    E0523 = "label reaches the prediction",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = scale(mean(audio), by: y) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// No loss has a gradient with respect to any parameter: the model has no parameters, or they are all behind
    /// `stop_grad`, or the losses are constants.
    E0524 = "nothing to train",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(stop_grad(score), target: y)\n}\n";
}
