//! Text files read whole, whatever they turn out to be.

use std::io::{self, Read};
use std::path::Path;

use super::{FileKind, regular};

/// Most bytes of a text file: that of the largest vocabularies is some megabytes.
pub const MAX_TEXT: u64 = 64 << 20;

/// Reads a text file of at most [`MAX_TEXT`] bytes. A byte order mark at its start is left out.
///
/// # Errors
/// What the operating system says; a path that is not a regular file, a file that is larger, a file that is not UTF-8, a web page
/// or a pointer of Git LFS in place of the text.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // A file may grow, and those of /proc have the length 0, so the length alone bounds nothing.
    regular(path)?.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT {
        return Err(io::Error::other(format!("it is longer than {} MiB", MAX_TEXT >> 20)));
    }
    let kind = FileKind::of(&bytes);
    if let (Some(recovery), true) = (kind.recovery(), kind != FileKind::Empty) {
        return Err(io::Error::other(format!("it is {}; {recovery}", kind.title())));
    }
    let text = String::from_utf8(bytes)
        .map_err(|e| io::Error::other(format!("it is not UTF-8 text (at byte {})", e.utf8_error().valid_up_to())))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_within_a_limit() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("config.json");
        let fault = |path: &Path| read_text(path).unwrap_err().to_string();
        std::fs::write(&path, "\u{feff}{\"é\": 1}").unwrap();
        assert_eq!(read_text(&path).unwrap(), "{\"é\": 1}");
        std::fs::write(&path, b"caf\xe9").unwrap();
        assert!(fault(&path).contains("not UTF-8 text (at byte 3)"), "{}", fault(&path));
        std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n").unwrap();
        assert!(fault(&path).contains("git lfs pull"), "{}", fault(&path));
        // A file with holes takes no room on the disk.
        std::fs::File::create(&path).unwrap().set_len(MAX_TEXT + 1).unwrap();
        assert!(fault(&path).contains("longer than 64 MiB"), "{}", fault(&path));
        assert!(fault(tmp.path()).contains("not a regular file"), "{}", fault(tmp.path()));
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_no_files() {
        let tmp = tempfile::tempdir().unwrap();
        let (device, pipe) = (tmp.path().join("device"), tmp.path().join("pipe"));
        std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [device, pipe] {
            // Opening the pipe would wait for a writer.
            assert!(read_text(&path).unwrap_err().to_string().contains("not a regular file"));
            assert!(super::super::MappedFile::open(&path).unwrap_err().to_string().contains("not a regular file"));
        }
    }
}
