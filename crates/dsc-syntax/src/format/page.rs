//! The lines that are written, and the comments that find their places among them.

use super::WIDTH;
use crate::scan::Comment;
use std::collections::BTreeMap;

/// Lines whose comments share a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub id: usize,
    /// Whether lines without a comment stand between such as belong together.
    pub bridges: bool,
}

#[derive(Debug, Default)]
struct Line<'a> {
    text: String,
    /// Characters of `text`.
    width: usize,
    /// The comment at its end, and the column it had.
    comment: Option<(&'a str, usize)>,
    group: Option<Group>,
}

/// The text as far as it is written.
#[derive(Debug)]
pub(super) struct Page<'a> {
    source: &'a str,
    comments: &'a [Comment],
    /// The first comment that is not written yet.
    next: usize,
    lines: Vec<Line<'a>>,
    line: Line<'a>,
    /// Blanks before the first text of the line.
    indent: usize,
    groups: usize,
}

impl<'a> Page<'a> {
    pub fn new(source: &'a str, comments: &'a [Comment]) -> Self {
        Page { source, comments, next: 0, lines: Vec::new(), line: Line::default(), indent: 0, groups: 0 }
    }

    /// Where the next character goes.
    pub fn column(&self) -> usize {
        if self.line.text.is_empty() { self.indent } else { self.line.width }
    }

    /// Blanks before the first text of this line.
    pub fn indent(&self) -> usize {
        self.indent
    }

    /// Lines that are finished.
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// Blanks, but not at the start of a line.
    pub fn space(&mut self, count: usize) {
        if !self.line.text.is_empty() {
            self.line.text.extend(std::iter::repeat_n(' ', count));
            self.line.width += count;
        }
    }

    /// Text, whatever comments are open.
    pub fn raw(&mut self, text: &str) {
        if self.line.text.is_empty() {
            self.line.text.extend(std::iter::repeat_n(' ', self.indent));
            self.line.width = self.indent;
        }
        self.line.text.push_str(text);
        self.line.width += text.chars().count();
    }

    /// Ends the line; the next one is indented by that many blanks. Nothing stands before the first line.
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

    /// As [`newline`](Self::newline), with an empty line.
    pub fn gap(&mut self, indent: usize) {
        self.newline(indent);
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
    }

    /// Whether an empty line stood before that place.
    pub fn gap_before(&self, at: usize) -> bool {
        let before = self.source.get(..at).unwrap_or("");
        let blank = before.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
        before.get(blank..).unwrap_or("").matches('\n').count() > 1
    }

    /// Whether a comment that is not written yet stands before that place.
    pub fn pending(&self, before: usize) -> bool {
        self.comments.get(self.next).is_some_and(|c| c.start < before)
    }

    fn take(&mut self) -> Option<(&'a Comment, &'a str)> {
        let comment = self.comments.get(self.next)?;
        self.next += 1;
        Some((comment, self.source.get(comment.start..comment.end).unwrap_or("")))
    }

    /// Puts the next comment at the end of this line if that is where it stood, before that place.
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

    /// Puts the comments before that place on lines of their own; with `gaps`, empty lines before them are kept, but not
    /// before the first if that is the `first` thing in its braces. Whether there were any.
    pub fn own_lines(&mut self, before: usize, indent: usize, gaps: bool, mut first: bool) -> bool {
        let from = self.next;
        while self.pending(before)
            && let Some((comment, text)) = self.take()
        {
            if gaps && !first && self.gap_before(comment.start) {
                self.gap(indent)
            } else {
                self.newline(indent)
            }
            self.raw(text);
            first = false;
        }
        self.next > from
    }

    /// Writes the comments before that place, where nothing better is known, and begins a line after them.
    pub fn flush(&mut self, before: usize, indent: usize) {
        if self.pending(before) {
            self.trailing(before);
            self.own_lines(before, indent, false, false);
            self.newline(indent);
        }
    }

    /// A number for a group of lines.
    pub fn group(&mut self) -> usize {
        self.groups += 1;
        self.groups
    }

    /// The line at hand belongs to that group.
    pub fn join(&mut self, group: Group) {
        self.line.group = Some(group);
    }

    /// The whole text.
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

    /// The columns of the comments of groups, by line.
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

/// Gives the comments of a run one column, and empties it.
fn share(run: &mut Vec<(usize, &Line<'_>)>, columns: &mut BTreeMap<usize, usize>) {
    let run = std::mem::take(run);
    let Some(nearest) = run.iter().map(|(_, l)| l.width + 2).max() else { return };
    // The column that the author gave to most of them.
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
