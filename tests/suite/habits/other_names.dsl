//! What was meant by a name is of use.
use std::{Linear, MLP, mse, huber}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
input face : Vec(3) // error[E0101]: expected `[` before the dims, found `(` // warning[W0106]: input `face` is never read
label y : Real
block Scaled(x: float, k: integer, name: string, xs: list) -> Vec[d] { x } // error[E0518]: no type `float` // error[E0518]: no type `integer` // error[E0518]: no type `string` // error[E0518]: no type `list` // warning[W0105]: block `Scaled` is never called
block Own(self, x: Vec[_]) -> Vec[_] { relu(x) } // error[E0102]: expected a type after `self`
block Masked(x: Vec[_], mask) -> Vec[_] { x } // error[E0102]: expected a type after `mask`
block Derived(nn.Module) { 1 } // error[E0101]: expected a type, found `.` // warning[W0105]: block `Derived` is never called
model M {
  let a = Linear(audio, out: d) |> mean()
  let v = Linear(visual, out: d) |> mean() // error[E0201]: nothing is called `visual` here
  let t = relu(a).last_hidden_state // error[E0402]: a tensor has no fields
  let p = a.pooler_output // error[E0402]: a tensor has no fields
  let score = concat(Own(a), Masked(v, mask: 1)) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = F.mse_loss(score, y) // error[E0201]: the language has no modules such as `F`
  loss h = nn.HuberLoss()(score, y) // error[E0201]: the language has no modules such as `nn`
  loss k = huber(score, target: labels) // error[E0201]: nothing is called `labels` here
  loss r = kl_div(a, v) // error[E0201]: no block `kl_div`
  loss s = sum(square(a)) // error[E0201]: no block `sum`
  loss w = 0.1 * l2(a) // error[E0201]: no block `l2`
  loss e = lambda * square(score - y) // error[E0201]: nothing is called `lambda` here
  loss b = weight * square(score - y) // error[E0201]: nothing is called `weight` here
  optimizer = adam(lr: 1e-3) // error[E0514]: no `var optimizer` to assign to
}
model Other { // error[E0507]: a second model
  let a = Linear(audio, out: d) |> mean()
  loss l = mse(a, target: y)
}
