//! The text that the grammar parses: the file with comments blanked out and small errors corrected.

use super::scan::Edit;

/// A file's text after the edits of `scan` and `balance`, with a map of its offsets to those of the file.
#[derive(Debug)]
pub(super) struct EditedText {
    /// The text that the grammar parses.
    pub text: String,
    /// Pairs (offset in `text`, offset in the file) from which on the two advance together; both ascending.
    anchors: Vec<(usize, usize)>,
    /// Length of the file.
    len: usize,
}

impl EditedText {
    /// Applies `edits`; one that overlaps an earlier one is ignored.
    pub fn new(source: &str, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|e| (e.start, e.end));
        let mut clean =
            EditedText { text: String::with_capacity(source.len() + 16), anchors: vec![(0, 0)], len: source.len() };
        let mut at = 0;
        for edit in edits.iter().filter(|e| e.start <= e.end) {
            if edit.start < at {
                continue;
            }
            clean.text.push_str(source.get(at..edit.start).unwrap_or(""));
            let same = edit.text.len() == edit.end - edit.start;
            if !same {
                clean.anchors.push((clean.text.len(), edit.start));
            }
            clean.text.push_str(&edit.text);
            at = edit.end;
            if !same {
                clean.anchors.push((clean.text.len(), at));
            }
        }
        clean.text.push_str(source.get(at..).unwrap_or(""));
        clean
    }

    /// The offset in the file of an offset in the edited text.
    pub fn original_offset(&self, at: usize) -> usize {
        let next = self.anchors.partition_point(|(clean, _)| *clean <= at);
        let (clean, file) = next.checked_sub(1).and_then(|i| self.anchors.get(i)).copied().unwrap_or((0, 0));
        let limit = self.anchors.get(next).map_or(self.len, |(_, file)| *file);
        (file + (at - clean)).min(limit).min(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back() {
        let edits = vec![
            Edit { start: 0, end: 4, text: "block".into() },
            Edit { start: 6, end: 6, text: ")".into() },
            Edit { start: 7, end: 9, text: "_".into() },
        ];
        let clean = EditedText::new("blok A ö!", edits);
        assert_eq!(clean.text, "block A) _!");
        let file: Vec<usize> = (0..=clean.text.len()).map(|i| clean.original_offset(i)).collect();
        assert_eq!(file, [0, 1, 2, 3, 4, 4, 5, 6, 6, 7, 9, 10]);
    }
}
