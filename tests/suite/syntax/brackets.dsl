model M {
  let x = max(1, 2 // error[E0103]: `(` is not closed before this `let`
  let y = [a, b) // error[E0104]: mismatched brackets: `[` is closed by `)`
  let z = a) // error[E0104]: unmatched closing bracket `)`
  let u = F(a, [b, c) // error[E0103]: `[` is not closed before this `)`
  for l in 0..2 { // error[E0103]: `{` is not closed before this `}`
    h = F(h)
}
model N { // error[E0103]: `{` is not closed before this `variant`
  let x = 3

variant v { set x = 1 }
}
// error[E0104]: unmatched closing bracket `}`
block B(x: Real) { // error[E0103]: `{` is not closed before the end of the file
  x
