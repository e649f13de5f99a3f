//! Imports that lead nowhere. // error[E0205]: `names/_circle.dsl` imports the file that imports it // error[E0509]: `names/_model.dsl` is imported and may not hold an input // error[E0509]: `names/_model.dsl` is imported and may not hold a recipe // error[E0507]: `names/_model.dsl` is imported and may not hold a model
use std::{Linear, MLP, mse, LayerNrom, relu} // error[E0204]: the standard library has no `LayerNrom` // error[E0204]: the standard library has no `relu`
use torch::{Linear} // error[E0202]: no module `torch`
use "missing.dsl"::{Gate} // error[E0202]: cannot read `names/missing.dsl`: No such file or directory (os error 2)
use "_blocks.dsl"::{Gate, Gaet} // error[E0204]: `names/_blocks.dsl` has no block or hyper `Gaet`
use "imports.dsl"::{Itself} // error[E0205]: `names/imports.dsl` imports the file that imports it
use "_circle.dsl"::{Round}
use "./sub/../_model.dsl"::{Block}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = mean(audio) |> Linear(out: 64)
  let b = Gate(Round(Block(a)))
  let score = b |> MLP(widths: [64, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
