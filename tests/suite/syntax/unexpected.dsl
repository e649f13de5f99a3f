hyper a = 1
model M {
  let x 3 // error[E0101]: expected `:` or `=`, found `3`
  let = 4 // error[E0101]: expected a name, found `=`
  x +> 1 // error[E0101]: 
  for l 0..2 { x } // error[E0101]: expected `in`
  output x of y // error[E0101]: expected `for`
  let y = F(a b, c) // error[E0101]: unexpected `b`
  let z = each x xs { x } // error[E0101]: expected `in`
  set a = 3 // error[E0101]: `set` is not allowed here
  let k = @x // error[E0101]: expected an expression, found `@`
  k
}
variant v { var x = 3 } // error[E0101]: a variant replaces one name
recipe r { let x = 3 } // error[E0101]: `let` is not allowed here
let stray = 3 // error[E0101]: `let` is not allowed here
block Bad<n m>(x: Real) { x } // error[E0101]: unexpected `m`
use std:{Linear} // error[E0101]: expected `::`
hyper b = 2
