//! A call of each primitive that its rule refuses, where no other file has one.
use std::{MLP, mse}

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
input pose  : Vec[fp]
label y : Real

model M {
  let m = mean(audio)

  // Functions of every entry.
  let e01 = tanh(text) // error[E0301]: `tanh` expects a tensor, found Tokens[T]
  let e02 = exp(text) // error[E0301]: `exp` expects a tensor, found Tokens[T]
  let e03 = log(text) // error[E0301]: `log` expects a tensor, found Tokens[T]
  let e04 = silu(text) // error[E0301]: `silu` expects a tensor, found Tokens[T]
  let e05 = softplus(text) // error[E0301]: `softplus` expects a tensor, found Tokens[T]
  let e06 = sin(text) // error[E0301]: `sin` expects a tensor, found Tokens[T]
  let e07 = cos(text) // error[E0301]: `cos` expects a tensor, found Tokens[T]
  let e08 = leaky_relu(m, slope: "steep") // error[E0401]: `slope` of `leaky_relu` expects a number, found str "steep"
  let e09 = elu(m, slope: 1) // error[E0502]: `elu` has no argument `slope` // warning[W0102]: `e09` is never read
  let e10 = maximum(m, with: pose) // error[E0301]: `maximum` of Vec[fa] and Vec[fp]

  // Rows and columns.
  let e11 = layer_norm(m, eps: -1) // error[E0403]: `eps` of `layer_norm` is -1
  let e12 = rnn(m, hidden: 8) // error[E0301]: `rnn` expects a Seq, found Vec[fa]
  let e13 = maxpool(m) // error[E0301]: `maxpool` expects a Seq, found Vec[fa]
  let e14 = minpool(m) // error[E0301]: `minpool` expects a Seq, found Vec[fa]
  let e15 = sumpool(m) // error[E0301]: `sumpool` expects a Seq, found Vec[fa]
  let e16 = lsepool(m) // error[E0301]: `lsepool` expects a Seq, found Vec[fa]
  let e17 = reverse(m) // error[E0301]: `reverse` expects a Seq, found Vec[fa]
  let e18 = sinusoid(audio, width: 0) // error[E0306]: `width` of `sinusoid` is 0
  let e19 = dense(audio, to: "longest") // error[E0403]: `to` of `dense` is "longest" // warning[W0112]: padding becomes visible: every sample gets longest(Ta) rows
  let e20 = concat(audio, audio, along: "rows") // error[E0403]: `along` of `concat` is "rows"

  // Vectors.
  let e21 = cosine(m, with: pose) // error[E0301]: `cosine`: the first vector is fa, the second is fp
  let e22 = add_row(audio, row: pose) // error[E0301]: `add_row`: the width of the rows is fa, the vector is fp
  let e23 = max_features(y) // error[E0301]: `max_features` expects a tensor with at least one axis, found Real
  let e24 = min_features(y) // error[E0301]: `min_features` expects a tensor with at least one axis, found Real
  let e25 = flatten(text) // error[E0301]: `flatten` expects a tensor, found Tokens[T]

  // Numbers.
  let e26 = most("Ta") // error[E0402]: `most` of a string

  let score = concat(m, pose) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
