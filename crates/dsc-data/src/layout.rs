//! Where the splits are in a feature file.

use super::dataset::{Split, list};
use super::pickle::{Dict, Value};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0605;

/// The columns of one split.
#[derive(Clone, Copy)]
pub(super) struct Part<'p> {
    /// Which split it is.
    pub split: Split,
    /// What the file calls it: `dev` for the validation split.
    pub name: &'p str,
    /// Its columns by key.
    pub columns: Dict<'p>,
    /// Whether the values are those of a single sample, without an axis of samples.
    pub one: bool,
}

/// The splits of a file, and a warning about how it was read.
pub(super) struct Layout<'p> {
    pub parts: Vec<Part<'p>>,
    pub warning: Option<Diagnostic>,
}

/// What files call a split, the usual name first.
fn names(split: Split) -> &'static [&'static str] {
    match split {
        Split::Train => &["train", "training"],
        Split::Valid => &["valid", "val", "dev", "validation"],
        Split::Test => &["test", "testing"],
    }
}

/// Finds the splits below the root of a file. `only` is the split that the whole file was named as.
///
/// # Errors
/// `E0605` with what is there instead of dictionaries of columns by split; `E0603` and `E0604` for a value that is not read.
pub(super) fn splits<'p>(root: Value<'p>, file: &str, only: Option<Split>) -> Result<Layout<'p>, Diagnostic> {
    if let Value::Unsupported(why) = root {
        return Err(why.diagnostic(&format!("`{file}`")));
    }
    let Some(dict) = root.as_dict() else {
        let found = match root.as_items() {
            Some(items) => format!("a {} of {} items", root.kind(), items.len()),
            None => root.kind().to_owned(),
        };
        return Err(wrong(&format!("`{file}` is not a feature file: expected a dict, found {found}")));
    };
    let mut layout = Layout { parts: Vec::new(), warning: None };
    for split in Split::ALL.into_iter().filter(|s| only.is_none_or(|only| only == *s)) {
        // `Train`, too.
        let key = |name: &'static str| dict.keys().find(move |key| key.eq_ignore_ascii_case(name));
        let mut found = names(split).iter().filter_map(|name| key(name)).filter_map(|key| Some((key, dict.get(key)?)));
        let Some((name, value)) = found.next() else { continue };
        if let Some((other, _)) = found.next() {
            let what = format!("`{file}` has `{name}` and `{other}`, both names of the {split} split");
            layout.warning = Some(Diagnostic::warning(E0605, what).help(format!("`{name}` is read, `{other}` is not")));
        }
        if let Value::Unsupported(why) = value {
            return Err(why.diagnostic(&format!("`{file}`, {name}")));
        }
        let columns = columns(value, &format!("`{name}` of `{file}`"))?;
        layout.parts.push(Part { split, name, columns, one: false });
    }
    if !layout.parts.is_empty() {
        return Ok(layout);
    }
    let keys: Vec<&str> = dict.keys().take(12).collect();
    let is_clip = is_clip(dict);
    if !is_clip && !has_columns(dict) {
        if keyed_by_clip(dict) {
            return Err(wrong(&format!("`{file}` is keyed by sample ({}, ..), not by split", list(&first(&keys)))));
        }
        let fault = match only {
            Some(split) => format!("`{file}` has no columns and no split `{split}`"),
            None => format!("`{file}` has none of the splits train, valid, test"),
        };
        return Err(wrong(&format!("{fault}: its keys are {}", list(&keys))));
    }
    let split = only.unwrap_or(Split::Test);
    if only.is_none() {
        let what = match is_clip {
            true => {
                format!("`{file}` has no splits: its keys ({}) are read as one sample of the split `test`", list(&keys))
            }
            false => {
                format!("`{file}` has no splits: its keys ({}) are read as those of the split `test`", list(&keys))
            }
        };
        layout.warning = Some(Diagnostic::warning(E0605, what).help(WRAP));
    }
    layout.parts.push(Part { split, name: split.name(), columns: dict, one: is_clip });
    Ok(layout)
}

const WRAP: &str =
    "a file for training is {\"train\": {\"audio\": .., \"regression_labels\": ..}, \"valid\": {..}, \"test\": {..}}";

fn wrong(what: &str) -> Diagnostic {
    Diagnostic::error(E0605, what).help(
        "a feature file is a dictionary with the keys `train`, `valid` and `test`, each a dictionary of columns: \
         {\"train\": {\"audio\": array [N, T, f], \"regression_labels\": array [N], ..}, ..}",
    )
}

fn columns<'p>(value: Value<'p>, place: &str) -> Result<Dict<'p>, Diagnostic> {
    let Some(dict) = value.as_dict() else {
        let found = match (value, value.as_items()) {
            (_, Some(items)) => {
                let inner = items.get(0).map_or(String::new(), |v| format!(" of {} {}s", items.len(), v.kind()));
                format!("a {}{inner}", value.kind())
            }
            (Value::None, _) => "None".to_owned(),
            _ => format!("a {}", value.kind()),
        };
        return Err(wrong(&format!("{place} is {found}, not a dictionary of columns")));
    };
    if keyed_by_clip(dict) {
        let keys: Vec<&str> = dict.keys().take(3).collect();
        return Err(wrong(&format!("{place} is keyed by sample ({}, ..), not by column", list(&first(&keys)))));
    }
    Ok(dict)
}

fn first<'k>(keys: &[&'k str]) -> Vec<&'k str> {
    keys.iter().take(2).copied().collect()
}

/// Whether every value is a dictionary of its own: one sample per key.
fn keyed_by_clip(dict: Dict<'_>) -> bool {
    !dict.is_empty() && dict.iter().all(|(_, value)| value.as_dict().is_some_and(|inner| !inner.is_empty()))
}

/// The lengths of the axes of a numeric array.
fn shape(value: Value<'_>) -> Option<&[usize]> {
    value.as_array().filter(|a| a.dtype.is_number()).map(|a| a.shape.as_slice())
}

/// Whether there is an array of sequences, `[N, T, f]`, or a list with an entry per sample.
fn has_columns(dict: Dict<'_>) -> bool {
    dict.iter().any(|(_, value)| match value {
        Value::Array(array) => !array.shape.is_empty(),
        Value::Objects(_) => true,
        other => other.as_items().is_some_and(|items| !items.is_empty()),
    })
}

/// Whether the values are the features of a single clip, `[T, f]` each, as extractors write them: the arrays have two axes, and
/// no other column has as many entries as one of them has rows.
fn is_clip(dict: Dict<'_>) -> bool {
    let shapes: Vec<&[usize]> = dict.iter().filter_map(|(_, value)| shape(value)).collect();
    let rows: Vec<usize> = shapes.iter().filter(|s| s.len() == 2).filter_map(|s| s.first().copied()).collect();
    let counts = |n: &usize| {
        shapes.iter().any(|s| matches!(s, [m] if m == n))
            || dict.iter().any(|(_, value)| value.as_items().is_some_and(|items| items.len() == *n))
    };
    !rows.is_empty() && shapes.iter().all(|s| s.len() <= 2) && !rows.iter().any(counts)
}
