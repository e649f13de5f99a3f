//! The directory entry of one tensor of a weight file: what all formats are read into.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use safetensors::Dtype;

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::E0805;

/// The tensors of a file, by name, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Tensors {
    pub(super) entries: IndexMap<String, Entry>,
    /// Values that are not read, each with what it is.
    pub(super) skipped: IndexMap<String, String>,
}

/// Element type and layout of a tensor, and where its bytes are.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Which of the mapped files has the bytes.
    pub(super) file: usize,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// In elements, one per axis; `None` for row-major data.
    pub(super) strides: Option<Vec<usize>>,
    /// Whether the elements are the negative of the stored ones.
    pub(super) negated: bool,
    pub(super) bytes: TensorBytes,
}

/// The bytes of an [`Entry`].
#[derive(Clone, Debug)]
pub(super) enum TensorBytes {
    /// A range of the mapped file.
    Mapped(Range<usize>),
    /// A range of a compressed part of the file, unpacked once and shared by all tensors in it.
    Unpacked(Arc<[u8]>, Range<usize>),
}

impl TensorBytes {
    /// The bytes, given the mapped file.
    pub(super) fn bytes<'a>(&'a self, map: &'a [u8]) -> &'a [u8] {
        // The ranges were checked when they were made.
        match self {
            TensorBytes::Mapped(range) => map.get(range.clone()),
            TensorBytes::Unpacked(bytes, range) => bytes.get(range.clone()),
        }
        .unwrap_or_default()
    }

    /// Number of bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            TensorBytes::Mapped(range) | TensorBytes::Unpacked(_, range) => range.len(),
        }
    }

    /// `length` bytes from `start` on; `None` if that reaches beyond the end.
    pub(super) fn slice(self, start: usize, length: usize) -> Option<TensorBytes> {
        let end = start.checked_add(length).filter(|end| *end <= self.len())?;
        let within = |range: Range<usize>| range.start + start..range.start + end;
        Some(match self {
            TensorBytes::Mapped(range) => TensorBytes::Mapped(within(range)),
            TensorBytes::Unpacked(bytes, range) => TensorBytes::Unpacked(bytes, within(range)),
        })
    }
}

/// `E0805` for the weight file `file`.
pub(super) fn unreadable(file: &str, why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(E0805, format!("cannot read weights from `{file}`: {why}"))
}
