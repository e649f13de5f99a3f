//! Classifies a key of a feature file by its content: labels, texts, or a stream.

use std::sync::Arc;

use super::file::MappedFile;

use super::budget::{Budget, Input, TOO_MUCH};
use super::cells::{Cell, Content, Samples, shown};
use super::pickle::{NdArray, Value};
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
    /// One vector or sequence per sample. Lengths are those stored; the valid frames are determined once all keys are read.
    Stream(Box<Stream>),
    /// Not one value per sample; a description of what it is.
    Other(String),
}

/// Reads the content of one key.
#[derive(Clone, Copy)]
pub(super) struct ColumnReader<'x> {
    /// The key.
    pub key: &'x str,
    /// `file, split.key`, for messages.
    pub place: &'x str,
    /// The mapped file.
    pub map: &'x Arc<MappedFile>,
    /// The ids of the samples, for messages; as many as the split has samples.
    pub ids: &'x [String],
    /// How much may still be read of the file.
    pub budget: &'x Budget,
}

impl ColumnReader<'_> {
    /// Reads the value of the key. `one` if the value is the only sample and has no axis of samples.
    ///
    /// # Errors
    /// `E0606` with the sample that is at fault, for content that is neither numbers nor texts throughout; `E0603` and `E0604` for
    /// values that are not read.
    pub(super) fn read(&self, value: Value<'_>, one: bool) -> Result<Column, Diagnostic> {
        if let Some(why) = value.unsupported() {
            return Err(why.diagnostic(self.place));
        }
        let samples = match Samples::of(value) {
            _ if one => Samples::One(value),
            Some(samples) => samples,
            None => return Ok(Column::Other(shown(value))),
        };
        let (found, n) = (samples.len(), self.ids.len());
        if found != n {
            let counted = if found == 1 { "1 sample".to_owned() } else { format!("{found} samples") };
            return Err(self
                .wrong(&format!("{counted} where the split has {n}"))
                .help("every column of a split has an entry per sample, in the same order; add the missing ones or remove the others"));
        }
        let (mut texts, mut numbers) = (false, false);
        for cell in samples.iter() {
            match cell.content(self.budget) {
                Content::Text | Content::Words => texts = true,
                Content::Numbers => numbers = true,
                Content::Nothing | Content::Other => {}
            }
        }
        if self.budget.is_spent() {
            return Err(self.wrong(TOO_MUCH));
        }
        match samples {
            Samples::Rows(array) if array.dtype.is_number() => {
                self.array(array, n).unwrap_or_else(|| self.numbers(samples))
            }
            _ if n == 0 => Ok(Column::Other("no samples".to_owned())),
            _ if texts => self.texts(samples).map(Column::Texts),
            // Labels that are hidden, as those of a test split.
            _ if samples.iter().all(|cell| cell.content(self.budget) == Content::Nothing) => {
                Ok(Column::Numbers(vec![f32::NAN; n]))
            }
            _ if !numbers => {
                let first = samples.get(0).map_or("nothing".to_owned(), |cell| match cell {
                    Cell::Value(value) => shown(value),
                    _ => "objects".to_owned(),
                });
                Ok(Column::Other(format!("{first} for every sample")))
            }
            _ => self.numbers(samples),
        }
    }

    /// An array of vectors or sequences, which is read from the file when it is needed.
    fn array(&self, array: &NdArray, n: usize) -> Option<Result<Column, Diagnostic>> {
        let (frames, width, how) = match array.shape.as_slice() {
            [_, width] if *width > 1 => (1, *width, LengthSource::Single),
            [_, frames, width] if frames.saturating_mul(*width) > 1 => (*frames, *width, LengthSource::ZeroFrames),
            [_] | [_, 1] | [_, 1, 1] if n == 0 => return Some(Ok(Column::Numbers(Vec::new()))),
            _ => return None,
        };
        let source = Source::Array { map: self.map.clone(), array: array.clone() };
        // An array without samples may have any axes.
        let longest = if n == 0 { 1 } else { frames };
        Some(Ok(self.stream((width, longest, array.dtype.to_string()), how, vec![count(frames); n], source)))
    }

    fn input(&self) -> Input<'_> {
        Input { bytes: self.map, budget: self.budget }
    }

    fn wrong(&self, what: &str) -> Diagnostic {
        Diagnostic::error(E0606, format!("{}: {what}", self.place))
            .help("expected one number, one text, one vector or one sequence [T, f] of numbers per sample")
    }

    /// `sample 3 (`video$_$3`)`.
    fn sample(&self, index: usize) -> String {
        match self.ids.get(index) {
            Some(id) if *id != index.to_string() => format!("sample {index} (`{id}`)"),
            _ => format!("sample {index}"),
        }
    }

    fn texts(&self, samples: Samples<'_>) -> Result<Vec<String>, Diagnostic> {
        let read = |(i, cell): (usize, Cell<'_>)| {
            cell.text(self.input()).map_err(|found| {
                if found == TOO_MUCH {
                    return self.wrong(TOO_MUCH);
                }
                let (place, sample) = (self.place, self.sample(i));
                let remedy = match found.starts_with("bytes") {
                    true => "load the file with `pickle.load(f, encoding=\"latin-1\")`, or in the encoding that it has, and save \
                             it again",
                    false => "write a text for this sample or remove it; an empty text, \"\", is accepted",
                };
                Diagnostic::error(E0606, format!("{place}: {sample} is {found}, not a text")).help(remedy)
            })
        };
        samples.iter().enumerate().map(read).collect()
    }

    /// Single numbers, vectors or sequences, whatever holds them.
    fn numbers(&self, samples: Samples<'_>) -> Result<Column, Diagnostic> {
        if let Some(column) = self.mapped(samples)? {
            return Ok(column);
        }
        let (mut values, mut starts, mut shapes) = (Vec::new(), Vec::new(), Vec::new());
        let mut missing = None;
        for (i, cell) in samples.iter().enumerate() {
            starts.push(values.len());
            // A missing number is NaN, which is reported where it is read.
            if cell.content(self.budget) == Content::Nothing {
                missing.get_or_insert(i);
                values.push(f32::NAN);
                shapes.push(Vec::new());
                continue;
            }
            match cell.numbers(self.input(), &mut values) {
                Ok(shape) => shapes.push(shape),
                Err(found) if found == TOO_MUCH => return Err(self.wrong(TOO_MUCH)),
                Err(found) => return Err(self.wrong(&format!("{} holds {found}", self.sample(i)))),
            }
        }
        // One number, whatever axes of length 1 surround it.
        if shapes.iter().all(|s| s.iter().product::<usize>() == 1) {
            return Ok(Column::Numbers(values));
        }
        if let Some(at) = missing {
            return Err(self.wrong(&format!("{} is None", self.sample(at))));
        }
        self.in_memory(samples, values, starts, &shapes)
    }

    /// One matrix of numbers per sample: views of the mapped file.
    fn mapped(&self, samples: Samples<'_>) -> Result<Option<Column>, Diagnostic> {
        let matrix = |cell: Cell<'_>| match cell {
            Cell::Value(Value::Array(a)) if a.dtype.is_number() && a.shape.len() == 2 => Some(a.clone()),
            _ => None,
        };
        let Some(arrays) = samples.iter().map(matrix).collect::<Option<Vec<NdArray>>>() else { return Ok(None) };
        if arrays.iter().all(|a| a.len() == 1) {
            return Ok(None);
        }
        let shapes: Vec<Vec<usize>> = arrays.iter().map(|a| a.shape.clone()).collect();
        let width = self.width(&shapes)?;
        let dtype = arrays.first().map_or_else(String::new, |a| a.dtype.to_string());
        let stored: Vec<u32> = arrays.iter().map(|a| count(a.shape.first().copied().unwrap_or(0))).collect();
        let source = Source::PerSample { map: self.map.clone(), arrays };
        Ok(Some(self.ragged(width, dtype, stored, source)))
    }

    /// The number of features, which all samples with frames have.
    fn width(&self, shapes: &[Vec<usize>]) -> Result<usize, Diagnostic> {
        let mut first: Option<(usize, usize)> = None;
        for (i, shape) in shapes.iter().enumerate() {
            let (rows, width) = match shape.as_slice() {
                [rows, width] => (*rows, *width),
                // A list without frames says nothing of their width.
                [0] => (0, 0),
                _ => {
                    let what = format!("{} has the shape {shape:?} where others have [T, f]", self.sample(i));
                    return Err(self.wrong(&what));
                }
            };
            match first {
                _ if rows == 0 => {}
                None => first = Some((i, width)),
                Some((other, known)) if known != width => {
                    let what = format!("{} has {width} features, {} has {known}", self.sample(i), self.sample(other));
                    return Err(self.wrong(&what));
                }
                Some(_) => {}
            }
        }
        match first {
            Some((_, width)) if width > 0 => Ok(width),
            _ => Err(self.wrong("no sample has features")),
        }
    }

    fn in_memory(
        &self,
        samples: Samples<'_>,
        mut values: Vec<f32>,
        mut starts: Vec<usize>,
        shapes: &[Vec<usize>],
    ) -> Result<Column, Diagnostic> {
        let dtype = || match samples {
            Samples::Rows(array) => array.dtype.to_string(),
            Samples::Objects(_) => "object".to_owned(),
            _ => "list".to_owned(),
        };
        let vectors = shapes.iter().filter(|s| s.len() == 1 && s.as_slice() != [0]).count();
        if vectors > 0 {
            let first = shapes.iter().position(|s| s.len() == 1).unwrap_or(0);
            let known = shapes.get(first).cloned().unwrap_or_default();
            if let Some(at) = shapes.iter().position(|s| *s != known) {
                let other = shapes.get(at).cloned().unwrap_or_default();
                let what = format!("{} has the shape {other:?}, {} {known:?}", self.sample(at), self.sample(first));
                return Err(self.wrong(&what));
            }
            let width = known.first().copied().unwrap_or(0);
            let (stored, source) = (vec![1; shapes.len()], Source::Memory { values, starts });
            return Ok(self.stream((width, 1, dtype()), LengthSource::Single, stored, source));
        }
        if let Some(shape) = samples.shape().filter(|s| s.len() > 3) {
            return Ok(Column::Other(format!("an array of shape {shape:?}")));
        }
        let width = self.width(shapes)?;
        let stored: Vec<u32> = shapes.iter().map(|s| count(s.first().copied().unwrap_or(0))).collect();
        // A sample without frames is one frame of zeros, of which the length says that it is none.
        for (start, _) in starts.iter_mut().zip(&stored).filter(|(_, n)| **n == 0) {
            *start = values.len();
            values.extend(std::iter::repeat_n(0.0, width));
        }
        Ok(self.ragged(width, dtype(), stored, Source::Memory { values, starts }))
    }

    /// Sequences of these lengths. Sequences of one length may have been padded, as those of an array are.
    fn ragged(&self, width: usize, dtype: String, stored: Vec<u32>, source: Source) -> Column {
        let longest = stored.iter().max().copied().unwrap_or(0);
        let equal = stored.iter().all(|n| *n == longest);
        let how = if equal { LengthSource::ZeroFrames } else { LengthSource::Ragged };
        let max_len = usize::try_from(longest).unwrap_or(usize::MAX).max(1);
        self.stream((width, max_len, dtype), how, stored, source)
    }

    /// A stream of (width, longest, dtype).
    fn stream(
        &self,
        (width, max_len, dtype): (usize, usize, String),
        length_source: LengthSource,
        lengths: Vec<u32>,
        source: Source,
    ) -> Column {
        Column::Stream(Box::new(Stream {
            key: self.key.to_owned(),
            width,
            max_len,
            vector: length_source == LengthSource::Single,
            dtype,
            length_source,
            zero_lengths: None,
            lengths,
            firsts: Vec::new(),
            source,
            place: self.place.to_owned(),
        }))
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
