//! The samples of a column, and the numbers and texts in one of them.

use super::budget::{Budget, Input};
use super::pickle::{Items, Kind, NdArray, ObjectArray, Value};

/// Lists nested deeper than this are not read: `[T][f]` has a depth of 2.
const DEPTH: usize = 8;

/// The samples of one column.
#[derive(Clone, Copy)]
pub(super) enum Samples<'p> {
    /// The only sample: the value itself. Extractors write single clips without an axis of samples.
    One(Value<'p>),
    /// The items of a list or tuple.
    Items(Items<'p>),
    /// The rows of an array of numbers or text.
    Rows(&'p NdArray),
    /// The rows of an array of objects.
    Objects(ObjectArray<'p>),
}

/// One sample of a column.
#[derive(Clone, Copy)]
pub(super) enum Cell<'p> {
    /// A value of its own.
    Value(Value<'p>),
    /// The row at `index` of an array.
    Row { array: &'p NdArray, index: usize },
    /// Objects from `start` on, in C order; `shape` has the axes behind that of the samples.
    Objects { items: Items<'p>, start: usize, shape: &'p [usize] },
}

/// What a cell holds, as far as it decides what the column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A text, or bytes.
    Text,
    /// A list of texts, possibly with numbers between.
    Words,
    /// Numbers: one, a list or an array of them.
    Numbers,
    /// `None`.
    Nothing,
    /// Anything else.
    Other,
}

impl<'p> Samples<'p> {
    /// The samples of a value with an axis of samples.
    pub(super) fn of(value: Value<'p>) -> Option<Samples<'p>> {
        match value {
            Value::Array(array) if !array.shape.is_empty() => Some(Samples::Rows(array)),
            Value::Objects(objects) if !objects.shape.is_empty() => Some(Samples::Objects(objects)),
            other => other.as_items().map(Samples::Items),
        }
    }

    /// Number of samples.
    pub(super) fn len(&self) -> usize {
        match self {
            Samples::One(_) => 1,
            Samples::Items(items) => items.len(),
            Samples::Rows(array) => array.shape.first().copied().unwrap_or(0),
            Samples::Objects(objects) => objects.shape.first().copied().unwrap_or(0),
        }
    }

    /// The sample at `index`.
    pub(super) fn get(&self, index: usize) -> Option<Cell<'p>> {
        match *self {
            Samples::One(value) => (index == 0).then_some(Cell::Value(value)),
            Samples::Items(items) => items.get(index).map(Cell::Value),
            Samples::Rows(array) => (index < self.len()).then_some(Cell::Row { array, index }),
            Samples::Objects(ObjectArray { shape, items }) => {
                let shape = shape.get(1..).unwrap_or_default();
                let size: usize = shape.iter().product();
                (index < self.len()).then(|| match shape {
                    [] => items.get(index).map_or(Cell::Value(Value::None), Cell::Value),
                    _ => Cell::Objects { items, start: index.saturating_mul(size), shape },
                })
            }
        }
    }

    /// All samples in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Cell<'p>> + use<'p> {
        let samples = *self;
        (0..samples.len()).filter_map(move |i| samples.get(i))
    }

    /// The shape of the whole column, where all of it is one array.
    pub(super) fn shape(&self) -> Option<&'p [usize]> {
        match self {
            Samples::Rows(array) => Some(&array.shape),
            Samples::Objects(objects) => Some(objects.shape),
            Samples::One(_) | Samples::Items(_) => None,
        }
    }
}

impl<'p> Cell<'p> {
    /// What the cell holds.
    pub(super) fn content(self, budget: &Budget) -> Content {
        match self {
            Cell::Value(value) => content(value, budget),
            Cell::Row { array, .. } if array.dtype.is_number() => Content::Numbers,
            Cell::Row { array, .. } if array.shape.len() == 1 => Content::Text,
            Cell::Row { .. } => Content::Words,
            Cell::Objects { items, start, shape } => {
                let size: usize = shape.iter().product();
                content_of_all((start..start.saturating_add(size)).filter_map(|i| items.get(i)), budget)
            }
        }
    }

    /// Appends all numbers of the cell, in C order, and returns the lengths of its axes: none for a single number.
    ///
    /// # Errors
    /// What is found in place of a number.
    pub(super) fn numbers(self, input: Input<'_>, out: &mut Vec<f32>) -> Result<Vec<usize>, String> {
        match self {
            Cell::Value(value) => numbers(value, input, DEPTH, out),
            Cell::Row { array, index } => {
                let shape = array.shape.get(1..).unwrap_or_default();
                let size: usize = shape.iter().product();
                append(array, input, index.saturating_mul(size), size, out)?;
                Ok(shape.to_vec())
            }
            Cell::Objects { items, start, shape } => objects(items, start, shape, input, DEPTH, out),
        }
    }

    /// The text of the cell; the words of a list of texts are joined to one.
    ///
    /// # Errors
    /// What is found in place of a text.
    pub(super) fn text(self, input: Input<'_>) -> Result<String, String> {
        match self {
            Cell::Value(value) => text(value, input),
            Cell::Row { array, index } => {
                let per: usize = array.shape.get(1..).unwrap_or_default().iter().product();
                let view = array.view(input.bytes);
                let words = (0..per).map(|j| view.text(index * per + j).ok_or_else(not_utf8));
                Ok(join(words.collect::<Result<Vec<_>, _>>()?))
            }
            Cell::Objects { items, start, shape } => {
                let size: usize = shape.iter().product();
                let words = (start..start.saturating_add(size)).filter_map(|i| items.get(i)).map(|v| word(v, input));
                Ok(join(words.collect::<Result<Vec<_>, _>>()?))
            }
        }
    }
}

fn content(value: Value<'_>, budget: &Budget) -> Content {
    match value {
        Value::None => Content::Nothing,
        Value::Str(_) | Value::Bytes(_) => Content::Text,
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => Content::Numbers,
        Value::Array(array) if array.dtype.is_number() => Content::Numbers,
        Value::Array(array) if array.shape.is_empty() => Content::Text,
        Value::Array(_) => Content::Words,
        Value::Objects(objects) => content_of_all(objects.items.iter(), budget),
        other => other.as_items().map_or(Content::Other, |items| content_of_all(items.iter(), budget)),
    }
}

/// What a list holds: words, where one of its items is a text.
fn content_of_all<'p>(items: impl Iterator<Item = Value<'p>>, budget: &Budget) -> Content {
    let mut found = Content::Numbers;
    for item in items {
        if !budget.spend(1) {
            return Content::Other;
        }
        match item {
            Value::Str(_) | Value::Bytes(_) => return Content::Words,
            Value::Array(array) if !array.dtype.is_number() => return Content::Words,
            Value::None | Value::Dict(_) | Value::Set(_) => found = Content::Other,
            _ => {}
        }
    }
    found
}

/// A single number: also an array of one number.
fn number(value: Value<'_>, input: Input<'_>) -> Option<f64> {
    match value {
        Value::Array(array) if array.dtype.is_number() && array.len() == 1 => array.view(input.bytes).number(0),
        Value::BigInt(bytes) => bytes.last().map(|top| if top & 0x80 == 0 { f64::INFINITY } else { f64::NEG_INFINITY }),
        other => other.as_f64(),
    }
}

fn numbers(value: Value<'_>, input: Input<'_>, depth: usize, out: &mut Vec<f32>) -> Result<Vec<usize>, String> {
    match value {
        Value::Array(array) if array.dtype.is_number() => {
            append(array, input, 0, array.len(), out)?;
            Ok(array.shape.clone())
        }
        Value::Objects(array) => objects(array.items, 0, array.shape, input, depth, out),
        Value::List(items) | Value::Tuple(items) => {
            let parts = (0..items.len()).filter_map(|i| items.get(i));
            axis(items.len(), parts, input, depth, out)
        }
        other => match number(other, input) {
            Some(n) => {
                out.push(n as f32);
                Ok(Vec::new())
            }
            None => Err(shown(other)),
        },
    }
}

/// Parts of one shape along a new axis.
fn axis<'p>(
    n: usize,
    parts: impl Iterator<Item = Value<'p>>,
    input: Input<'_>,
    depth: usize,
    out: &mut Vec<f32>,
) -> Result<Vec<usize>, String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err("lists within lists, too deep to be features".to_owned());
    };
    let mut inner: Option<Vec<usize>> = None;
    for (i, part) in parts.enumerate() {
        input.spend(1)?;
        let shape = numbers(part, input, depth, out)?;
        match &inner {
            Some(first) if *first != shape => {
                return Err(format!("rows of different shapes: {first:?} at 0 and {shape:?} at {i}"));
            }
            Some(_) => {}
            None => inner = Some(shape),
        }
    }
    Ok([vec![n], inner.unwrap_or_default()].concat())
}

/// Objects of these axes; the objects may have axes of their own.
fn objects(
    items: Items<'_>,
    start: usize,
    shape: &[usize],
    input: Input<'_>,
    depth: usize,
    out: &mut Vec<f32>,
) -> Result<Vec<usize>, String> {
    let size: usize = shape.iter().product();
    let inner = axis(size, (start..start.saturating_add(size)).filter_map(|i| items.get(i)), input, depth, out)?;
    Ok([shape, inner.get(1..).unwrap_or_default()].concat())
}

fn append(array: &NdArray, input: Input<'_>, from: usize, count: usize, out: &mut Vec<f32>) -> Result<(), String> {
    input.spend(count)?;
    let start = out.len();
    out.resize(start.saturating_add(count), 0.0);
    let read = out.get_mut(start..).is_some_and(|target| array.view(input.bytes).copy_f32(from, target));
    if read { Ok(()) } else { Err(format!("values of type {}", array.dtype)) }
}

fn text(value: Value<'_>, input: Input<'_>) -> Result<String, String> {
    match value {
        Value::Objects(array) => {
            let words = array.items.iter().map(|v| word(v, input));
            Ok(join(words.collect::<Result<Vec<_>, _>>()?))
        }
        Value::Array(array) if !array.dtype.is_number() => {
            let view = array.view(input.bytes);
            let words = (0..array.len()).map(|i| view.text(i).ok_or_else(not_utf8));
            Ok(join(words.collect::<Result<Vec<_>, _>>()?))
        }
        other => match other.as_items() {
            Some(items) => {
                let words = items.iter().map(|v| word(v, input));
                Ok(join(words.collect::<Result<Vec<_>, _>>()?))
            }
            None => plain(other, input),
        },
    }
}

/// A text on its own.
fn plain(value: Value<'_>, input: Input<'_>) -> Result<String, String> {
    input.spend(value.as_str().map_or(0, str::len))?;
    match value {
        Value::Bytes(bytes) => std::str::from_utf8(bytes).map(str::to_owned).map_err(|fault| {
            let at = fault.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            format!("bytes that are not UTF-8 (0x{byte:02x} at position {at})")
        }),
        other => other.as_str().map(str::to_owned).ok_or_else(|| shown(other)),
    }
}

/// A word of a list: a text, or an integer in decimal digits.
fn word(value: Value<'_>, input: Input<'_>) -> Result<String, String> {
    input.spend(1)?;
    match value {
        Value::Int(n) => Ok(n.to_string()),
        Value::Array(array) if array.len() == 1 => {
            let view = array.view(input.bytes);
            let digits = matches!(array.dtype.kind, Kind::Int | Kind::Uint).then(|| view.decimal(0)).flatten();
            digits.or_else(|| view.text(0)).ok_or_else(|| format!("a value of type {}", array.dtype))
        }
        other => plain(other, input),
    }
}

fn not_utf8() -> String {
    "bytes that are not UTF-8".to_owned()
}

/// Words as a text: with spaces between, but not between two characters of a script that has none. Empty words are padding.
fn join(words: Vec<String>) -> String {
    let mut text = String::new();
    for word in words.iter().filter(|w| !w.is_empty()) {
        let joint = text.chars().next_back().zip(word.chars().next());
        if joint.is_some_and(|(before, after)| !(unspaced(before) && unspaced(after))) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Chinese and Japanese characters and their punctuation, which are written without spaces between words.
fn unspaced(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// What a value is, for messages: `None`, `NaN`, `the number 3`, `the text "abc"`, `a dict`.
pub(super) fn shown(value: Value<'_>) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(b) => format!("the truth value {}", if b { "True" } else { "False" }),
        Value::Float(x) if x.is_nan() => "NaN".to_owned(),
        Value::Float(x) => format!("the number {x}"),
        Value::Int(n) => format!("the number {n}"),
        Value::Str(text) => format!("the text \"{}\"", short(text)),
        Value::Array(array) => format!("an array of shape {:?} and type {}", array.shape, array.dtype),
        other => {
            let kind = other.kind();
            let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            format!("{article} {kind}")
        }
    }
}

/// At most 20 characters of a text, without control characters.
fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(20).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(20).is_some() {
        shown.push_str("..");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn words_are_joined_as_their_script_writes_them() {
        let joined = |words: &[&str]| join(words.iter().map(|w| (*w).to_owned()).collect());
        assert_eq!(joined(&["a", "good", "film", "", ""]), "a good film");
        assert_eq!(joined(&["我", "喜欢", "，", "NLP", "课"]), "我喜欢， NLP 课");
        assert_eq!(joined(&[]), "");
    }
}
