//! Declared types that are not understood.
use std::{Linear, MLP, mse}

hyper d = 64

input audio  : Seqq<audio>[Ta, fa] // error[E0518]: no type `Seqq`
input vision : Seq[Tv, fv] // error[E0518]: an input sequence says its modality
input face   : Seq<face>[8, ff] // error[E0518]: the length of an input is a name: every sample has its own
input gaze   : Seq<gaze>[_, fg] // error[E0518]: the dims of an input have names
input mouth  : Vec[0] // error[E0306]: a width of 0
input both   : [Seq<audio>[Ta, fa]] // error[E0518]: an input is a stream, not a list or tuple
input odd    : Seq<odd>[fo, Tv2] // warning[W0106]: input `odd` is never read
input even   : Seq<even>[Tv2, fe] // error[E0518]: `Tv2` is a length of one input and a width of another
input pose   : Seq<pose>[Tp, fp]
label y : Real
label z : Vec[3] // error[E0518]: a label is a Real

block F<n>(x: Seq<_, _>[n, d], k: Vec<pose>[d], r: Real[3], s: Seq<_>[d], t: strng) -> like z { x } // error[E0518]: `Seq<_, _>[n, d]`: a Seq has one modality // error[E0518]: `Vec<pose>[d]`: only a Seq has a modality // error[E0518]: `Real[3]`: another number of dims than such a type has // error[E0518]: `Seq<_>[d]`: another number of dims than such a type has // error[E0518]: no type `strng` // error[E0518]: `like z`: no such parameter // warning[W0105]: block `F` is never called, so only its declared types are checked

model M {
  let p = pose |> Linear(out: d)
  let q = audio |> Linear(out: d)
  let l : Seq<pose>[Ta, d] = q // warning[W0102]: `l` is never read
  let score = mean(p) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
