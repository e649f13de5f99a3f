//! The configuration of a BERT encoder, read from `config.json`.

use std::path::Path;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::read_text;
use dsc_graph::statics::Static;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::{E0803, E0804};

/// The configuration of a BERT encoder; the fields have the names of `config.json`.
///
/// Sizes have no defaults: a file without them is an error. The other keys default as in the `BertConfig` of
/// [transformers](https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertConfig).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    /// Architecture; only `bert` passes [`validate`](Self::validate).
    #[serde(default = "bert")]
    pub model_type: String,
    /// Width of a token's hidden state.
    pub hidden_size: usize,
    /// Number of transformer layers.
    pub num_hidden_layers: usize,
    /// Attention heads per layer; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Inner width of the feed-forward part.
    pub intermediate_size: usize,
    /// Rows of the word embedding.
    pub vocab_size: usize,
    /// Rows of the position embedding: the longest text in tokens.
    pub max_position_embeddings: usize,
    /// Rows of the segment embedding; single texts use row 0.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// The constant added to the variance in layer norms.
    #[serde(default = "small")]
    pub layer_norm_eps: f64,
    /// Dropout on embeddings and on the output of each sublayer, in `[0, 1)`.
    #[serde(default = "tenth")]
    pub hidden_dropout_prob: f64,
    /// Dropout on attention weights, in `[0, 1)`.
    #[serde(default = "tenth")]
    pub attention_probs_dropout_prob: f64,
    /// Activation of the feed-forward part; only `gelu` (the exact one) passes [`validate`](Self::validate).
    #[serde(default = "gelu")]
    pub hidden_act: String,
}

fn bert() -> String {
    "bert".into()
}

fn gelu() -> String {
    "gelu".into()
}

fn two() -> usize {
    2
}

fn small() -> f64 {
    1e-12
}

fn tenth() -> f64 {
    0.1
}

impl EncoderConfig {
    /// The values that a model file can read as `encoder.hidden_size` and so on, by the names of `config.json`.
    pub fn statics(&self) -> BTreeMap<String, Static> {
        let Ok(serde_json::Value::Object(map)) = serde_json::to_value(self) else { return BTreeMap::new() };
        let known = |value| match value {
            serde_json::Value::Number(n) => n.as_i64().map(Static::Int).or_else(|| n.as_f64().map(Static::Float)),
            serde_json::Value::String(s) => Some(Static::Str(s)),
            serde_json::Value::Bool(b) => Some(Static::Bool(b)),
            _ => None,
        };
        map.into_iter().filter_map(|(key, value)| Some((key, known(value)?))).collect()
    }

    /// Reads and validates the file at `path`.
    ///
    /// # Errors
    /// `E0803` when the file cannot be read or is not valid, `E0804` when it describes another architecture than BERT.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let place = path.display().to_string();
        let text = read_text(path).map_err(|e| Diagnostic::error(E0803, format!("cannot read `{place}`: {e}")))?;
        Self::from_json(&text, &place)
    }

    /// Parses and validates the text of a `config.json`; `place` names it in errors.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_json(text: &str, place: &str) -> Result<Self, Diagnostic> {
        let bad = |e: serde_json::Error| {
            Diagnostic::error(E0803, format!("`{place}` is not an encoder's configuration: {e}"))
                .help("use a folder with the `config.json` of a BERT encoder")
        };
        let value: Value = serde_json::from_str(text).map_err(bad)?;
        // Other architectures use other names for their sizes, so the architecture is reported before a missing key.
        let mut differences = foreign_keys(&value);
        if let Some(kind) = value.get("model_type").and_then(Value::as_str).filter(|kind| *kind != "bert") {
            differences.insert(0, format!("`model_type` is `{kind}`, not `bert`"));
            return Err(other_kind(place, &differences));
        }
        let config: Self = serde_json::from_value(value).map_err(bad)?;
        differences.extend(config.differences());
        if !differences.is_empty() {
            return Err(other_kind(place, &differences));
        }
        config.check_sizes(place)?;
        Ok(config)
    }

    /// Checks that `std::Bert` can compute this encoder; `place` names the configuration in errors.
    ///
    /// # Errors
    /// `E0803` for invalid sizes, `E0804` for another architecture or activation.
    pub fn validate(&self, place: &str) -> Result<(), Diagnostic> {
        let differences = self.differences();
        if !differences.is_empty() {
            return Err(other_kind(place, &differences));
        }
        self.check_sizes(place)
    }

    /// Width of one attention head: `hidden_size / num_attention_heads`.
    pub fn head_width(&self) -> usize {
        self.hidden_size.checked_div(self.num_attention_heads).unwrap_or(0)
    }

    /// Names and shapes of the parameters that the encoder uses, in the order of the computation. The names are those of the
    /// Hugging Face tools without the prefix `bert.`. The pooler is left out, since features are the hidden states of the
    /// last layer.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let (d, ff) = (self.hidden_size, self.intermediate_size);
        let mut list = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![self.vocab_size, d]),
            ("embeddings.position_embeddings.weight".to_owned(), vec![self.max_position_embeddings, d]),
            ("embeddings.token_type_embeddings.weight".to_owned(), vec![self.type_vocab_size, d]),
            ("embeddings.LayerNorm.weight".to_owned(), vec![d]),
            ("embeddings.LayerNorm.bias".to_owned(), vec![d]),
        ];
        for layer in 0..self.num_hidden_layers {
            let linears = [
                ("attention.self.query", d, d),
                ("attention.self.key", d, d),
                ("attention.self.value", d, d),
                ("attention.output.dense", d, d),
                ("intermediate.dense", ff, d),
                ("output.dense", d, ff),
            ];
            for (part, rows, columns) in linears {
                list.push((format!("encoder.layer.{layer}.{part}.weight"), vec![rows, columns]));
                list.push((format!("encoder.layer.{layer}.{part}.bias"), vec![rows]));
                if let Some(block) = part.strip_suffix("output.dense") {
                    list.push((format!("encoder.layer.{layer}.{block}output.LayerNorm.weight"), vec![d]));
                    list.push((format!("encoder.layer.{layer}.{block}output.LayerNorm.bias"), vec![d]));
                }
            }
        }
        list
    }

    fn differences(&self) -> Vec<String> {
        let mut list = Vec::new();
        if self.model_type != "bert" {
            list.push(format!("`model_type` is `{}`, not `bert`", self.model_type));
        }
        if self.hidden_act != "gelu" {
            list.push(format!("`hidden_act` is `{}`, not `gelu`", self.hidden_act));
        }
        list
    }

    fn check_sizes(&self, place: &str) -> Result<(), Diagnostic> {
        let fault = |what: String| Err(Diagnostic::error(E0803, format!("`{place}`: {what}")));
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("vocab_size", self.vocab_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ];
        if let Some((key, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return fault(format!("`{key}` is 0"));
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return fault(format!(
                "`hidden_size` {} is not a multiple of `num_attention_heads` {}",
                self.hidden_size, self.num_attention_heads
            ));
        }
        let dropouts = [
            ("hidden_dropout_prob", self.hidden_dropout_prob),
            ("attention_probs_dropout_prob", self.attention_probs_dropout_prob),
        ];
        if let Some((key, rate)) = dropouts.into_iter().find(|(_, rate)| !(0.0..1.0).contains(rate)) {
            return fault(format!("`{key}` is {rate}, which is not in [0, 1)"));
        }
        if !(self.layer_norm_eps.is_finite() && self.layer_norm_eps >= 0.0) {
            return fault(format!("`layer_norm_eps` is {}", self.layer_norm_eps));
        }
        Ok(())
    }
}

/// Keys outside of [`EncoderConfig`] that change what the encoder computes.
fn foreign_keys(value: &Value) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(kind) = value.get("position_embedding_type").and_then(Value::as_str).filter(|kind| *kind != "absolute")
    {
        list.push(format!("`position_embedding_type` is `{kind}`, not `absolute`"));
    }
    for key in ["is_decoder", "add_cross_attention"] {
        if value.get(key).and_then(Value::as_bool) == Some(true) {
            list.push(format!("`{key}` is true: attention is not that of an encoder"));
        }
    }
    if value.get("pruned_heads").and_then(Value::as_object).is_some_and(|heads| !heads.is_empty()) {
        list.push("`pruned_heads` is not empty: layers have different numbers of heads".to_owned());
    }
    if value.get("quantization_config").is_some_and(|q| !q.is_null()) {
        list.push("`quantization_config`: the weights are quantised".to_owned());
    }
    list
}

fn other_kind(place: &str, differences: &[String]) -> Diagnostic {
    Diagnostic::error(E0804, format!("`{place}` is not a BERT encoder: {}", differences.join("; ")))
        .help("use an encoder of the BERT family: `model_type` bert, absolute positions, the activation gelu")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
        "vocab_size": 30, "max_position_embeddings": 20, "hidden_dropout_prob": 0, "some_new_key": [1]}"#;

    fn with(key: &str, value: Value) -> Result<EncoderConfig, Diagnostic> {
        let mut json: Value = serde_json::from_str(SMALL).unwrap();
        json[key] = value;
        EncoderConfig::from_json(&json.to_string(), "config.json")
    }

    #[test]
    fn absent_keys_take_the_defaults_of_bert() {
        let config = EncoderConfig::from_json(SMALL, "config.json").unwrap();
        assert_eq!(config.model_type, "bert");
        assert_eq!(config.hidden_act, "gelu");
        assert_eq!((config.type_vocab_size, config.layer_norm_eps), (2, 1e-12));
        assert_eq!((config.hidden_dropout_prob, config.attention_probs_dropout_prob), (0.0, 0.1));
        assert_eq!(config.head_width(), 4);
        let again = EncoderConfig::from_json(&serde_json::to_string(&config).unwrap(), "again").unwrap();
        assert_eq!(config, again);
    }

    #[test]
    fn what_is_different_is_named() {
        let refused = |key: &str, value: Value| {
            let e = with(key, value).unwrap_err();
            assert_eq!(e.code, E0804);
            e.message
        };
        assert!(refused("model_type", "roberta".into()).contains("`model_type` is `roberta`"));
        assert!(refused("hidden_act", "relu".into()).contains("`hidden_act` is `relu`"));
        assert!(refused("position_embedding_type", "relative_key".into()).contains("relative_key"));
        assert!(refused("is_decoder", true.into()).contains("is_decoder"));
        // Another architecture is reported as such, although its sizes have other names.
        let distil = EncoderConfig::from_json(r#"{"model_type": "distilbert", "dim": 768}"#, "c").unwrap_err();
        assert_eq!(distil.code, E0804);
        assert!(with("position_embedding_type", "absolute".into()).is_ok());
    }

    #[test]
    fn sizes_must_be_there_and_make_sense() {
        for (key, value) in [
            ("num_attention_heads", Value::from(3)),
            ("vocab_size", 0.into()),
            ("hidden_size", Value::Null),
            ("hidden_dropout_prob", 1.0.into()),
            ("hidden_size", "8".into()),
        ] {
            assert_eq!(with(key, value).unwrap_err().code, E0803, "{key}");
        }
        let e = EncoderConfig::from_json(r#"{"hidden_size": 8}"#, "config.json").unwrap_err();
        assert!(e.message.contains("num_hidden_layers"), "{}", e.message);
        assert_eq!(EncoderConfig::from_json("{", "config.json").unwrap_err().code, E0803);
    }

    #[test]
    fn the_parameters_of_one_layer() {
        let config = EncoderConfig::from_json(SMALL, "config.json").unwrap();
        let list = config.parameters();
        // 5 of the embeddings; 6 linears and 2 norms of two tensors each.
        assert_eq!(list.len(), 5 + 16);
        let shape = |name: &str| list.iter().find(|(n, _)| n == name).map(|(_, s)| s.clone());
        assert_eq!(shape("encoder.layer.0.output.dense.weight"), Some(vec![8, 16]));
        assert_eq!(shape("encoder.layer.0.attention.output.LayerNorm.bias"), Some(vec![8]));
        assert_eq!(shape("encoder.layer.0.output.LayerNorm.weight"), Some(vec![8]));
    }
}
