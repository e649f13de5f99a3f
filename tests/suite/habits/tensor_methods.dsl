//! Methods, attributes and functions of PyTorch.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d)
  let n = a.size(1) // error[E0402]: a tensor has no fields
  let p = a.mean(1) // error[E0402]: a tensor has no fields
  let q = Linear(p, out: 1).squeeze(-1) // error[E0402]: there is no method `squeeze`
  let r = a @ a // error[E0115]: the language has no `@`
  print(a) // error[E0201]: no block `print`
  let s = a.shape[0] // error[E0402]: a tensor has no fields
  let z = torch.relu(a) // error[E0201]: the language has no modules such as `torch`
  let w = F.softmax(a, dim: -1) // error[E0201]: the language has no modules such as `F`
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
