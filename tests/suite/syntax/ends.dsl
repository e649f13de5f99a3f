hyper e
// error[E0101]: expected `:` or `=`, found the end of the line
model M {
  output score
// error[E0101]: expected `for`, found the end of the line
  var n
// error[E0101]: expected `:` or `=`, found the end of the line
}
model K
// error[E0101]: expected `{`, found the end of the line
hyper z = each x in y
// error[E0101]: expected `{`, found the end of the line
variant // error[E0101]: expected a name, found the end of the file