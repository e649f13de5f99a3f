//! Columns of labels: which part of a key is a label, and whether labels go with the metrics.

use super::dataset::{Dataset, Table};
use super::finding::Finding;
use dsc_recipe::Family;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0618;

/// Key and number of `labels[0]`: the first of several numbers per sample.
pub(super) fn component(key: &str) -> Option<(&str, usize)> {
    let (key, index) = key.strip_suffix(']')?.rsplit_once('[')?;
    Some((key, index.parse().ok()?))
}

/// The numbers at `index` of every sample of a key with several numbers per sample.
///
/// # Errors
/// The reason, for a key that is a sequence, has fewer numbers, or does not exist.
pub(super) fn numbers_at(table: &Table, key: &str, index: usize) -> Result<Vec<f32>, String> {
    let stream = match table.streams.get(key) {
        Some(stream) if stream.max_len == 1 => stream,
        Some(_) => {
            return Err(format!(
                "`{key}` holds {}, not a list of numbers per sample",
                table.holds(key).unwrap_or_default()
            ));
        }
        None if index == 0 && table.labels.contains_key(key) => {
            return Ok(table.labels.get(key).cloned().unwrap_or_default());
        }
        None => return Err(format!("`{key}` is no list of numbers per sample")),
    };
    if index >= stream.width {
        return Err(format!("`{key}` has {} numbers per sample, counted from 0", stream.width));
    }
    let mut row = vec![0.0; stream.width];
    let number = |sample| {
        stream.fill(sample, 0, &mut row).then(|| row.get(index).copied()).flatten().ok_or("cannot be read".to_owned())
    };
    (0..stream.samples()).map(number).collect()
}

/// A warning where the labels `key` of a data set do not go with the metrics of `family`: values outside its range, values of one
/// sign for metrics of two, or two classes for metrics of an intensity.
pub fn label_finding(dataset: &Dataset, key: &str, family: Family) -> Option<Finding> {
    let read = |table: &Table| table.label_values(key, "a label").ok().map(std::borrow::Cow::into_owned);
    let values: Vec<f32> = dataset.tables.iter().filter_map(read).flatten().filter(|y| y.is_finite()).collect();
    let least = values.iter().copied().reduce(f32::min)?;
    let most = values.iter().copied().reduce(f32::max)?;
    let two = values.iter().all(|y| *y == 0.0 || *y == 1.0);
    let range = format!("labels `{key}` of `{}` are from {least} to {most}", dataset.name);
    let (what, help) = match (family, family.label_range()) {
        (Family::Binary, _) if two => return None,
        (Family::Binary, _) => (
            format!("{range}, `family = binary` expects 0 and 1"),
            "set `family = regression`, or store the classes as 0 and 1".to_owned(),
        ),
        (_, _) if two && least < most => (
            format!(
                "the labels `{key}` of `{}` are 0 and 1, which `family = {family}` does not score as two classes",
                dataset.name
            ),
            "set `family = binary`: accuracy, F1 and AUC of a prediction that is a logit".to_owned(),
        ),
        (_, Some((low, high))) if least < low || most > high => (
            format!("{range}, `family = {family}` measures {low} to {high}"),
            "set `family = regression`, which clips and rounds nothing, or rescale the labels".to_owned(),
        ),
        (_, Some(_)) if least >= 0.0 || most <= 0.0 => (
            format!("{range}, and `family = {family}` measures negative against positive"),
            "set `family = regression`, or shift the labels so that 0 is neutral".to_owned(),
        ),
        _ => return None,
    };
    Some(Finding::about(key, Diagnostic::warning(E0618, what).help(help)))
}
