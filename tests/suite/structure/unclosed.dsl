// What follows a forgotten brace is read as if it stood there.
input audio : Seq<audio>[Ta, 8]
label y : Real
block B(a: Vec[8]) -> Vec[8] {
  let b = each x in [a, a] { relu(x) // error[E0103]: `{` is not closed before this `let`
  let c = sum x in b { x // error[E0103]: `{` is not closed before this `relu`
  relu(c)
}
block C(x: Vec[8]) -> Vec[8] {
  let y = when true { relu(x) // error[E0103]: `{` is not closed before this `else`
  else { x }
  y
}
model M {
  var h = mean(audio)
  for l in 0..3 { h = relu(h) // error[E0103]: `{` is not closed before this `h`
  h = C(B(h))
  for l in 0..3 { // error[E0103]: `{` is not closed before this `let`
    h = relu(h)
  let score = linear(h, out: 1) |> scalar()
  output score for y
  loss l = square(score - y)
}
