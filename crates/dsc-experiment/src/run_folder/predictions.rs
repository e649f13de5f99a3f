//! Predictions of samples as CSV: `id,label,prediction`, the columns of a run's `valid.csv` and `test.csv`. With several outputs,
//! these columns are those of the first one; each other output adds `label.NAME,prediction.NAME`.

use std::borrow::Cow;

use indexmap::IndexMap;
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
    /// Label of the first output, if the data have one.
    pub label: Option<f32>,
    /// The first output of the model.
    pub prediction: f32,
    /// The other outputs, by label; the same ones for every sample.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, PredictedOutput>,
}

/// The prediction of an output besides the first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PredictedOutput {
    /// Label of the sample, if the data have one.
    pub label: Option<f32>,
    /// Output of the model.
    pub prediction: f32,
}

impl Prediction {
    /// The predictions of all outputs, the first one first, without their names.
    pub fn values(&self) -> impl Iterator<Item = f32> + '_ {
        std::iter::once(self.prediction).chain(self.outputs.values().map(|o| o.prediction))
    }
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
    let number = |label: Option<f32>| label.map(|l| l.to_string()).unwrap_or_default();
    let mut write = |cells: Vec<(bool, String)>| {
        writer.write_record(cells.into_iter().filter(|(wanted, _)| *wanted).map(|(_, cell)| cell))
    };
    let mut titles = vec![
        (columns.split, "split".to_owned()),
        (true, "id".to_owned()),
        (columns.label, "label".to_owned()),
        (true, "prediction".to_owned()),
    ];
    for name in rows.first().iter().flat_map(|row| row.outputs.keys()) {
        titles.push((columns.label, format!("label.{name}")));
        titles.push((true, format!("prediction.{name}")));
    }
    write(titles)?;
    for row in rows {
        let mut cells = vec![
            (columns.split, row.split.name().to_owned()),
            (true, text_cell(&row.id).into_owned()),
            (columns.label, number(row.label)),
            (true, row.prediction.to_string()),
        ];
        for output in row.outputs.values() {
            cells.push((columns.label, number(output.label)));
            cells.push((true, output.prediction.to_string()));
        }
        write(cells)?;
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

/// Labels and predictions of one output on a split, `[n]` each.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    /// The label of the output.
    pub name: &'a str,
    /// The labels; `None` of a sample that has none.
    pub labels: &'a [Option<f32>],
    /// The predictions.
    pub predictions: &'a [f32],
}

impl RunFolder {
    /// Writes the predictions of a split to `SPLIT.csv`: id, label (empty where there is none) and prediction, one line per sample.
    /// The first output is the one without a name in the columns.
    ///
    /// # Errors
    /// `E0913` when the file cannot be written.
    pub fn write_predictions(
        &self,
        split: Split,
        ids: &[String],
        outputs: &[Predictions<'_>],
    ) -> Result<(), Diagnostic> {
        let name = format!("{split}.csv");
        let row = |(i, id): (usize, &String)| {
            let mut all: IndexMap<String, PredictedOutput> = outputs
                .iter()
                .map(|o| {
                    let label = o.labels.get(i).copied().flatten();
                    let prediction = o.predictions.get(i).copied().unwrap_or(f32::NAN);
                    (o.name.to_owned(), PredictedOutput { label, prediction })
                })
                .collect();
            let (_, first) = all.shift_remove_index(0)?;
            let PredictedOutput { label, prediction } = first;
            Some(Prediction { split, id: id.clone(), label, prediction, outputs: all })
        };
        let rows: Vec<Prediction> = ids.iter().enumerate().filter_map(row).collect();
        let columns = Columns { split: false, label: true };
        self.write(&name, &predictions_csv(&rows, columns).map_err(|e| unwritable(&self.file(&name), &e))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Prediction> {
        let row = |split, id: &str, label, prediction| Prediction {
            split,
            id: id.to_owned(),
            label,
            prediction,
            outputs: IndexMap::new(),
        };
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
        let row = |id: &str| Prediction {
            split: Split::Test,
            id: id.to_owned(),
            label: None,
            prediction: 0.0,
            outputs: IndexMap::new(),
        };
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

    #[test]
    fn other_outputs_have_columns_of_their_own() {
        let mut rows = rows();
        for (i, row) in rows.iter_mut().enumerate() {
            let label = (i != 1).then_some(0.5);
            row.outputs.insert("arousal".to_owned(), PredictedOutput { label, prediction: i as f32 });
        }
        let text =
            |split, label| String::from_utf8(predictions_csv(&rows[1..], Columns { split, label }).unwrap()).unwrap();
        assert_eq!(text(false, false), "id,prediction,prediction.arousal\n\"c\"\"d\",16777216,1\ne,0.1,2\n");
        assert_eq!(
            text(false, true),
            "id,label,prediction,label.arousal,prediction.arousal\n\"c\"\"d\",,16777216,,1\ne,-1,0.1,0.5,2\n"
        );
        let dir = tempfile::tempdir().unwrap();
        let run = RunFolder::create(Some(dir.path()), dir.path(), "x").unwrap();
        let outputs = [
            Predictions { name: "y", labels: &[Some(1.0), Some(-1.0)], predictions: &[0.5, 0.25] },
            Predictions { name: "z", labels: &[Some(3.0), None], predictions: &[5.0, 6.0] },
        ];
        run.write_predictions(Split::Valid, &["a".to_owned(), "b".to_owned()], &outputs).unwrap();
        let text = std::fs::read_to_string(run.file("valid.csv")).unwrap();
        assert_eq!(text, "id,label,prediction,label.z,prediction.z\na,1,0.5,3,5\nb,-1,0.25,,6\n");
    }
}
