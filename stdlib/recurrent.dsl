//! Recurrent layers over each other, and pooling by attention.

/// Gated recurrent units in `layers` layers with dropout between them: the hidden states of the last layer.
/// `last_state(h)` takes the state it ends in.
block GRU<n, m>(x: Seq<m>[n, _], hidden: int, layers: int = 1, drop: real = 0.0) -> Seq<m>[n, hidden]
  where layers >= 1
{
  var h = x
  for l in 0..layers {
    let below = when l > 0 { dropout(h, p: drop) } else { h }
    h = gru(below, hidden: hidden)
  }
  h
}

/// The same in both directions, which every layer joins: the columns of the way forward, then those of the way back.
block BiGRU<n, m>(x: Seq<m>[n, _], hidden: int, layers: int = 1, drop: real = 0.0) -> Seq<m>[n, 2 * hidden]
  where layers >= 1
{
  var h = x
  for l in 0..layers {
    let below = when l > 0 { dropout(h, p: drop) } else { h }
    h = gru(below, hidden: hidden, bidirectional: true)
  }
  h
}

/// Long short-term memory cells in `layers` layers with dropout between them: the hidden states of the last layer.
block LSTM<n, m>(x: Seq<m>[n, _], hidden: int, layers: int = 1, drop: real = 0.0) -> Seq<m>[n, hidden]
  where layers >= 1
{
  var h = x
  for l in 0..layers {
    let below = when l > 0 { dropout(h, p: drop) } else { h }
    h = lstm(below, hidden: hidden)
  }
  h
}

/// The same in both directions, which every layer joins: the columns of the way forward, then those of the way back.
block BiLSTM<n, m>(x: Seq<m>[n, _], hidden: int, layers: int = 1, drop: real = 0.0) -> Seq<m>[n, 2 * hidden]
  where layers >= 1
{
  var h = x
  for l in 0..layers {
    let below = when l > 0 { dropout(h, p: drop) } else { h }
    h = lstm(below, hidden: hidden, bidirectional: true)
  }
  h
}

/// Attention pooling (Yang et al. 2016): the mean of the rows, weighted by a softmax over time of how well
/// tanh(W x + b) agrees with a learned query.
block AttentionPool<n, m, w>(x: Seq<m>[n, w], hidden: int) -> Vec[w] {
  let key   = linear(x, out: hidden) |> tanh()
  let query = learned(rows: 1, width: hidden)
  let mixed = attention(query, key: key, value: x, heads: 1, scale: 1.0)
  mixed[0]
}
