//! The entries of all operations that are not functions of every entry.

use super::param::{DefaultValue, Kind, Literal, Param, param};
use super::pointwise::{Binary, Unary};

/// What there is to know of an operation without running it. `dsc explain NAME` prints it.
#[derive(Clone, Debug)]
pub struct Primitive {
    /// Which one it is.
    pub operation: Operation,
    /// Its name in the language and in the text form of graphs.
    pub name: &'static str,
    /// Its operands and attributes, in the order in which they are checked.
    pub params: Vec<Param>,
    /// The type of the result.
    pub result: &'static str,
    /// How the language writes what it has no call for, such as `a + b`.
    pub written: Option<&'static str>,
    /// What it means.
    pub doc: &'static str,
    /// An expression of it, over `text : Tokens[T]`, `audio : Seq<audio>[Ta, fa]`, `vision : Seq<vision>[Tv, fv]`,
    /// `pose : Vec[fp]`, `y : Real`, and companions `c`.
    pub example: String,
}

impl Primitive {
    /// The parameter that goes without a name, if there is one.
    pub fn positional(&self) -> Option<&Param> {
        self.params.first().filter(|p| p.kind.is_positional())
    }

    /// The parameters that are given by name.
    pub fn named(&self) -> &[Param] {
        self.params.get(usize::from(self.positional().is_some())..).unwrap_or_default()
    }

    /// The names of its named arguments.
    pub fn args(&self) -> impl Iterator<Item = &'static str> {
        self.named().iter().map(|p| p.name)
    }

    /// Whether the result has the type of the first operand, whatever the attributes are.
    pub fn keeps_type(&self) -> bool {
        match self.params.first().map(|p| p.kind) {
            Some(Kind::Tensor(ty) | Kind::Seq(ty)) => ty == self.result,
            _ => false,
        }
    }

    /// How it is called, with types: `linear(x: X[.., i], out: int, bias: bool = true) -> X[.., out]`.
    pub fn signature(&self) -> String {
        let params: Vec<String> = self.params.iter().map(ToString::to_string).collect();
        format!("{}({}) -> {}", self.name, params.join(", "), self.result)
    }
}

macro_rules! operations {
    ($(
        $variant:ident = $name:ident(
            $($param:ident: $kind:ident $(($($of:expr),*))? $(= $default:tt)?),* $(,)?
        ) -> $result:literal $(written $written:literal)?
        $doc:literal
        example $example:literal;
    )*) => {
        /// An operation: the key of its entry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            /// A function of every entry of one operand.
            Unary(Unary),
            /// A function of the entries of two operands.
            Binary(Binary),
            $(#[doc = concat!("`", stringify!($name), "`, see its entry.")] $variant,)*
        }

        impl Operation {
            /// The name in the language and in the text form of graphs.
            pub fn name(self) -> &'static str {
                match self {
                    Operation::Unary(f) => f.name(),
                    Operation::Binary(f) => f.name(),
                    $(Operation::$variant => stringify!($name),)*
                }
            }
        }

        pub(super) fn entries() -> Vec<Primitive> {
            vec![$(Primitive {
                operation: Operation::$variant,
                name: stringify!($name),
                params: vec![$(param!($param: Kind::$kind $(($($of),*))? $(, $default)?)),*],
                result: $result,
                written: None$(.or(Some($written)))?,
                doc: $doc,
                example: $example.to_owned(),
            }),*]
        }
    };
}

const POOLS: &[&str] = &["mean", "max"];
const EXTENTS: &[&str] = &["batch", "data"];
const AXES: &[&str] = &["time", "features"];

operations! {
    Linear = linear(x: Tensor("X[.., i]"), out: Width, bias: Flag = true) -> "X[.., out]"
        "x Wᵀ + b over the last axis, with fresh weights `weight` [out, i] and `bias` [out], uniform in ±1/√i as torch.nn.Linear."
        example "linear(audio, out: 8)";
    LayerNorm = layer_norm(x: Tensor("X[.., k]"), eps: Positive = 1e-5) -> "X[.., k]"
        "Layer normalisation over the last axis, with fresh `weight` (ones) and `bias` (zeros)."
        example "layer_norm(audio)";
    Attention = attention(
        q: Tensor("Seq<m>[n, k]"), key: Tensor("Seq[t, k]"), value: Tensor("Seq[t, e]"), heads: Count,
        scale: Real = ("1/sqrt(k/heads)"), drop: Probability = 0, causal: Flag = false, offset: Integer = ("0"),
        window: Integer = ("none"), shared: Flag = false,
    ) -> "Seq<m>[n, e]"
        "Multi-head scaled dot-product attention. Keys past their length get no weight; `drop` falls on the weights. shared: all heads read the same keys and values (multi-query attention), so q and the result have `heads` times their width. causal: row i sees the keys up to i + offset (at least 0). window, where n is t: row i sees the keys i - window to i + window."
        example "attention(audio, key: audio, value: audio, heads: 1)";
    Conv1d = conv1d(
        x: Seq("Seq<m>[n, i]"), out: Width, kernel: Count, dilation: Count = 1, stride: Count = 1, groups: Count = 1,
        causal: Flag = false, bias: Flag = true,
    ) -> "Seq<m>[(n + stride - 1) // stride, out]"
        "Convolution over the valid rows with zeros at the sequence's own ends: as many rows as came in (per stride), centred, or reading no later row where `causal`. Fresh weights `weight` [out, i / groups, kernel] and `bias` [out] as torch.nn.Conv1d."
        example "conv1d(audio, out: 8, kernel: 3)";
    Gru = gru(x: Seq("Seq<m>[n, i]"), hidden: Width, bidirectional: Flag = false) -> "Seq<m>[n, hidden * (2 if bidirectional else 1)]"
        "One layer of gated recurrent units over the valid rows, from a state of zeros: all hidden states. Bidirectional: the second half of the columns runs from the last valid row to the first. Fresh weights as torch.nn.GRU: `weight_ih` [3 hidden, i], `weight_hh` [3 hidden, hidden], `bias_ih`, `bias_hh` [3 hidden], and `.._reverse`. `last_state(x)` takes the state it ends in."
        example "gru(audio, hidden: 8)";
    Lstm = lstm(x: Seq("Seq<m>[n, i]"), hidden: Width, bidirectional: Flag = false) -> "Seq<m>[n, hidden * (2 if bidirectional else 1)]"
        "One layer of long short-term memory cells, as `gru`, with four gates instead of three (torch.nn.LSTM)."
        example "lstm(audio, hidden: 8, bidirectional: true)";
    Rnn = rnn(x: Seq("Seq<m>[n, i]"), hidden: Width, bidirectional: Flag = false) -> "Seq<m>[n, hidden * (2 if bidirectional else 1)]"
        "One plain recurrent layer with tanh, as `gru`, without gates (torch.nn.RNN)."
        example "rnn(audio, hidden: 8)";
    LastState = last_state(x: Seq("Seq<m>[n, h]"), bidirectional: Flag = ("as the layer that made x")) -> "Vec[h]"
        "The hidden state a recurrent layer ends in: its last valid row; of a bidirectional one the first half of the last row and the second half of the first row, which is where each direction ends."
        example "last_state(gru(audio, hidden: 8, bidirectional: true))";
    Dropout = dropout(x: Tensor("X"), p: Probability) -> "X"
        "In training, every entry becomes 0 with probability `p`, the rest is divided by 1 - p. Nothing where p is 0."
        example "dropout(audio, p: 0.1)";
    Embed = embed(
        x: Tensor("Tokens[t]"), rows: Width, width: Width, init: Text = "normal", std: NonNegative = 0.02,
        bound: NonNegative = 0.1,
    ) -> "Seq<text>[t, width]"
        "Rows of a fresh table `weight` [rows, width], one per token. `init` as for `param`."
        example "embed(text, rows: 100, width: 8)";
    Positions = positions(
        x: Tensor("Seq<m>[n, _]"), width: Width, rows: Rows(1) = ("n.max"), init: Text = "normal",
        std: NonNegative = 0.02, bound: NonNegative = 0.1,
    ) -> "Seq<m>[n, width]"
        "The first n rows of a fresh table `weight` [rows, width]; x is read for its length only. `init` as for `param`."
        example "positions(audio, width: 8)";
    Learned = learned(
        rows: Width, width: Width, init: Text = "normal", std: NonNegative = 0.02, bound: NonNegative = 0.1,
    ) -> "Seq<learned>[rows, width]"
        "Learned rows `rows` [rows, width], the same for every sample. `init` as for `param`."
        example "learned(rows: 4, width: 8)";
    Take = take(x: Tensor("Seq<m>[n, d]"), rows: Rows(1)) -> "Seq<m>[min(n, rows), d]"
        "The first rows, as many as there are: a shorter sequence stays as it is. `rows` is at least 1 whatever the data are, as `max(1, n - 30)` is."
        example "take(audio, rows: 8)";
    Row = row(x: Tensor("Seq<m>[n, d]"), i: Integer) -> "Vec[d]" written "x[i]"
        "One row. Row 0 and the last valid row, -1, are always there; others only of a sequence whose length is a number. `last_state` of one direction is the last row."
        example "audio[0]";
    MeanTime = mean(x: Tensor("Seq<m>[n, d]")) -> "Vec[d]"
        "Mean over the valid rows."
        example "mean(audio)";
    MaxTime = maxpool(x: Tensor("Seq<m>[n, d]")) -> "Vec[d]"
        "The largest entry of each column over the valid rows."
        example "maxpool(audio)";
    MinTime = minpool(x: Tensor("Seq<m>[n, d]")) -> "Vec[d]"
        "The smallest entry of each column over the valid rows."
        example "minpool(audio)";
    SumTime = sumpool(x: Tensor("Seq<m>[n, d]")) -> "Vec[d]"
        "Sum over the valid rows."
        example "sumpool(audio)";
    StdTime = stdpool(x: Seq("Seq<m>[n, d]"), eps: Positive = 1e-5) -> "Vec[d]"
        "Standard deviation of each column over the valid rows, √(variance + eps) with the variance of a population (divided by n): √eps for a single row, which would have no gradient without `eps`."
        example "stdpool(audio)";
    LogSumExpTime = lsepool(x: Tensor("Seq<m>[n, d]")) -> "Vec[d]"
        "Logarithm of the sum of exponentials of each column over the valid rows, without overflow."
        example "lsepool(audio)";
    Shift = shift(x: Seq("Seq<m>[n, d]"), by: Integer) -> "Seq<m>[n, d]"
        "Rows move back by that many, forward if negative: row j is row j - by; zeros enter at the sequence's own ends."
        example "shift(audio, by: 1)";
    Reverse = reverse(x: Tensor("Seq<m>[n, d]")) -> "Seq<m>[n, d]"
        "The valid rows from the last to the first."
        example "reverse(audio)";
    Skip = skip(x: Seq("Seq<m>[n, d]"), rows: Rows(0)) -> "Seq<m>[n - rows, d]"
        "All rows but the first ones. The type has to show that one is left: of `n + 1` rows one may go; of `Ta + T` rows, `rows: Ta`."
        example "skip(concat(audio, audio), rows: Ta)";
    Downsample = downsample(x: Seq("Seq<m>[n, d]"), by: Count, with: Choice(POOLS) = "mean") -> "Seq<m>[(n + by - 1) // by, d]"
        "Windows of `by` rows side by side, the last one of the rows that are left; with: \"mean\" or \"max\" of each column."
        example "downsample(audio, by: 4, with: \"max\")";
    Dense = dense(x: Seq("Seq<m>[n, d]"), to: Choice(EXTENTS) = "batch") -> "Seq<m>[longest(n), d] or Seq<m>[most(n), d]"
        "Zero rows are appended and the mask is dropped: attention, pooling and norms see those rows from here on. to: \"batch\" pads to the longest sample of the batch (of the batch and its companions, where a value of theirs goes through such a `dense`), so that a result depends on the batch a sample stands in; \"data\" pads to the longest that the data hold."
        example "dense(audio)";
    Sinusoid = sinusoid(x: Seq("Seq<m>[n, _]"), width: Width) -> "Seq<m>[n, width]"
        "Fixed positional encoding (Vaswani et al. 2017): sin(i / 10000^(2k/width)) in column 2k of row i, the cosine in column 2k + 1; x is read for its length only."
        example "sinusoid(audio, width: 8)";
    Concat = concat(x: Tensors, along: Choice(AXES) = ("\"time\" of sequences, \"features\" of others")) -> "Seq[n1 + n2 + .., d] or X[.., k1 + k2 + ..]"
        "Vectors are joined along their last axis, sequences along time (valid rows without gaps); `along: \"features\"` joins sequences of one length along their last axis."
        example "concat(mean(audio), pose)";
    Scalar = scalar(x: Tensor("Vec[1]")) -> "Real"
        "The only entry of a vector."
        example "scalar(linear(pose, out: 1))";
    Cosine = cosine(a: Tensor("Vec[k]"), with: Tensor("Vec[k]")) -> "Real"
        "Cosine of the angle between two vectors; norms below 1e-8 count as 1e-8."
        example "cosine(mean(audio), with: maxpool(audio))";
    Dot = dot(a: Tensor("Vec[k]"), with: Tensor("Vec[k]")) -> "Real"
        "Inner product."
        example "dot(mean(audio), with: maxpool(audio))";
    AddRow = add_row(x: Tensor("X[.., k]"), row: Tensor("Vec[k]")) -> "X[.., k]"
        "The vector added to every row."
        example "add_row(audio, row: mean(audio))";
    MulRow = mul_row(x: Tensor("X[.., k]"), row: Tensor("Vec[k]")) -> "X[.., k]"
        "Every row times the vector, entry by entry."
        example "mul_row(audio, row: mean(audio))";
    Scale = scale(x: Tensor("X[.., k]"), by: Tensor("Real or X[.., 1]")) -> "X[.., k]"
        "Every entry times one number per sample, or every row times a number of its own."
        example "scale(audio, by: sigmoid(linear(audio, out: 1)))";
    StopGrad = stop_grad(x: Tensor("X")) -> "X"
        "The same value; no gradient flows back."
        example "stop_grad(audio)";
    Affine = affine(x: Tensor("X"), mul: Real, add: Real) -> "X" written "2 * x + 1"
        "mul * x + add, with numbers that are known at compile time."
        example "2 * audio";
    LeakyRelu = leaky_relu(x: Tensor("X"), slope: Real = 0.01) -> "X"
        "x above 0, slope * x below."
        example "leaky_relu(audio)";
    Elu = elu(x: Tensor("X"), alpha: Real = 1) -> "X"
        "x above 0, alpha * (exp(x) - 1) below."
        example "elu(audio)";
    Clamp = clamp(x: Tensor("X"), min: Real = ("none"), max: Real = ("none")) -> "X"
        "Entries below `min` become `min`, above `max` they become `max`; one of the two may be left out. No gradient flows back from those."
        example "clamp(audio, min: -1, max: 1)";
    Pow = pow(x: Tensor("X"), exponent: Real) -> "X"
        "x ** exponent. Of entries below 0 only whole exponents have a value."
        example "pow(exp(audio), exponent: 0.5)";
    Softmax = softmax(x: Tensor("X"), over: Any("str or int") = "features") -> "X"
        "Exponentials over their sum: along the last axis, along \"time\" (valid rows alone), or along an axis by its number, which counts from 0 without time."
        example "softmax(audio, over: \"time\")";
    LogSoftmax = log_softmax(x: Tensor("X"), over: Any("str or int") = "features") -> "X"
        "The logarithm of `softmax`, without overflow."
        example "log_softmax(audio)";
    SumFeatures = sum_features(x: Tensor("X[.., k]"), keep: Flag = false) -> "X[..]"
        "Sum over the last axis; `keep` leaves an axis of 1. A sequence needs `keep: true`: Seq<m>[n, k] -> Seq<m>[n, 1]."
        example "sum_features(audio, keep: true)";
    MeanFeatures = mean_features(x: Tensor("X[.., k]"), keep: Flag = false) -> "X[..]"
        "Mean over the last axis; `keep` as for `sum_features`."
        example "mean_features(pose)";
    MaxFeatures = max_features(x: Tensor("X[.., k]"), keep: Flag = false) -> "X[..]"
        "The largest entry of the last axis; `keep` as for `sum_features`. Of equal entries one gets the gradient."
        example "max_features(pose)";
    MinFeatures = min_features(x: Tensor("X[.., k]"), keep: Flag = false) -> "X[..]"
        "The smallest entry of the last axis; `keep` as for `sum_features`."
        example "min_features(pose)";
    Norm = norm(x: Tensor("X[.., k]"), keep: Flag = false) -> "X[..]"
        "Euclidean norm over the last axis; its gradient at 0 is 0. `keep` as for `sum_features`."
        example "norm(pose)";
    Normalize = normalize(x: Tensor("X[.., k]"), eps: Positive = 1e-12) -> "X[.., k]"
        "Every row over its norm; norms below `eps` count as `eps`."
        example "normalize(audio)";
    LogSumExp = logsumexp(x: Any("[Real] or X[.., k]"), keep: Flag = false) -> "Real or X[..]"
        "Logarithm of the sum of exponentials, without overflow: of a list of Reals, or over the last axis, which graphs write as `over features`. `keep` as for `sum_features`."
        example "logsumexp([y, norm(pose)])";
    Einsum = einsum(x: Tensors, spec: Text) -> "a tensor with the axes of the result"
        "Products of entries whose axes have equal letters, summed over the letters that the result lacks: `einsum(x, w, spec: \"td,de->te\")`. Time is the first axis of a sequence: its letter stands first in the result, or is summed over the valid rows. Two sequences share it only with the same length."
        example "einsum(audio, audio, spec: \"ti,tj->ij\")";
    Outer = outer(a: Tensor("Vec[i]"), with: Tensor("Vec[j]")) -> "Tensor[i, j]"
        "All products of two entries: the einsum `i,j->ij`."
        example "outer(mean(audio), with: pose)";
    Matmul = matmul(x: Tensor("X[.., i]"), with: Tensor("Tensor[i, o]")) -> "X[.., o]"
        "Every row times a matrix: an einsum."
        example "matmul(audio, with: param(shape: [fa, 8]))";
    Transpose = transpose(x: Tensor("X[.., a, b]")) -> "X[.., b, a]"
        "The last two axes exchanged; time stays the first: an einsum."
        example "transpose(outer(mean(audio), with: pose))";
    Flatten = flatten(x: Tensor("X[a, b, ..]")) -> "X[a*b*..]"
        "All axes beside time as one: a Tensor becomes a Vec. It is a `reshape`."
        example "flatten(outer(mean(audio), with: pose))";
    Reshape = reshape(x: Tensor("X"), shape: Axes) -> "X[shape]"
        "Other axes beside time, with the same entries in the same order: `reshape(v, shape: [heads, d // heads])`."
        example "reshape(linear(audio, out: 8), shape: [2, 4])";
    Slice = slice(x: Tensor("X[.., k]"), from: Place = 0, to: Place = ("k")) -> "X[.., to - from]"
        "Entries `from` to `to - 1` of the last axis."
        example "slice(linear(audio, out: 8), from: 2, to: 4)";
    Split = split(x: Tensor("X[.., k]"), parts: Count) -> "[X[.., k // parts]]"
        "The last axis in equal parts, as a list: a `slice` for each."
        example "split(linear(audio, out: 8), parts: 2)";
    Append = append(x: Tensor("X[.., k]"), value: Real) -> "X[.., k + 1]"
        "A number behind the entries of every row: [x; 1] is `append(x, value: 1)`."
        example "append(audio, value: 1)";
    Stack = stack(x: Any("[Vec[d]]"), modality: Text = "joint") -> "Seq<joint>[n, d]"
        "Vectors as the rows of a sequence."
        example "stack([mean(audio), maxpool(audio)])";
    Repeat = repeat(v: Tensor("Vec[d]"), like: Tensor("Seq<m>[n, _]")) -> "Seq<m>[n, d]"
        "The vector as every row of a sequence as long as `like`."
        example "repeat(pose, like: audio)";
    GradReverse = grad_reverse(x: Tensor("X"), by: NonNegative = 1) -> "X"
        "The same value; the gradient that flows back is turned round and taken `by` times (Ganin and Lempitsky 2015)."
        example "grad_reverse(audio)";
    InBatch = in_batch(x: Tensor("T[..]")) -> "T[batch, ..]"
        "The values of all samples of the training step in one, the same for every sample: Real -> Vec[batch], Vec[k] -> Tensor[batch, k]. Gradients flow into all of them. For losses alone: these exist in training only, and where gradients are accumulated a step is one micro-batch. `batch` equals nothing but itself."
        example "in_batch(pose)";
    Own = own(x: Tensor("T[batch, ..]")) -> "T[..]"
        "The sample's own entry of the first axis: `own(in_batch(x))` is x."
        example "own(in_batch(pose))";
    Param = param(shape: Shape, init: Text = "normal", std: NonNegative = 0.02, bound: NonNegative = 0.1) -> "Tensor[shape]"
        "A fresh weight `value`, the same for every sample: `Real` for no axis, `Vec` for one. init: \"normal\" (with `std`), \"uniform\" (in ±bound), \"zeros\", \"ones\", \"identity\", \"fan_in\" (uniform in ±1/√fan_in), and as torch.nn.init: \"xavier_uniform\", \"xavier_normal\", \"kaiming_uniform\", \"kaiming_normal\"."
        example "param(shape: [2, 8], init: \"zeros\")";
    Min = min(x: Values("int")) -> "int"
        "The smallest of numbers known at compile time."
        example "min(8, 4)";
    Max = max(x: Values("int")) -> "int"
        "The largest of numbers known at compile time."
        example "max(8, 4)";
    Longest = longest(n: Any("int")) -> "int"
        "The largest value of a length in the batch, as a dim: `Seq<m>[longest(n), d]` is the type of `dense(x)`."
        example "longest(Ta)";
    Most = most(n: Any("int")) -> "int"
        "The largest value of a length in the data, as a dim: `Seq<m>[most(n), d]` is the type of `dense(x, to: \"data\")`."
        example "most(Ta)";
    Len = len(list: Any("list")) -> "int"
        "Number of elements of a list."
        example "len([audio, vision])";
    Input = input() -> "the declared type" written "input audio : Seq<audio>[Ta, fa]"
        "A stream of the data by the name of its declaration, or the tokens of its text."
        example "audio";
    Label = label() -> "Real" written "label y : Real"
        "A label of the data by the name of its declaration."
        example "y";
    Const = const() -> "Real" written "0.5"
        "A number where a tensor is taken, the same for every sample."
        example "minimum(y, with: 0.5)";
    At = at(x: Tensor("X")) -> "X of the companion" written "x at c.pos"
        "The value of one retrieved companion of the sample, by the same weights; lengths become those of the companion. In training only."
        example "pose at c.pos";
}
