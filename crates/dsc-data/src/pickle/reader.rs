//! Bytes, numbers and lines of the input, and the position that errors report.

use std::sync::Arc;

use super::unsupported::Unsupported;

/// Why an instruction has no result; [`super::Pickle::parse`] makes a diagnostic of those that end the walk.
#[derive(Debug)]
pub(super) enum Fault {
    /// The bytes are not a valid pickle.
    Damaged(String),
    /// A value has another form than the function that it is passed to expects. Where that function is known by name, its result
    /// is not read ([`Fault::Unsupported`]).
    Form(String),
    /// The value is not read. The walk goes on with a placeholder for it.
    Unsupported(Arc<Unsupported>),
    /// A function that runs commands where Python loads the file.
    Commands(String),
    /// The file was written by `joblib.dump`: bytes of arrays stand between the instructions.
    Joblib,
}

impl From<Arc<Unsupported>> for Fault {
    fn from(why: Arc<Unsupported>) -> Fault {
        Fault::Unsupported(why)
    }
}

pub(super) type Walked<T> = Result<T, Fault>;

pub(super) fn damaged<T>(why: impl Into<String>) -> Walked<T> {
    Err(Fault::Damaged(why.into()))
}

pub(super) fn form<T>(why: impl Into<String>) -> Walked<T> {
    Err(Fault::Form(why.into()))
}

/// The bytes of a text, an integer or an array: a range of the input or, where the format escapes them (protocols 0 to 2),
/// a decoded copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A range of the input, which is not copied.
    Input {
        /// Offset of the first byte from the start of the input.
        start: usize,
        /// Number of bytes.
        len: usize,
    },
    /// Decoded bytes.
    Owned(Arc<[u8]>),
}

impl Payload {
    /// The bytes, given the input that was parsed. Empty if `input` is another, shorter one.
    pub fn bytes<'x>(&'x self, input: &'x [u8]) -> &'x [u8] {
        match self {
            Payload::Input { start, len } => {
                start.checked_add(*len).and_then(|end| input.get(*start..end)).unwrap_or_default()
            }
            Payload::Owned(bytes) => bytes,
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        match self {
            Payload::Input { len, .. } => *len,
            Payload::Owned(bytes) => bytes.len(),
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A cursor over the input.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub input: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Walked<&'a [u8]> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.input.len());
        match end.and_then(|end| self.input.get(self.at..end)) {
            Some(bytes) => {
                self.at += n;
                Ok(bytes)
            }
            None => {
                let left = self.input.len().saturating_sub(self.at);
                damaged(format!("expected {n} more bytes, found {left}"))
            }
        }
    }

    fn fixed<const N: usize>(&mut self) -> Walked<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    pub fn u8(&mut self) -> Walked<u8> {
        Ok(u8::from_le_bytes(self.fixed()?))
    }

    pub fn u16(&mut self) -> Walked<u16> {
        Ok(u16::from_le_bytes(self.fixed()?))
    }

    pub fn u32(&mut self) -> Walked<u32> {
        Ok(u32::from_le_bytes(self.fixed()?))
    }

    pub fn i32(&mut self) -> Walked<i32> {
        Ok(i32::from_le_bytes(self.fixed()?))
    }

    /// The only big-endian number of the format.
    pub fn f64_be(&mut self) -> Walked<f64> {
        Ok(f64::from_be_bytes(self.fixed()?))
    }

    /// A length of 1 byte.
    pub fn len1(&mut self) -> Walked<usize> {
        Ok(usize::from(self.u8()?))
    }

    /// A length of 4 bytes; where the format has a sign, a negative one is refused.
    pub fn len4(&mut self, signed: bool) -> Walked<usize> {
        let n = self.u32()?;
        if signed && n > i32::MAX as u32 {
            return damaged("a negative length");
        }
        usize::try_from(n).or_else(|_| damaged("a length beyond this machine"))
    }

    /// A length of 8 bytes.
    pub fn len8(&mut self) -> Walked<usize> {
        let n = u64::from_le_bytes(self.fixed()?);
        usize::try_from(n).or_else(|_| damaged("a length beyond this machine"))
    }

    /// The next `n` bytes, not copied.
    pub fn payload(&mut self, n: usize) -> Walked<Payload> {
        let start = self.at;
        self.take(n)?;
        Ok(Payload::Input { start, len: n })
    }

    /// The bytes up to the next line feed, without it (and without a carriage return before it).
    pub fn line(&mut self) -> Walked<&'a [u8]> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let Some(end) = rest.iter().position(|b| *b == b'\n') else { return damaged("a line without an end") };
        let line = self.take(end + 1)?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// A line of ASCII or UTF-8 text.
    pub fn text_line(&mut self) -> Walked<&'a str> {
        std::str::from_utf8(self.line()?).or_else(|_| damaged("a line that is not text"))
    }

    /// A decimal memo number on a line of its own.
    pub fn index_line(&mut self) -> Walked<u32> {
        let line = self.text_line()?;
        line.trim().parse().or_else(|_| damaged(format!("`{}` is not a memo index", shorten(line))))
    }
}

/// At most 40 characters of a text for a message.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// The value of a quoted protocol 0 string (Python's `repr` of a byte string).
pub(super) fn unquote(line: &[u8]) -> Walked<Vec<u8>> {
    let line = line.trim_ascii();
    let body = match line {
        [b'\'', body @ .., b'\''] | [b'"', body @ .., b'"'] => body,
        _ => return damaged("a string without quotes"),
    };
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'x') => match hex(&mut rest, 2).and_then(|n| u8::try_from(n).ok()) {
                Some(value) => out.push(value),
                None => return damaged("a broken \\x escape"),
            },
            Some(other @ (b'\\' | b'\'' | b'"')) => out.push(other),
            _ => return damaged("an unknown escape in a string"),
        }
    }
    Ok(out)
}

/// The value of a protocol 0 text line: Latin-1 with `\uXXXX` and `\UXXXXXXXX` escapes (`raw-unicode-escape`). Surrogate
/// pairs are joined; a lone surrogate becomes U+FFFD.
pub(super) fn raw_unicode(line: &[u8]) -> Walked<String> {
    let mut units: Vec<u32> = Vec::with_capacity(line.len());
    let mut rest = line.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            units.push(u32::from(byte));
            continue;
        }
        let mut ahead = rest.clone();
        let digits = match ahead.next() {
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => {
                units.push(u32::from(byte));
                continue;
            }
        };
        match hex(&mut ahead, digits) {
            Some(unit) => units.push(unit),
            None => return damaged("a broken \\u escape"),
        }
        rest = ahead;
    }
    Ok(join_units(units))
}

/// Text from UTF-32 units, surrogate pairs joined, anything else that is not a character as U+FFFD.
pub(super) fn join_units(units: impl IntoIterator<Item = u32>) -> String {
    let mut out = String::new();
    let mut units = units.into_iter().peekable();
    while let Some(unit) = units.next() {
        let low = units.peek().copied().filter(|low| (0xDC00..0xE000).contains(low));
        let unit = match low {
            Some(low) if (0xD800..0xDC00).contains(&unit) => {
                units.next();
                0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
            }
            _ => unit,
        };
        out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    out
}

fn hex(bytes: &mut impl Iterator<Item = u8>, digits: usize) -> Option<u32> {
    let mut value = 0u32;
    for _ in 0..digits {
        value = value.checked_mul(16)?.checked_add(char::from(bytes.next()?).to_digit(16)?)?;
    }
    Some(value)
}
