//! Collects the formatted lines and inserts the comments.

use super::WIDTH;
use crate::scan::Comment;
use std::collections::BTreeMap;

/// Lines whose trailing comments are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub id: usize,
    /// Whether lines without a comment do not interrupt the group.
    pub bridges: bool,
}

#[derive(Debug, Default)]
struct Line<'a> {
    text: String,
    /// Length of `text` in characters.
    width: usize,
    /// The trailing comment, and its original column.
    comment: Option<(&'a str, usize)>,
    group: Option<Group>,
}

/// The lines written so far.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    source: &'a str,
    comments: &'a [Comment],
    /// Index of the next comment to write.
    next: usize,
    lines: Vec<Line<'a>>,
    line: Line<'a>,
    /// Indentation of the current line.
    indent: usize,
    groups: usize,
}

impl<'a> Writer<'a> {
    pub fn new(source: &'a str, comments: &'a [Comment]) -> Self {
        Writer { source, comments, next: 0, lines: Vec::new(), line: Line::default(), indent: 0, groups: 0 }
    }

    /// Column of the next character.
    pub fn column(&self) -> usize {
        if self.line.text.is_empty() { self.indent } else { self.line.width }
    }

    /// Indentation of the current line.
    pub fn indent(&self) -> usize {
        self.indent
    }

    /// Number of finished lines.
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// Writes spaces, except at the start of a line.
    pub fn space(&mut self, count: usize) {
        if !self.line.text.is_empty() {
            self.line.text.extend(std::iter::repeat_n(' ', count));
            self.line.width += count;
        }
    }

    /// Writes text, regardless of pending comments.
    pub fn raw(&mut self, text: &str) {
        if self.line.text.is_empty() {
            self.line.text.extend(std::iter::repeat_n(' ', self.indent));
            self.line.width = self.indent;
        }
        self.line.text.push_str(text);
        self.line.width += text.chars().count();
    }

    /// Ends the line and sets the indentation of the next. The first line is never empty.
    pub fn newline(&mut self, indent: usize) {
        self.indent = indent;
        if self.lines.is_empty() && self.line.text.is_empty() && self.line.comment.is_none() {
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        let kept = line.text.trim_end().len();
        line.width -= line.text.len() - kept;
        line.text.truncate(kept);
        self.lines.push(line);
    }

    /// As [`newline`](Self::newline), followed by a blank line.
    pub fn blank_line(&mut self, indent: usize) {
        self.newline(indent);
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
    }

    /// Whether the source has a blank line before the offset `at`.
    pub fn blank_line_before(&self, at: usize) -> bool {
        let before = self.source.get(..at).unwrap_or("");
        let blank = before.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
        before.get(blank..).unwrap_or("").matches('\n').count() > 1
    }

    /// Whether there is an unwritten comment before the offset `before`.
    pub fn pending(&self, before: usize) -> bool {
        self.comments.get(self.next).is_some_and(|c| c.start < before)
    }

    fn take(&mut self) -> Option<(&'a Comment, &'a str)> {
        let comment = self.comments.get(self.next)?;
        self.next += 1;
        Some((comment, self.source.get(comment.start..comment.end).unwrap_or("")))
    }

    /// Appends the next comment to this line if it was a trailing one and begins before the offset `before`.
    pub fn trailing(&mut self, before: usize) {
        let here = self.comments.get(self.next).is_some_and(|c| c.start < before && !c.own_line);
        if here
            && !self.line.text.is_empty()
            && self.line.comment.is_none()
            && let Some((comment, text)) = self.take()
        {
            let line = self.source.get(..comment.start).unwrap_or("");
            let start = line.rfind('\n').map_or(0, |i| i + 1);
            self.line.comment = Some((text, line.get(start..).unwrap_or("").chars().count()));
        }
    }

    /// Writes the comments before the offset `before` on separate lines and returns whether there were any. With `gaps`,
    /// blank lines before them are kept, except before the `first` text in braces.
    pub fn own_lines(&mut self, before: usize, indent: usize, gaps: bool, mut first: bool) -> bool {
        let from = self.next;
        while self.pending(before)
            && let Some((comment, text)) = self.take()
        {
            if gaps && !first && self.blank_line_before(comment.start) {
                self.blank_line(indent)
            } else {
                self.newline(indent)
            }
            self.raw(text);
            first = false;
        }
        self.next > from
    }

    /// Writes all comments before the offset `before`, and begins a new line after them.
    pub fn flush(&mut self, before: usize, indent: usize) {
        if self.pending(before) {
            self.trailing(before);
            self.own_lines(before, indent, false, false);
            self.newline(indent);
        }
    }

    /// Returns a new group number.
    pub fn group(&mut self) -> usize {
        self.groups += 1;
        self.groups
    }

    /// Adds the current line to a group.
    pub fn join(&mut self, group: Group) {
        self.line.group = Some(group);
    }

    /// The formatted text, with aligned comments.
    pub fn finish(mut self, line_end: &str) -> String {
        self.newline(0);
        let columns = self.columns();
        let mut out = String::new();
        for (i, line) in self.lines.iter().enumerate() {
            out.push_str(&line.text);
            if let Some((comment, _)) = line.comment {
                let column = columns.get(&i).copied().unwrap_or(line.width + 2);
                out.extend(std::iter::repeat_n(' ', column.saturating_sub(line.width)));
                out.push_str(comment);
            }
            out.push_str(line_end);
        }
        out
    }

    /// The column of each trailing comment in a group, by line index.
    fn columns(&self) -> BTreeMap<usize, usize> {
        let mut columns = BTreeMap::new();
        let mut run: Vec<(usize, &Line<'a>)> = Vec::new();
        let mut group = None;
        for (i, line) in self.lines.iter().enumerate() {
            let goes_on = line.group.is_some() && line.group == group;
            if !goes_on {
                share(&mut run, &mut columns);
            }
            group = line.group;
            if line.comment.is_some() && group.is_some() {
                run.push((i, line));
            } else if !group.is_some_and(|g| g.bridges) {
                share(&mut run, &mut columns);
            }
        }
        share(&mut run, &mut columns);
        columns
    }
}

/// Assigns one column to the comments of a run, and empties the run.
fn share(run: &mut Vec<(usize, &Line<'_>)>, columns: &mut BTreeMap<usize, usize>) {
    let run = std::mem::take(run);
    let Some(nearest) = run.iter().map(|(_, l)| l.width + 2).max() else { return };
    // The column that most of them had in the source.
    let mut had: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, column) in run.iter().filter_map(|(_, l)| l.comment) {
        *had.entry(column).or_default() += 1;
    }
    let most = had.iter().filter(|(column, count)| **column > nearest && **count > 1);
    let chosen = most.max_by_key(|(column, count)| (**count, usize::MAX - **column)).map(|(column, _)| *column);
    let fits = |column: usize| {
        run.iter().filter_map(|(_, l)| l.comment).all(|(text, _)| column + text.chars().count() <= WIDTH)
    };
    if let Some(column) = chosen.or(Some(nearest).filter(|n| fits(*n))) {
        columns.extend(run.iter().map(|(i, _)| (*i, column)));
    }
}
