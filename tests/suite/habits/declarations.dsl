//! Names, numbers and changes as other languages write them.
use std::{Linear, MLP, mse}
hyper d = 64,  // error[E0107]: expected an item, found `,`
hyper s = 64 if d > 3 else 32 // error[E0115]: the language has no `a if c else b`
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>(Tv, fv) // error[E0101]: expected `[` before the dims, found `(`
label y : Real
block Two<n, m>(x: Seq<m>[n, d]) -> (Seq<m>[n, d], Vec[d]) {
  let h = relu(x)
  h, mean(h) // error[E0101]: a tuple has brackets
}
block Any(x: Seq<q>[n, d]) -> Seq<q>[n, d] { relu(x) } // error[E0201]: block `Any` does not declare `q`, `n`
block More<n>(x: Seq<_>[n, d], z: Vec[w]) -> Vec[w] { z } // error[E0201]: block `More` does not declare `w`
model M {
  -- the encoder // error[E0108]: comments begin with `//`, not with `--`
  let a = Linear(audio, out: d)
  let v = Linear(vision, out: s)
  let (u, w) = Two(a) // error[E0101]: the names of several parts have no brackets
  let big := 1,000 * a // error[E0101]: expected `=` after `big`, found `:=` // error[E0101]: a number has no commas
  let f = Linear{d} // error[E0101]: unexpected `{`
  let g = linear{out: d} // error[E0101]: unexpected `{`
  let score = mean(Any(a)) + w + More(a, z: w) |> MLP(widths: [d, 1]) |> scalar()
  output: score for y // error[E0101]: unexpected `:` after `output`
  loss l = mse(score, target: y) + mean_features(mean(u)) + mean_features(mean(v))
}
variant narrow { hyper d = 32 } // error[E0101]: a variant declares no hyper
variant plain = base { set d = 16 } // error[E0517]: no variant `base` to start from
variant bare { drop regression } // error[E0512]: the model has no loss `regression` to change
recipe mosi { hyper d = 16 epochs = 3 } // error[E0101]: a recipe declares no hyper
recipe sims { set epochs = 3 } // error[E0407]: no hyper `epochs` to set
expect params(Q) < 1M for mosi // error[E0201]: `params(Q)`: the file has no block `Q`
expect params = 100K // error[E0115]: `=` compares nothing: it gives a name its value
