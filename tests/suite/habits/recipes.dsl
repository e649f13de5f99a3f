//! Recipes.
use std::{MLP, mse}
hyper d = 32 in [16, 32, 64]
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
recipe a { set d = 17 } // error[E0403]: `d` is 17, its range is [16, 32, 64]
recipe b { d = 16 } // error[E0901]: there is no recipe key `d`
recipe c = aa { epochs = 3 } // error[E0513]: no recipe `aa` to start from
recipe e(a) { epochs = 3 } // error[E0101]: unexpected `(a)` before the body of recipe `e`
recipe f { epochs 3 } // error[E0101]: unexpected `epochs`
recipe g { optimizer = adam(1e-3) } // error[E0902]: the arguments of `adam` are named
recipe h { optimizer = SGD(lr: 0.1) } // error[E0902]: `optimizer` takes adam(..) or adamw(..), found `SGD(..)`
recipe i { lr = 1e-3  bs = 3  seeds = [1, 2, 3] } // error[E0901]: there is no recipe key `lr` // error[E0901]: there is no recipe key `bs` // error[E0902]: `seeds` takes a whole number from 1 to 1048576, found [1,
recipe j { epochs = 10 epochs } // error[E0902]: `epochs` takes a whole number from 1 to 1048576, found `10
recipe k { select = max accuracy } // error[E0963]: there is no metric `accuracy`
recipe m { family = iemocap  class = rounded  clip = yes } // error[E0902]: `family` takes sims, mosi, binary or regression, found the name // error[E0902]: `class` takes exact or round, found the name `rounded` // error[E0902]: `clip` takes a number above 0, or none, found the name `yes`
recipe n { encoder = bert-base-uncased } // error[E0401]: `bert` is not a constant
recipe o { warmup = 5 percent  decay = "cosine" } // error[E0902]: `warmup` takes a whole number of epochs or steps (`10 // error[E0902]: `decay` takes linear or none, found the text "cosine"
recipe p { optimizer = adam(lr: 1e-3, eps: 4e-18) }
recipe q = p { optimizer.betas = [0.9, 0.9999] } // error[E0902]: `optimizer.eps` = 4e-18 is too small for the second moment's decay 0.9999
recipe r { optimizer.eps = 1e-30 } // error[E0902]: `optimizer.eps` = 1e-30 is too small for the second moment's decay 0.999
recipe s { optimizer = adam(eps: 1e-12, betas: [0, 0.9999999999999999]) } // error[E0902]: `optimizer.eps` = 1e-12 is too small
recipe t { optimizer.eps = 1e-30  optimizer.betas = [0, 1] } // error[E0902]: `optimizer.betas` takes two numbers from 0 to below 1
recipe u { optimizer = adam(lr: 0.1, eps: 1e-30, weight_decay: -1) } // error[E0902]: `optimizer.weight_decay` takes a number from 0 on, found -1 // error[E0902]: `optimizer.eps` = 1e-30 is too small
recipe v { optimizer.lr = -1  optimizer.eps = 1e-30 } // error[E0902]: `optimizer.lr` takes a number above 0, found -1 // error[E0902]: `optimizer.eps` = 1e-30 is too small
recipe w { epochs = 4  warmup = 10 epochs } // warning[W0190]: the warm-up takes 10 epochs
recipe z = w { warmup = "x" } // error[E0902]: `warmup` takes a whole number of epochs or steps
