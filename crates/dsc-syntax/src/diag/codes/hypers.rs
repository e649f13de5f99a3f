//! Hypers and static evaluation, `E04xx`.

codes! {
    /// The value decides the structure of the model (a width, a number of layers, a condition), so it must be known
    /// before any data are read. Hypers, loop variables, numbers, `len(list)` and `encoder.*` are; lengths and values
    /// of tensors are not. Use a hyper, or keep the computation on tensors.
    E0401 = "not known at compile time",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let wide = linear(audio, out: Ta)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// The operator or function does not accept values of these kinds, for instance `+` between a string and a number,
    /// or between two lists. To join lists, use `[..a, ..b]`.
    E0402 = "unsupported operand kinds",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let list = [audio] + [audio]\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A hyper or an argument has a value outside of its declared range (`in [2, 4, 8]`, `in 0..=4`), or of another
    /// kind than its default. Choose a value from the range, or extend the range if the model supports the value.
    E0403 = "value out of range", "hyper p = 3 in [2, 4]\nmodel M {}\n";
    /// The condition after `where` is false for the current values. The message lists the values that it depends on;
    /// change one of them with `--set`, in the variant or in the recipe.
    E0404 = "`where` condition violated", "hyper d = 10 where d % 4 == 0\nmodel M {}\n";
    /// The default of a hyper depends on the hyper itself, directly or through other hypers. Give one hyper of the
    /// cycle a plain value.
    E0405 = "cyclic hyper", "hyper a = b\nhyper b = a\nmodel M {}\n";
    /// A compile-time computation divides by zero, overflows 64 bits, or yields a number that is not finite. Tensors hold
    /// numbers of 32 bits: a number that meets a tensor is at most 3.4e38 there, and 0 or at least
    /// 1.2e-38, since the reciprocal of a smaller one is infinite.
    E0406 = "arithmetic error", "hyper a = 1 / 0\nmodel M {}\n";
    /// `--set`, or `set` in a variant or recipe, names a hyper that the file does not declare. Check the spelling.
    /// Training settings such as `epochs` are recipe keys and are set without `set`; indexed hypers such as `keep(l)`
    /// cannot be set.
    E0407 = "unknown hyper", "model M {}\nvariant v { set dpeth = 0 }\n";
    /// All loops are unrolled and all calls inlined at compile time, and this model takes more work or more operations than a
    /// compilation may take. The place is where the last step was spent. Reduce the number of iterations. For a recurrence over time use `gru`, `lstm` or `rnn` instead of a loop.
    E0408 = "too many operations",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  for l in 0..1_000_000 { let next = l + 1 }\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
}
