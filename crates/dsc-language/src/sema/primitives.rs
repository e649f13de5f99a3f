//! The operations a program may call without importing anything. Everything else is written in the language.

/// One primitive: how it is called and what it means. This text is what `dsc explain NAME` prints.
#[derive(Clone, Copy, Debug)]
pub struct Primitive {
    /// Its name.
    pub name: &'static str,
    /// Names of its named arguments.
    pub args: &'static [&'static str],
    /// How it is called, with types.
    pub signature: &'static str,
    /// What it means.
    pub doc: &'static str,
}

macro_rules! primitives {
    ($($name:literal [$($arg:literal),*] $signature:literal $doc:literal;)*) => {
        /// All primitives in the order of their documentation.
        pub const PRIMITIVES: &[Primitive] =
            &[$(Primitive { name: $name, args: &[$($arg),*], signature: $signature, doc: $doc }),*];
    };
}

primitives! {
    "linear" ["out", "bias"] "linear(x: X[.., i], out: int, bias: bool = true) -> X[.., out]"
        "x Wᵀ + b over the last axis, with fresh weights `weight` [out, i] and `bias` [out], uniform in ±1/√i as torch.nn.Linear.";
    "layer_norm" ["eps"] "layer_norm(x: X[.., k], eps: real = 1e-5) -> X[.., k]"
        "Layer normalisation over the last axis, with fresh `weight` (ones) and `bias` (zeros).";
    "attention" ["key", "value", "heads", "scale", "drop", "causal", "offset", "window"]
        "attention(q: Seq<m>[n, k], key: Seq[t, k], value: Seq[t, e], heads: int, scale: real = 1/sqrt(k/heads), drop: real = 0, causal: bool = false, offset: int = 0, window: int = none) -> Seq<m>[n, e]"
        "Multi-head scaled dot-product attention. Keys past their length get no weight; `drop` falls on the weights. causal: row i sees the keys up to i + offset (at least 0). window, where n is t: row i sees the keys i - window to i + window.";
    "conv1d" ["out", "kernel", "dilation", "stride", "groups", "causal", "bias"]
        "conv1d(x: Seq<m>[n, i], out: int, kernel: int, dilation: int = 1, stride: int = 1, groups: int = 1, causal: bool = false, bias: bool = true) -> Seq<m>[(n + stride - 1) // stride, out]"
        "Convolution over the valid rows with zeros at the sequence's own ends: as many rows as came in (per stride), centred, or reading no later row where `causal`. Fresh weights `weight` [out, i / groups, kernel] and `bias` [out] as torch.nn.Conv1d.";
    "gru" ["hidden", "bidirectional"] "gru(x: Seq<m>[n, i], hidden: int, bidirectional: bool = false) -> Seq<m>[n, hidden * (2 if bidirectional else 1)]"
        "One layer of gated recurrent units over the valid rows, from a state of zeros: all hidden states. Bidirectional: the second half of the columns runs from the last valid row to the first. Fresh weights as torch.nn.GRU: `weight_ih` [3 hidden, i], `weight_hh` [3 hidden, hidden], `bias_ih`, `bias_hh` [3 hidden], and `.._reverse`. `last_state(x)` takes the state it ends in.";
    "lstm" ["hidden", "bidirectional"] "lstm(x: Seq<m>[n, i], hidden: int, bidirectional: bool = false) -> Seq<m>[n, hidden * (2 if bidirectional else 1)]"
        "One layer of long short-term memory cells, as `gru`, with four gates instead of three (torch.nn.LSTM).";
    "rnn" ["hidden", "bidirectional"] "rnn(x: Seq<m>[n, i], hidden: int, bidirectional: bool = false) -> Seq<m>[n, hidden * (2 if bidirectional else 1)]"
        "One plain recurrent layer with tanh, as `gru`, without gates (torch.nn.RNN).";
    "last_state" ["bidirectional"] "last_state(x: Seq<m>[n, h], bidirectional: bool = as the layer that made x) -> Vec[h]"
        "The hidden state a recurrent layer ends in: its last valid row; of a bidirectional one the first half of the last row and the second half of the first row, which is where each direction ends.";
    "dropout" ["p"] "dropout(x: X, p: real) -> X"
        "In training, every entry becomes 0 with probability `p`, the rest is divided by 1 - p. Nothing where p is 0.";
    "embed" ["rows", "width", "init", "std", "bound"]
        "embed(x: Tokens[t], rows: int, width: int, init: str = \"normal\", std: real = 0.02) -> Seq<text>[t, width]"
        "Rows of a fresh table `weight` [rows, width], one per token. `init` as for `param`.";
    "positions" ["rows", "width", "init", "std", "bound"]
        "positions(x: Seq<m>[n, _], width: int, rows: int = n.max, init: str = \"normal\", std: real = 0.02) -> Seq<m>[n, width]"
        "The first n rows of a fresh table `weight` [rows, width]; x is read for its length only. `init` as for `param`.";
    "learned" ["rows", "width", "init", "std", "bound"]
        "learned(rows: int, width: int, init: str = \"normal\", std: real = 0.02) -> Seq<learned>[rows, width]"
        "Learned rows `rows` [rows, width], the same for every sample. `init` as for `param`.";
    "take" ["rows"] "take(x: Seq<m>[n, d], rows: int) -> Seq<m>[min(n, rows), d]"
        "The first rows, as many as there are. Never an error.";
    "mean" [] "mean(x: Seq<m>[n, d]) -> Vec[d]" "Mean over the valid rows.";
    "maxpool" [] "maxpool(x: Seq<m>[n, d]) -> Vec[d]" "The largest entry of each column over the valid rows.";
    "minpool" [] "minpool(x: Seq<m>[n, d]) -> Vec[d]" "The smallest entry of each column over the valid rows.";
    "sumpool" [] "sumpool(x: Seq<m>[n, d]) -> Vec[d]" "Sum over the valid rows.";
    "stdpool" ["eps"] "stdpool(x: Seq<m>[n, d], eps: real = 1e-5) -> Vec[d]"
        "Standard deviation of each column over the valid rows, √(variance + eps) with the variance of a population (divided by n): √eps for a single row.";
    "lsepool" [] "lsepool(x: Seq<m>[n, d]) -> Vec[d]" "Logarithm of the sum of exponentials of each column over the valid rows, without overflow.";
    "shift" ["by"] "shift(x: Seq<m>[n, d], by: int) -> Seq<m>[n, d]"
        "Rows move back by that many, forward if negative: row j is row j - by; zeros enter at the sequence's own ends.";
    "reverse" [] "reverse(x: Seq<m>[n, d]) -> Seq<m>[n, d]" "The valid rows from the last to the first.";
    "skip" ["rows"] "skip(x: Seq<m>[n, d], rows: int) -> Seq<m>[n - rows, d]"
        "All rows but the first ones. The type has to show that one is left: of `n + 1` rows one may go; of `Ta + T` rows, `rows: Ta`.";
    "downsample" ["by", "with"] "downsample(x: Seq<m>[n, d], by: int, with: str = \"mean\") -> Seq<m>[(n + by - 1) // by, d]"
        "Windows of `by` rows side by side, the last one of the rows that are left; with: \"mean\" or \"max\" of each column.";
    "dense" ["to"] "dense(x: Seq<m>[n, d], to: str = \"batch\") -> Seq<m>[longest(n), d], or Seq<m>[most(n), d]"
        "Zero rows are put behind and the mask is dropped: attention, pooling and norms see those rows from here on. to: \"batch\" pads to the longest sample of the batch (of the batch and its companions, where a value of theirs goes through such a `dense`), so that a result depends on the batch a sample stands in; \"data\" pads to the longest that the data hold.";
    "sinusoid" ["width"] "sinusoid(x: Seq<m>[n, _], width: int) -> Seq<m>[n, width]"
        "Fixed positional encoding (Vaswani et al. 2017): sin(i / 10000^(2k/width)) in column 2k of row i, the cosine in column 2k + 1; x is read for its length only.";
    "concat" ["along"] "concat(a, b, .., along: str) -> ..."
        "Vectors are joined along their last axis, sequences along time (valid rows without gaps); `along: \"features\"` joins sequences of one length along their last axis.";
    "scalar" [] "scalar(x: Vec[1]) -> Real" "The only entry of a vector.";
    "cosine" ["with"] "cosine(a: Vec[k], with: Vec[k]) -> Real" "Cosine of the angle between two vectors; norms below 1e-8 count as 1e-8.";
    "dot" ["with"] "dot(a: Vec[k], with: Vec[k]) -> Real" "Inner product.";
    "add_row" ["row"] "add_row(x: X[.., k], row: Vec[k]) -> X[.., k]" "The vector added to every row.";
    "mul_row" ["row"] "mul_row(x: X[.., k], row: Vec[k]) -> X[.., k]" "Every row times the vector, entry by entry.";
    "scale" ["by"] "scale(x: X[.., k], by: Real or X[.., 1]) -> X[.., k]" "Every entry times one number per sample, or every row times a number of its own.";
    "stop_grad" [] "stop_grad(x: X) -> X" "The same value; no gradient flows back.";
    "relu" [] "relu(x: X) -> X" "max(x, 0).";
    "gelu" [] "gelu(x: X) -> X" "x Φ(x), exact, as in BERT.";
    "tanh" [] "tanh(x: X) -> X" "Hyperbolic tangent.";
    "sigmoid" [] "sigmoid(x: X) -> X" "1 / (1 + exp(-x)).";
    "exp" [] "exp(x: X) -> X" "Exponential.";
    "log" [] "log(x: X) -> X" "Natural logarithm.";
    "abs" [] "abs(x: X) -> X" "Absolute value, of tensors and of numbers.";
    "square" [] "square(x: X) -> X" "x².";
    "sqrt" [] "sqrt(x: X) -> X" "√x, of tensors and of numbers.";
    "silu" [] "silu(x: X) -> X" "x / (1 + exp(-x)).";
    "softplus" [] "softplus(x: X) -> X" "log(1 + exp(x)), without overflow; x itself above 20, as in torch.";
    "leaky_relu" ["slope"] "leaky_relu(x: X, slope: real = 0.01) -> X" "x above 0, slope * x below.";
    "elu" ["alpha"] "elu(x: X, alpha: real = 1) -> X" "x above 0, alpha * (exp(x) - 1) below.";
    "sin" [] "sin(x: X) -> X" "Sine.";
    "cos" [] "cos(x: X) -> X" "Cosine. The angle between two vectors has `cosine`.";
    "clamp" ["min", "max"] "clamp(x: X, min: real, max: real) -> X"
        "Entries below `min` become `min`, above `max` they become `max`; one of the two may be left out. No gradient flows back from those.";
    "pow" ["exponent"] "pow(x: X, exponent: real) -> X" "x ** exponent. Of entries below 0 only whole exponents have a value.";
    "minimum" ["with"] "minimum(a: X, with: X) -> X" "The smaller of two values, entry by entry.";
    "maximum" ["with"] "maximum(a: X, with: X) -> X" "The larger of two values, entry by entry.";
    "softmax" ["over"] "softmax(x: X, over: str or int = \"features\") -> X"
        "Exponentials over their sum: along the last axis, along \"time\" (valid rows alone), or along an axis by its number, which counts from 0 without time.";
    "log_softmax" ["over"] "log_softmax(x: X, over: str or int = \"features\") -> X" "The logarithm of `softmax`, without overflow.";
    "sum_features" ["keep"] "sum_features(x: X[.., k], keep: bool = false) -> X[..]"
        "Sum over the last axis; `keep` leaves an axis of 1. A sequence wants `keep: true`: Seq<m>[n, k] -> Seq<m>[n, 1].";
    "mean_features" ["keep"] "mean_features(x: X[.., k], keep: bool = false) -> X[..]" "Mean over the last axis; `keep` as for `sum_features`.";
    "max_features" ["keep"] "max_features(x: X[.., k], keep: bool = false) -> X[..]" "The largest entry of the last axis; `keep` as for `sum_features`.";
    "min_features" ["keep"] "min_features(x: X[.., k], keep: bool = false) -> X[..]" "The smallest entry of the last axis; `keep` as for `sum_features`.";
    "norm" ["keep"] "norm(x: X[.., k], keep: bool = false) -> X[..]"
        "Euclidean norm over the last axis; its gradient at 0 is 0. `keep` as for `sum_features`.";
    "normalize" ["eps"] "normalize(x: X[.., k], eps: real = 1e-12) -> X[.., k]" "Every row over its norm; norms below `eps` count as `eps`.";
    "logsumexp" ["keep"] "logsumexp(x: [Real] or X[.., k], keep: bool = false) -> Real or X[..]"
        "Logarithm of the sum of exponentials, without overflow: of a list of Reals, or over the last axis. `keep` as for `sum_features`.";
    "einsum" ["spec"] "einsum(a, b, .., spec: str) -> ..."
        "Products of entries whose axes have equal letters, summed over the letters that the result lacks: `einsum(x, w, spec: \"td,de->te\")`. Time is the first axis of a sequence: its letter stands first in the result, or is summed over the valid rows. Two sequences share it only with the same length.";
    "outer" ["with"] "outer(a: Vec[i], with: Vec[j]) -> Tensor[i, j]" "All products of two entries.";
    "matmul" ["with"] "matmul(x: X[.., i], with: Tensor[i, o]) -> X[.., o]" "Every row times a matrix.";
    "transpose" [] "transpose(x: X[.., a, b]) -> X[.., b, a]" "The last two axes exchanged; time stays the first.";
    "flatten" [] "flatten(x: X[a, b, ..]) -> X[a*b*..]" "All axes beside time as one: a Tensor becomes a Vec.";
    "reshape" ["shape"] "reshape(x: X, shape: [int]) -> X[shape]" "Other axes beside time, with the same entries in the same order: `reshape(v, shape: [heads, d // heads])`.";
    "slice" ["from", "to"] "slice(x: X[.., k], from: int = 0, to: int = k) -> X[.., to - from]" "Entries `from` to `to - 1` of the last axis.";
    "split" ["parts"] "split(x: X[.., k], parts: int) -> [X[.., k // parts]]" "The last axis in equal parts, as a list.";
    "append" ["value"] "append(x: X[.., k], value: real) -> X[.., k + 1]" "A number behind the entries of every row: [x; 1] is `append(x, value: 1)`.";
    "stack" ["modality"] "stack(x: [Vec[d]], modality: str = \"joint\") -> Seq<joint>[n, d]" "Vectors as the rows of a sequence.";
    "repeat" ["like"] "repeat(v: Vec[d], like: Seq<m>[n, _]) -> Seq<m>[n, d]" "The vector as every row of a sequence as long as `like`.";
    "grad_reverse" ["by"] "grad_reverse(x: X, by: real = 1) -> X"
        "The same value; the gradient that flows back is turned round and taken `by` times (Ganin and Lempitsky 2015).";
    "in_batch" [] "in_batch(x: T[..]) -> T[batch, ..]"
        "The values of all samples of the training step in one, the same for every sample: Real -> Vec[batch], Vec[k] -> Tensor[batch, k]. Gradients flow into all of them. For losses alone: these exist in training only, and where gradients are accumulated a step is one micro-batch. `batch` equals nothing but itself.";
    "own" [] "own(x: T[batch, ..]) -> T[..]" "The sample's own entry of the first axis: `own(in_batch(x))` is x.";
    "param" ["shape", "init", "std", "bound"] "param(shape: [int], init: str = \"normal\", std: real = 0.02, bound: real = 0.1) -> Tensor[shape]"
        "A fresh weight `value`, the same for every sample: `Real` for no axis, `Vec` for one. init: \"normal\" (with `std`), \"uniform\" (in ±bound), \"zeros\", \"ones\", \"identity\", \"fan_in\" (uniform in ±1/√fan_in), and as torch.nn.init: \"xavier_uniform\", \"xavier_normal\", \"kaiming_uniform\", \"kaiming_normal\".";
    "min" [] "min(a: int, b: int, ..) -> int" "The smallest of numbers known at compile time.";
    "max" [] "max(a: int, b: int, ..) -> int" "The largest of numbers known at compile time.";
    "longest" [] "longest(n: int) -> int" "The largest value of a length in the batch, as a dim: `Seq<m>[longest(n), d]` is the type of `dense(x)`.";
    "most" [] "most(n: int) -> int" "The largest value of a length in the data, as a dim: `Seq<m>[most(n), d]` is the type of `dense(x, to: \"data\")`.";
    "len" [] "len(list) -> int" "Number of elements of a list.";
}

/// The primitive of that name.
pub fn find(name: &str) -> Option<&'static Primitive> {
    PRIMITIVES.iter().find(|p| p.name == name)
}
