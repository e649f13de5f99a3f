//! What was probably meant by a value that a key does not take.

use super::family::Family;
use super::keys::Key;
use super::settings::Settings;
use super::value::Value;
use dsc_graph::statics::Static;

/// The value as the key takes it, if it is clear what was meant. One that the key would refuse is never given.
pub(super) fn meant(key: Key, value: &Value, settings: &Settings) -> Option<String> {
    let candidates = match value {
        // In quotes: `"16"`, `"min mae"`.
        Value::Constant(Static::Str(text)) | Value::Word(text) => {
            let selects = |end: &str| format!("{end} {text}");
            vec![text.clone(), text.to_lowercase(), selects(best_end(text))]
        }
        Value::Constant(Static::Int(n)) => vec![format!("{n} epochs"), format!("[{n}, 0.999]")],
        // `20.0` for a whole number, `0.1` for a part.
        Value::Constant(Static::Float(x)) => vec![format!("{x}"), format!("{x} fraction"), format!("[{x}, 0.999]")],
        Value::Quantity(n, unit) => {
            vec![format!("{n} {unit}s"), format!("{n} {}", unit.to_lowercase()), format!("{n}")]
        }
        Value::Constant(Static::Bool(false)) => vec!["none".to_owned()],
        _ => Vec::new(),
    };
    candidates.into_iter().find(|text| takes(key, text, settings))
}

/// Whether the key takes what this text says.
fn takes(key: Key, text: &str, settings: &Settings) -> bool {
    let mut faults = Vec::new();
    let mut settings = settings.clone();
    match Value::of_text(text, &mut faults) {
        Some(Value::Select { metric, .. }) if metric_of(&metric).is_none() => false,
        // A call has arguments with faults of their own.
        Some(Value::Call(..)) | None => false,
        Some(value) => faults.is_empty() && key.field(&mut settings).set(&value, key.range),
    }
}

fn metric_of(name: &str) -> Option<bool> {
    let found = Family::ALL.iter().flat_map(|family| family.metrics()).find(|metric| metric.name == name);
    found.map(|metric| metric.higher_is_better)
}

/// Which end of a metric is best.
fn best_end(metric: &str) -> &'static str {
    if metric_of(metric).unwrap_or_default() { "max" } else { "min" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, text: &str) -> Option<String> {
        let value = Value::of_text(text, &mut Vec::new()).unwrap();
        meant(*Key::find(key).unwrap(), &value, &Settings::default())
    }

    #[test]
    fn what_was_meant_is_what_the_key_takes() {
        for (key, text, expected) in [
            ("batch", "\"16\"", "16"),
            ("epochs", "20.0", "20"),
            ("epochs", "10 epochs", "10"),
            ("warmup", "10", "10 epochs"),
            ("warmup", "0.1", "0.1 fraction"),
            ("warmup", "\"5 steps\"", "5 steps"),
            ("select", "mae", "min mae"),
            ("select", "corr", "max corr"),
            ("select", "\"max corr\"", "max corr"),
            ("optimizer.betas", "0.9", "[0.9, 0.999]"),
            ("clip", "false", "none"),
            ("decay", "Linear", "linear"),
            ("max_tokens", "\"50\"", "50"),
        ] {
            assert_eq!(of(key, text).as_deref(), Some(expected), "{key} = {text}");
        }
    }

    #[test]
    fn nothing_is_proposed_that_the_key_refuses() {
        for (key, text) in [
            ("batch", "\"-1\""),
            ("epochs", "1.5"),
            ("warmup", "1.5"),
            ("select", "accuracy"),
            ("decay", "cosine"),
            ("optimizer.lr", "fast"),
            ("max_tokens", "200"),
        ] {
            assert_eq!(of(key, text), None, "{key} = {text}");
        }
    }
}
