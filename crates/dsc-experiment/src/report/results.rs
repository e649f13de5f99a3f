//! The table of one or several runs, from their `results.json`.

use indexmap::IndexMap;

use super::table::{Align, Table, format_summary, format_value};
use crate::metrics::{Family, Metrics, aggregate};
use crate::results::{OutputResults, Results, Scores};

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

/// What `dsc train` prints at its end, one table for each output: validation, test and constant, mean and spread over seeds; below
/// the first one, how the epoch was chosen.
pub fn results_tables(runs: &[Results]) -> Vec<Table> {
    let Some(first) = runs.first() else { return Vec::new() };
    let outputs = first.all_outputs();
    let several = outputs.len() > 1;
    let mut tables = Vec::with_capacity(outputs.len());
    for (label, output) in &outputs {
        let family = Family::parse(&output.family).unwrap_or(Family::Regression);
        let of_runs: Vec<OutputResults> = runs.iter().filter_map(|r| r.all_outputs().shift_remove(label)).collect();
        let mut rows = vec![
            ("valid".to_owned(), of_runs.iter().map(|o| &o.valid).collect::<Vec<_>>()),
            ("test".to_owned(), of_runs.iter().map(|o| &o.test).collect()),
        ];
        rows.push(("test, constant".to_owned(), vec![&output.constant.test]));
        let mut title = match runs {
            [one] => format!("{}, seed {}", one.model, one.seed),
            _ => format!("{}, {} seeds", first.model, runs.len()),
        };
        if several {
            title.push_str(&format!(", output for {label}"));
        }
        let mut table = scores_table(family, &title, &rows);
        if tables.is_empty() {
            table.note(selection(runs, first));
        }
        table.note(format!("constant: always {:.3}, the best guess from the training labels", output.constant.value));
        if runs.len() > 1 && tables.is_empty() {
            table.note("mean ± population standard deviation");
        }
        tables.push(table);
    }
    tables
}

/// How the epoch was chosen.
fn selection(runs: &[Results], first: &Results) -> String {
    let epochs: Vec<String> = runs.iter().map(|r| (r.epoch + 1).to_string()).collect();
    let epochs = epochs.join(", ");
    match (first.epochs, first.stopped_of) {
        (0, _) => "imported weights, not trained; the test split was evaluated once".to_owned(),
        (of, stopped) => {
            let stopped =
                stopped.map_or_else(String::new, |all| format!(" (the training was stopped, {all} were requested)"));
            format!(
                "epoch {epochs} of {of}{stopped} selected by `{}` on the validation split; the test split was evaluated once, \
                 afterwards",
                first.select
            )
        }
    }
}

/// Mean, standard deviation and number of runs of every metric as JSON, over the finished ones of `asked` seeds.
pub fn aggregate_json(family: Family, runs: &[Results], asked: usize) -> serde_json::Value {
    let tests: Vec<Metrics> = runs.iter().map(|r| metrics_of(family, &r.test)).collect();
    let valid: Vec<Metrics> = runs.iter().map(|r| metrics_of(family, &r.valid)).collect();
    let mut json = serde_json::json!({
        "schema": crate::run_folder::SCHEMA,
        "model": runs.first().map(|r| r.model.clone()),
        "asked": asked,
        "finished": runs.len(),
        "seeds": runs.iter().map(|r| r.seed).collect::<Vec<_>>(),
        "valid": aggregate(family, &valid),
        "test": aggregate(family, &tests),
    });
    let mut outputs = serde_json::Map::new();
    for (label, output) in runs.first().iter().flat_map(|r| &r.outputs) {
        let family = Family::parse(&output.family).unwrap_or(Family::Regression);
        let of = |split: fn(&OutputResults) -> &Scores| -> Vec<Metrics> {
            runs.iter().filter_map(|r| r.outputs.get(label)).map(|o| metrics_of(family, split(o))).collect()
        };
        let (valid, test) = (aggregate(family, &of(|o| &o.valid)), aggregate(family, &of(|o| &o.test)));
        outputs.insert(label.clone(), serde_json::json!({ "family": family, "valid": valid, "test": test }));
    }
    if let (Some(json), false) = (json.as_object_mut(), outputs.is_empty()) {
        json.insert("outputs".to_owned(), outputs.into());
    }
    json
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
