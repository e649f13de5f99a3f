//! What the tests of the other crates share.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::indexing_slicing, missing_docs)]

pub mod feature_file;
mod long_file;
pub mod property;
pub mod skip;

pub use long_file::long_file;

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A file of the folder `shared` beside the checkout, which may be absent.
pub fn shared(file: &str) -> PathBuf {
    root().join("../shared").join(file)
}
