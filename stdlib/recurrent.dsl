//! Stacked recurrent layers, and pooling by attention.

/// Stacked gated recurrent units with dropout between the layers: the hidden states of the last layer. Use
/// `last_state(h)` for the final hidden state.
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

/// Bidirectional `GRU`: each row has the `hidden` features of the forward direction, then those of the backward one.
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

/// Stacked long short-term memory cells with dropout between the layers: the hidden states of the last layer.
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

/// Bidirectional `LSTM`: each row has the `hidden` features of the forward direction, then those of the backward one.
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

/// Attention pooling (Yang et al. 2016): the weighted mean of the rows of `x`, with weights from a softmax over time of
/// the dot product of tanh(W x + b) with a learned query.
block AttentionPool<n, m, w>(x: Seq<m>[n, w], hidden: int) -> Vec[w] {
  let key   = linear(x, out: hidden) |> tanh()
  let query = learned(rows: 1, width: hidden)
  let mixed = attention(query, key: key, value: x, heads: 1, scale: 1.0)
  mixed[0]
}
