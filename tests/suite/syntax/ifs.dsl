// `if` with its condition in brackets, as other languages have it.
block B(x: Vec[8]) -> Vec[8] {
  if (wide) { relu(x) } else if (not wide) { x } else { x } // error[E0115]: no `if` // error[E0115]: no `if`
}
block C(x: Vec[8]) -> Vec[8] {
  let y = if [1][0] == 1 and (wide) { relu(x) } else { x } // error[E0115]: no `if`
  y
}
block D(x: Vec[8]) -> Vec[8] {
  if wide // error[E0115]: no `if`
}
// A block may be called so.
block if(x: Vec[8]) -> Vec[8] { x }
block E(x: Vec[8]) -> Vec[8] { if(x) + if (x) }
