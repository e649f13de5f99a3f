//! Loads the weights of a pretrained text encoder into the parameters of `std::Bert`.

use dsc_data::text::WeightFile;
use dsc_graph::Graph;
use dsc_runtime::ParamStore;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0917;

/// The name of a parameter of `std::Bert` in the Hugging Face tools, from its path within the block:
/// `bert_layer.3.query.weight` is `encoder.layer.3.attention.self.query.weight`. `None` for a path that is not one of
/// `std::Bert`.
pub fn hugging_face_name(path: &str) -> Option<String> {
    let fixed = match path {
        "word.weight" => "embeddings.word_embeddings.weight",
        "position.weight" => "embeddings.position_embeddings.weight",
        "segment.rows" => "embeddings.token_type_embeddings.weight",
        "embedded.layer_norm.weight" => "embeddings.LayerNorm.weight",
        "embedded.layer_norm.bias" => "embeddings.LayerNorm.bias",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    let (layer, rest) = path.strip_prefix("bert_layer.")?.split_once('.')?;
    let layer: usize = layer.parse().ok()?;
    let (part, kind) = rest.rsplit_once('.')?;
    if !matches!(kind, "weight" | "bias") {
        return None;
    }
    let part = match part {
        "query" | "key" | "value" => format!("attention.self.{part}"),
        "projected" => "attention.output.dense".to_owned(),
        "attended.layer_norm" => "attention.output.LayerNorm".to_owned(),
        "inner" => "intermediate.dense".to_owned(),
        "outer" => "output.dense".to_owned(),
        "layer_norm" => "output.LayerNorm".to_owned(),
        _ => return None,
    };
    Some(format!("encoder.layer.{layer}.{part}.{kind}"))
}

/// Copies the weights of an encoder into all encoder parameters of the graph. Returns their number.
///
/// # Errors
/// `E0917` for parameters that are not in the file or have another shape; the message names up to four.
pub fn load(graph: &Graph, store: &mut ParamStore, weights: &WeightFile) -> Result<usize, Diagnostic> {
    let mut faults = Vec::new();
    let mut loaded = 0;
    for param in &graph.params {
        let Some(within) = &param.encoder else { continue };
        let Some(name) = hugging_face_name(within) else {
            faults.push(format!("`{}` has no counterpart in a BERT encoder", param.path));
            continue;
        };
        let Some(weight) = weights.get(&name) else {
            faults.push(format!("{} (parameter `{}`)", weights.lacks(&name), param.path));
            continue;
        };
        let shape: Vec<i64> = weight.shape().iter().map(|n| *n as i64).collect();
        let own = store.tensor(&param.path).map(|t| t.size()).unwrap_or_default();
        if own != shape {
            faults.push(format!("`{name}` has shape {shape:?}, the model's `{}` has {own:?}", param.path));
            continue;
        }
        store.set(&param.path, &shape, &weights.f32(&name)?)?;
        loaded += 1;
    }
    if faults.is_empty() {
        return Ok(loaded);
    }
    let message = format!("the weights of `{}` do not fit the model: {}", weights.path().display(), a_few(faults));
    Err(Diagnostic::error(E0917, message).help("use the folder of a BERT encoder with its own config.json"))
}

/// The first four faults in one line, and the number of the others.
pub(super) fn a_few(mut faults: Vec<String>) -> String {
    let more = faults.len().saturating_sub(4);
    faults.truncate(4);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    faults.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_data::demo;
    use std::collections::BTreeSet;

    #[test]
    fn every_parameter_of_an_encoder_has_one_counterpart() {
        let config = demo::encoder_config();
        let wanted: BTreeSet<String> = config.parameters().into_iter().map(|(name, _)| name).collect();
        let mut paths = vec!["word.weight".to_owned(), "position.weight".to_owned(), "segment.rows".to_owned()];
        let pair = |paths: &mut Vec<String>, of: &str| {
            paths.extend(["weight", "bias"].map(|k| format!("{of}.{k}")));
        };
        pair(&mut paths, "embedded.layer_norm");
        for l in 0..config.num_hidden_layers {
            for of in ["query", "key", "value", "projected", "attended.layer_norm", "inner", "outer", "layer_norm"] {
                pair(&mut paths, &format!("bert_layer.{l}.{of}"));
            }
        }
        let found: BTreeSet<String> = paths.iter().filter_map(|p| hugging_face_name(p)).collect();
        assert_eq!(found, wanted);
        assert_eq!(found.len(), paths.len());
        for wrong in ["bert_layer.x.query.weight", "bert_layer.0.query", "bert_layer.0.pooler.weight", "linear.weight"]
        {
            assert_eq!(hugging_face_name(wrong), None);
        }
    }
}
