hyper a = // error[E0102]: expected an expression after `=`
hyper b = 1 + // error[E0102]: expected an expression after `+`
input t : // error[E0102]: expected a type after `:`
model M {
  let x = F(a,, b) // error[E0102]: expected an expression after `,`
  let y = x |> // error[E0102]: expected an expression after `|>`
}
block B(x) { x } // error[E0102]: expected a type after `x`
model { // error[E0101]: expected a name, found `{`
  let z = // error[E0102]: expected an expression after `=`
}
