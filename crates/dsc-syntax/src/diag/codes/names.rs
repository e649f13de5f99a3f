//! Names and modules, `E02xx`.

codes! {
    /// A name that nothing of that kind has. Names are never guessed.
    E0201 = "unknown name", "model M {\n  let x = tex\n}\n";
    /// A file that `use` or the command line names cannot be read.
    E0202 = "cannot read a file",
        "use \"blocks/gate.dsl\"::{Gate}\nuse std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Two items of one kind, or two `let`s of one scope, have the same name.
    E0203 = "name given twice", "hyper d = 1\nhyper d = 2\nmodel M {}\n";
    /// A module does not have the item that `use` asks for.
    E0204 = "nothing of that name to import", "use std::{Linaer}\nmodel M {}\n";
    /// Files that import each other in a circle.
    E0205 = "modules import each other",
        "// This file is example.dsl.\nuse \"example.dsl\"::{Gate}\nuse std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
}
