//! SHA-256 of data files, cached by path, size and modification time, since hashing 13 GB takes a while.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::regular;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0601;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    size: u64,
    /// Modification time in nanoseconds since 1970.
    modified: u64,
    sha256: String,
}

/// SHA-256 of several files that belong together, in lower-case hex: that of the only file, or of the lines `SHA256  NAME` that
/// `sha256sum` prints for them; `None` without files. `cache` as for [`file_sha256`].
///
/// # Errors
/// As [`file_sha256`].
pub fn files_sha256(paths: &[impl AsRef<Path>], cache: Option<&Path>) -> Result<Option<String>, Diagnostic> {
    let paths = paths.iter().map(AsRef::as_ref);
    let mut sums = paths.clone().map(|path| file_sha256(path, cache)).collect::<Result<Vec<_>, _>>()?;
    if sums.len() < 2 {
        return Ok(sums.pop());
    }
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lines: String = paths.zip(&sums).map(|(path, sum)| format!("{sum}  {}\n", name(path))).collect();
    Ok(Some(hex(&Sha256::digest(lines))))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 of a file in lower-case hex. `cache` is a JSON file with earlier results, which is read if it exists and
/// rewritten as a whole. A cache that cannot be read or written only costs time.
///
/// # Errors
/// `E0601` if the file cannot be read.
pub fn file_sha256(path: &Path, cache: Option<&Path>) -> Result<String, Diagnostic> {
    let fault = |e: std::io::Error| Diagnostic::error(E0601, format!("cannot read `{}`: {e}", path.display()));
    let full = path.canonicalize().map_err(fault)?;
    let about = full.metadata().map_err(fault)?;
    let modified = about.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    let modified = modified.and_then(|d| u64::try_from(d.as_nanos()).ok()).unwrap_or(0);
    let key = full.display().to_string();
    let mut known: BTreeMap<String, Entry> =
        cache.and_then(|c| std::fs::read(c).ok()).and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
    if let Some(entry) = known.get(&key).filter(|e| e.size == about.len() && e.modified == modified && modified > 0) {
        return Ok(entry.sha256.clone());
    }

    let mut file = regular(&full).map_err(fault)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(fault)?;
        if n == 0 {
            break;
        }
        hasher.update(buffer.get(..n).unwrap_or_default());
    }
    let sha256 = hex(&hasher.finalize());
    known.insert(key, Entry { size: about.len(), modified, sha256: sha256.clone() });
    if let Some(cache) = cache {
        store(cache, &known);
    }
    Ok(sha256)
}

/// Writes a temporary file and renames it, so that a reader never sees half of the cache. Errors are harmless and ignored.
fn store(cache: &Path, known: &BTreeMap<String, Entry>) {
    let Ok(text) = serde_json::to_vec_pretty(known) else { return };
    if let Some(folder) = cache.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let part = cache.with_extension(format!("{}.part", std::process::id()));
    if std::fs::write(&part, text).is_ok() && std::fs::rename(&part, cache).is_err() {
        let _ = std::fs::remove_file(&part);
    }
}
