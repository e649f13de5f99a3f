//! Tables as text, Markdown and LaTeX, and the format of numbers in them.

use std::fmt::Write as _;

use crate::metrics::{MetricInfo, Summary};

/// Alignment of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Left, for names.
    Left,
    /// Right, for numbers.
    Right,
}

/// A table with column titles and notes below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    Cells(Vec<String>),
    Rule,
}

impl Table {
    /// A table with these column titles and no rows.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = (T, Align)>) -> Table {
        let columns = columns.into_iter().map(|(title, align)| (title.into(), align)).collect();
        Table { columns, ..Table::default() }
    }

    /// Adds a row. Missing cells are empty, extra cells are dropped.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Table {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| cell.into().replace(['\n', '\r'], " ")).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(Row::Cells(cells));
        self
    }

    /// Adds a rule between groups of rows (not in Markdown).
    pub fn rule(&mut self) -> &mut Table {
        self.rows.push(Row::Rule);
        self
    }

    /// Adds a line of text below the table.
    pub fn note(&mut self, text: impl Into<String>) -> &mut Table {
        self.notes.push(text.into());
        self
    }

    /// Aligned text with two spaces between columns and no spaces at line ends. Widths are counted in characters.
    pub fn text(&self) -> String {
        let widths = self.widths(|cell| cell.chars().count());
        let total = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let rule = "-".repeat(total);
        let mut out = String::new();
        line(&mut out, &self.join("  ", &widths, |column| column.0.clone(), None));
        line(&mut out, &rule);
        for row in &self.rows {
            match row {
                Row::Rule => line(&mut out, &rule),
                Row::Cells(cells) => line(&mut out, &self.join("  ", &widths, |_| String::new(), Some(cells))),
            }
        }
        self.notes.iter().for_each(|note| line(&mut out, note));
        out
    }

    /// A Markdown table, its source aligned as well; `|` in cells is escaped.
    pub fn markdown(&self) -> String {
        let escaped = Table {
            columns: self.columns.iter().map(|(title, align)| (escape(title), *align)).collect(),
            rows: self
                .rows
                .iter()
                .filter_map(|row| match row {
                    Row::Cells(cells) => Some(Row::Cells(cells.iter().map(|cell| escape(cell)).collect())),
                    Row::Rule => None,
                })
                .collect(),
            notes: Vec::new(),
        };
        let widths: Vec<usize> = escaped.widths(|cell| cell.chars().count()).into_iter().map(|w| w.max(3)).collect();
        let mut out = String::new();
        let mut add = |inner: String| line(&mut out, &format!("| {inner} |"));
        add(escaped.join(" | ", &widths, |column| column.0.clone(), None));
        let dashes = |(column, width): (&(String, Align), &usize)| match column.1 {
            Align::Left => "-".repeat(*width),
            Align::Right => "-".repeat(width - 1) + ":",
        };
        add(escaped.columns.iter().zip(&widths).map(dashes).collect::<Vec<_>>().join(" | "));
        for row in &escaped.rows {
            if let Row::Cells(cells) = row {
                add(escaped.join(" | ", &widths, |_| String::new(), Some(cells)));
            }
        }
        for note in &self.notes {
            let _ = write!(out, "\n{note}\n");
        }
        out
    }

    /// A LaTeX `tabular` with the rules of booktabs; notes follow as comments.
    pub fn latex(&self) -> String {
        let columns: String = self.columns.iter().map(|c| if c.1 == Align::Left { 'l' } else { 'r' }).collect();
        let mut out = String::new();
        let mut add = |text: &str| line(&mut out, text);
        let cells = |cells: &[String]| format!("{} \\\\", cells.iter().map(|c| tex(c)).collect::<Vec<_>>().join(" & "));
        add(&format!("\\begin{{tabular}}{{{columns}}}"));
        add("\\toprule");
        add(&cells(&self.columns.iter().map(|c| c.0.clone()).collect::<Vec<_>>()));
        add("\\midrule");
        for row in &self.rows {
            match row {
                Row::Rule => add("\\midrule"),
                Row::Cells(row) => add(&cells(row)),
            }
        }
        add("\\bottomrule");
        add("\\end{tabular}");
        self.notes.iter().for_each(|note| add(&format!("% {note}")));
        out
    }

    fn widths(&self, width: impl Fn(&str) -> usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(title, _)| width(title)).collect();
        for row in &self.rows {
            if let Row::Cells(cells) = row {
                widths.iter_mut().zip(cells).for_each(|(w, cell)| *w = (*w).max(width(cell)));
            }
        }
        widths
    }

    /// One line: the given cells, or `title` of each column where there are none.
    fn join(
        &self,
        between: &str,
        widths: &[usize],
        title: impl Fn(&(String, Align)) -> String,
        cells: Option<&Vec<String>>,
    ) -> String {
        let padded = self.columns.iter().zip(widths).enumerate().map(|(i, (column, &width))| {
            let cell = cells.and_then(|cells| cells.get(i).cloned()).unwrap_or_else(|| title(column));
            match column.1 {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            }
        });
        padded.collect::<Vec<_>>().join(between)
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

/// A cell in LaTeX: special characters escaped, signs in math mode.
fn tex(cell: &str) -> String {
    let mut out = String::new();
    for c in cell.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '±' => out.push_str("$\\pm$"),
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            c => out.push(c),
        }
    }
    // A minus, not a hyphen.
    match out.strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("$-${rest}"),
        _ => out,
    }
}

fn escape(cell: &str) -> String {
    cell.replace('|', "\\|")
}

/// A metric's value: percentages with two decimals, others with three, `-` where it is undefined.
pub fn format_value(info: &MetricInfo, value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| number(info, value))
}

/// Mean and spread over seeds, `79.21 ± 0.35`; the mean alone of a single run.
pub fn format_summary(summary: &Summary) -> String {
    match (summary.mean, summary.std) {
        (Some(mean), Some(std)) if summary.defined > 1 => {
            format!("{} ± {}", number(&summary.info, mean), number(&summary.info, std))
        }
        (mean, _) => format_value(&summary.info, mean),
    }
}

/// A difference with its sign, `+0.35 ± 0.10`.
pub fn format_difference(summary: &Summary) -> String {
    let text = format_summary(summary);
    let signed = summary.mean.is_some() && !text.starts_with('-');
    if signed { format!("+{text}") } else { text }
}

fn number(info: &MetricInfo, value: f64) -> String {
    let text = if info.percent { format!("{:.2}", 100.0 * value) } else { format!("{value:.3}") };
    // What rounds to zero has no sign.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        _ => text,
    }
}

/// The table of a comparison: one row per label, one column per metric, `label` above the names. Notes tell how many
/// runs an undefined value concerns.
pub fn metric_table<'a>(label: &str, rows: impl IntoIterator<Item = (&'a str, &'a [Summary])>) -> Table {
    let rows: Vec<(&str, &[Summary])> = rows.into_iter().collect();
    let titles = rows.first().map(|(_, summaries)| summaries.iter().map(|s| (s.info.title, Align::Right)));
    let mut table = Table::new(std::iter::once((label, Align::Left)).chain(titles.into_iter().flatten()));
    for (name, summaries) in &rows {
        table.row(std::iter::once((*name).to_owned()).chain(summaries.iter().map(format_summary)));
    }
    for (name, summaries) in &rows {
        for s in summaries.iter().filter(|s| s.undefined > 0) {
            let runs = s.defined + s.undefined;
            let noun = if runs == 1 { "run" } else { "runs" };
            table.note(format!("{name}: {} is undefined in {} of {runs} {noun}", s.info.title, s.undefined));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Family, Metrics, aggregate, paired_difference};

    fn run(acc2: f64, mae: f64, corr: Option<f64>) -> Metrics {
        Metrics::from_values(Family::Sims, 457, |name| match name {
            "acc2" | "f1" => Some(acc2),
            "acc3" | "acc5" => Some(acc2 / 2.0),
            "mae" => Some(mae),
            _ => corr,
        })
    }

    #[test]
    fn text_and_markdown() {
        let ours = aggregate(Family::Sims, &[run(0.7921, 0.4121, Some(0.6012)), run(0.7871, 0.4204, None)]);
        let constant = aggregate(Family::Sims, &[run(317.0 / 457.0, 0.58, None)]);
        let mut table = metric_table("model", [("dashfusion", &ours[..]), ("constant", &constant[..])]);
        insta::assert_snapshot!("metrics_text", table.text());
        table.rule().row(["a|b", "1.00"]);
        insta::assert_snapshot!("metrics_markdown", table.markdown());
    }

    #[test]
    fn plain_tables() {
        let mut table = Table::new([("block", Align::Left), ("parameters", Align::Right)]);
        table.row(["fuse.0", "132,000"]).row(["fuse.1"]).rule().row(["total", "132,000", "dropped"]);
        insta::assert_snapshot!("plain_text", table.text());
        let empty = Table::new([("a", Align::Left), ("b", Align::Right)]);
        assert_eq!(empty.text(), "a  b\n----\n");
        assert_eq!(empty.markdown(), "| a   |   b |\n| --- | --: |\n");
    }

    #[test]
    fn numbers_are_written_by_kind() {
        let info = |name| Family::Sims.metric(name).unwrap();
        assert_eq!(format_value(&info("acc2"), Some(317.0 / 457.0)), "69.37");
        assert_eq!(format_value(&info("mae"), Some(0.41649)), "0.416");
        assert_eq!(format_value(&info("corr"), None), "-");
        assert_eq!(format_value(&info("corr"), Some(-0.0004)), "0.000");
        assert_eq!(format_value(&info("corr"), Some(-0.0006)), "-0.001");
    }

    #[test]
    fn differences_carry_their_sign() {
        let base = [run(0.79, 0.41, None), run(0.78, 0.42, Some(0.6))];
        let variant = [run(0.80, 0.40, None), run(0.80, 0.41, Some(0.6))];
        let differences = paired_difference(Family::Sims, &base, &variant);
        let text: Vec<String> = differences.iter().map(format_difference).collect();
        assert_eq!(text, ["+1.50 ± 0.50", "+1.50 ± 0.50", "+0.75 ± 0.25", "+0.75 ± 0.25", "-0.010 ± 0.000", "+0.000"]);
        let undefined = paired_difference(Family::Sims, &base[..1], &variant[..1]);
        assert_eq!(format_difference(&undefined[5]), "-");
    }
}
