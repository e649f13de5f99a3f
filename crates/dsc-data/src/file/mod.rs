//! Files before anything is known about their content: which kind they are, mapped or read whole within a limit.
//!
//! - [`FileKind`] recognises formats by their content, for feature files, weights and the text files of an encoder alike;
//! - [`MappedFile`] maps a regular file, and survives that the file is cut while it is mapped;
//! - [`read_text`] reads a text file that may be anything: a pipe, a device, a terabyte.

mod kind;
mod mapped;
mod text;

pub use kind::FileKind;
pub use mapped::MappedFile;
pub(crate) use mapped::regular;
pub use text::{MAX_TEXT, read_text};
