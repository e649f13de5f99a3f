//! Where the loader will look for a program's libraries: the `DT_RPATH` of its ELF file.
//!
//! `dsc` may be built without libtorch and started from anywhere, so it cannot know the path baked into `dsc-rt`; the
//! file does. Layouts: System V ABI, "Object Files", 64-bit little-endian.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_STRSZ: u64 = 10;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;

/// What the dynamic section of an ELF file requires of the loader.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dynamic {
    /// Folders to search, `$ORIGIN` replaced by the file's own.
    pub folders: Vec<PathBuf>,
    /// Names of the libraries it is linked to.
    pub needed: Vec<String>,
}

/// Reads it; `None` for anything but a dynamically linked 64-bit little-endian ELF file.
pub fn dynamic(program: &Path) -> Option<Dynamic> {
    let mut file = File::open(program).ok()?;
    let head = read(&mut file, 0, 64)?;
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size, count) = (number(&head, 32, 8)?, number(&head, 54, 2)?, number(&head, 56, 2)?);
    let headers = read(&mut file, table, size.checked_mul(count)?)?;
    // (type, file offset, address, size in the file)
    let segments: Vec<(u64, u64, u64, u64)> = headers
        .chunks_exact(usize::try_from(size).ok().filter(|&n| n > 0)?)
        .filter_map(|h| Some((number(h, 0, 4)?, number(h, 8, 8)?, number(h, 16, 8)?, number(h, 32, 8)?)))
        .collect();
    let &(_, offset, _, length) = segments.iter().find(|s| s.0 == PT_DYNAMIC)?;
    let section = read(&mut file, offset, length)?;
    let entries: Vec<(u64, u64)> =
        section.chunks_exact(16).filter_map(|e| Some((number(e, 0, 8)?, number(e, 8, 8)?))).collect();
    let value = |tag| entries.iter().find(|e| e.0 == tag).map(|e| e.1);

    let address = value(DT_STRTAB)?;
    let &(_, offset, start, _) = segments.iter().find(|s| s.0 == PT_LOAD && s.2 <= address && address - s.2 < s.3)?;
    let strings = read(&mut file, offset + (address - start), value(DT_STRSZ)?)?;
    let text = |at: u64| {
        let rest = strings.get(usize::try_from(at).ok()?..)?;
        std::str::from_utf8(rest.split(|&b| b == 0).next()?).ok()
    };

    let origin = program.canonicalize().ok()?;
    let origin = origin.parent()?.to_str()?;
    let path = value(DT_RUNPATH).or(value(DT_RPATH)).and_then(text).unwrap_or("");
    let folder = |p: &str| PathBuf::from(p.replace("${ORIGIN}", origin).replace("$ORIGIN", origin));
    Some(Dynamic {
        folders: path.split(':').filter(|p| !p.is_empty()).map(folder).collect(),
        needed: entries.iter().filter(|e| e.0 == DT_NEEDED).filter_map(|e| text(e.1)).map(str::to_owned).collect(),
    })
}

/// `length` bytes at `offset`; a length that no program has is a damaged file.
fn read(file: &mut File, offset: u64, length: u64) -> Option<Vec<u8>> {
    const MOST: u64 = 64 << 20;
    let mut bytes = vec![0; usize::try_from(length).ok().filter(|_| length <= MOST)?];
    file.seek(SeekFrom::Start(offset)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// The little-endian number of `width` bytes at `at`.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_test_program_is_read() {
        let me = std::env::current_exe().unwrap();
        let found = dynamic(&me).unwrap();
        assert!(found.needed.iter().any(|n| n == "libc.so.6"), "{found:?}");
    }

    #[test]
    fn other_and_damaged_files_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        assert_eq!(dynamic(&path), None);
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        assert_eq!(dynamic(&path), None);
        let whole = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        for cut in [0, 10, 63, 64, 500, 5000] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(dynamic(&path), None, "cut at {cut}");
        }
    }
}
