//! What other programs call things that this language has under another name, or does without: functions, arguments,
//! values, methods.

use dsc_graph::primitives::{self, DefaultValue};

/// What to write instead of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instead {
    /// Another name, in its place.
    Name(&'static str),
    /// Something else, in words.
    Text(&'static str),
}

use Instead::{Name, Text};

/// What others call a block or primitive.
pub(super) fn function(name: &str) -> Option<Instead> {
    Some(match name {
        "print" => Text("the type of a value is shown by the statement `reveal x`"),
        "range" => Text("a range is `0..n`"),
        "enumerate" | "zip" => Text("loop over the numbers, `for i in 0..len(xs)`, and select `xs[i]`"),
        "cat" | "concatenate" | "hstack" | "vstack" | "Concat" | "Concatenate" => Name("concat"),
        "unsqueeze" | "squeeze" => Text(
            "there is no axis of the batch to add or remove; the one entry of a vector is `scalar(v)`, a vector as a row `stack([v])`",
        ),
        "view" => Name("reshape"),
        "permute" | "swapaxes" | "movedim" => Name("transpose"),
        "bmm" | "mm" | "dot_product" => Name("matmul"),
        "Dropout" | "Dropout1d" => Name("dropout"),
        "ReLU" | "Relu" => Name("relu"),
        "GELU" | "Gelu" => Name("gelu"),
        "Sigmoid" => Name("sigmoid"),
        "Tanh" => Name("tanh"),
        "SiLU" | "swish" | "Swish" => Name("silu"),
        "LeakyReLU" | "leakyrelu" => Name("leaky_relu"),
        "Softmax" => Name("softmax"),
        "LogSoftmax" => Name("log_softmax"),
        "Conv1d" | "Conv1D" | "conv" => Name("conv1d"),
        "Embedding" | "embedding" => Name("embed"),
        "Parameter" | "parameter" => Name("param"),
        "detach" => Name("stop_grad"),
        "max_pool" | "MaxPool1d" | "max_pool1d" | "AdaptiveMaxPool1d" | "amax" => Name("maxpool"),
        "avg_pool" | "AvgPool1d" | "avg_pool1d" | "AdaptiveAvgPool1d" | "mean_pool" | "avgpool" => Name("mean"),
        "layernorm" | "layerNorm" => Name("layer_norm"),
        "cosine_similarity" | "CosineSimilarity" => Name("cosine"),
        "logsumexp_features" => Name("logsumexp"),
        "MSELoss" | "mse_loss" | "MSE" => Name("mse"),
        "L1Loss" | "l1_loss" | "MAE" => Name("mae"),
        "HuberLoss" | "huber_loss" => Name("huber"),
        "SmoothL1Loss" | "smooth_l1_loss" => Name("smooth_l1"),
        "BCEWithLogitsLoss" | "binary_cross_entropy_with_logits" | "BCELoss" => Name("bce_with_logits"),
        "TransformerEncoderLayer" => Name("TransformerLayer"),
        "BertModel" | "AutoModel" | "BERT" => Name("Bert"),
        "LSTMCell" => Name("LSTM"),
        "GRUCell" => Name("GRU"),
        "Linear1d" | "Dense" | "dense_layer" | "fc" => Name("Linear"),
        "zeros" | "ones" | "randn" | "rand" | "zeros_like" | "ones_like" | "tensor" | "Tensor" => Text(
            "a number is written as such; learned entries are `param(shape: [k, d], init: \"zeros\")`, learned rows `learned(rows: k, width: d)`",
        ),
        "MultiheadAttention" | "MultiHeadAttention" => Text(
            "attention with projections is `SelfAttention(x, heads: 4)` or `CrossAttention(x, from: y, heads: 4)`, without them `attention(q, key: k, value: v, heads: 4)`",
        ),
        "TransformerEncoder" => {
            Text("repeat a layer, `for l in 0..layers { h = TransformerLayer(h, heads: 4, ff: 256) }` with a `var h`")
        }
        "batch_norm" | "BatchNorm" | "BatchNorm1d" | "batchnorm" => {
            Text("use `LayerNorm(x)`: a prediction must not depend on the other samples of the batch")
        }
        "Sequential" => Text("calls in a row are `x |> F() |> G()`"),
        "ModuleList" | "ModuleDict" => Text(
            "every call in a loop has weights of its own: `for l in 0..layers { h = F(h) }`, `each x in xs { F(x) }`",
        ),
        "CrossEntropyLoss" | "cross_entropy" | "NLLLoss" => Text(
            "a label is a number: train by `mse` or `mae`, of labels 0 and 1 by `bce_with_logits`; class accuracies follow from the recipe's `family`",
        ),
        "pack_padded_sequence" | "pad_packed_sequence" | "pad_sequence" | "masked_fill" | "mask" => {
            Text("lengths are part of the type of a `Seq`, so padding is left out everywhere: remove it")
        }
        "super" | "self" | "register_buffer" => Text("remove it: weights belong to the calls of a block"),
        "isinstance" | "type" | "float" | "int" | "str" | "bool" | "list" | "dict" | "tuple" => {
            Text("remove it: values keep the type they have")
        }
        "where" => Text(
            "a choice between entries is a weighted sum, `g * a + (1 - g) * b`; at compile time `when c { a } else { b }`",
        ),
        "chunk" => Name("split"),
        "roll" => Name("shift"),
        "sum" => Text(
            "rows are added up by `sumpool(x)`, entries of the last axis by `sum_features(x)`, elements of a list by `sum x in xs { x }`",
        ),
        "kl_div" | "KLDivLoss" | "kl" | "kl_loss" => Text(
            "write it as the sum over the entries, `sum_features(p * (log(p) - log(q)))` of vectors `p` and `q` that add up to 1",
        ),
        "l1" | "l2" | "l1_loss_weight" | "l2_loss" | "l2_reg" | "l2_regularization" | "weight_decay" => Text(
            "the weights are kept small by an entry of the recipe, `optimizer.weight_decay = 0.01`; of values it is `mean_features(square(v))`",
        ),
        "argmax" | "topk" | "sort" | "round" | "floor" => {
            Text("the language has only operations with a gradient; `softmax`, `maxpool` and `max_features` come near")
        }
        _ => return None,
    })
}

/// What others call an argument, for a callee that takes `known`.
pub(super) fn argument(name: &str, known: &[&str]) -> Option<Instead> {
    let ours: &[&'static str] = match name {
        "out_features" | "out_channels" | "output_size" | "output_dim" | "out_dim" | "dim_out" | "units"
        | "outputs" => &["out", "width", "hidden"],
        "hidden_size" | "hidden_dim" | "d_hid" | "hid" | "hidden_units" | "intermediate_size" => {
            &["hidden", "ff", "width", "out"]
        }
        "dim_feedforward" | "d_ff" | "ffn_dim" | "ff_dim" | "ffn" => &["ff", "hidden"],
        "num_heads" | "nhead" | "n_heads" | "n_head" | "num_attention_heads" | "head" | "h" => &["heads"],
        "dropout" | "dropout_p" | "dropout_rate" | "drop_rate" | "attn_dropout" | "drop_prob" | "rate" => {
            &["drop", "p"]
        }
        "num_layers" | "n_layers" | "n_layer" | "depth" => &["layers"],
        "kernel_size" => &["kernel"],
        "embed_dim" | "embedding_dim" | "d_model" | "dim_model" | "model_dim" | "size" => {
            &["width", "out", "hidden", "shape"]
        }
        "dim" | "axis" | "dims" => &["over", "along", "width", "out"],
        "num_embeddings" | "vocab_size" | "vocab" | "vocabulary" | "max_len" | "n" | "k" | "length" => {
            &["rows", "layers"]
        }
        "is_causal" => &["causal"],
        "shifts" | "offset" | "periods" | "steps" => &["by"],
        "temperature" | "temp" => &["tau"],
        "context" | "memory" | "kv" | "source" | "encoder_hidden_states" => &["from", "key", "streams"],
        "y" | "other" | "input2" | "x2" => &["with", "from", "target", "key"],
        "k_proj" | "keys" => &["key"],
        "v" | "values" => &["value"],
        "targets" | "label" | "labels" | "y_true" => &["target"],
        "keepdim" => &["keep"],
        "negative_slope" => &["slope"],
        "exponent_" | "power" => &["exponent"],
        "equation" | "subscripts" => &["spec"],
        "layers_dims" | "dims_list" | "hidden_sizes" | "sizes" | "layer_sizes" => &["widths"],
        "positive" | "positives" => &["pos"],
        "negative" | "negatives" => &["neg"],
        _ => &[],
    };
    if let Some(found) = ours.iter().find(|ours| known.contains(ours)) {
        return Some(Name(found));
    }
    Some(Text(match name {
        "in_features" | "in_channels" | "input_size" | "input_dim" | "in_dim" => {
            "remove it: the width of the input is known from its type"
        }
        "batch_first" | "batch_size" => "remove it: a program describes one sample, without an axis of the batch",
        "key_padding_mask" | "attn_mask" | "mask" | "lengths" | "attention_mask" | "src_mask" => {
            "remove it: lengths are part of the type of a `Seq`, so padding is left out everywhere"
        }
        "device" | "dtype" | "requires_grad" | "training" | "inplace" | "reduction" => {
            "remove it: a model does not say how it is computed"
        }
        "dim" | "axis" | "dims" => {
            "remove it: rows are pooled by `mean`, `maxpool` and the like, entries of the last axis by `mean_features`"
        }
        "dropout" | "drop" | "dropout_rate" => "drop the entries of its result: `|> dropout(p: 0.1)`",
        "num_layers" | "n_layers" => "repeat the call: `for l in 0..layers { h = F(h) }` with a `var h`",
        _ => return None,
    }))
}

/// The argument among `known` that others call so.
pub fn argument_meant(name: &str, known: &[&str]) -> Option<&'static str> {
    match argument(name, known).filter(|_| !known.contains(&name)) {
        Some(Name(ours)) => Some(ours),
        _ => None,
    }
}

/// The modality that others call so.
pub(super) fn modality(name: &str) -> Option<&'static str> {
    Some(match name {
        "visual" | "video" | "image" | "images" | "face" | "frames" | "vis" => "vision",
        "acoustic" | "speech" | "wav" | "sound" | "voice" => "audio",
        "language" | "words" | "tokens" | "txt" | "transcript" | "sentence" => "text",
        _ => return None,
    })
}

/// Whether others call what is to be predicted so.
pub(super) fn is_label(name: &str) -> bool {
    const NAMES: [&str; 9] = ["label", "labels", "target", "targets", "y_true", "gt", "ground_truth", "truth", "y"];
    NAMES.contains(&name)
}

/// Whether a name calls a label of the file by its kind too: `label_y`, `y_true`.
pub(super) fn is_label_of(name: &str, label: &str) -> bool {
    let rest = name.strip_prefix(label).and_then(|r| r.strip_prefix('_'));
    rest.or_else(|| name.strip_suffix(label).and_then(|r| r.strip_suffix('_')))
        .is_some_and(|r| is_label(r) || r == "true")
}

/// The type that others call so, of which `known` are the types of this language.
pub(super) fn ty(name: &str) -> Option<Instead> {
    Some(match name {
        "float" | "double" | "number" | "f32" | "f64" | "float32" | "Float" | "scalar" => Name("real"),
        "integer" | "long" | "uint" | "i32" | "i64" | "usize" | "size_t" | "Int" => Name("int"),
        "string" | "String" | "text" | "Str" => Name("str"),
        "boolean" | "Bool" | "flag" => Name("bool"),
        "Sequence" | "seq" => Name("Seq"),
        "Vector" | "vec" => Name("Vec"),
        "tensor" | "Matrix" | "matrix" | "ndarray" => Name("Tensor"),
        "list" | "List" | "array" | "Array" => Text("a list has its type in brackets: `[Vec[d]]`, `[int]`"),
        "tuple" | "Tuple" => Text("a tuple has its types in parentheses: `(Vec[d], Real)`"),
        "dict" | "Dict" | "map" => Text("a list has labels, and its type in brackets: `[Vec[d]]`"),
        _ => return None,
    })
}

/// Whether an entry of a recipe is called so, here or in other programs.
pub(super) fn is_setting(name: &str) -> bool {
    const NAMES: [&str; 18] = [
        "epochs",
        "epoch",
        "batch",
        "batch_size",
        "optimizer",
        "lr",
        "learning_rate",
        "warmup",
        "decay",
        "scheduler",
        "clip",
        "select",
        "seed",
        "seeds",
        "weight_decay",
        "family",
        "standardize",
        "early_stop",
    ];
    NAMES.contains(&name)
}

/// Modules of other programs, whose functions are called without them here.
pub(super) const MODULES: [&str; 10] = ["torch", "nn", "F", "np", "numpy", "math", "tf", "functional", "jnp", "self"];

/// What others have as a value.
pub(super) fn value(name: &str) -> Option<Instead> {
    Some(match name {
        "True" => Name("true"),
        "False" => Name("false"),
        "None" | "null" | "nil" => {
            Text("the language has no empty value: leave the argument out, or choose with `when c { a } else { b }`")
        }
        "lambda" => Text("a function of your own is a block, outside the model: `block F(x: Vec[d]) -> Vec[d] { .. }`"),
        "inf" | "nan" | "NaN" | "infinity" => Text("a number is finite: leave the argument out, or write a large one"),
        "self" => Text("a block keeps no state: weights belong to calls, names are defined with `let`"),
        _ => return None,
    })
}

/// Whether nothing but a tensor of another language has such a field.
pub(super) fn is_method(name: &str) -> bool {
    const SURE: [&str; 22] = [
        "size",
        "shape",
        "squeeze",
        "unsqueeze",
        "view",
        "reshape",
        "flatten",
        "permute",
        "transpose",
        "detach",
        "item",
        "cpu",
        "cuda",
        "numpy",
        "contiguous",
        "clone",
        "device",
        "dtype",
        "backward",
        "expand",
        "expand_as",
        "masked_fill",
    ];
    SURE.contains(&name)
}

/// What a field or method of another language is taken for in what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldMeant {
    /// The value, or one of its type.
    Itself,
    /// Its first row.
    Row,
}

/// What `x.field` or `x.field()` has in the place of a value, where the remedy says that.
pub fn field_meant(name: &str) -> Option<FieldMeant> {
    Some(match name {
        "last_hidden_state" | "hidden_states" | "detach" | "contiguous" | "clone" | "cpu" | "cuda" | "to" | "float" => {
            FieldMeant::Itself
        }
        "pooler_output" | "cls" => FieldMeant::Row,
        _ => return None,
    })
}

/// What to write instead of a field or method of a tensor, as `x.mean(1)`.
pub fn method(name: &str) -> Option<String> {
    let fixed = match name {
        "size" | "shape" | "dim" | "ndim" => {
            "dims are names, such as `Ta`, `fa` or a generic of the block; `reveal x` shows those of a value"
        }
        "mean" => "of the rows it is `mean(x)`, of the entries of the last axis `mean_features(x)`",
        "max" | "amax" => "of the rows it is `maxpool(x)`, of the entries of the last axis `max_features(x)`",
        "min" | "amin" => "of the rows it is `minpool(x)`, of the entries of the last axis `min_features(x)`",
        "sum" => "of the rows it is `sumpool(x)`, of the entries of the last axis `sum_features(x)`",
        "std" | "var" => "of the rows it is `stdpool(x)`",
        "squeeze" | "item" => "the one entry of a vector is `scalar(v)`; there is no axis of the batch",
        "unsqueeze" => {
            "there is no axis of the batch; a vector as a row is `stack([v])`, every row times a number `scale(x, by: w)`"
        }
        "view" | "reshape" => "write `reshape(x, shape: [a, b])`, without time and the batch",
        "flatten" => "write `flatten(x)`",
        "permute" | "transpose" | "T" | "mT" | "t" => {
            "write `transpose(x)`: the last two axes are exchanged, time stays the first"
        }
        "detach" => "write `stop_grad(x)`",
        "cpu" | "cuda" | "to" | "float" | "double" | "half" | "numpy" | "contiguous" | "clone" | "device" | "dtype"
        | "requires_grad_" | "train" | "eval" => "remove it: a model does not say how it is computed",
        "backward" | "step" | "zero_grad" => "remove it: the losses of the model are minimised by `dsc train`",
        "expand" | "repeat" | "expand_as" => "a vector as every row of a sequence is `repeat(v, like: x)`",
        "pow" => "write `x ** 2`",
        "masked_fill" | "masked_select" => "remove it: padding is left out everywhere",
        "append" | "extend" | "insert" => "a list is made of others: `[..xs, y]`",
        "items" | "values" | "keys" => "a loop runs over the elements: `each x in xs { .. }`",
        "chunk" => "write `split(x, parts: 2)`",
        "last_hidden_state" | "hidden_states" | "logits" => {
            "remove it: a call has one value, that of `Bert(text)` is the sequence of its last layer"
        }
        "pooler_output" | "cls" => "the row of the first token is `x[0]`, of `let x = Bert(text)`",
        other => {
            let primitive = primitives::find(other)?;
            let named = primitive
                .named()
                .first()
                .filter(|p| matches!(p.default, DefaultValue::Required))
                .map(|p| format!(", {}: ..", p.name));
            return Some(format!("write `{other}(x{})`", named.unwrap_or_default()));
        }
    };
    Some(fixed.to_owned())
}

/// What to write instead of a function, value, argument or method of other programs, in words.
pub fn instead_of(name: &str) -> Option<String> {
    let ours = function(name).or_else(|| value(name)).map(|ours| match ours {
        Name(ours) => format!("it is called `{ours}` here"),
        Text(text) => text.to_owned(),
    });
    ours.or_else(|| method(name))
}
