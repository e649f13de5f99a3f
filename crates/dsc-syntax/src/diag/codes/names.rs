//! Names and modules, `E02xx`.

codes! {
    /// The name is not defined in this scope. A name must be defined before it is used, and a block sees only its
    /// parameters, its generics, the hypers of its file and the names of dims. Check the spelling, add a missing `use`,
    /// or pass the value to the block as a parameter.
    E0201 = "unknown name", "model M {\n  let x = tex\n}\n";
    /// A file given on the command line or in `use` does not exist or cannot be read. Paths in `use "..."` are relative
    /// to the file that contains the `use`.
    E0202 = "cannot read a file",
        "use \"blocks/gate.dsl\"::{Gate}\nuse std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Two items of one kind, or two `let`s in one scope, have the same name, so a use of the name would be ambiguous.
    /// Rename one of them. To give a name a new value, declare it with `var` and assign to it.
    E0203 = "name defined twice", "hyper d = 1\nhyper d = 2\nmodel M {}\n";
    /// The imported file, or the standard library, has no block or hyper of this name. Check the spelling. `dsc
    /// explain` lists the blocks of the standard library; primitives such as `linear` need no import.
    E0204 = "unresolved import", "use std::{Linaer}\nmodel M {}\n";
    /// Files import each other in a cycle, or more files are imported than allowed. Move the shared blocks into a file
    /// that imports neither of the others.
    E0205 = "circular or excessive imports",
        "// This file is example.dsl.\nuse \"example.dsl\"::{Gate}\nuse std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
}
