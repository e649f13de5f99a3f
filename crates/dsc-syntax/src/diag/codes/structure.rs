//! Blocks, losses, outputs, companions, variants and recipes, `E05xx`.

codes! {
    /// A call leaves out an argument that has no default.
    E0501 = "argument missing",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A call gives an argument that the block does not have, or gives one twice.
    E0502 = "no such argument",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = linear(audio, widht: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Only the first tensor is positional; everything else is named.
    E0503 = "argument without a name",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = dropout(audio, 0.1)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Something is called that is neither a block nor a primitive, or a block is used as a value.
    E0504 = "not callable",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = relu(MLP)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A block that calls itself, directly or through others.
    E0505 = "recursive block",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Again<n, w>(x: Seq<_>[n, w]) -> Seq<_>[n, w] { Again(x) }\nmodel M {\n  let a = Again(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Two calls of one scope would own weights of the same path.
    E0506 = "two weights of one path",
        "use std::{FFN, MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  var a = FFN(audio, hidden: 8)\n  a = FFN(a, hidden: 8)\n  a = FFN(a, hidden: 8)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A file has no model, or several.
    E0507 = "one model per file", "hyper d = 1\n";
    /// A model needs at least one `output .. for ..` and one `loss`.
    E0508 = "model without output or loss",
        "model M {}\n";
    /// A statement that belongs into a model stands in a block, or the other way round.
    E0509 = "statement in the wrong place",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Lossy<n, w>(x: Seq<_>[n, w]) -> Seq<_>[n, w] {\n  loss inner = sum_features(mean(x))\n  x\n}\nmodel M {\n  let a = Lossy(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The value of an expression is lost.
    E0510 = "value is not used",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  relu(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A `companions` declaration with an unknown, missing or impossible entry.
    E0511 = "companions",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  companions c { by = [mean(audio)] }\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A variant changes something that the model does not have.
    E0512 = "variant changes nothing",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nvariant no_contrast { drop contrast }\n";
    /// A recipe that does not exist, in the file or behind `--recipe`, or variants or recipes that inherit from each other.
    E0513 = "unknown recipe, or a circle",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe mosi = sims { epochs = 3 }\n";
    /// A `var` that changes its kind, or an assignment to something that is no `var`.
    E0514 = "assignment",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = relu(audio)\n  a = relu(a)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A tuple with another number of parts than there are names for.
    E0515 = "parts do not match",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a, b = relu(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Only tensors of the sample itself have a value at its companions.
    E0516 = "`at` of something without companions",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = mean(audio) at y\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// No variant of that name, to compile or to start from.
    E0517 = "no such variant",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nvariant smaller = small { drop prediction }\n";
    /// A declared type that is not understood.
    E0518 = "unknown type",
        "use std::{MLP, mse}\ninput audio : Sequence<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A body stands where a value is wanted and does not end with an expression.
    E0519 = "body without a value",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nblock Nothing<n, w>(x: Seq<_>[n, w]) -> Seq<_>[n, w] {\n  let y = relu(x)\n}\nmodel M {\n  let a = Nothing(audio)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// An `expect` that compares nothing, or nothing of the model.
    E0520 = "expectation",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nexpect params\n";
    /// A loss that reads companions counts as 0 for a sample that has none. A summand without companions would silently
    /// be lost with it.
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
    /// An `expect` whose figure is another one than the file says: a model that grew, or a shape that changed.
    ///
    /// An expectation is about the model itself, under the recipe that `for` names; without `for`, under every recipe
    /// whose data set is known. `for` may also name a variant, which then has to meet it under every such recipe.
    E0530 = "expectation not met",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epochs = 3 }\nexpect params < 200 for sims\n";
    /// An `expect` that only data can decide, under a recipe that names no known data set.
    E0531 = "expectation without data",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nexpect params < 200\n";
    /// `in_batch` collects the values of all samples of a training step, for losses alone. A prediction that read them
    /// would depend on the samples that it happens to be made together with, and so would the choice of companions.
    E0522 = "the batch in the wrong place",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let a = mean(audio) |> MLP(widths: [8])\n  let all = transpose(in_batch(a)) |> mean_features()\n  let score = a - all |> MLP(widths: [1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The label is an operand of what is to predict it: the score would measure how well the answer was copied, and where
    /// there is nothing but inputs, no prediction could be made.
    E0523 = "label reaches the prediction",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = scale(mean(audio), by: y) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// No loss gives any weight a gradient: the model has none, or they stand behind `stop_grad`, or the losses are numbers.
    E0524 = "nothing to train",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(stop_grad(score), target: y)\n}\n";
}
