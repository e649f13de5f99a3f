//! Entries of recipes: keys, values, constants, inheritance. Every recipe of a file is checked, also those that no data
//! set is named like.
use std::{MLP, mse}

hyper d     = 8
hyper drop  = 0.0
hyper deep  = false
hyper init  = "normal"

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let table = param(shape: [1], init: init)
  let score = mean(audio) |> MLP(widths: [when deep { 2 * d } else { d }, 1], drop: drop) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  loss size = square(table) |> sum_features()
}

recipe right {
  set d = 4 * 4
  set drop = 1 / 4
  set deep = 2 > 1 and not false
  set init = "nor" + "mal"
  epochs = 4 * 2
  optimizer = adamw(lr: 2 * 1e-4, betas: [9 / 10, 1 - 1e-3])
  clip = none
  warmup = 1 epoch
}
recipe constants {
  set d = 2 * d // error[E0401]: `d` is not a constant
  set drop = 1 / 0 // error[E0406]: `1 / 0` divides by zero
  set deep = not 3 // error[E0402]: `not` of a whole number
  set init = normal // error[E0401]: `normal` is not a constant
  epochs = 2 * d // error[E0401]: `d` is not a constant
  seeds = 1 / 0 // error[E0406]: `1 / 0` divides by zero
  seed = "a" * 2 // error[E0402]: `*` of a string and a whole number
}
recipe values {
  epochs = 0 // error[E0902]: `epochs` takes a whole number from 1 to 1048576, found 0
  batch = "16" // error[E0902]: `batch` takes a whole number from 1 to 1048576, found the text "16"
  accumulate = 4 / 2 // error[E0902]: `accumulate` takes a whole number from 1 to 1048576, found 2.0
  optimizer = adam(lr: 0, encoder_lr: -1, wd: 1) // error[E0902]: `optimizer.lr` // error[E0902]: `optimizer.encoder_lr` // error[E0901]: `adam` has no setting `wd`
  optimizer.betas = [0.9] // error[E0902]: `optimizer.betas` takes two numbers from 0 to below 1, found [0.9]
  warmup = 10 // error[E0902]: `warmup` takes a whole number of epochs or steps
  decay = cosine // error[E0902]: `decay` takes linear or none, found the name `cosine`
  select = mae // error[E0902]: `select` takes min or max and a metric, found the name `mae`
  max_tokens = 129 // error[E0902]: `max_tokens` takes a whole number from 3 to 128, found 129
  standardise = train // error[E0901]: there is no recipe key `standardise`
}
recipe fresh { optimizer = sgd(lr: 0.1) } // error[E0902]: `optimizer` takes adam(..) or adamw(..), found `sgd(..)`
recipe one = two { epochs = 3 } // error[E0513]: recipes `one`, `two` inherit from each other
recipe two = one { epochs = 4 }
recipe led = two {}
recipe alone = alone {} // error[E0513]: recipe `alone` inherits from itself
recipe lost = rihgt { epochs = 3 } // error[E0513]: no recipe `rihgt` to start from
