//! Operations along time: lengths that follow, rows that may not be there, keys that no row would see.
use std::{Linear, MLP, GRU, TCN, CrossModalTransformer, mse} // warning[W0104]: `TCN` is imported and never used

hyper d = 64

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Half<n, m>(x: Seq<m>[n, d]) -> Seq<m>[(n + 1) // 2, d] { conv1d(x, out: d, kernel: 3, stride: 2) } // warning[W0101]: 2 weights (12352 parameters) reach neither an output nor a loss
block Padded<n, m>(x: Seq<m>[n, d]) -> Seq<m>[longest(n), d] { dense(x) } // warning[W0112]: padding becomes visible: every sample gets longest(Ta) rows
block Same<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { downsample(x, by: 2) } // error[E0304]: the length is ((Ta + 1) // 2), stated is n = Ta

model M {
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: d)
  let half = Half(a)
  let quarter = Half(half) // warning[W0102]: `quarter` is never read
  let pair = downsample(a, by: 2, with: "max") + half // warning[W0102]: `pair` is never read
  let padded = Padded(a) + dense(relu(a)) // warning[W0102]: `padded` is never read // warning[W0112]: padding becomes visible: every sample gets longest(Ta) rows
  let fixed = dense(learned(rows: 4, width: d)) // warning[W0102]: `fixed` is never read
  let same = Same(a)
  let summed = half + a // error[E0302]: `add`: one sequence has length ((Ta + 1) // 2), the other Ta
  let dropped = dense(a) + a // error[E0302]: `add`: one sequence has length longest(Ta), the other Ta // warning[W0112]: padding becomes visible: every sample gets longest(Ta) rows
  let groups = conv1d(a, out: d, kernel: 3, groups: 7) // error[E0305]: 7 groups do not divide a width 64
  let parts = conv1d(a, out: 10, kernel: 3, groups: 4) // error[E0305]: 4 groups do not divide `out`, 10
  let unknown = conv1d(audio, out: d, kernel: 3, groups: 2) // error[E0305]: 2 groups do not divide a width fa
  let pooled = conv1d(mean(a), out: d, kernel: 3) // error[E0301]: `conv1d` expects a Seq, found Vec[64]
  let ids = gru(text, hidden: 8) // error[E0301]: `gru` expects a Seq, found Tokens[T]
  let wide = conv1d(a, out: d, kernel: 1000000, dilation: 100) // error[E0403]: a convolution that reaches further than any sequence
  let none = conv1d(a, out: d, kernel: 0) // error[E0306]: `kernel` of `conv1d` is 0
  let per_sample = lstm(a, hidden: Ta) // error[E0401]: `hidden` of `lstm` is Ta, a length that every sample has of its own
  let unmade = last_state(a) // error[E0501]: missing argument `bidirectional` of `last_state`
  let told = last_state(gru(a, hidden: 4), bidirectional: true) // error[E0403]: the layer runs in one direction, not in two
  let other = GRU(a, hidden: 5, layers: 2) |> last_state(bidirectional: false) // warning[W0102]: `other` is never read
  let odd = last_state(relu(linear(a, out: 5)), bidirectional: true) // error[E0301]: `last_state` of two directions halves the width, which is 5
  let first = skip(a, rows: 1) // error[E0306]: `skip` of 1 of Ta rows may leave nothing
  let all = skip(learned(rows: 4, width: d), rows: 4) // error[E0306]: `skip` of 4 of 4 rows leaves nothing
  let behind = skip(concat(a, v), rows: Ta) + v // warning[W0102]: `behind` is never read
  let wrong = skip(concat(a, v), rows: Tv - Ta) // error[E0306]: `skip` of -Ta + Tv rows, which may be less than none
  let window = attention(a, key: v, value: v, heads: 8, window: 3) // error[E0302]: a window between Ta rows and Tv keys, where a row may see none
  let below = attention(a, key: v, value: v, heads: 8, causal: true, offset: -1) // error[E0306]: an offset of -1 leaves the first row without a key
  let unused = attention(a, key: v, value: v, heads: 8, offset: 1) // error[E0502]: `offset` has no meaning without `causal`
  let far = attention(a, key: v, value: v, heads: 8, causal: true, offset: Ta) // error[E0401]: `offset` of `attention` expects a whole number that does not depend on the data
  let kind = downsample(a, by: 2, with: "median") // error[E0403]: `with` of `downsample` is "median"
  let flat = stdpool(a, eps: 0) // error[E0403]: `eps` of `stdpool` is 0
  let unmoved = shift(a) // error[E0501]: missing argument `by` of `shift`
  let name = longest("Ta") // error[E0402]: `longest` of a string
  let stacked = GRU(a, hidden: 8, layers: 0) // error[E0404]: `GRU` expects `layers >= 1`, found layers = 0
  let crossed = CrossModalTransformer(a, from: vision, heads: 8, ff: 4, layers: 1) // error[E0301]: `from` of `CrossModalTransformer` expects a width of w = 64, found fv
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
