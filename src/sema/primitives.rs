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
    "attention" ["key", "value", "heads", "scale", "drop"]
        "attention(q: Seq<m>[n, k], key: Seq[t, k], value: Seq[t, e], heads: int, scale: real = 1/sqrt(k/heads), drop: real = 0) -> Seq<m>[n, e]"
        "Multi-head scaled dot-product attention. Keys past their length get no weight; `drop` falls on the weights.";
    "dropout" ["p"] "dropout(x: X, p: real) -> X"
        "In training, every entry becomes 0 with probability `p`, the rest is divided by 1 - p. Nothing where p is 0.";
    "embed" ["rows", "width", "std"] "embed(x: Tokens[t], rows: int, width: int, std: real = 0.02) -> Seq<text>[t, width]"
        "Rows of a fresh table `weight` [rows, width], one per token.";
    "positions" ["rows", "width", "init", "std"]
        "positions(x: Seq<m>[n, _], width: int, rows: int = n.max, init: str = \"normal\", std: real = 0.02) -> Seq<m>[n, width]"
        "The first n rows of a fresh table `weight` [rows, width]; x is read for its length only. init: \"normal\", \"zeros\", \"ones\".";
    "learned" ["rows", "width", "init", "std"]
        "learned(rows: int, width: int, init: str = \"normal\", std: real = 0.02) -> Seq<learned>[rows, width]"
        "Learned rows `rows` [rows, width], the same for every sample.";
    "take" ["rows"] "take(x: Seq<m>[n, d], rows: int) -> Seq<m>[min(n, rows), d]"
        "The first rows, as many as there are. Never an error.";
    "mean" [] "mean(x: Seq<m>[n, d]) -> Vec[d]" "Mean over the valid rows.";
    "maxpool" [] "maxpool(x: Seq<m>[n, d]) -> Vec[d]" "The largest entry of each column over the valid rows.";
    "concat" ["along"] "concat(a, b, .., along: str) -> ..."
        "Vectors are joined along their last axis, sequences along time (valid rows without gaps); `along: \"features\"` joins sequences of one length along their last axis.";
    "scalar" [] "scalar(x: Vec[1]) -> Real" "The only entry of a vector.";
    "sum_features" [] "sum_features(x: Vec[d]) -> Real" "Sum over the last axis.";
    "cosine" ["with"] "cosine(a: Vec[k], with: Vec[k]) -> Real" "Cosine of the angle between two vectors; norms below 1e-8 count as 1e-8.";
    "dot" ["with"] "dot(a: Vec[k], with: Vec[k]) -> Real" "Inner product.";
    "logsumexp" [] "logsumexp(x: [Real]) -> Real" "Logarithm of the sum of exponentials, without overflow.";
    "add_row" ["row"] "add_row(x: X[.., k], row: Vec[k]) -> X[.., k]" "The vector added to every row.";
    "scale" ["by"] "scale(x: X, by: Real) -> X" "Every entry times one number per sample.";
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
    "param" ["shape", "init", "std"] "param(shape: [int], init: str = \"normal\", std: real = 0.02) -> Tensor[shape]"
        "A fresh weight `value`, the same for every sample: `Real` for no axis, `Vec` for one.";
    "min" [] "min(a: int, b: int, ..) -> int" "The smallest of numbers known at compile time.";
    "max" [] "max(a: int, b: int, ..) -> int" "The largest of numbers known at compile time.";
    "len" [] "len(list) -> int" "Number of elements of a list.";
}

/// The primitive of that name.
pub fn find(name: &str) -> Option<&'static Primitive> {
    PRIMITIVES.iter().find(|p| p.name == name)
}
