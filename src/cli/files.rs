//! Texts of files: replaced whole, compared by lines.

use dsc_experiment::checkpoint::settle;
use dsc_syntax::diag::printable;
use similar::{ChangeTag, TextDiff};
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Puts a new text in the place of a file at once: whoever reads it sees the old or the new one. Permissions stay, and a link
/// goes on leading to the file.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = fs::File::options().write(true).create_new(true).open(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(permissions)?;
        settle(&partial, &path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written.map(|_| ())
}

/// A unified diff of two texts, headed by their names.
pub(super) fn unified((before, old): (&str, &str), (after, new): (&str, &str), color: bool) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    let paint = |line: &str, code: &str| {
        let line = printable(line.trim_end_matches('\n'));
        if color { format!("\u{1b}[{code}m{line}\u{1b}[0m\n") } else { format!("{line}\n") }
    };
    text.push_str(&paint(&format!("--- {before}"), "1"));
    text.push_str(&paint(&format!("+++ {after}"), "1"));
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        text.push_str(&paint(&hunk.header().to_string(), "36"));
        for change in hunk.iter_changes() {
            text.push_str(&match change.tag() {
                ChangeTag::Delete => paint(&format!("-{change}"), "31"),
                ChangeTag::Insert => paint(&format!("+{change}"), "32"),
                ChangeTag::Equal => format!(" {}\n", printable(change.to_string().trim_end_matches('\n'))),
            });
        }
    }
    text
}
