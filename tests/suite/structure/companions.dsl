//! Retrieval that cannot be.
use std::{Linear, MLP, mse, nt_xent} // warning[W0104]: `nt_xent` is imported and never used

hyper d = 64

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = audio |> Linear(out: d)
  companions c { by = [a]  class = class(y)  pos = 0  nearest = 3 } // error[E0511]: samples are compared by vectors, found Seq<audio>[Ta, 64] // error[E0511]: `pos` is a number of at least 1, found int 0 // error[E0511]: companions have no entry `nearest`
  companions e { by = [mean(a)] } // error[E0511]: companions without `class`
  companions g { by = [mean(a)]  class = y  pos = 2  pos = 3 } // error[E0511]: the class of a sample comes from a label // error[E0203]: a second `pos`
  companions l { by = [mean(a)]  class = class(y)  upper = 0.5 } // error[E0511]: `upper` is a part of a ranking, and samples are listed
  companions m { by = [mean(a)]  class = class(y)  listed = "rank"  lower = 2 } // error[E0511]: `listed` is "samples" or "ranks" // error[E0511]: `lower` is above 0 and at most 1, found int 2
  companions k { by = [mean(a)]  class = class(y) }
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  let tokens = text at k.pos // error[E0516]: `at` of tokens
  let list = [one: a] at k.pos
  reveal list // warning[W0107]: the type is [[one: Seq<audio>[Ta@companions
  let handle = k at k.pos // error[E0516]: `at` of a companions
  let again = (mean(a) at k.pos)[0] at k.neg // error[E0516]: a companion of a companion
  let no_group = mean(a) at k // error[E0516]: `at` expects a group of companions, found a companions
  let misses = square(score - y) at k.pos // error[E0516]: a value that reads a label at a companion
  let near = mean(a) at k.near // error[E0201]: companions have no `near` // warning[W0102]: `near` is never read
  output score for y
  loss prediction = mse(score, target: y)
}
