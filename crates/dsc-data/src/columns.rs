//! Classifies a key of a feature file by its content: labels, texts, or a stream.

use std::sync::Arc;

use memmap2::Mmap;

use super::pickle::{Items, Kind, NdArray, Value};
use super::stream::{LengthSource, Source, Stream};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0606;

/// The content of a key.
#[derive(Debug)]
pub(super) enum Column {
    /// One number per sample.
    Numbers(Vec<f32>),
    /// One text per sample.
    Texts(Vec<String>),
    /// One vector or sequence per sample. Lengths are provisional: they are determined once all keys are read.
    Stream(Box<Stream>),
    /// Not one value per sample; a description of what it is.
    Other(String),
}

/// Reads the content of one key.
struct ColumnReader<'x> {
    key: &'x str,
    /// `file, split.key`, for messages.
    place: &'x str,
    map: &'x Arc<Mmap>,
}

/// Reads the value of `key`, which should have `n` samples.
pub(super) fn read_column(
    key: &str,
    value: Value<'_>,
    n: usize,
    map: &Arc<Mmap>,
    place: &str,
) -> Result<Column, Diagnostic> {
    let reader = ColumnReader { key, place, map };
    let found = match value {
        Value::Array(a) => a.shape.first().copied(),
        Value::Objects(o) => o.shape.first().copied(),
        other => other.as_items().map(|i| i.len()),
    };
    match (found, value) {
        (Some(found), _) if found != n => Err(reader.wrong(&format!("{found} samples where the split has {n}"))),
        (_, Value::Array(array)) => reader.array(array, n),
        (_, Value::Objects(o)) if o.shape.len() == 1 => reader.items(o.items, n),
        (_, Value::List(items) | Value::Tuple(items)) => reader.items(items, n),
        (_, other) => Ok(Column::Other(other.kind().to_owned())),
    }
}

impl ColumnReader<'_> {
    fn wrong(&self, what: &str) -> Diagnostic {
        Diagnostic::error(E0606, format!("{}: {what}", self.place))
            .help("expected one number, one text, one vector or one sequence [T, f] of numbers per sample")
    }

    fn array(&self, array: &NdArray, n: usize) -> Result<Column, Diagnostic> {
        let view = array.view(self.map);
        if !array.dtype.is_number() {
            let per = array.len() / n.max(1);
            let texts: Option<Vec<String>> = (0..n)
                .map(|i| (0..per).map(|j| view.text(i * per + j)).collect::<Option<Vec<_>>>().map(|t| t.join("$_$")))
                .collect();
            return texts.map(Column::Texts).ok_or_else(|| self.wrong("bytes that are not text"));
        }
        let (max_len, width, vector) = match array.shape.as_slice() {
            [_] | [_, 1] => {
                let mut values = vec![0.0; n];
                return if view.copy_f32(0, &mut values) {
                    Ok(Column::Numbers(values))
                } else {
                    Err(self.wrong("numbers that cannot be read"))
                };
            }
            [_, width] => (1, *width, true),
            [_, max_len, width] => (*max_len, *width, false),
            shape => return Ok(Column::Other(format!("numpy array of shape {shape:?}"))),
        };
        if max_len == 0 || width == 0 {
            return Err(self.wrong(&format!("an array of shape {:?} has no features", array.shape)));
        }
        let source = Source::Array { map: self.map.clone(), array: array.clone() };
        let lengths = vec![u32::try_from(max_len).unwrap_or(u32::MAX); n];
        let how = if vector { LengthSource::Single } else { LengthSource::Given };
        Ok(self.stream(width, max_len, array.dtype.to_string(), how, lengths, source))
    }

    fn items(&self, items: Items<'_>, n: usize) -> Result<Column, Diagnostic> {
        let Some(first) = items.get(0) else { return Ok(Column::Other("an empty list".to_owned())) };
        if first.as_str().is_some() {
            let texts: Option<Vec<String>> = items.iter().map(|v| v.as_str().map(str::to_owned)).collect();
            return texts.map(Column::Texts).ok_or_else(|| self.wrong("a list of texts and other values"));
        }
        if first.as_f64().is_some() {
            let numbers: Option<Vec<f32>> = items.iter().map(|v| v.as_f64().map(|n| n as f32)).collect();
            return numbers.map(Column::Numbers).ok_or_else(|| self.wrong("a list of numbers and other values"));
        }
        // [video, clip] per sample.
        if let Some(parts) = first.as_items().filter(|p| p.get(0).is_some_and(|v| v.as_str().is_some())) {
            let join = |v: Value<'_>| {
                let parts: Option<Vec<String>> = v.as_items()?.iter().map(plain).collect();
                Some(parts?.join("$_$"))
            };
            let texts: Option<Vec<String>> = items.iter().map(join).collect();
            return texts
                .map(Column::Texts)
                .ok_or_else(|| self.wrong(&format!("lists of {} parts and other values", parts.len())));
        }
        // One array per sample: views of the mapped file.
        let arrays: Option<Vec<&NdArray>> = items.iter().map(Value::as_array).collect();
        if let Some(arrays) = arrays.filter(|a| a.iter().all(|a| a.shape.len() == 2 && a.dtype.is_number())) {
            return self.per_sample(&arrays);
        }
        self.in_memory(items, n)
    }

    fn per_sample(&self, arrays: &[&NdArray]) -> Result<Column, Diagnostic> {
        let form = |a: &&NdArray| (a.shape.first().copied().unwrap_or(0), a.shape.get(1).copied().unwrap_or(0));
        let width = arrays.first().map_or(0, |a| form(a).1);
        if let Some(at) = arrays.iter().position(|a| form(a).1 != width || form(a).0 == 0 || width == 0) {
            return Err(self.wrong(&format!("sample {at} has no frames, or not {width} features like sample 0")));
        }
        let lengths: Vec<u32> = arrays.iter().map(|a| u32::try_from(form(a).0).unwrap_or(u32::MAX)).collect();
        let max_len = arrays.iter().map(|a| form(a).0).max().unwrap_or(1);
        let dtype = arrays.first().map_or_else(String::new, |a| a.dtype.to_string());
        let source = Source::PerSample { map: self.map.clone(), arrays: arrays.iter().map(|a| (*a).clone()).collect() };
        Ok(self.stream(width, max_len, dtype, LengthSource::Ragged, lengths, source))
    }

    /// Nested lists of numbers: [N][1] labels, [N][f] vectors, [N][T][f] sequences.
    fn in_memory(&self, items: Items<'_>, n: usize) -> Result<Column, Diagnostic> {
        let (mut values, mut starts, mut lengths) = (Vec::new(), Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut width, mut vectors) = (None, 0usize);
        for (sample, item) in items.iter().enumerate() {
            starts.push(values.len());
            let mut frame = |row: Value<'_>| {
                let w = self.numbers(row, &mut values).filter(|w| *w > 0 && *width.get_or_insert(*w) == *w);
                w.ok_or_else(|| {
                    self.wrong(&format!("sample {sample} is not made of rows of numbers of the same width"))
                })
            };
            let rows = match item.as_items() {
                Some(rows) if rows.get(0).is_some_and(|r| r.as_f64().is_none()) => {
                    for row in rows.iter() {
                        frame(row)?;
                    }
                    rows.len()
                }
                // A flat list, or an array of one axis.
                _ => {
                    vectors += 1;
                    frame(item)?;
                    1
                }
            };
            lengths.push(u32::try_from(rows).unwrap_or(u32::MAX));
        }
        let width = width.unwrap_or(1);
        match vectors {
            0 => {}
            v if v != n => return Err(self.wrong("vectors and sequences are mixed")),
            _ if width == 1 => return Ok(Column::Numbers(values)),
            _ => {}
        }
        let max_len = lengths.iter().max().map_or(1, |m| usize::try_from(*m).unwrap_or(1));
        // Lists of one length may be padded, as arrays are: trailing zero frames decide.
        let padded = lengths.iter().all(|l| usize::try_from(*l) == Ok(max_len));
        let how = match (vectors, padded) {
            (1.., _) => LengthSource::Single,
            (0, true) => LengthSource::Given,
            (0, false) => LengthSource::Ragged,
        };
        Ok(self.stream(width, max_len, "list".to_owned(), how, lengths, Source::Memory { values, starts }))
    }

    /// Appends the numbers of a flat list or one-dimensional array and returns their number.
    fn numbers(&self, row: Value<'_>, out: &mut Vec<f32>) -> Option<usize> {
        if let Some(items) = row.as_items() {
            for item in items.iter() {
                out.push(item.as_f64()? as f32);
            }
            return Some(items.len());
        }
        let array = row.as_array().filter(|a| a.shape.len() == 1 && a.dtype.kind != Kind::Unicode)?;
        let start = out.len();
        out.resize(start + array.len(), 0.0);
        let target = out.get_mut(start..)?;
        array.view(self.map).copy_f32(0, target).then_some(array.len())
    }

    fn stream(
        &self,
        width: usize,
        max_len: usize,
        dtype: String,
        length_source: LengthSource,
        lengths: Vec<u32>,
        source: Source,
    ) -> Column {
        let vector = length_source == LengthSource::Single;
        let (key, place) = (self.key.to_owned(), self.place.to_owned());
        Column::Stream(Box::new(Stream {
            key,
            width,
            max_len,
            vector,
            dtype,
            length_source,
            zero_lengths: None,
            lengths,
            source,
            place,
        }))
    }
}

fn plain(value: Value<'_>) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_int().map(|i| i.to_string()))
}
