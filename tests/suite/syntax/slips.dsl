use std::{Linear}; // error[E0105]: no semicolons
hyper d = 8 # width
// error[E0108]: comments begin with
hyper flag = a && b || not c // error[E0115]: no `&&` // error[E0115]: no `||`
hyper pick = if flag { 1 } else if fine { 2 } else { 3 } // error[E0115]: no `if` // error[E0115]: no `if`
hyper half = d // 2
// error[E0112]: looks like a division
hyper same = half // d
// error[E0112]: looks like a division
hyper fine = d // width of the model
hyper wide = (d // 2)
hyper size = 2d // error[E0113]: invalid number `2d`
hyper much = 99999999999999999999 // error[E0113]: invalid number
hyper odd = 1.0005K // error[E0113]: invalid number
3 + 4 // error[E0107]: expected an item, found `3`
modle N { // error[E0107]: unknown item `modle`
  let for = 3 // error[E0114]: found the keyword `for`
  let in = 3 // error[E0114]: found the keyword `in`
  let a = Linear(t, out = 8) // error[E0106]: expected `:` after `out`
  let b = Linear{out = 8} // error[E0106]: expected `:` after `out`
  let c = [text = a] // error[E0106]: expected `:` after `text`
  let größe = a // error[E0110]: contains `ö` (U+00F6)
  let e = t |> F() + 1 // error[E0116]: expected a call after `|>`
}
variable x = 3 // error[E0107]: unknown item `variable`
recipe r { encoder = "demo
// error[E0109]: unterminated string
}
recipe s { encoder = "demo } // error[E0109]: unterminated string
hyper last = 1
