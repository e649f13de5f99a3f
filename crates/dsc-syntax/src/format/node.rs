//! The tree that is formatted: pieces of the text, the spaces between them, and the widths that decide where lines break.

/// A piece of the text.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// Offset of the first byte in the source.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
    /// Width on one line, in characters; none if it needs several lines.
    pub flat: Option<usize>,
    /// Width of its first line if it is broken as early as possible; the whole width if it cannot be broken.
    pub head: usize,
    /// Whether it can be broken over several lines.
    pub opens: bool,
    /// How it is formatted.
    pub kind: Kind<'a>,
}

/// The formats of a node.
#[derive(Debug)]
pub(super) enum Kind<'a> {
    /// One token.
    Text(&'a str),
    /// A sequence of nodes. `together`: either all bodies among them are broken, or none.
    Seq { parts: Vec<Segment<'a>>, together: bool },
    /// Never broken: the operand after a `//` that divides.
    Unbreakable(Box<Node<'a>>),
    /// `(a, b)`: nodes separated by commas, in brackets.
    List(Box<List<'a>>),
    /// Operands separated by operators that may begin a line.
    Row(Row<'a>),
    /// `{ .. }`: statements or entries in braces.
    Body(Box<Body<'a>>),
    /// A `block` item: signature and body.
    Block(Box<Block<'a>>),
}

/// An element of a sequence.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    /// Number of spaces before it.
    pub gap: usize,
    /// Whether it begins a new line if it does not fit on the current one.
    pub soft: bool,
    pub node: Node<'a>,
}

/// `(a, b)`
#[derive(Debug)]
pub(super) struct List<'a> {
    pub open: Node<'a>,
    pub items: Vec<Node<'a>>,
    pub close: Node<'a>,
    /// Whether lines are filled with as many items as fit, if not all fit on one line.
    pub fills: bool,
    /// Whether there are comments between the items.
    pub comments: bool,
    /// Whether the only item is followed by a comma, `(a,)`.
    pub comma: bool,
}

/// `a + b + c`
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub first: Box<Node<'a>>,
    /// The operators, each with its right operand.
    pub rest: Vec<(Node<'a>, Node<'a>)>,
    /// Whether the operators are `|>`.
    pub pipe: bool,
    /// Additional spaces before the first operator, for alignment.
    pub pad: usize,
    /// Whether there are comments next to the operators.
    pub comments: bool,
}

/// `{ a  b }`
#[derive(Debug)]
pub(super) struct Body<'a> {
    pub open: Node<'a>,
    pub stmts: Vec<Stmt<'a>>,
    pub close: Node<'a>,
    /// Whether these are entries, which may share a line.
    pub entries: bool,
}

/// A statement, item, change or entry.
#[derive(Debug)]
pub(super) struct Stmt<'a> {
    pub node: Node<'a>,
    pub class: Class,
    /// The element that is aligned with adjacent statements.
    pub mark: Option<Mark>,
}

/// Only adjacent statements of the same class are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Hyper,
    Input,
    Variant,
    Recipe,
    Let,
    Assign,
    Loss,
    Setting,
    Other,
}

impl Class {
    /// Whether its columns are made, wanted or not.
    pub fn always(self) -> bool {
        matches!(self, Class::Hyper | Class::Input | Class::Variant | Class::Recipe)
    }
}

/// The mark behind a name, `=`, `:` or `{`, in the sequence of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Which part it is.
    pub part: usize,
    /// The part that begins with `in` or `where`.
    pub clause: Option<usize>,
}

/// `block F<n>(x: Seq<m>[n, d]) -> like x where n > 1 { .. }`
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// `block F<n>`
    pub name: Node<'a>,
    /// `(x: Seq<m>[n, d])`
    pub params: Node<'a>,
    /// `-> like x`
    pub result: Option<Node<'a>>,
    /// `where n > 1`
    pub constraint: Option<Node<'a>>,
    /// `{ .. }`
    pub body: Node<'a>,
}

impl<'a> Segment<'a> {
    pub fn new(gap: usize, node: Node<'a>) -> Self {
        Segment { gap, soft: false, node }
    }

    pub fn soft(gap: usize, node: Node<'a>) -> Self {
        Segment { gap, soft: true, node }
    }
}

/// Whether there is a comment between two offsets.
pub(super) type HasComment<'c> = &'c dyn Fn(usize, usize) -> bool;

impl<'a> Node<'a> {
    pub fn text(start: usize, text: &'a str) -> Self {
        let width = text.chars().count();
        let end = start + text.len();
        Node { start, end, flat: Some(width), head: width, opens: false, kind: Kind::Text(text) }
    }

    /// A mark that the file does not have.
    pub fn added(at: usize, text: &'a str) -> Self {
        Node { end: at, ..Node::text(at, text) }
    }

    pub fn seq(parts: Vec<Segment<'a>>, has_comment: HasComment<'_>) -> Self {
        Node::sequence(parts, false, has_comment)
    }

    pub fn sequence(mut parts: Vec<Segment<'a>>, together: bool, has_comment: HasComment<'_>) -> Self {
        if parts.len() == 1
            && parts.first().is_some_and(|p| p.gap == 0)
            && let Some(only) = parts.pop()
        {
            return only.node;
        }
        let start = parts.first().map_or(0, |p| p.node.start);
        let end = parts.last().map_or(0, |p| p.node.end);
        let broken = parts.iter().zip(parts.iter().skip(1)).any(|(a, b)| has_comment(a.node.end, b.node.start));
        let flat = match broken {
            true => None,
            false => parts.iter().map(|p| Some(p.gap + p.node.flat?)).sum(),
        };
        let mut head = 0;
        for p in &parts {
            if p.soft {
                break;
            }
            head += p.gap + p.node.head;
            if p.node.opens {
                break;
            }
        }
        let opens = parts.iter().any(|p| p.soft || p.node.opens);
        Node { start, end, flat, head, opens, kind: Kind::Seq { parts, together } }
    }

    pub fn unbreakable(node: Node<'a>) -> Self {
        let head = node.flat.unwrap_or(node.head);
        Node {
            start: node.start,
            end: node.end,
            flat: node.flat,
            head,
            opens: false,
            kind: Kind::Unbreakable(Box::new(node)),
        }
    }

    pub fn list(
        open: Node<'a>,
        items: Vec<Node<'a>>,
        close: Node<'a>,
        fills: bool,
        comma: bool,
        has_comment: HasComment<'_>,
    ) -> Self {
        let mut at = open.end;
        let mut comments = false;
        for (from, to) in items.iter().map(|i| (i.start, i.end)).chain([(close.start, close.end)]) {
            comments |= has_comment(at, from);
            at = to;
        }
        let between = 2 * items.len().saturating_sub(1) + usize::from(comma);
        let inner: Option<usize> = items.iter().map(|i| i.flat).sum();
        let flat = inner.filter(|_| !comments).map(|w| w + between + 2);
        let (start, end, opens) = (open.start, close.end, comments || !items.is_empty());
        let head = if opens { 1 } else { 2 };
        let list = List { open, items, close, fills, comments, comma };
        Node { start, end, flat, head, opens, kind: Kind::List(Box::new(list)) }
    }

    pub fn row(first: Node<'a>, rest: Vec<(Node<'a>, Node<'a>)>, pipe: bool, has_comment: HasComment<'_>) -> Self {
        let mut at = first.end;
        let mut comments = false;
        for (op, operand) in &rest {
            comments |= has_comment(at, op.start) || has_comment(op.end, operand.start);
            at = operand.end;
        }
        let more: Option<usize> = rest.iter().map(|(op, operand)| Some(op.flat? + operand.flat? + 2)).sum();
        let flat = first.flat.zip(more).filter(|_| !comments).map(|(a, b)| a + b);
        let (start, end, head) = (first.start, at, first.head);
        let row = Row { first: Box::new(first), rest, pipe, pad: 0, comments };
        Node { start, end, flat, head, opens: true, kind: Kind::Row(row) }
    }

    /// `tall`: written on several lines.
    pub fn body(open: Node<'a>, stmts: Vec<Stmt<'a>>, close: Node<'a>, tall: bool, entries: bool) -> Self {
        let inner: Option<usize> = stmts.iter().map(|s| s.node.flat).sum();
        let blanks = if stmts.is_empty() { 2 } else { 2 * stmts.len() + 2 };
        let flat = inner.filter(|_| !tall).map(|w| w + blanks);
        let (start, end, opens) = (open.start, close.end, tall || !stmts.is_empty());
        let head = if opens { 1 } else { 2 };
        let body = Body { open, stmts, close, entries };
        Node { start, end, flat, head, opens, kind: Kind::Body(Box::new(body)) }
    }

    pub fn block(block: Block<'a>, has_comment: HasComment<'_>) -> Self {
        let Block { name, params, result, constraint, body } = &block;
        let (start, end) = (name.start, body.end);
        let mut at = params.end;
        let mut comments = has_comment(name.end, params.start);
        let mut flat = name.flat.zip(params.flat).map(|(a, b)| a + b);
        for node in [result.as_ref(), constraint.as_ref(), Some(body)].into_iter().flatten() {
            comments |= has_comment(at, node.start);
            at = node.end;
            flat = flat.zip(node.flat).map(|(a, b)| a + 1 + b);
        }
        let flat = flat.filter(|_| !comments);
        let head = name.head + params.head;
        Node { start, end, flat, head, opens: true, kind: Kind::Block(Box::new(block)) }
    }

    /// Whether its last bracket or brace can be broken while the rest stays on the line.
    pub fn ends_open(&self) -> bool {
        match &self.kind {
            Kind::Text(_) | Kind::Unbreakable(_) | Kind::Row(_) | Kind::Block(_) => false,
            Kind::List(_) | Kind::Body(_) => self.opens,
            // A group, `(a + b)`: its parenthesis closes after the broken expression.
            Kind::Seq { parts, .. } => match parts.as_slice() {
                [open, inner, close]
                    if matches!((&open.node.kind, &close.node.kind), (Kind::Text("("), Kind::Text(")"))) =>
                {
                    inner.node.opens && !inner.node.reads_as_item()
                }
                parts => parts.last().is_some_and(|p| !p.soft && p.node.ends_open()),
            },
        }
    }

    /// Whether it ends with a body that can be broken.
    pub fn ends_with_body(&self) -> bool {
        match &self.kind {
            Kind::Body(_) => self.opens,
            Kind::Seq { parts, .. } => parts.last().is_some_and(|p| p.node.ends_with_body()),
            _ => false,
        }
    }

    /// Whether a line that begins with it looks like an item to the parser: `label at c.pos`, if a bracket is missing before
    /// it. It gets parentheses at the start of a line.
    pub fn reads_as_item(&self) -> bool {
        let mut texts = Vec::new();
        self.first_texts(&mut texts);
        matches!(texts.as_slice(), ["input" | "label", next, ..] if next.starts_with(|c: char| c.is_ascii_alphabetic()))
    }

    /// Appends its first two tokens to `texts`.
    fn first_texts(&self, texts: &mut Vec<&'a str>) {
        if texts.len() > 1 {
            return;
        }
        match &self.kind {
            Kind::Text(text) => texts.push(text),
            Kind::Unbreakable(inner) => inner.first_texts(texts),
            Kind::Seq { parts, .. } => parts.iter().take(2).for_each(|p| p.node.first_texts(texts)),
            Kind::List(list) => list.open.first_texts(texts),
            Kind::Body(body) => body.open.first_texts(texts),
            Kind::Row(row) => {
                row.first.first_texts(texts);
                row.rest.iter().take(1).for_each(|(op, _)| op.first_texts(texts));
            }
            Kind::Block(_) => {}
        }
    }

    /// Adds `more` spaces to its width.
    pub fn widen(&mut self, more: usize) {
        self.flat = self.flat.map(|w| w + more);
    }
}
