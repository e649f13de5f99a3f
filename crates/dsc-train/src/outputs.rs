//! The outputs of a model and how each is scored. The first one is the prediction of the model; tables, comparisons and the
//! selection of the epoch use it unless they name another.

use dsc_data::Split;
use dsc_experiment::metrics::{Family, Metrics};
use dsc_graph::Graph;
use dsc_recipe::{Select, Settings};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0922;

use super::batch_source::BatchSource;
use super::evaluate::{predict, score};
use super::non_finite::{At, Replay};

/// How an output is scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputRule {
    /// The label that it predicts.
    pub label: String,
    /// Its metrics.
    pub family: Family,
}

/// The predictions of an output on a split with their scores.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predicted {
    pub label: String,
    pub family: Family,
    pub predictions: Vec<f32>,
    pub metrics: Metrics,
}

/// The rules of all outputs, in the order of the model file. The first output has the metric family of the settings. So have the
/// others, except for one whose training labels lie outside of the range of that family: it has errors and correlation only.
///
/// # Errors
/// `E0922` for a model without output; as [`BatchSource::label`].
pub fn rules(graph: &Graph, data: &BatchSource<'_>, settings: &Settings) -> Result<Vec<OutputRule>, Diagnostic> {
    let mut rules = Vec::with_capacity(graph.outputs.len());
    for output in &graph.outputs {
        let label = output.label.clone();
        let family = match settings.family.label_range() {
            Some((least, most)) if !rules.is_empty() => {
                let fits = data.label(Split::Train, &label)?.iter().all(|y| (least..=most).contains(y));
                if fits { settings.family } else { Family::Regression }
            }
            _ => settings.family,
        };
        rules.push(OutputRule { label, family });
    }
    if rules.is_empty() {
        return Err(no_output(graph));
    }
    Ok(rules)
}

pub(crate) fn no_output(graph: &Graph) -> Diagnostic {
    Diagnostic::error(E0922, format!("`{}` has no output", graph.name)).help("add `output score for y`")
}

/// The index of the output that a rule of selection names, by default the first.
///
/// # Errors
/// `E0963` for an output that the model lacks, or a metric that the family of the output lacks.
pub fn selected(rules: &[OutputRule], select: &Select) -> Result<usize, Diagnostic> {
    let labels: Vec<&str> = rules.iter().map(|r| r.label.as_str()).collect();
    select.check_output(&labels)?;
    let index = select.output().and_then(|name| labels.iter().position(|label| *label == name)).unwrap_or(0);
    if let Some(rule) = rules.get(index) {
        rule.family.metric(select.metric_name())?;
    }
    Ok(index)
}

/// Predicts a split and scores every output. `at` is the place in the training, for errors.
///
/// # Errors
/// `E0960` for a prediction that is not a number, with the operation that it comes from; `E0961` for such a label; as
/// [`predict`].
pub(crate) fn score_outputs(
    replay: &Replay<'_>,
    rules: &[OutputRule],
    at: Option<At>,
) -> Result<Vec<Predicted>, Diagnostic> {
    let (data, split) = (replay.data, replay.split);
    // Missing labels are reported before anything is computed.
    let truths = rules.iter().map(|r| data.label(split, &r.label)).collect::<Result<Vec<_>, _>>()?;
    let all = predict_outputs(replay, rules, at)?;
    let mut scored = Vec::with_capacity(rules.len());
    for ((rule, predictions), truth) in rules.iter().zip(all).zip(truths) {
        let metrics = score(rule.family, &predictions, &truth, data.ids(split)?)?;
        scored.push(Predicted { label: rule.label.clone(), family: rule.family, predictions, metrics });
    }
    Ok(scored)
}

/// Predicts a split that has no labels: no metric has a value.
///
/// # Errors
/// As [`predict_outputs`].
pub(crate) fn without_scores(
    replay: &Replay<'_>,
    rules: &[OutputRule],
    at: Option<At>,
) -> Result<Vec<Predicted>, Diagnostic> {
    let all = predict_outputs(replay, rules, at)?;
    let unscored = |(OutputRule { label, family }, predictions): (&OutputRule, Vec<f32>)| Predicted {
        label: label.clone(),
        family: *family,
        metrics: Metrics::from_values(*family, predictions.len(), |_| None),
        predictions,
    };
    Ok(rules.iter().zip(all).map(unscored).collect())
}

/// The predictions of every output on a split.
///
/// # Errors
/// As [`score_outputs`], labels aside.
pub(crate) fn predict_outputs(
    replay: &Replay<'_>,
    rules: &[OutputRule],
    at: Option<At>,
) -> Result<Vec<Vec<f32>>, Diagnostic> {
    let mut found = predict(replay.program, replay.store, replay.data, replay.split, replay.workers)?;
    let mut all = Vec::with_capacity(rules.len());
    for OutputRule { label, .. } in rules {
        let predictions = found.swap_remove(label).unwrap_or_default();
        if let Some((sample, value)) = predictions.iter().enumerate().find(|(_, p)| !p.is_finite()) {
            return Err(replay.of_prediction(label, sample, *value, at));
        }
        all.push(predictions);
    }
    Ok(all)
}
