//! Weights split over several files: an index says which file has which tensor.
//!
//! `model.safetensors.index.json` and `pytorch_model.bin.index.json` have the key `weight_map`, from names of tensors to names of
//! files in the same folder.

use std::path::{Component, Path, PathBuf};

use indexmap::{IndexMap, IndexSet};
use serde::Deserialize;

use super::entry::unreadable;
use crate::file::read_text;
use dsc_syntax::diag::Diagnostic;

/// End of the name of an index.
pub(super) const INDEX: &str = ".index.json";

#[derive(Deserialize)]
struct Index {
    weight_map: IndexMap<String, String>,
}

/// Whether the path is that of an index.
pub(super) fn is_index(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(INDEX))
}

/// The files that an index names, in the order of the index, with the tensors that each has to have.
///
/// # Errors
/// `E0805` for an index that cannot be read or names files in other folders.
pub(super) fn files(index: &Path) -> Result<IndexMap<PathBuf, IndexSet<String>>, Diagnostic> {
    let place = index.display().to_string();
    let text = read_text(index).map_err(|e| unreadable(&place, e))?;
    let parsed: Index = serde_json::from_str(&text).map_err(|e| unreadable(&place, e))?;
    let mut files: IndexMap<PathBuf, IndexSet<String>> = IndexMap::new();
    for (tensor, file) in parsed.weight_map {
        // A path could lead anywhere on this machine.
        let mut parts = Path::new(&file).components();
        let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else {
            return Err(unreadable(
                &place,
                format!("`{tensor}` is said to be in `{file}`, which is not the name of a file"),
            ));
        };
        files.entry(index.with_file_name(name)).or_default().insert(tensor);
    }
    if files.is_empty() {
        return Err(unreadable(&place, "it names no file"));
    }
    Ok(files)
}
