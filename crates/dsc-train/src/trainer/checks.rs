//! What is checked before a training.

use dsc_data::{NonFiniteCount, Split};
use dsc_graph::Graph;
use dsc_recipe::Settings;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0922;
use indexmap::IndexMap;

use crate::batch_source::BatchSource;
use crate::outputs;

/// The checks before a training, from model, data and settings alone: the model has something to train, to score and to select
/// by, and every split has all streams and labels that are read, with finite values. This reads the test split but computes no
/// scores on it. Returns the number of values that are not finite (and will be replaced by 0), by split and key of the stream.
///
/// # Errors
/// `E0922` if there is nothing to train or score, `E0963` for an unknown metric or output in `select`; as [`BatchSource::check`] and
/// [`BatchSource::check_labels`].
pub fn check(
    graph: &Graph,
    data: &BatchSource<'_>,
    settings: &Settings,
) -> Result<IndexMap<(Split, String), NonFiniteCount>, Diagnostic> {
    check_model(graph)?;
    let mut all = IndexMap::new();
    for split in Split::ALL {
        let counts = data.check(split)?.into_iter().filter(|(_, c)| c.nan + c.inf > 0);
        all.extend(counts.map(|(key, count)| ((split, key), count)));
        if split != Split::Test || !data.is_unlabelled(split)? {
            data.check_labels(split)?;
        }
    }
    outputs::selected(&outputs::rules(graph, data, settings)?, &settings.select)?;
    Ok(all)
}

/// The model has something to train.
pub(super) fn check_model(graph: &Graph) -> Result<(), Diagnostic> {
    if graph.losses.is_empty() {
        return Err(Diagnostic::error(E0922, format!("`{}` has no loss", graph.name))
            .help("add `loss prediction = mse(score, target: y)`"));
    }
    if !graph.trained_params().contains(&true) {
        return Err(Diagnostic::error(E0922, format!("no loss of `{}` depends on a weight", graph.name))
            .help("a path from a weight to a loss must not go through `stop_grad`"));
    }
    Ok(())
}
