//! Source files, spans, and read access to the file system.
//!
//! All files of a compilation share one global offset space, so a [`Span`] identifies a location without naming a file,
//! and a diagnostic can have labels in several files.

mod map;
mod span;
mod world;

pub use map::{FileId, Location, SourceFile, SourceMap};
pub use span::{Span, Spanned};
pub use world::{FsWorld, MemoryWorld, World};
