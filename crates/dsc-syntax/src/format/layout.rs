//! Line breaking: decides which nodes share a line.

use super::align::Columns;
use super::node::{Block, Body, Class, Kind, List, Node, Row, Segment, Stmt};
use super::writer::{Group, Writer};
use super::{INDENT, WIDTH};
use crate::parse::Concrete;

/// Formats nodes into a [`Writer`].
pub(super) struct Layout<'a> {
    code: &'a str,
    /// Offsets of the starts of lines in the source.
    lines: Vec<usize>,
    out: Writer<'a>,
}

impl<'a> Layout<'a> {
    pub fn new(source: &'a str, concrete: &Concrete<'a>) -> Self {
        let ends = concrete.code.match_indices('\n').map(|(i, _)| i + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Layout { code: concrete.code, lines, out: Writer::new(source, concrete.comments) }
    }

    pub fn finish(self, line_end: &str) -> String {
        self.out.finish(line_end)
    }

    /// Formats the items of a file.
    pub fn file(&mut self, mut items: Vec<Stmt<'a>>) {
        self.stmts(&mut items, self.code.len(), 0, false);
    }

    /// Writes a node, which at least `tail` characters will follow on its last line. A bracket is closed at the indentation
    /// of the line where it was opened: the parser takes a brace with less indentation for that of an outer body.
    fn write(&mut self, node: &mut Node<'a>, tail: usize) {
        if node.flat.is_some_and(|w| self.out.column() + w + tail <= WIDTH) {
            return self.flat(node);
        }
        match &mut node.kind {
            Kind::Text(_) | Kind::Unbreakable(_) => self.flat(node),
            Kind::Seq { parts, together } => self.seq(parts, *together, tail),
            Kind::List(list) => self.list(list, tail),
            Kind::Row(row) => self.row(row, tail),
            Kind::Body(body) => self.body(body),
            Kind::Block(block) => self.block(block),
        }
    }

    /// Writes a node on the current line, without breaking it.
    fn flat(&mut self, node: &Node<'a>) {
        match &node.kind {
            Kind::Text(text) => self.out.raw(text),
            Kind::Unbreakable(inner) => self.flat(inner),
            Kind::Seq { parts, .. } => {
                for p in parts {
                    self.out.space(p.gap);
                    self.flat(&p.node);
                }
            }
            Kind::List(list) => {
                self.flat(&list.open);
                for (i, item) in list.items.iter().enumerate() {
                    if i > 0 {
                        self.out.raw(", ");
                    }
                    self.flat(item);
                }
                if list.comma {
                    self.out.raw(",");
                }
                self.flat(&list.close);
            }
            Kind::Row(row) => {
                self.flat(&row.first);
                self.out.space(row.pad);
                for (op, operand) in &row.rest {
                    self.out.space(1);
                    self.flat(op);
                    self.out.space(1);
                    self.flat(operand);
                }
            }
            Kind::Body(body) => {
                self.flat(&body.open);
                for (i, stmt) in body.stmts.iter().enumerate() {
                    self.out.space(if i == 0 { 1 } else { 2 });
                    self.flat(&stmt.node);
                }
                self.out.space(usize::from(!body.stmts.is_empty()));
                self.flat(&body.close);
            }
            Kind::Block(block) => {
                self.flat(&block.name);
                self.flat(&block.params);
                for node in [block.result.as_ref(), block.constraint.as_ref(), Some(&block.body)].into_iter().flatten()
                {
                    self.out.space(1);
                    self.flat(node);
                }
            }
        }
    }

    /// A sequence of which at least one element is broken.
    fn seq(&mut self, parts: &mut [Segment<'a>], together: bool, tail: usize) {
        let below = self.out.indent() + INDENT;
        // The minimum width of what follows each element on its line.
        let mut tails = vec![tail; parts.len()];
        for (i, (part, next)) in parts.iter().zip(parts.iter().skip(1)).enumerate().rev() {
            let after = tails.get(i + 1).copied().unwrap_or(0);
            let this = match (next.soft, next.node.opens) {
                (true, _) => 0,
                (_, true) => next.gap + next.node.head,
                _ => next.gap + next.node.flat.unwrap_or(next.node.head) + after,
            };
            debug_assert!(part.node.start <= next.node.start);
            if let Some(tail) = tails.get_mut(i) {
                *tail = this;
            }
        }
        for (part, tail) in parts.iter_mut().zip(tails) {
            let Segment { gap, soft, node } = part;
            let tight = || node.flat.is_some_and(|w| self.out.column() + *gap + w + tail <= WIDTH);
            if self.out.pending(node.start) {
                self.out.flush(node.start, below);
            } else if *soft && !tight() {
                self.out.newline(below);
            } else {
                self.out.space(*gap);
            }
            match &mut node.kind {
                Kind::Body(body) if together => self.body(body),
                _ => self.write(node, tail),
            }
        }
    }

    /// Operands separated by operators.
    fn row(&mut self, row: &mut Row<'a>, tail: usize) {
        let Row { first, rest, comments, .. } = row;
        let below = self.out.indent() + INDENT;
        let from = self.out.column();
        let count = rest.len();
        let widths = || rest.iter().map(|(op, operand)| Some(op.flat? + 1 + operand.flat?));
        // Each operand fits on a separate line.
        let all_fit = first.flat.is_some_and(|w| from + w <= WIDTH)
            && widths()
                .enumerate()
                .all(|(i, w)| w.is_some_and(|w| below + w + if i + 1 == count { tail } else { 0 } <= WIDTH));
        // All on this line, with the last operand broken.
        let before: Option<usize> = first
            .flat
            .zip(widths().take(count.saturating_sub(1)).map(|w| Some(w? + 1)).sum())
            .map(|(a, b): (usize, usize)| a + b);
        let last_opens = rest.last().is_some_and(|(op, last)| {
            last.ends_open() && before.is_some_and(|w| from + w + op.head + 2 + last.head <= WIDTH)
        });
        if *comments || all_fit || !last_opens {
            self.write(first, 0);
            for (i, (op, operand)) in rest.iter_mut().enumerate() {
                self.out.trailing(op.start);
                self.out.own_lines(op.start, below, false, false);
                self.out.newline(below);
                self.flat(op);
                self.out.space(1);
                self.out.flush(operand.start, below + INDENT);
                self.write(operand, if i + 1 == count { tail } else { 0 });
            }
            return;
        }
        self.flat(first);
        for (i, (op, operand)) in rest.iter_mut().enumerate() {
            self.out.space(1);
            self.flat(op);
            self.out.space(1);
            if i + 1 == count { self.write(operand, tail) } else { self.flat(operand) }
        }
    }

    /// Nodes separated by commas, in brackets.
    fn list(&mut self, list: &mut List<'a>, tail: usize) {
        let indent = self.out.indent();
        let inner = indent + INDENT;
        let count = list.items.len();
        // The last item alone is broken if it would not fit on a separate line either.
        let opens_last = !list.comments
            && !list.comma
            && list.items.split_last().is_some_and(|(last, before)| {
                let width: Option<usize> = before.iter().map(|i| Some(i.flat? + 2)).sum();
                let fits = width.is_some_and(|w| self.out.column() + list.open.head + w + last.head <= WIDTH);
                let lower = last.flat.is_some_and(|w| inner + w < WIDTH);
                let opens = if count == 1 { last.ends_open() } else { last.ends_with_body() };
                fits && opens && !lower
            });
        self.flat(&list.open);
        if opens_last {
            for (i, item) in list.items.iter_mut().enumerate() {
                if i + 1 < count {
                    self.flat(item);
                    self.out.raw(", ");
                } else {
                    self.write(item, tail + list.close.head);
                }
            }
            return self.flat(&list.close);
        }
        if list.fills && !list.comments && list.items.iter().all(|i| i.flat.is_some()) {
            self.out.newline(inner);
            for (i, item) in list.items.iter().enumerate() {
                let width = item.flat.unwrap_or(item.head) + 1;
                if i > 0 && self.out.column() + 1 + width > WIDTH {
                    self.out.newline(inner)
                } else {
                    self.out.space(1)
                }
                self.flat(item);
                self.out.raw(",");
            }
        } else {
            let group = Group { id: self.out.group(), bridges: false };
            let starts: Vec<usize> = list.items.iter().skip(1).map(|i| i.start).chain([list.close.start]).collect();
            self.out.trailing(list.items.first().map_or(list.close.start, |i| i.start));
            for (item, next) in list.items.iter_mut().zip(starts) {
                self.out.own_lines(item.start, inner, false, false);
                self.out.newline(inner);
                let from = self.out.count();
                let bracket = !matches!(list.open.kind, Kind::Text("{")) && item.reads_as_item();
                if bracket {
                    self.out.raw("(");
                }
                self.write(item, if bracket { 2 } else { 1 });
                self.out.raw(if bracket { ")," } else { "," });
                if self.out.count() == from {
                    self.out.join(group);
                }
                self.out.trailing(next);
            }
            self.out.own_lines(list.close.start, inner, false, false);
        }
        self.out.newline(indent);
        self.flat(&list.close);
    }

    /// A body of several lines.
    fn body(&mut self, body: &mut Body<'a>) {
        let indent = self.out.indent();
        self.flat(&body.open);
        if body.stmts.is_empty() && !self.out.pending(body.close.start) {
            return self.flat(&body.close);
        }
        self.out.trailing(body.stmts.first().map_or(body.close.start, |s| s.node.start));
        self.stmts(&mut body.stmts, body.close.start, indent + INDENT, body.entries);
        self.out.newline(indent);
        self.flat(&body.close);
    }

    /// Statements or items up to the offset `end`, one per line. Entries on one line stay on one line if they fit.
    fn stmts(&mut self, stmts: &mut [Stmt<'a>], end: usize, indent: usize, entries: bool) {
        let lines = self.statements_per_line(stmts, indent, entries);
        let mut alone = Vec::with_capacity(stmts.len());
        for count in &lines {
            alone.extend(std::iter::repeat_n(*count == 1, *count));
        }
        Columns { code: self.code, lines: &self.lines }.align(stmts, indent, &alone);
        let starts: Vec<usize> = stmts.iter().map(|s| s.node.start).chain([end]).collect();
        let mut group: Option<(Group, Class)> = None;
        let mut at = 0;
        let mut rest = stmts;
        for count in lines {
            let Some((line, more)) = rest.split_at_mut_checked(count) else { return };
            rest = more;
            let (start, next) =
                (starts.get(at).copied().unwrap_or(end), starts.get(at + count).copied().unwrap_or(end));
            let commented = self.out.own_lines(start, indent, true, at == 0);
            if (at > 0 || commented) && self.out.blank_line_before(start) {
                self.out.blank_line(indent);
                group = None;
            } else {
                self.out.newline(indent);
            }
            if commented {
                group = None;
            }
            at += count;
            let class = line.first().map_or(Class::Other, |s| s.class);
            let from = self.out.count();
            for (i, stmt) in line.iter_mut().enumerate() {
                self.out.space(if i == 0 { 0 } else { 2 });
                self.write(&mut stmt.node, 0);
            }
            let bridges = class.always();
            let kind = if bridges { class } else { Class::Other };
            if self.out.count() == from {
                let (group, _) = match group.filter(|(_, k)| *k == kind) {
                    Some(same) => same,
                    None => *group.insert((Group { id: self.out.group(), bridges }, kind)),
                };
                self.out.join(group);
            } else {
                group = None;
            }
            self.out.trailing(next);
        }
        self.out.own_lines(end, indent, true, at == 0);
    }

    /// The number of statements on each line.
    fn statements_per_line(&self, stmts: &[Stmt<'a>], indent: usize, entries: bool) -> Vec<usize> {
        if !entries {
            return vec![1; stmts.len()];
        }
        let mut lines = Vec::new();
        let same_line = |a: &Stmt<'a>, b: &Stmt<'a>| {
            self.code.get(a.node.end..b.node.start).is_some_and(|between| !between.contains('\n'))
        };
        for shared in stmts.chunk_by(same_line) {
            let width: Option<usize> = shared.iter().map(|s| Some(s.node.flat? + 2)).sum();
            match width {
                Some(width) if indent + width - 2 <= WIDTH => lines.push(shared.len()),
                _ => lines.extend(shared.iter().map(|_| 1)),
            }
        }
        lines
    }

    /// A block whose body has several lines. Result type and constraint are moved to separate lines if they do not fit, and
    /// then so is the brace.
    fn block(&mut self, block: &mut Block<'a>) {
        let indent = self.out.indent();
        let Block { name, params, result, constraint, body } = block;
        let below = indent + INDENT;
        let brace = 1 + body.head;
        let mut brace_below = false;
        let mut clauses = [result.as_mut(), constraint.as_mut()].into_iter().flatten().peekable();
        self.write(name, params.head);
        self.out.flush(params.start, below);
        self.write(params, if clauses.peek().is_some() { 0 } else { brace });
        while let Some(clause) = clauses.next() {
            let follows = if brace_below || clauses.peek().is_some() { 0 } else { brace };
            let fits = clause.flat.is_some_and(|w| self.out.column() + 1 + w + follows <= WIDTH);
            if fits && !self.out.pending(clause.start) {
                self.out.space(1);
            } else {
                self.out.trailing(clause.start);
                self.out.own_lines(clause.start, below, false, false);
                self.out.newline(below);
                brace_below = true;
            }
            self.write(clause, 0);
        }
        if brace_below || self.out.pending(body.start) {
            self.out.trailing(body.start);
            self.out.own_lines(body.start, below, false, false);
            self.out.newline(indent);
        } else {
            self.out.space(1);
        }
        match &mut body.kind {
            Kind::Body(inner) => self.body(inner),
            _ => self.write(body, 0),
        }
    }
}
