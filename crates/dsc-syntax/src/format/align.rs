//! Alignment of adjacent statements of one class on the `=` or `:` after their names (their mark).
//!
//! Columns are determined by the widths of single-line statements and by the alignment in the source. Formatting is
//! idempotent: aligned output stays as it is.

use super::WIDTH;
use super::node::{Class, Kind, Mark, Node, Segment, Stmt};

/// The source text, in which the author's alignment is looked up.
pub(super) struct Columns<'a> {
    /// The text with comments replaced by spaces.
    pub code: &'a str,
    /// Offsets of the starts of its lines.
    pub lines: &'a [usize],
}

/// Maximum widths over the statements of a run, updated for each further one.
#[derive(Clone, Copy, Default)]
struct Widths {
    /// Width before the mark.
    lead: usize,
    /// Width from the mark to the end, of statements without a clause.
    plain: usize,
    /// Width from the mark to the clause.
    value: usize,
    /// Width from the clause to the end.
    clause: usize,
}

impl Widths {
    fn with(self, other: Widths) -> Widths {
        Widths {
            lead: self.lead.max(other.lead),
            plain: self.plain.max(other.plain),
            value: self.value.max(other.value),
            clause: self.clause.max(other.clause),
        }
    }

    fn line(self) -> usize {
        self.lead + self.plain.max(self.value + self.clause)
    }
}

impl Columns<'_> {
    /// Aligns statements that are indented by `indent`; `alone[i]` is whether statement i has a line for itself.
    pub fn align(&self, stmts: &mut [Stmt<'_>], indent: usize, alone: &[bool]) {
        let mut from = 0;
        while from < stmts.len() {
            let to = self.run(stmts, from, indent, alone);
            if let Some(run) = stmts.get_mut(from..to) {
                self.marks(run);
                self.pipes(run, indent);
            }
            from = to.max(from + 1);
        }
    }

    /// The end of the run that begins at `from`: statements whose lines fit with aligned marks, and a following multi-line
    /// statement if it is aligned in the source.
    fn run(&self, stmts: &[Stmt<'_>], from: usize, indent: usize, alone: &[bool]) -> usize {
        let single = |i: usize| alone.get(i) == Some(&true) && stmts.get(i).is_some_and(|s| one_line(s, indent));
        let Some((first, mut widths)) = stmts.get(from).and_then(|s| Some((s, widths_of(s)??))) else { return from };
        if !single(from) {
            return from;
        }
        let mut to = from + 1;
        while let (Some(before), Some(next)) = (stmts.get(to - 1), stmts.get(to)) {
            if next.class != first.class || !self.adjacent(before, next) || alone.get(to) != Some(&true) {
                break;
            }
            let Some(more) = widths_of(next) else { break };
            if !single(to) {
                return to + usize::from(self.column(before) == self.column(next) && self.leads(next));
            }
            let Some(more) = more else { break };
            if indent + widths.with(more).line() > WIDTH {
                break;
            }
            widths = widths.with(more);
            to += 1;
        }
        to
    }

    /// Aligns the marks of a run: always for some classes, otherwise as in the source.
    fn marks(&self, run: &mut [Stmt<'_>]) {
        let mut rest = run;
        for count in self.columns(rest) {
            let Some((column, more)) = rest.split_at_mut_checked(count) else { return };
            rest = more;
            let all = column.iter().filter_map(measured).fold(Widths::default(), Widths::with);
            for stmt in column {
                let (Some(own), Some(Mark { part, clause })) = (measured(stmt), stmt.mark) else { continue };
                widen(&mut stmt.node, part, all.lead - own.lead);
                if let Some(clause) = clause {
                    widen(&mut stmt.node, clause, all.value.saturating_sub(own.value));
                }
            }
        }
    }

    /// The number of statements in each column. Adjacent statements share one if their marks were aligned in the source, or
    /// one of them was preceded by two or more spaces, or if the marks would be aligned after this step (for idempotence).
    fn columns(&self, run: &[Stmt<'_>]) -> Vec<usize> {
        struct Column {
            count: usize,
            width: usize,
            first: usize,
            last: usize,
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut before: Option<&Stmt<'_>> = None;
        for stmt in run {
            let lead = measured(stmt).map_or(0, |w| w.lead);
            let linked = before.is_some_and(|b| {
                stmt.class.always() || self.column(b) == self.column(stmt) || self.set_off(b) || self.set_off(stmt)
            });
            columns.push(Column { count: 1, width: lead, first: lead, last: lead });
            let mut joins = linked;
            while let [.., a, b] = columns.as_mut_slice()
                && (joins || a.last < a.width || b.first < b.width)
            {
                (a.count, a.width, a.last) = (a.count + b.count, a.width.max(b.width), b.last);
                columns.pop();
                joins = false;
            }
            before = Some(stmt);
        }
        columns.into_iter().map(|c| c.count).collect()
    }

    /// Aligns the first `|>` of adjacent statements whose marks are aligned.
    fn pipes(&self, run: &mut [Stmt<'_>], indent: usize) {
        let mut from = 0;
        while from < run.len() {
            let Some(lead) = run.get(from).and_then(|s| piped(s, indent)).map(|(lead, ..)| lead) else {
                from += 1;
                continue;
            };
            let same = |s: &Stmt<'_>| piped(s, indent).is_some_and(|(l, ..)| l == lead);
            let count = run.get(from..).unwrap_or(&[]).iter().take_while(|s| same(s)).count();
            let Some(members) = run.get_mut(from..from + count) else { return };
            let widest = members.iter().filter_map(|s| piped(s, indent)).map(|(_, name, _)| name).max().unwrap_or(0);
            let wanted = members.iter().filter_map(|s| piped(s, indent)).any(|(.., at)| self.padded(at));
            let fits = members.iter().all(|s| match (piped(s, indent), s.node.flat) {
                (Some((_, name, _)), Some(width)) => indent + width + widest - name <= WIDTH,
                _ => false,
            });
            if wanted && fits {
                for stmt in members {
                    let Some((_, name, _)) = piped(stmt, indent) else { continue };
                    let pad = widest - name;
                    stmt.node.widen(pad);
                    if let Some(value) = value_mut(stmt) {
                        value.widen(pad);
                        if let Kind::Row(row) = &mut value.kind {
                            row.pad = pad;
                        }
                    }
                }
            }
            from += count.max(1);
        }
    }

    /// Whether two statements are separated by at most one line break, ignoring comments.
    fn adjacent(&self, before: &Stmt<'_>, next: &Stmt<'_>) -> bool {
        self.code.get(before.node.end..next.node.start).is_some_and(|t| t.matches('\n').count() <= 1)
    }

    /// The column of the mark in the source, in bytes.
    fn column(&self, stmt: &Stmt<'_>) -> Option<usize> {
        let at = mark_of(stmt)?.1.node.start;
        let line = self.lines.partition_point(|start| *start <= at).checked_sub(1)?;
        self.lines.get(line).map(|start| at - start)
    }

    /// Whether the text before the mark is on one line in the source.
    fn leads(&self, stmt: &Stmt<'_>) -> bool {
        let lead = mark_of(stmt).and_then(|(_, part)| self.code.get(stmt.node.start..part.node.start));
        lead.is_some_and(|lead| !lead.contains('\n'))
    }

    /// Whether the mark is preceded by two or more spaces in the source.
    fn set_off(&self, stmt: &Stmt<'_>) -> bool {
        mark_of(stmt).is_some_and(|(_, part)| self.padded(part.node.start))
    }

    /// Whether the offset `at` is preceded by two or more spaces in the source.
    fn padded(&self, at: usize) -> bool {
        let before = self.code.get(..at).unwrap_or("");
        before.len() - before.trim_end_matches([' ', '\t']).len() > 1
    }
}

fn one_line(stmt: &Stmt<'_>, indent: usize) -> bool {
    stmt.node.flat.is_some_and(|w| indent + w <= WIDTH)
}

fn parts<'s, 'a>(stmt: &'s Stmt<'a>) -> &'s [Segment<'a>] {
    match &stmt.node.kind {
        Kind::Seq { parts, .. } => parts,
        _ => &[],
    }
}

/// The mark of a statement, and the element it refers to.
fn mark_of<'s, 'a>(stmt: &'s Stmt<'a>) -> Option<(Mark, &'s Segment<'a>)> {
    let mark = stmt.mark?;
    Some((mark, parts(stmt).get(mark.part)?))
}

/// Width of some elements on one line.
fn width(parts: Option<&[Segment<'_>]>) -> Option<usize> {
    parts?.iter().map(|p| Some(p.gap + p.node.flat?)).sum()
}

/// The widths of a statement; `None` if it has no mark, `Some(None)` if it needs several lines.
fn widths_of(stmt: &Stmt<'_>) -> Option<Option<Widths>> {
    let (mark, _) = mark_of(stmt)?;
    let parts = parts(stmt);
    Some((|| {
        let lead = width(parts.get(..mark.part))?;
        match mark.clause {
            None => Some(Widths { lead, plain: width(parts.get(mark.part..))?, ..Widths::default() }),
            Some(at) => {
                let (value, clause) = (width(parts.get(mark.part..at))?, width(parts.get(at..))?);
                Some(Widths { lead, value, clause, plain: 0 })
            }
        }
    })())
}

/// The widths of a statement; for a multi-line one, only the width before its mark.
fn measured(stmt: &Stmt<'_>) -> Option<Widths> {
    let lead = || Some(Widths { lead: width(parts(stmt).get(..stmt.mark?.part))?, ..Widths::default() });
    widths_of(stmt).flatten().or_else(lead)
}

fn widen(node: &mut Node<'_>, part: usize, more: usize) {
    if let Kind::Seq { parts, .. } = &mut node.kind
        && let Some(part) = parts.get_mut(part)
    {
        part.gap += more;
    }
    node.widen(more);
}

/// For a single-line `let` with `|>` after a plain name: the width up to its mark, the width of the name, and the offset of
/// the first `|>` in the source.
fn piped(stmt: &Stmt<'_>, indent: usize) -> Option<(usize, usize, usize)> {
    let (mark, _) = mark_of(stmt)?;
    if stmt.class != Class::Let || !one_line(stmt, indent) {
        return None;
    }
    let lead = width(parts(stmt).get(..=mark.part))?;
    match &parts(stmt).get(mark.part + 1)?.node.kind {
        Kind::Row(row) if row.pipe && !row.first.opens => Some((lead, row.first.flat?, row.rest.first()?.0.start)),
        _ => None,
    }
}

fn value_mut<'s, 'a>(stmt: &'s mut Stmt<'a>) -> Option<&'s mut Node<'a>> {
    let at = stmt.mark?.part + 1;
    match &mut stmt.node.kind {
        Kind::Seq { parts, .. } => parts.get_mut(at).map(|p| &mut p.node),
        _ => None,
    }
}
