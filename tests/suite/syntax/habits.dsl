hyper a = x[:, 0] // error[E0115]: no slices
hyper b = x[1:] // error[E0115]: no slices
hyper c = [a 'b'] // error[E0115]: strings use double quotes // error[E0101]: unexpected `'b'`
hyper d = x' // error[E0107]: expected an item, found `'`
hyper e = 3 /* never closed // error[E0108]: not with `/*`
hyper f = F(a, b c: 3 d: 4) // error[E0101]: before `c` // error[E0101]: before `d`
hyper g = F(a b c: 3) // error[E0101]: unexpected `b`
model M {
  x -= 1 + 2 // error[E0115]: the language has no `-=`
  return = 3
  return + 1
}
