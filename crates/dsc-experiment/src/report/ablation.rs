//! The tables of a comparison: metrics of each model over the same seeds, differences to the baseline, and costs.

use super::results::metrics_of;
use super::table::{Align, Table, format_difference, format_summary, format_value};
use crate::metrics::{Family, Metrics, Summary, aggregate, paired_difference};
use crate::results::Results;
use dsc_analysis::count::grouped;
use indexmap::IndexSet;
use serde_json::{Value, json};

/// The section of the table that a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The model that the others are compared with.
    Baseline,
    /// A variant of the baseline.
    Variant,
    /// A model of one modality.
    Unimodal,
}

/// What is known about a row before its runs are trained.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Name of the row.
    pub name: String,
    /// Section of the table.
    pub group: Group,
    /// The metric family.
    pub family: Family,
    /// Multiply-adds of the forward pass of one sample, with all sequences at their maximum length.
    pub multiply_adds: Option<i64>,
}

/// The rows of a comparison with their runs, one per seed; `None` for a run that is not finished.
#[derive(Clone, Debug)]
pub struct Comparison {
    rows: Vec<(Heading, Vec<Option<Results>>)>,
    family: Family,
}

impl Comparison {
    /// A comparison; the first row is the baseline. The runs are in the order of the seeds, which are the same for all rows.
    pub fn new(headings: Vec<Heading>, runs: Vec<Vec<Option<Results>>>) -> Comparison {
        let family = headings.first().map_or(Family::Regression, |h| h.family);
        Comparison { rows: headings.into_iter().zip(runs).collect(), family }
    }

    /// The metric family, that of the first row.
    pub fn family(&self) -> Family {
        self.family
    }

    /// For every row, mean and standard deviation of its metrics on the test split.
    pub fn scores_of_rows(&self) -> Vec<Vec<Summary>> {
        self.rows.iter().map(|(_, runs)| self.summaries(None, &runs.iter().flatten().collect::<Vec<_>>())).collect()
    }

    /// The tables of scores and differences as text.
    pub fn text(&self) -> String {
        self.render(Table::text)
    }

    /// The files of a comparison, as (name, text).
    pub fn files(&self) -> [(&'static str, String); 4] {
        [
            ("table.txt", self.text()),
            ("table.md", self.render(Table::markdown)),
            ("table.tex", self.render(Table::latex)),
            ("table.csv", self.csv()),
        ]
    }

    fn render(&self, form: fn(&Table) -> String) -> String {
        let mut tables = vec![self.scores()];
        tables.extend(self.differences(None));
        for label in self.other_outputs() {
            tables.push(self.scores_of_output(label));
            tables.extend(self.differences(Some(label)));
        }
        tables.iter().map(form).collect::<Vec<_>>().join("\n")
    }

    /// The labels of the outputs besides the first of each model, in the order in which the rows have them.
    fn other_outputs(&self) -> IndexSet<&str> {
        let runs = self.rows.iter().flat_map(|(_, runs)| runs.iter().flatten());
        runs.flat_map(|r| r.outputs.keys()).map(String::as_str).collect()
    }

    /// The metric family of an output; `None` is the first one.
    fn family_of(&self, output: Option<&str>) -> Family {
        let Some(label) = output else { return self.family };
        let mut runs = self.rows.iter().flat_map(|(_, runs)| runs.iter().flatten());
        runs.find_map(|r| Family::parse(&r.outputs.get(label)?.family)).unwrap_or(Family::Regression)
    }

    /// The table of metrics of an output besides the first. A model without the output has an empty row.
    fn scores_of_output(&self, label: &str) -> Table {
        let family = self.family_of(Some(label));
        let titles = family.metrics().iter().map(|m| (m.title.to_owned(), Align::Right));
        let mut table = Table::new(std::iter::once((format!("Test, output for {label}"), Align::Left)).chain(titles));
        let mut before = Group::Baseline;
        for (heading, runs) in &self.rows {
            if std::mem::replace(&mut before, heading.group) != heading.group {
                table.rule();
            }
            let runs: Vec<&Results> = runs.iter().flatten().collect();
            let cells = self.summaries(Some(label), &runs);
            table.row(std::iter::once(heading.name.clone()).chain(cells.iter().map(format_summary)));
        }
        let mut runs = self.rows.iter().flat_map(|(_, runs)| runs.iter().flatten());
        if let Some(constant) = runs.find_map(|r| r.outputs.get(label)).map(|o| &o.constant) {
            let of = |name: &str| constant.test.metrics.get(name).copied().flatten();
            let cells = family.metrics().iter().map(|m| format_value(m, of(m.name)));
            table.rule().row(std::iter::once(format!("constant {:.3}", constant.value)).chain(cells));
        }
        table
    }

    /// The table of metrics (mean and standard deviation on the test split) and costs.
    fn scores(&self) -> Table {
        let costs = ["Parameters", "Multiply-adds", "Memory", "Time"].map(|c| (c.to_owned(), Align::Right));
        let metrics = self.family.metrics().iter().map(|m| (m.title.to_owned(), Align::Right));
        let mut table = Table::new(std::iter::once(("Test".to_owned(), Align::Left)).chain(metrics).chain(costs));
        let mut before = Group::Baseline;
        for (heading, runs) in &self.rows {
            if std::mem::replace(&mut before, heading.group) != heading.group {
                table.rule();
            }
            let runs: Vec<&Results> = runs.iter().flatten().collect();
            let cells = self.summaries(None, &runs);
            let cells = cells.iter().map(format_summary);
            table.row(std::iter::once(heading.name.clone()).chain(cells).chain(costs_of(heading, &runs)));
        }
        if let Some(constant) = self.rows.iter().flat_map(|(_, runs)| runs.iter().flatten()).next().map(|r| &r.constant)
        {
            let of = |name: &str| constant.test.metrics.get(name).copied().flatten();
            let cells = self.family.metrics().iter().map(|m| format_value(m, of(m.name)));
            table.rule().row(std::iter::once(format!("constant {:.3}", constant.value)).chain(cells));
        }
        self.notes(&mut table);
        table
    }

    fn notes(&self, table: &mut Table) {
        let seeds = self.seeds();
        let all: Vec<&Results> = self.rows.iter().flat_map(|(_, runs)| runs.iter().flatten()).collect();
        if let Some(first) = all.first() {
            let spread = if seeds > 1 {
                format!("mean ± population standard deviation of {seeds} seeds; ")
            } else {
                String::new()
            };
            table.note(format!(
                "{spread}the epoch of every run was selected by `{}` on the validation split; the test split was evaluated once, afterwards",
                first.select
            ));
            table.note(
                "multiply-adds of one sample's forward pass, every sequence as long as the longest; memory: the most of a run; \
                 time: mean of a run",
            );
        }
        for (heading, runs) in &self.rows {
            let missing = runs.iter().filter(|r| r.is_none()).count();
            if missing > 0 {
                table.note(format!("{}: {missing} of {seeds} runs are missing", heading.name));
            }
        }
    }

    /// The table of paired differences between each row and the baseline, of the first output or of another one.
    fn differences(&self, output: Option<&str>) -> Option<Table> {
        let ((base, base_runs), others) = self.rows.split_first()?;
        if others.is_empty() || base_runs.iter().all(Option::is_none) {
            return None;
        }
        let metrics = self.family_of(output).metrics().iter().map(|m| (m.title.to_owned(), Align::Right));
        let of = output.map_or_else(String::new, |label| format!(", output for {label}"));
        let title = (format!("Test{of}, minus {}", base.name), Align::Left);
        let mut table = Table::new(std::iter::once(title).chain(metrics));
        let mut before = others.first()?.0.group;
        for (heading, runs) in others {
            if std::mem::replace(&mut before, heading.group) != heading.group {
                table.rule();
            }
            let cells = self.paired(output, base_runs, runs);
            table.row(std::iter::once(heading.name.clone()).chain(cells.iter().map(format_difference)));
        }
        table.note("differences of runs with the same seed: mean ± population standard deviation");
        Some(table)
    }

    fn seeds(&self) -> usize {
        self.rows.first().map_or(0, |(_, runs)| runs.len())
    }

    /// The metrics of an output on the test split; `None` for a model without the output.
    fn metrics(&self, output: Option<&str>, r: &Results) -> Option<Metrics> {
        let scores = match output {
            None => &r.test,
            Some(label) => &r.outputs.get(label)?.test,
        };
        Some(metrics_of(self.family_of(output), scores))
    }

    fn summaries(&self, output: Option<&str>, runs: &[&Results]) -> Vec<Summary> {
        aggregate(self.family_of(output), &runs.iter().filter_map(|r| self.metrics(output, r)).collect::<Vec<_>>())
    }

    /// Paired differences over the seeds that both rows have.
    fn paired(&self, output: Option<&str>, base: &[Option<Results>], row: &[Option<Results>]) -> Vec<Summary> {
        let both = base
            .iter()
            .zip(row)
            .filter_map(|(a, b)| Some((self.metrics(output, a.as_ref()?)?, self.metrics(output, b.as_ref()?)?)));
        let (base, row): (Vec<_>, Vec<_>) = both.unzip();
        paired_difference(self.family_of(output), &base, &row)
    }

    /// One CSV line per row and metric; metrics of other outputs than the first are named `LABEL.METRIC`.
    fn csv(&self) -> String {
        let mut out = "row,metric,runs,mean,std,difference,difference_std\n".to_owned();
        let text = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
        let base = self.rows.first().map(|(_, runs)| runs.as_slice()).unwrap_or_default();
        for (i, (heading, runs)) in self.rows.iter().enumerate() {
            let finished: Vec<&Results> = runs.iter().flatten().collect();
            let quoted = format!("\"{}\"", heading.name.replace('"', "\"\""));
            for output in std::iter::once(None).chain(self.other_outputs().into_iter().map(Some)) {
                let prefix = output.map_or_else(String::new, |label| format!("{label}."));
                let differences = if i == 0 { Vec::new() } else { self.paired(output, base, runs) };
                for (j, s) in self.summaries(output, &finished).iter().enumerate() {
                    let (d, spread) = differences.get(j).map_or((None, None), |d| (d.mean, d.std));
                    let cells = [text(s.mean), text(s.std), text(d), text(spread)].join(",");
                    out.push_str(&format!("{quoted},{prefix}{},{},{cells}\n", s.info.name, s.defined));
                }
            }
            let seconds: Vec<f64> = finished.iter().map(|r| r.seconds).collect();
            let costs = [
                ("parameters", finished.first().map(|r| r.parameters as f64)),
                ("multiply_adds", heading.multiply_adds.map(|n| n as f64)),
                ("peak_memory", peak(&finished).map(|n| n as f64)),
                ("seconds", mean(&seconds)),
            ];
            for (name, value) in costs {
                out.push_str(&format!("{quoted},{name},{},{},,,\n", finished.len(), text(value)));
            }
        }
        out
    }

    /// As JSON: rows with the summaries of their metrics, differences and costs.
    pub fn json(&self) -> Value {
        let base = self.rows.first().map(|(_, runs)| runs.as_slice()).unwrap_or_default();
        let rows = self.rows.iter().enumerate().map(|(i, (heading, runs))| {
            let finished: Vec<&Results> = runs.iter().flatten().collect();
            let seconds: Vec<f64> = finished.iter().map(|r| r.seconds).collect();
            let mut row = json!({
                "name": heading.name,
                "seeds": finished.iter().map(|r| r.seed).collect::<Vec<_>>(),
                "missing": runs.len() - finished.len(),
                "test": self.summaries(None, &finished),
                "difference": (i > 0).then(|| self.paired(None, base, runs)),
                "parameters": finished.first().map(|r| r.parameters),
                "multiply_adds": heading.multiply_adds,
                "peak_memory": peak(&finished),
                "seconds": mean(&seconds),
            });
            let others: serde_json::Map<String, Value> = self
                .other_outputs()
                .into_iter()
                .map(|label| {
                    let difference = (i > 0).then(|| self.paired(Some(label), base, runs));
                    let test = self.summaries(Some(label), &finished);
                    (
                        label.to_owned(),
                        json!({ "family": self.family_of(Some(label)), "test": test, "difference": difference }),
                    )
                })
                .collect();
            if let (Some(row), false) = (row.as_object_mut(), others.is_empty()) {
                row.insert("outputs".to_owned(), others.into());
            }
            row
        });
        json!({ "family": self.family.name(), "rows": rows.collect::<Vec<_>>() })
    }
}

fn costs_of(heading: &Heading, runs: &[&Results]) -> [String; 4] {
    let seconds: Vec<f64> = runs.iter().map(|r| r.seconds).collect();
    let whole = |n: u64| grouped(i64::try_from(n).unwrap_or(i64::MAX));
    [
        runs.first().map(|r| whole(r.parameters)).unwrap_or_default(),
        heading.multiply_adds.map(grouped).unwrap_or_default(),
        peak(runs).map(|n| format!("{:.2} GB", n as f64 / 1e9)).unwrap_or_default(),
        mean(&seconds).map(|s| format!("{s:.1} s")).unwrap_or_default(),
    ]
}

/// Peak memory over the runs, in bytes.
fn peak(runs: &[&Results]) -> Option<u64> {
    runs.iter().filter_map(|r| r.peak_memory.map(|m| m.resident)).max()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
