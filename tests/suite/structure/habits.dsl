// What other languages have, told once and read as what was meant.
/* A comment // error[E0108]: not with `/*`
   over lines */
input audio : Seq<audio>[Ta, 8]  /* a comment */
// error[E0108]: not with `/*`
label y : Real
hyper wide = True // error[E0201]: nothing is called `True`
hyper part = /* eight */ 8 // error[E0108]: not with `/*`
block Slice(x: Vec[8]) -> Vec[4] {
  let a = [x, x, x]
  let b = a[0:2] // error[E0115]: no slices
  return linear(b[0] + b[1] out: 4) // error[E0115]: no `return` // error[E0101]: missing comma before `out`
}
block Twice(x: Vec[8]) -> Vec[8] { return (x + x) } // error[E0115]: no `return`
block Named(x: Vec[8] k: int) -> Vec[8] { when "abc" == 'abc' { x } else { relu(x) } } // error[E0115]: double quotes // error[E0101]: missing comma before `k`
model M {
  var h = mean(audio)
  h += Twice(h) // error[E0115]: the language has no `+=`
  h *= 2 + part // error[E0115]: the language has no `*=`
  h = Named(h k: 3) // error[E0101]: missing comma before `k`
  let s = Slice(h)
  let none = None // error[E0201]: nothing is called `None`
  let half = when False { s } else { s } // error[E0201]: nothing is called `False`
  let score = linear(s, out: 1) |> scalar()
  output score for y
  loss l = square(score - y)
  return score // error[E0115]: no `return`
}
