//! Byte ranges in the global offset space.

use serde::{Deserialize, Serialize};

/// A half-open byte range `[start, end)` in the global offset space of a [`SourceMap`](super::SourceMap).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Global offset of the first byte.
    pub start: u32,
    /// Global offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span of built-in definitions, which have no source text.
    pub const NONE: Span = Span { start: u32::MAX, end: u32::MAX };

    /// The range from `start` to `end`; offsets above `u32::MAX` saturate.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
    }

    /// The smallest span that covers both. If one is [`Span::NONE`], the other.
    pub fn to(self, other: Span) -> Span {
        match (self.is_none(), other.is_none()) {
            (true, _) => other,
            (_, true) => self,
            _ => Span { start: self.start.min(other.start), end: self.end.max(other.end) },
        }
    }

    /// Whether this is [`Span::NONE`].
    pub fn is_none(self) -> bool {
        self == Span::NONE
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether the length is 0.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A value and the span of its source text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The parsed value.
    pub value: T,
    /// The source text of the value.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Combines a value with its span.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }
}
