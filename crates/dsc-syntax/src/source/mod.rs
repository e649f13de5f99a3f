//! Files, spans and the world outside: the only part of the front end that knows where text comes from.
//!
//! Every byte of every file that takes part in a compilation has one offset in one global space, so a [`Span`] names
//! a place without naming a file and a diagnostic may carry labels in several files at once.

mod map;
mod span;
mod world;

pub use map::{FileId, Location, SourceFile, SourceMap};
pub use span::{Span, Spanned};
pub use world::{FsWorld, MemoryWorld, World};
