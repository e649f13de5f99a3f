//! Attributes of operations on sequences: cells, bands, pools.

use serde::{Deserialize, Serialize};

/// The cell of a recurrent layer, as torch defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cell {
    /// `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`
    Rnn,
    /// Reset, update and new gate, in this order of rows.
    Gru,
    /// Input, forget, cell and output gate, in this order of rows.
    Lstm,
}

impl Cell {
    /// Gates, each of which has `hidden` rows of the weights.
    pub fn gates(self) -> i64 {
        match self {
            Cell::Rnn => 1,
            Cell::Gru => 3,
            Cell::Lstm => 4,
        }
    }
}

/// Which keys a row of an attention sees, by position. A row sees at least one key: an offset is at least 0, and a
/// window is between sequences of one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Band {
    /// Row `i` sees the keys `j <= i + offset`.
    pub offset: Option<i64>,
    /// Row `i` sees the keys with `|i - j| <= window`.
    pub window: Option<i64>,
}

impl Band {
    /// Whether every row sees every key.
    pub fn is_full(self) -> bool {
        self == Band::default()
    }

    /// Whether row `i` sees the keys up to its own and no others.
    pub fn is_causal(self) -> bool {
        self == Band { offset: Some(0), window: None }
    }
}

/// What is made of the rows of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pool {
    /// Their mean.
    Mean,
    /// The largest entry of each column.
    Max,
}

impl Pool {
    /// Its name in the language and in the text form.
    pub fn name(self) -> &'static str {
        match self {
            Pool::Mean => "mean",
            Pool::Max => "max",
        }
    }
}
