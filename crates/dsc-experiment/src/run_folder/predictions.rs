//! Predictions of samples as CSV: `id,label,prediction`, the columns of a run's `valid.csv` and `test.csv`.

use std::borrow::Cow;

use serde::Serialize;

use super::{RunFolder, unwritable};
use dsc_data::Split;
use dsc_syntax::diag::Diagnostic;

/// The prediction of one sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// Split of the sample.
    pub split: Split,
    /// Id of the sample.
    pub id: String,
    /// Label of the sample, if the data have one.
    pub label: Option<f32>,
    /// Output of the model.
    pub prediction: f32,
}

/// Optional columns besides `id` and `prediction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// `split`, as the first column.
    pub split: bool,
    /// `label`, empty for a sample without one.
    pub label: bool,
}

/// Predictions as CSV: `split,id,label,prediction`. Numbers are written with enough digits to be read back exactly. An id that a
/// spreadsheet would run as a formula has `'` before it, which spreadsheets take as the mark of a text.
///
/// # Errors
/// What the `csv` crate reports; writing to memory does not fail.
pub fn predictions_csv(rows: &[Prediction], columns: Columns) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |split: &str, id: &str, label: &str, prediction: &str| {
        let cells = [(columns.split, split), (true, id), (columns.label, label), (true, prediction)];
        writer.write_record(cells.into_iter().filter(|(wanted, _)| *wanted).map(|(_, cell)| cell))
    };
    write("split", "id", "label", "prediction")?;
    for row in rows {
        let label = row.label.map(|l| l.to_string()).unwrap_or_default();
        write(row.split.name(), &text_cell(&row.id), &label, &row.prediction.to_string())?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

/// A text as a cell that is no formula: formulas begin with `=`, `@`, `+` or `-`. Ids of videos often begin with `-`; those that are
/// names alone stay as they are, since they call nothing.
fn text_cell(text: &str) -> Cow<'_, str> {
    let is_name = || text.chars().all(|c| c.is_alphanumeric() || "-_.$".contains(c));
    match text.chars().next() {
        Some('=' | '@' | '+' | '\t' | '\r' | '\n') => Cow::Owned(format!("'{text}")),
        Some('-') if !is_name() => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

impl RunFolder {
    /// Writes the predictions of a split to `SPLIT.csv`: id, label (empty where there is none) and prediction, one line per sample.
    ///
    /// # Errors
    /// `E0913` when the file cannot be written.
    pub fn write_predictions(
        &self,
        split: Split,
        ids: &[String],
        labels: &[Option<f32>],
        predictions: &[f32],
    ) -> Result<(), Diagnostic> {
        let name = format!("{split}.csv");
        let row = |((id, label), prediction): ((&String, &Option<f32>), &f32)| Prediction {
            split,
            id: id.clone(),
            label: *label,
            prediction: *prediction,
        };
        let rows: Vec<Prediction> = ids.iter().zip(labels).zip(predictions).map(row).collect();
        let columns = Columns { split: false, label: true };
        self.write(&name, &predictions_csv(&rows, columns).map_err(|e| unwritable(&self.file(&name), &e))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Prediction> {
        let row = |split, id: &str, label, prediction| Prediction { split, id: id.to_owned(), label, prediction };
        vec![
            row(Split::Valid, "a,b", Some(0.1f32 + 0.2), -1.0e-30),
            row(Split::Test, "c\"d", None, 16_777_216.0),
            row(Split::Test, "e", Some(-1.0), 0.1),
        ]
    }

    #[test]
    fn numbers_are_read_back_exactly() {
        let bytes = predictions_csv(&rows(), Columns { split: true, label: true }).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap(), ["split", "id", "label", "prediction"].as_slice());
        for (record, row) in reader.records().zip(rows()) {
            let record = record.unwrap();
            let bits = |text: &str| text.parse::<f32>().ok().map(f32::to_bits);
            assert_eq!((&record[0], &record[1]), (row.split.name(), row.id.as_str()));
            assert_eq!(
                (bits(&record[2]), bits(&record[3])),
                (row.label.map(f32::to_bits), Some(row.prediction.to_bits()))
            );
        }
    }

    #[test]
    fn no_id_is_a_formula() {
        let ids = ["=1+1", "@SUM(A1)", "+1", "-1+cmd|' /C calc'!A0", "\t=1", "-3g5yACwYnA$_$1", "a=1", ""];
        let row = |id: &str| Prediction { split: Split::Test, id: id.to_owned(), label: None, prediction: 0.0 };
        let bytes = predictions_csv(&ids.map(row), Columns::default()).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let cells: Vec<String> = reader.records().map(|r| r.unwrap()[0].to_owned()).collect();
        let expected = ["'=1+1", "'@SUM(A1)", "'+1", "'-1+cmd|' /C calc'!A0", "'\t=1", "-3g5yACwYnA$_$1", "a=1", ""];
        assert_eq!(cells, expected);
    }

    #[test]
    fn columns_are_optional() {
        let text =
            |split, label| String::from_utf8(predictions_csv(&rows()[1..], Columns { split, label }).unwrap()).unwrap();
        assert_eq!(text(false, false), "id,prediction\n\"c\"\"d\",16777216\ne,0.1\n");
        assert_eq!(text(true, true), "split,id,label,prediction\ntest,\"c\"\"d\",,16777216\ntest,e,-1,0.1\n");
        let json = serde_json::to_string(&rows()[1..]).unwrap();
        assert_eq!(
            json,
            r#"[{"split":"test","id":"c\"d","label":null,"prediction":16777216.0},{"split":"test","id":"e","label":-1.0,"prediction":0.1}]"#
        );
    }
}
