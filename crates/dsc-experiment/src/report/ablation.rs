//! The tables of a comparison: metrics of each model over the same seeds, differences to the baseline, and costs.

use super::results::metrics_of;
use super::table::{Align, Table, format_difference, format_summary, format_value};
use crate::metrics::{Family, Metrics, Summary, aggregate, paired_difference};
use crate::results::Results;
use dsc_analysis::count::grouped;
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
        self.rows.iter().map(|(_, runs)| self.summaries(&runs.iter().flatten().collect::<Vec<_>>())).collect()
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
        let scores = form(&self.scores());
        match self.differences() {
            Some(differences) => format!("{scores}\n{}", form(&differences)),
            None => scores,
        }
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
            let cells = self.summaries(&runs);
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

    /// The table of paired differences between each row and the baseline.
    fn differences(&self) -> Option<Table> {
        let ((base, base_runs), others) = self.rows.split_first()?;
        if others.is_empty() || base_runs.iter().all(Option::is_none) {
            return None;
        }
        let metrics = self.family.metrics().iter().map(|m| (m.title.to_owned(), Align::Right));
        let title = (format!("Test, minus {}", base.name), Align::Left);
        let mut table = Table::new(std::iter::once(title).chain(metrics));
        let mut before = others.first()?.0.group;
        for (heading, runs) in others {
            if std::mem::replace(&mut before, heading.group) != heading.group {
                table.rule();
            }
            let cells = self.paired(base_runs, runs);
            table.row(std::iter::once(heading.name.clone()).chain(cells.iter().map(format_difference)));
        }
        table.note("differences of runs with the same seed: mean ± population standard deviation");
        Some(table)
    }

    fn seeds(&self) -> usize {
        self.rows.first().map_or(0, |(_, runs)| runs.len())
    }

    fn metrics(&self, r: &Results) -> Metrics {
        metrics_of(self.family, &r.test)
    }

    fn summaries(&self, runs: &[&Results]) -> Vec<Summary> {
        aggregate(self.family, &runs.iter().map(|r| self.metrics(r)).collect::<Vec<_>>())
    }

    /// Paired differences over the seeds that both rows have.
    fn paired(&self, base: &[Option<Results>], row: &[Option<Results>]) -> Vec<Summary> {
        let both =
            base.iter().zip(row).filter_map(|(a, b)| Some((self.metrics(a.as_ref()?), self.metrics(b.as_ref()?))));
        let (base, row): (Vec<_>, Vec<_>) = both.unzip();
        paired_difference(self.family, &base, &row)
    }

    /// One CSV line per row and metric.
    fn csv(&self) -> String {
        let mut out = "row,metric,runs,mean,std,difference,difference_std\n".to_owned();
        let text = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
        let base = self.rows.first().map(|(_, runs)| runs.as_slice()).unwrap_or_default();
        for (i, (heading, runs)) in self.rows.iter().enumerate() {
            let finished: Vec<&Results> = runs.iter().flatten().collect();
            let differences = if i == 0 { Vec::new() } else { self.paired(base, runs) };
            let quoted = format!("\"{}\"", heading.name.replace('"', "\"\""));
            for (j, s) in self.summaries(&finished).iter().enumerate() {
                let (d, spread) = differences.get(j).map_or((None, None), |d| (d.mean, d.std));
                let cells = [text(s.mean), text(s.std), text(d), text(spread)].join(",");
                out.push_str(&format!("{quoted},{},{},{cells}\n", s.info.name, s.defined));
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
            json!({
                "name": heading.name,
                "seeds": finished.iter().map(|r| r.seed).collect::<Vec<_>>(),
                "missing": runs.len() - finished.len(),
                "test": self.summaries(&finished),
                "difference": (i > 0).then(|| self.paired(base, runs)),
                "parameters": finished.first().map(|r| r.parameters),
                "multiply_adds": heading.multiply_adds,
                "peak_memory": peak(&finished),
                "seconds": mean(&seconds),
            })
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
