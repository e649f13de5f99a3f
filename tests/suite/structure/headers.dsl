// A header that holds what does not belong there does not take the body with it.
hyper k = 1
input audio : Seq<audio>[Ta, 8]
label y : Real
block Enc<n, m>(x: Seq<m>[n, 8]): Seq<m>[n, 16] { linear(x, out: 16) } // error[E0101]: expected `->` before the result type, found `:`
block Dec<n, m>(x: Seq<m>[n, 16]) => Vec[16] { mean(x) } // error[E0101]: expected `->` before the result type, found `=>`
block Bare(x: Vec[16]): { x } // error[E0101]: unexpected `:` before the body of block `Bare`
block Odd(x: Vec[16]) pure { k*x } // error[E0101]: unexpected `pure` before the body of block `Odd`
model M() { // error[E0101]: unexpected `()` before the body of model `M`
  let h = Dec(Enc(audio)) |> Bare() |> Odd()
  let score = linear(h, out: 1) |> scalar()
  output score for y
  loss l = square(score - y) + gone // error[E0201]: nothing is called `gone`
}
variant v() { set k = 2 } // error[E0101]: unexpected `()` before the body of variant `v`
variant q : v { set k = 3 } // error[E0101]: unexpected `: v` before the body of variant `q`
variant w(q) { set kk = 4 } // error[E0101]: unexpected `(q)` before // error[E0407]: no hyper `kk`
recipe sims: { epochs = 3 } // error[E0101]: unexpected `:` before the body of recipe `sims`
recipe mosi(sims) { epochs = gone } // error[E0101]: unexpected `(sims)` before // error[E0902]: found the name `gone`
recipe mosei extends sims { epochs = 4 } // error[E0101]: unexpected `extends sims` before
