//! Which pieces share a line.

use super::align::Columns;
use super::node::{Block, Body, Class, Kind, List, Node, Part, Row, Stmt};
use super::page::{Group, Page};
use super::{STEP, WIDTH};
use crate::parse::Concrete;

/// Writes nodes to a page.
pub(super) struct Layout<'a> {
    clean: &'a str,
    /// Where the lines of the text start.
    lines: Vec<usize>,
    page: Page<'a>,
}

impl<'a> Layout<'a> {
    pub fn new(source: &'a str, concrete: &Concrete<'a>) -> Self {
        let ends = concrete.clean.match_indices('\n').map(|(i, _)| i + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Layout { clean: concrete.clean, lines, page: Page::new(source, concrete.comments) }
    }

    pub fn finish(self, line_end: &str) -> String {
        self.page.finish(line_end)
    }

    /// All items.
    pub fn file(&mut self, mut items: Vec<Stmt<'a>>) {
        self.stmts(&mut items, self.clean.len(), 0, false);
    }

    /// Writes a node at the place at hand. `tail` characters at least follow it on its last line. What it opens is closed at
    /// the indentation of the line where it was opened: the parser takes a brace further left for that of an outer body.
    fn put(&mut self, node: &mut Node<'a>, tail: usize) {
        if node.flat.is_some_and(|w| self.page.column() + w + tail <= WIDTH) {
            return self.flat(node);
        }
        match &mut node.kind {
            Kind::Text(_) | Kind::Rigid(_) => self.flat(node),
            Kind::Seq { parts, together } => self.seq(parts, *together, tail),
            Kind::List(list) => self.list(list, tail),
            Kind::Row(row) => self.row(row, tail),
            Kind::Body(body) => self.body(body),
            Kind::Block(block) => self.block(block),
        }
    }

    /// Writes a node on the line at hand.
    fn flat(&mut self, node: &Node<'a>) {
        match &node.kind {
            Kind::Text(text) => self.page.raw(text),
            Kind::Rigid(inner) => self.flat(inner),
            Kind::Seq { parts, .. } => {
                for p in parts {
                    self.page.space(p.gap);
                    self.flat(&p.node);
                }
            }
            Kind::List(list) => {
                self.flat(&list.open);
                for (i, item) in list.items.iter().enumerate() {
                    if i > 0 {
                        self.page.raw(", ");
                    }
                    self.flat(item);
                }
                if list.comma {
                    self.page.raw(",");
                }
                self.flat(&list.close);
            }
            Kind::Row(row) => {
                self.flat(&row.first);
                self.page.space(row.pad);
                for (op, operand) in &row.rest {
                    self.page.space(1);
                    self.flat(op);
                    self.page.space(1);
                    self.flat(operand);
                }
            }
            Kind::Body(body) => {
                self.flat(&body.open);
                for (i, stmt) in body.stmts.iter().enumerate() {
                    self.page.space(if i == 0 { 1 } else { 2 });
                    self.flat(&stmt.node);
                }
                self.page.space(usize::from(!body.stmts.is_empty()));
                self.flat(&body.close);
            }
            Kind::Block(block) => {
                self.flat(&block.name);
                self.flat(&block.params);
                for node in [block.result.as_ref(), block.constraint.as_ref(), Some(&block.body)].into_iter().flatten()
                {
                    self.page.space(1);
                    self.flat(node);
                }
            }
        }
    }

    /// Pieces in a row, of which at least one is opened.
    fn seq(&mut self, parts: &mut [Part<'a>], together: bool, tail: usize) {
        let below = self.page.indent() + STEP;
        // What follows each part on its line at least.
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
            let Part { gap, soft, node } = part;
            let tight = || node.flat.is_some_and(|w| self.page.column() + *gap + w + tail <= WIDTH);
            if self.page.pending(node.start) {
                self.page.flush(node.start, below);
            } else if *soft && !tight() {
                self.page.newline(below);
            } else {
                self.page.space(*gap);
            }
            match &mut node.kind {
                Kind::Body(body) if together => self.body(body),
                _ => self.put(node, tail),
            }
        }
    }

    /// Operands with operators.
    fn row(&mut self, row: &mut Row<'a>, tail: usize) {
        let Row { first, rest, comments, .. } = row;
        let below = self.page.indent() + STEP;
        let from = self.page.column();
        let count = rest.len();
        let widths = || rest.iter().map(|(op, operand)| Some(op.flat? + 1 + operand.flat?));
        // Each operand on a line of its own, none of them opened.
        let all_fit = first.flat.is_some_and(|w| from + w <= WIDTH)
            && widths()
                .enumerate()
                .all(|(i, w)| w.is_some_and(|w| below + w + if i + 1 == count { tail } else { 0 } <= WIDTH));
        // All on this line, but for the last one's inner lines.
        let before: Option<usize> = first
            .flat
            .zip(widths().take(count.saturating_sub(1)).map(|w| Some(w? + 1)).sum())
            .map(|(a, b): (usize, usize)| a + b);
        let last_opens = rest.last().is_some_and(|(op, last)| {
            last.ends_open() && before.is_some_and(|w| from + w + op.head + 2 + last.head <= WIDTH)
        });
        if *comments || all_fit || !last_opens {
            self.put(first, 0);
            for (i, (op, operand)) in rest.iter_mut().enumerate() {
                self.page.trailing(op.start);
                self.page.own_lines(op.start, below, false, false);
                self.page.newline(below);
                self.flat(op);
                self.page.space(1);
                self.page.flush(operand.start, below + STEP);
                self.put(operand, if i + 1 == count { tail } else { 0 });
            }
            return;
        }
        self.flat(first);
        for (i, (op, operand)) in rest.iter_mut().enumerate() {
            self.page.space(1);
            self.flat(op);
            self.page.space(1);
            if i + 1 == count { self.put(operand, tail) } else { self.flat(operand) }
        }
    }

    /// Pieces between brackets, with commas.
    fn list(&mut self, list: &mut List<'a>, tail: usize) {
        let indent = self.page.indent();
        let inner = indent + STEP;
        let count = list.items.len();
        // The last item alone is opened if it would not fit on a line of its own either.
        let opens_last = !list.comments
            && !list.comma
            && list.items.split_last().is_some_and(|(last, before)| {
                let width: Option<usize> = before.iter().map(|i| Some(i.flat? + 2)).sum();
                let fits = width.is_some_and(|w| self.page.column() + list.open.head + w + last.head <= WIDTH);
                let lower = last.flat.is_some_and(|w| inner + w < WIDTH);
                let opens = if count == 1 { last.ends_open() } else { last.ends_with_body() };
                fits && opens && !lower
            });
        self.flat(&list.open);
        if opens_last {
            for (i, item) in list.items.iter_mut().enumerate() {
                if i + 1 < count {
                    self.flat(item);
                    self.page.raw(", ");
                } else {
                    self.put(item, tail + list.close.head);
                }
            }
            return self.flat(&list.close);
        }
        if list.fills && !list.comments && list.items.iter().all(|i| i.flat.is_some()) {
            self.page.newline(inner);
            for (i, item) in list.items.iter().enumerate() {
                let width = item.flat.unwrap_or(item.head) + 1;
                if i > 0 && self.page.column() + 1 + width > WIDTH {
                    self.page.newline(inner)
                } else {
                    self.page.space(1)
                }
                self.flat(item);
                self.page.raw(",");
            }
        } else {
            let group = Group { id: self.page.group(), bridges: false };
            let starts: Vec<usize> = list.items.iter().skip(1).map(|i| i.start).chain([list.close.start]).collect();
            self.page.trailing(list.items.first().map_or(list.close.start, |i| i.start));
            for (item, next) in list.items.iter_mut().zip(starts) {
                self.page.own_lines(item.start, inner, false, false);
                self.page.newline(inner);
                let from = self.page.count();
                let bracket = !matches!(list.open.kind, Kind::Text("{")) && item.reads_as_item();
                if bracket {
                    self.page.raw("(");
                }
                self.put(item, if bracket { 2 } else { 1 });
                self.page.raw(if bracket { ")," } else { "," });
                if self.page.count() == from {
                    self.page.join(group);
                }
                self.page.trailing(next);
            }
            self.page.own_lines(list.close.start, inner, false, false);
        }
        self.page.newline(indent);
        self.flat(&list.close);
    }

    /// A body of several lines.
    fn body(&mut self, body: &mut Body<'a>) {
        let indent = self.page.indent();
        self.flat(&body.open);
        if body.stmts.is_empty() && !self.page.pending(body.close.start) {
            return self.flat(&body.close);
        }
        self.page.trailing(body.stmts.first().map_or(body.close.start, |s| s.node.start));
        self.stmts(&mut body.stmts, body.close.start, indent + STEP, body.entries);
        self.page.newline(indent);
        self.flat(&body.close);
    }

    /// Statements, or items, up to `end`, each on a line. Entries that shared a line share it still if they fit.
    fn stmts(&mut self, stmts: &mut [Stmt<'a>], end: usize, indent: usize, entries: bool) {
        let lines = self.shares(stmts, indent, entries);
        let mut alone = Vec::with_capacity(stmts.len());
        for count in &lines {
            alone.extend(std::iter::repeat_n(*count == 1, *count));
        }
        Columns { clean: self.clean, lines: &self.lines }.align(stmts, indent, &alone);
        let starts: Vec<usize> = stmts.iter().map(|s| s.node.start).chain([end]).collect();
        let mut group: Option<(Group, Class)> = None;
        let mut at = 0;
        let mut rest = stmts;
        for count in lines {
            let Some((line, more)) = rest.split_at_mut_checked(count) else { return };
            rest = more;
            let (start, next) =
                (starts.get(at).copied().unwrap_or(end), starts.get(at + count).copied().unwrap_or(end));
            let parted = self.page.own_lines(start, indent, true, at == 0);
            if (at > 0 || parted) && self.page.gap_before(start) {
                self.page.gap(indent);
                group = None;
            } else {
                self.page.newline(indent);
            }
            if parted {
                group = None;
            }
            at += count;
            let class = line.first().map_or(Class::Other, |s| s.class);
            let from = self.page.count();
            for (i, stmt) in line.iter_mut().enumerate() {
                self.page.space(if i == 0 { 0 } else { 2 });
                self.put(&mut stmt.node, 0);
            }
            let bridges = class.always();
            let kind = if bridges { class } else { Class::Other };
            if self.page.count() == from {
                let (group, _) = match group.filter(|(_, k)| *k == kind) {
                    Some(same) => same,
                    None => *group.insert((Group { id: self.page.group(), bridges }, kind)),
                };
                self.page.join(group);
            } else {
                group = None;
            }
            self.page.trailing(next);
        }
        self.page.own_lines(end, indent, true, at == 0);
    }

    /// How many statements share each line.
    fn shares(&self, stmts: &[Stmt<'a>], indent: usize, entries: bool) -> Vec<usize> {
        if !entries {
            return vec![1; stmts.len()];
        }
        let mut lines = Vec::new();
        let same_line = |a: &Stmt<'a>, b: &Stmt<'a>| {
            self.clean.get(a.node.end..b.node.start).is_some_and(|between| !between.contains('\n'))
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

    /// A block whose body stands on several lines. Result and constraint go to lines of their own where they do not fit, and
    /// the brace then too.
    fn block(&mut self, block: &mut Block<'a>) {
        let indent = self.page.indent();
        let Block { name, params, result, constraint, body } = block;
        let below = indent + STEP;
        let brace = 1 + body.head;
        let mut brace_below = false;
        let mut clauses = [result.as_mut(), constraint.as_mut()].into_iter().flatten().peekable();
        self.put(name, params.head);
        self.page.flush(params.start, below);
        self.put(params, if clauses.peek().is_some() { 0 } else { brace });
        while let Some(clause) = clauses.next() {
            let follows = if brace_below || clauses.peek().is_some() { 0 } else { brace };
            let fits = clause.flat.is_some_and(|w| self.page.column() + 1 + w + follows <= WIDTH);
            if fits && !self.page.pending(clause.start) {
                self.page.space(1);
            } else {
                self.page.trailing(clause.start);
                self.page.own_lines(clause.start, below, false, false);
                self.page.newline(below);
                brace_below = true;
            }
            self.put(clause, 0);
        }
        if brace_below || self.page.pending(body.start) {
            self.page.trailing(body.start);
            self.page.own_lines(body.start, below, false, false);
            self.page.newline(indent);
        } else {
            self.page.space(1);
        }
        match &mut body.kind {
            Kind::Body(inner) => self.body(inner),
            _ => self.put(body, 0),
        }
    }
}
