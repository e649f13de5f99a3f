//! Axes that do not meet: einsum and what is made of it, shapes, softmax, reductions, element-wise functions.
use std::{Linear, MLP, Bert, TensorFusion, LowRankFusion, mse}

hyper d = 64

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  let t = text |> Bert() |> Linear(out: d)
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: 32)
  let m = mean(a)
  let w = param(shape: [d, 8])

  // Letters that say nothing.
  let e01 = einsum(m, m, spec: "i,i") // error[E0308]: "i,i" does not say what the result is
  let e02 = einsum(m, m, spec: "i->i->i") // error[E0308]: has several arrows
  let e03 = einsum(m, m, spec: "...,i->i") // error[E0308]: `.` of "...,i->i" is no letter
  let e04 = einsum(w, spec: "ii->i") // error[E0308]: letter `i` occurs twice in "ii"
  let e05 = einsum(m, m, spec: "i,i->ii") // error[E0308]: letter `i` occurs twice in "ii"
  let e06 = einsum(m, m, spec: "i,i->k") // error[E0308]: letter `k` of the result occurs in no operand
  let e07 = einsum(m, spec: "i,j->ij") // error[E0308]: `einsum` got 1 operand, "i,j->ij" has 2
  let e08 = einsum(m, w, spec: "ij,ij->") // error[E0308]: Vec[64] has 1 axis, "ij" has 2 letters
  let e09 = einsum(a, spec: "d->d") // error[E0308]: Seq<audio>[Ta, 64] has 2 axes, "d" has 1 letter
  let e10 = einsum(m, m) // error[E0501]: missing argument `spec` of `einsum`
  let e11 = einsum(m, m, spec: 3) // error[E0401]: `spec` of `einsum` expects a string

  // Letters that do not agree.
  let e12 = einsum(m, mean(v), spec: "i,i->") // error[E0301]: letter `i` is 64 in Vec[64] and 32 in Vec[32]
  let e13 = einsum(mean(audio), mean(vision), spec: "i,i->") // error[E0301]: letter `i` is fa in Vec[fa] and fv in Vec[fv]
  let e14 = einsum(a, v, spec: "ti,tj->ij") // error[E0302]: letter `t` is Ta in Seq<audio>[Ta, 64] and Tv in Seq<vision>[Tv, 32]
  let e15 = einsum(a, w, spec: "td,te->de") // error[E0302]: letter `t` is Ta in Seq<audio>[Ta, 64] and 64 in Tensor[64, 8]
  let e16 = einsum(text, m, spec: "t,d->td") // error[E0301]: `einsum` expects a tensor, found Tokens[T]

  // Time.
  let e17 = einsum(a, t, spec: "id,jd->ij") // error[E0308]: has two lengths, `i` is Ta and `j` is T
  let e18 = einsum(a, w, spec: "td,de->et") // error[E0308]: letter `t` of "td,de->et" is the time of Seq<audio>[Ta, 64] and is not first
  let e19 = einsum(a, m, spec: "td,d->t") // error[E0308]: a sequence without an axis beside its time `t`

  // Products.
  let e20 = outer(a, with: m) // error[E0301]: `outer` expects a Vec, found Seq<audio>[Ta, 64]
  let e21 = outer(m, with: w) // error[E0301]: `outer` expects a Vec, found Tensor[64, 8]
  let e22 = matmul(v, with: w) // error[E0301]: `matmul` of Seq<vision>[Tv, 32] with Tensor[64, 8]: the last axis is 32, the first of `with` is 64
  let e23 = matmul(m, with: m) // error[E0301]: `matmul` expects `with` of two axes, Tensor[i, o], found Vec[64]
  let e24 = matmul(m) // error[E0501]: missing argument `with` of `matmul`
  let e25 = transpose(m) // error[E0301]: `transpose` expects a value with two axes beside time, found Vec[64]
  let e26 = transpose(a) // error[E0301]: found Seq<audio>[Ta, 64]

  // Shapes.
  let e27 = reshape(m, shape: [8, 9]) // error[E0301]: `reshape` of Vec[64]: [8, 9] has 72 entries, not the 64
  let e28 = reshape(a, shape: []) // error[E0301]: leaves no axis beside time
  let e29 = reshape(m, shape: [8, 0]) // error[E0401]: expects a list of whole numbers, at least 1
  let e30 = slice(m, from: 8, to: 65) // error[E0306]: entries 8 to 65 of Vec[64]: the last axis has 64
  let e31 = slice(m, from: 8, to: 8) // error[E0306]: nothing is left
  let e32 = slice(m, from: -1) // error[E0401]: `from` of `slice` expects a whole number, at least 0
  let e33 = split(m, parts: 7) // error[E0301]: `split` of 64 entries into 7 equal parts
  let e34 = split(mean(audio), parts: 2) // error[E0301]: `split` of fa entries into 2 equal parts
  let e35 = stack([m, mean(v)]) // error[E0301]: `stack`: the first vector is 64, this one is 32
  let e36 = stack([a, a]) // error[E0301]: `stack` expects a Vec, found Seq<audio>[Ta, 64]
  let e37 = stack([]) // error[E0307]: `stack` of nothing
  let e38 = stack([m], modality: "audoi") // error[E0303]: no modality "audoi"
  let e39 = repeat(m, like: mean(v)) // error[E0301]: `repeat` expects a sequence, for its length, found Vec[32]
  let e40 = repeat(v, like: a) // error[E0301]: `repeat` expects a Vec, found Seq<vision>[Tv, 32]
  let e41 = append(m) // error[E0501]: missing argument `value` of `append`

  // Along an axis.
  let e42 = softmax(m, over: "time") // error[E0301]: `softmax` expects a sequence, to go over its time, found Vec[64]
  let e43 = softmax(w, over: 2) // error[E0306]: `over` of `softmax` is 2, the value has 2 axes beside time
  let e44 = log_softmax(m, over: "rows") // error[E0403]: `over` of `log_softmax` is "rows"
  let e45 = sum_features(a) // error[E0301]: `sum_features` of Seq<audio>[Ta, 64] leaves no axis beside time
  let e46 = norm(y) // error[E0301]: `norm` expects a tensor with at least one axis, found Real
  let e47 = logsumexp([y], keep: true) // error[E0502]: `keep` has no meaning for a list
  let e48 = normalize(m, eps: -1) // error[E0403]: `eps` of `normalize` is -1

  // Entry by entry.
  let e49 = clamp(m) // error[E0501]: `clamp` expects `min`, `max` or both
  let e50 = clamp(m, min: 1, max: 0) // error[E0403]: `min` of `clamp` is 1, `max` is 0
  let e51 = minimum(m, with: mean(v)) // error[E0301]: `minimum` of Vec[64] and Vec[32]
  let e52 = max(m, m) // error[E0402]: `max` of a tensor
  let e53 = mul_row(a, row: mean(v)) // error[E0301]: the width of the rows is 64, the vector is 32
  let e54 = scale(a, by: linear(v, out: 1)) // error[E0302]: `scale`: one sequence has length Ta, the other Tv
  let e55 = scale(a, by: v) // error[E0301]: `scale` expects a Real, or one number per row, found Seq<vision>[Tv, 32]
  let e56 = pow(m, exponent: m) // error[E0401]: `exponent` of `pow` expects a number
  let e57 = m ** m // error[E0402]: `**` has no meaning for tensors
  let e58 = grad_reverse(m, by: -1) // error[E0403]: `by` of `grad_reverse` is -1

  // Weights and the library.
  let e59 = param(shape: [4], init: "xavier_normal") // error[E0403]: "xavier_normal" entries need at least two axes, not 1
  let e60 = param(shape: [4], init: "identity") // error[E0403]: "identity" entries need two axes, not 1
  let e61 = param(shape: [4], bound: 0.5) // error[E0502]: `bound` has no meaning for "normal" entries
  let e62 = param(shape: [4, 4], init: "xavier") // error[E0403]: no initial values "xavier"
  let e63 = TensorFusion([]) // error[E0404]: `TensorFusion` expects `len(xs) >= 1`
  let e64 = LowRankFusion([m, a], out: 8, rank: 2) // error[E0301]: `xs` of `LowRankFusion` expects Vec[_], found Seq<audio>[Ta, 64]

  let score = m |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
