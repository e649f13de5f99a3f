//! The table of one or several runs, from their `results.json`.

use indexmap::IndexMap;

use super::table::{Align, Table, format_summary, format_value};
use crate::metrics::{Family, Metrics, aggregate};
use crate::results::{Results, Scores};

/// The metrics of a saved score.
pub fn metrics_of(family: Family, scores: &Scores) -> Metrics {
    Metrics::from_values(family, scores.samples, |name| scores.metrics.get(name).copied().flatten())
}

/// A table with one column per metric and one row per name.
pub fn scores_table(family: Family, label: &str, rows: &[(String, Vec<&Scores>)]) -> Table {
    let titles = family.metrics().iter().map(|m| (m.title.to_owned(), Align::Right));
    let mut table = Table::new(std::iter::once((label.to_owned(), Align::Left)).chain(titles));
    for (name, scores) in rows {
        let runs: Vec<Metrics> = scores.iter().map(|s| metrics_of(family, s)).collect();
        let cells = aggregate(family, &runs).iter().map(format_summary).collect::<Vec<_>>();
        table.row(std::iter::once(name.clone()).chain(cells));
    }
    table
}

/// What `dsc train` prints at its end: validation, test and constant, mean and spread over seeds, and how the epoch was
/// chosen.
pub fn results_table(family: Family, runs: &[Results]) -> Table {
    let pick = |f: fn(&Results) -> &Scores| runs.iter().map(f).collect::<Vec<_>>();
    let mut rows = vec![("valid".to_owned(), pick(|r| &r.valid)), ("test".to_owned(), pick(|r| &r.test))];
    rows.push(("test, constant".to_owned(), runs.first().map(|r| &r.constant.test).into_iter().collect()));
    let title = match runs {
        [one] => format!("{}, seed {}", one.model, one.seed),
        [first, ..] => format!("{}, {} seeds", first.model, runs.len()),
        [] => "no runs".to_owned(),
    };
    let mut table = scores_table(family, &title, &rows);
    if let Some(first) = runs.first() {
        let epochs: Vec<String> = runs.iter().map(|r| (r.epoch + 1).to_string()).collect();
        table.note(match first.epochs {
            0 => "imported weights, not trained; the test split was evaluated once".to_owned(),
            of => format!(
                "epoch {} of {of} selected by `{}` on the validation split; the test split was evaluated once, afterwards",
                epochs.join(", "),
                first.select
            ),
        });
        table.note(format!("constant: always {}, the best guess from the training labels", first.constant.value));
        if runs.len() > 1 {
            table.note("mean ± population standard deviation");
        }
    }
    table
}

/// Mean, standard deviation and number of runs of every metric as JSON, over the finished ones of `asked` seeds.
pub fn aggregate_json(family: Family, runs: &[Results], asked: usize) -> serde_json::Value {
    let tests: Vec<Metrics> = runs.iter().map(|r| metrics_of(family, &r.test)).collect();
    let valid: Vec<Metrics> = runs.iter().map(|r| metrics_of(family, &r.valid)).collect();
    serde_json::json!({
        "schema": crate::run_folder::SCHEMA,
        "model": runs.first().map(|r| r.model.clone()),
        "asked": asked,
        "finished": runs.len(),
        "seeds": runs.iter().map(|r| r.seed).collect::<Vec<_>>(),
        "valid": aggregate(family, &valid),
        "test": aggregate(family, &tests),
    })
}

/// One row of [`models_table`].
pub struct ModelRow {
    /// Name of the model.
    pub name: String,
    /// Scores on the test split, by metric.
    pub metrics: IndexMap<String, Option<f64>>,
    /// Number of parameters; `None` for a row that is not a model.
    pub parameters: Option<u64>,
    /// Duration of the training in seconds.
    pub seconds: Option<f64>,
}

/// A table of models with their scores on the test split and their costs.
pub fn models_table(family: Family, groups: &[Vec<ModelRow>]) -> Table {
    let titles = family.metrics().iter().map(|m| (m.title.to_owned(), Align::Right));
    let costs = [("Parameters".to_owned(), Align::Right), ("Time".to_owned(), Align::Right)];
    let mut table = Table::new(std::iter::once(("Test".to_owned(), Align::Left)).chain(titles).chain(costs));
    for (i, group) in groups.iter().enumerate() {
        if i > 0 {
            table.rule();
        }
        for row in group {
            let cells = family
                .metrics()
                .iter()
                .map(|m| row.metrics.get(m.name).map_or_else(String::new, |v| format_value(m, *v)));
            let costs = [
                row.parameters.map(|n| n.to_string()).unwrap_or_default(),
                row.seconds.map(|s| format!("{s:.1} s")).unwrap_or_default(),
            ];
            table.row(std::iter::once(row.name.clone()).chain(cells).chain(costs));
        }
    }
    table
}
