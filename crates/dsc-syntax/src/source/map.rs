//! The files of one compilation, concatenated in one offset space.

use super::Span;

/// Index of a file in a [`SourceMap`], in the order of loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// One file: its display name, its text and its offset in the global offset space.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path as given, or `std/attention.dsl` for an embedded module.
    pub name: String,
    /// The file's contents, UTF-8.
    pub text: String,
    /// Global offset of the first byte.
    pub base: u32,
    line_starts: Vec<u32>,
}

/// A location for display, printed as `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Name of the file, as in [`SourceFile::name`].
    pub file: String,
    /// Line number, counted from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// All files of one compilation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a file. Files are separated by one byte, so a span at the end of a file belongs to that file only.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let (name, text) = (name.into(), text.into());
        let base = self.files.last().map_or(0, |f| f.base + f.text.len() as u32 + 1);
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1))
            .collect();
        self.files.push(SourceFile { name, text, base, line_starts });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this id, if it is in the map.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files with their ids, in the order of loading.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }

    /// The file that contains the first byte of `span`.
    pub fn file_of(&self, span: Span) -> Option<(FileId, &SourceFile)> {
        if span.is_none() {
            return None;
        }
        let i = self.files.partition_point(|f| f.base <= span.start).checked_sub(1)?;
        let file = self.files.get(i)?;
        (span.start <= file.base + file.text.len() as u32).then_some((FileId(i as u32), file))
    }

    /// File, line and column of the first byte of `span`.
    pub fn locate(&self, span: Span) -> Option<Location> {
        let (_, file) = self.file_of(span)?;
        let at = span.start - file.base;
        let line = file.line_starts.partition_point(|s| *s <= at).max(1);
        let start = *file.line_starts.get(line - 1)? as usize;
        let column = file.text.get(start..at as usize).map_or(1, |s| s.chars().count() + 1);
        Some(Location { file: file.name.clone(), line, column })
    }

    /// The text that `span` covers.
    pub fn text(&self, span: Span) -> Option<&str> {
        let (_, file) = self.file_of(span)?;
        file.text.get((span.start - file.base) as usize..(span.end - file.base) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_offset_space_over_files() {
        let mut map = SourceMap::new();
        map.add("a", "one\ntwo");
        let b = map.add("b", "drei\nvïer x");
        let base = map.file(b).unwrap().base as usize;
        assert_eq!(base, 8);
        let x = base + "drei\nvïer ".len();
        let at = map.locate(Span::new(x, x + 1)).unwrap();
        assert_eq!((at.file.as_str(), at.line, at.column), ("b", 2, 6));
        assert_eq!(map.text(Span::new(x, x + 1)), Some("x"));
        assert_eq!(map.locate(Span::new(7, 7)).unwrap().file, "a");
        assert_eq!(map.locate(Span::NONE), None);
    }
}
