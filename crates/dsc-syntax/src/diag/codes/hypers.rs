//! Hypers and static evaluation, `E04xx`.

codes! {
    /// A value that must be known before any data are seen (a width, a number of layers, a condition) is not.
    E0401 = "not known at compile time",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let wide = linear(audio, out: Ta)\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// Numbers, strings and lists met in an operation that they do not have.
    E0402 = "operation on values it does not have",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let list = [audio] + [audio]\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
    /// A hyper got a value outside the range its declaration states.
    E0403 = "hyper out of its range", "hyper p = 3 in [2, 4]\nmodel M {}\n";
    /// The condition behind `where` does not hold.
    E0404 = "`where` does not hold", "hyper d = 10 where d % 4 == 0\nmodel M {}\n";
    /// The value of a hyper depends on itself.
    E0405 = "hyper depends on itself", "hyper a = b\nhyper b = a\nmodel M {}\n";
    /// Division by zero, or a number too large for 64 bits.
    E0406 = "arithmetic fault", "hyper a = 1 / 0\nmodel M {}\n";
    /// `--set`, `set` in a variant or in a recipe names a hyper that does not exist.
    E0407 = "no such hyper", "model M {}\nvariant v { set dpeth = 0 }\n";
    /// A program unrolls into more operations than a graph may have.
    E0408 = "too much unrolling",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  for l in 0..1_000_000 { let next = l + 1 }\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";
}
