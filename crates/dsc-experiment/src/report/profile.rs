//! The profile of training steps as tables.

use super::table::{Align, Table};
use crate::profile::{OTHER, Spent, StepProfile};

/// Rows with less than this share of a step are summed.
const LEAST: f64 = 0.005;
/// Operations that are shown.
const OPERATIONS: usize = 12;
/// Longest text of a line.
const TEXT: usize = 56;

/// Two tables: the whole step by line of the model, and the operations that take longest.
pub fn profile_tables(profile: &StepProfile) -> [Table; 2] {
    [by_line(profile), by_operation(profile)]
}

fn by_line(profile: &StepProfile) -> Table {
    let numbers = ["calls", "forward ms", "backward ms", "ms", "share"];
    let columns = [("line", Align::Left), ("in", Align::Left), ("text", Align::Left)];
    let mut table = Table::new(columns.into_iter().chain(numbers.map(|title| (title, Align::Right))));
    let files = profile.lines.iter().map(|l| &l.file).collect::<std::collections::BTreeSet<_>>();
    let place = |file: &str, line: usize| match (line, files.len()) {
        (0, _) => "?".to_owned(),
        (_, 1) => line.to_string(),
        _ => format!("{file}:{line}"),
    };
    let (shown, small): (Vec<_>, Vec<_>) = profile.lines.iter().partition(|l| l.spent.share >= LEAST);
    for line in shown {
        table.row(
            [place(&line.file, line.line), line.around.join(" > "), cut(&line.text, TEXT)]
                .into_iter()
                .chain(cells(&line.spent)),
        );
    }
    if !small.is_empty() {
        let mut sum = Spent::default();
        small.iter().for_each(|l| sum.add(&l.spent));
        let text = format!("{} rows below {} %", small.len(), LEAST * 100.0);
        table.row([String::new(), String::new(), text].into_iter().chain(cells(&sum)));
    }
    table.rule();
    for (name, meaning) in OTHER {
        let seconds = profile.other_s.get(name).copied().unwrap_or_default();
        let empty = || std::iter::repeat_n(String::new(), 3);
        let share = percent(seconds / profile.threads_s.max(f64::MIN_POSITIVE));
        let row = ["other".to_owned(), name.to_owned(), meaning.to_owned()];
        table.row(row.into_iter().chain(empty()).chain([ms(seconds), share]));
    }
    table.rule();
    let whole = ["step".to_owned(), String::new(), format!("mean of {}", profile.steps)];
    let empty = std::iter::repeat_n(String::new(), 3);
    table.row(whole.into_iter().chain(empty).chain([ms(profile.threads_s), percent(1.0)]));
    if profile.threads > 1 {
        table.note(format!(
            "times of {} threads added up; {} ms by the clock on the wall",
            profile.threads,
            ms(profile.wall_s)
        ));
    }
    table
}

fn by_operation(profile: &StepProfile) -> Table {
    let numbers = ["calls", "forward ms", "backward ms", "share"];
    let columns = [("operation", Align::Left), ("at", Align::Left), ("line", Align::Right), ("path", Align::Left)];
    let mut table = Table::new(columns.into_iter().chain(numbers.map(|title| (title, Align::Right))));
    for operation in profile.operations.iter().take(OPERATIONS) {
        let [calls, forward, backward, _, share] = cells(&operation.spent);
        table.row([
            operation.operation.clone(),
            operation.at.clone(),
            operation.line.to_string(),
            operation.path.join(" > "),
            calls,
            forward,
            backward,
            share,
        ]);
    }
    if profile.operations.len() > OPERATIONS {
        table.note(format!("the longest {OPERATIONS} of {} operations", profile.operations.len()));
    }
    table
}

fn cells(spent: &Spent) -> [String; 5] {
    let calls = if spent.calls.fract() == 0.0 { format!("{}", spent.calls) } else { format!("{:.1}", spent.calls) };
    [calls, ms(spent.forward_s), ms(spent.backward_s), ms(spent.seconds()), percent(spent.share)]
}

fn ms(seconds: f64) -> String {
    format!("{:.2}", seconds * 1e3)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some((end, _)) => format!("{} ..", text.get(..end).unwrap_or(text).trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{LineTime, OperationTime};

    #[test]
    fn small_rows_are_summed_and_what_belongs_to_no_line_is_shown() {
        let spent = |calls, forward_s, backward_s, share| Spent { calls, forward_s, backward_s, share };
        let line = |line, around: &[&str], spent| LineTime {
            file: "small.dsl".into(),
            line,
            text: "let a = audio |> Linear(out: 16)".into(),
            around: around.iter().map(|s| (*s).to_owned()).collect(),
            spent,
        };
        let profile = StepProfile {
            model: "Small".into(),
            steps: 3,
            threads: 2,
            wall_s: 0.006,
            threads_s: 0.01,
            start_s: None,
            lines: vec![
                line(7, &["l = 1"], spent(4.0, 0.003, 0.005, 0.8)),
                line(8, &[], spent(1.5, 0.00002, 0.0, 0.002)),
                line(9, &[], spent(2.0, 0.00001, 0.00001, 0.002)),
            ],
            operations: vec![OperationTime {
                operation: "linear".into(),
                at: "std/layers.dsl:4".into(),
                file: "small.dsl".into(),
                line: 7,
                path: vec!["l = 1".into(), "Linear".into()],
                spent: spent(4.0, 0.003, 0.005, 0.8),
            }],
            other_s: [("batch".to_owned(), 0.0019), ("rest".to_owned(), 0.00006)].into_iter().collect(),
        };
        let [lines, operations] = profile_tables(&profile).map(|table| table.text());
        let rows: Vec<String> = lines.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let expected = [
            "7 l = 1 let a = audio |> Linear(out: 16) 4 3.00 5.00 8.00 80.0 %",
            "2 rows below 0.5 % 3.5 0.03 0.01 0.04 0.4 %",
            "other batch reading the samples 1.90 19.0 %",
            "step mean of 3 10.00 100.0 %",
            "times of 2 threads added up; 6.00 ms by the clock on the wall",
        ];
        for row in expected {
            assert!(rows.iter().any(|r| r == row), "{row}\n{lines}");
        }
        assert!(operations.contains("linear     std/layers.dsl:4     7  l = 1 > Linear"), "{operations}");
    }
}
