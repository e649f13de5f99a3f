//! Formatter nodes of items, statements and types.

use super::node::{Block, Class, Mark, Node, Segment, Stmt};
use crate::parse::{Concrete, Pair, Pairs, Rule};
use crate::scan::Comment;

/// Builds formatter nodes from the matches of the grammar.
pub(super) struct NodeBuilder<'a> {
    /// The text with comments replaced by spaces.
    code: &'a str,
    comments: &'a [Comment],
}

impl<'a> NodeBuilder<'a> {
    pub fn new(concrete: &Concrete<'a>) -> Self {
        NodeBuilder { code: concrete.code, comments: concrete.comments }
    }

    /// The nodes of all items of a file.
    pub fn file(&self, pairs: Pairs<'a>) -> Vec<Stmt<'a>> {
        pairs.flat_map(Pair::into_inner).filter(|p| p.as_rule() != Rule::EOI).map(|p| self.stmt(p)).collect()
    }

    /// Whether there is a comment between two offsets.
    pub(super) fn has_comment(&self) -> impl Fn(usize, usize) -> bool {
        |from, to| {
            let next = self.comments.partition_point(|c| c.start < from);
            self.comments.get(next).is_some_and(|c| c.start < to)
        }
    }

    /// Whether there is a line break between two offsets.
    fn line_ends(&self, from: usize, to: usize) -> bool {
        self.code.get(from..to).is_some_and(|t| t.contains('\n'))
    }

    /// Whether there is a space before the offset `before` or at the offset `after`.
    pub(super) fn blank_at(&self, before: usize, after: usize) -> bool {
        let around = |text: Option<&str>, last: bool| {
            text.and_then(|t| if last { t.chars().next_back() } else { t.chars().next() })
                .is_some_and(char::is_whitespace)
        };
        around(self.code.get(..before), true) || around(self.code.get(after..), false)
    }

    pub(super) fn seq(&self, parts: Vec<Segment<'a>>) -> Node<'a> {
        Node::seq(parts, &self.has_comment())
    }

    /// The node of a single token.
    pub(super) fn piece(&self, pair: &Pair<'a>) -> Node<'a> {
        Node::text(pair.as_span().start(), pair.as_str().trim_end())
    }

    /// The nodes of the brackets around a match.
    pub(super) fn brackets(&self, pair: &Pair<'a>) -> (Node<'a>, Node<'a>) {
        let (start, text) = (pair.as_span().start(), pair.as_str().trim_end());
        let last = text.len().saturating_sub(1);
        let at = |i: usize| Node::text(start + i, text.get(i..i + 1).unwrap_or(""));
        (at(0), at(last))
    }

    /// A statement, item, change or entry.
    pub(super) fn stmt(&self, pair: Pair<'a>) -> Stmt<'a> {
        let class = match pair.as_rule() {
            Rule::hyper_item => Class::Hyper,
            Rule::input_item | Rule::label_item => Class::Input,
            Rule::variant_item => Class::Variant,
            Rule::recipe_item => Class::Recipe,
            Rule::let_stmt => Class::Let,
            Rule::assign_stmt => Class::Assign,
            Rule::loss_stmt | Rule::reweight_stmt => Class::Loss,
            Rule::set_stmt | Rule::setting | Rule::entry => Class::Setting,
            _ => Class::Other,
        };
        match pair.as_rule() {
            Rule::expr_stmt => {
                let inner = pair.into_inner().filter(|p| p.as_rule() == Rule::expr);
                let parts = inner.map(|p| Segment::new(0, self.braced(p))).collect();
                Stmt { node: self.seq(parts), class, mark: None }
            }
            Rule::block_item => Stmt { node: self.block(pair), class, mark: None },
            _ => self.sequence(pair, class),
        }
    }

    /// A statement that is a sequence of keywords, names, values and bodies.
    fn sequence(&self, pair: Pair<'a>, class: Class) -> Stmt<'a> {
        let (rule, end) = (pair.as_rule(), pair.as_span().start() + pair.as_str().trim_end().len());
        let top = matches!(rule, Rule::hyper_item | Rule::expect_item);
        let mut parts: Vec<Segment<'a>> = Vec::new();
        let (mut mark, mut clause, mut typed) = (None, None, false);
        let mut inner = pair.into_inner().peekable();
        let mut before = None;
        while let Some(p) = inner.next() {
            let this = p.as_rule();
            let gap = usize::from(!parts.is_empty());
            match this {
                Rule::expr => {
                    // `expect a, b`: several comparisons, separated by commas.
                    let next = before == Some(Rule::expr);
                    if next {
                        self.comma(&mut parts);
                    }
                    let node = if top { self.expr(p) } else { self.braced(p) };
                    parts.push(Segment { gap, soft: next, node });
                }
                Rule::ident if before == Some(Rule::ident) => {
                    self.comma(&mut parts);
                    parts.push(Segment::new(1, self.piece(&p)));
                }
                Rule::eq | Rule::times => {
                    mark = mark.or(Some(parts.len()));
                    parts.push(Segment::new(gap, self.piece(&p)));
                }
                Rule::colon => {
                    typed = rule == Rule::let_stmt;
                    mark = mark.or(Some(parts.len()));
                    parts.push(Segment::new(gap, self.piece(&p)));
                }
                Rule::base => {
                    mark = mark.or(Some(parts.len()));
                    parts.extend(p.into_inner().map(|p| Segment::new(1, self.piece(&p))));
                }
                Rule::open => {
                    mark = mark.or(Some(parts.len()));
                    let entries = inner.by_ref().map(|p| self.stmt(p)).collect();
                    parts.push(Segment::new(gap, self.braces(self.piece(&p), entries, end, true)));
                }
                Rule::domain | Rule::constraint => {
                    clause = clause.or(Some(parts.len()));
                    parts.push(Segment::soft(2, self.clause(p, top)));
                }
                Rule::from_key => parts.push(Segment::soft(1, self.words(p))),
                Rule::hyper_params => parts.push(Segment::new(0, self.names(p))),
                Rule::path => parts.push(Segment::new(0, self.piece(&p))),
                Rule::use_list => parts.push(Segment::new(0, self.imports(p))),
                Rule::use_name => parts.push(Segment::new(0, self.words(p))),
                Rule::select | Rule::quantity => parts.push(Segment::new(gap, self.words(p))),
                Rule::body => parts.push(Segment::new(gap, self.body(p))),
                Rule::list_type | Rule::tuple_type | Rule::like_type | Rule::named_type => {
                    parts.push(Segment::new(gap, self.ty(p)));
                }
                // A keyword, a name, a dotted key, a string.
                _ => parts.push(Segment::new(gap, self.piece(&p))),
            }
            before = Some(this);
        }
        let mark = mark.filter(|_| class != Class::Other && !typed).map(|part| Mark { part, clause });
        Stmt { node: self.seq(parts), class, mark }
    }

    fn comma(&self, parts: &mut Vec<Segment<'a>>) {
        let at = parts.last().map_or(0, |p| p.node.end);
        parts.push(Segment::new(0, Node::added(at, ",")));
    }

    /// Words separated by a space: `MLP as Head`, `from "audio"`, `min mae`, `10 epochs`.
    fn words(&self, pair: Pair<'a>) -> Node<'a> {
        let parts = pair.into_inner().enumerate().map(|(i, p)| Segment::new(usize::from(i > 0), self.piece(&p)));
        self.seq(parts.collect())
    }

    /// `in [2, 4]`, `where d % heads == 0`
    fn clause(&self, pair: Pair<'a>, top: bool) -> Node<'a> {
        let parts = pair.into_inner().enumerate().map(|(i, p)| {
            let node = match p.as_rule() {
                Rule::expr if top => self.expr(p),
                Rule::expr => self.braced(p),
                _ => self.piece(&p),
            };
            Segment::new(usize::from(i > 0), node)
        });
        self.seq(parts.collect())
    }

    /// `(l, k)`
    fn names(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let items = pair.into_inner().filter(|p| p.as_rule() == Rule::ident).map(|p| self.piece(&p)).collect();
        Node::list(open, items, close, false, false, &self.has_comment())
    }

    /// `{Bert, MLP as Head}`
    fn imports(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let items = pair.into_inner().filter(|p| p.as_rule() == Rule::use_name).map(|p| self.words(p)).collect();
        Node::list(open, items, close, true, false, &self.has_comment())
    }

    /// `{ let z = LayerNorm(x)  z + x }`
    pub(super) fn body(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let stmts = pair.into_inner().filter(|p| p.as_rule() != Rule::open).map(|p| self.stmt(p)).collect();
        self.braces(open, stmts, close.end, false)
    }

    /// Statements or entries in braces; `end` is the offset after the closing brace.
    fn braces(&self, open: Node<'a>, stmts: Vec<Stmt<'a>>, end: usize, entries: bool) -> Node<'a> {
        let close = Node::text(end.saturating_sub(1), "}");
        let mut at = open.end;
        let mut tall = false;
        for (from, to) in stmts.iter().map(|s| (s.node.start, s.node.end)).chain([(close.start, close.end)]) {
            // A line break in an empty body is ignored, unless there is a comment in it.
            tall |= if stmts.is_empty() { (self.has_comment())(at, from) } else { self.line_ends(at, from) };
            at = to;
        }
        Node::body(open, stmts, close, tall, entries)
    }

    fn block(&self, pair: Pair<'a>) -> Node<'a> {
        let mut name = Vec::new();
        let (mut params, mut result, mut constraint, mut body) = (None, Vec::new(), None, None);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::kw_block => name.push(Segment::new(0, self.piece(&p))),
                Rule::ident => name.push(Segment::new(1, self.piece(&p))),
                Rule::generics => name.push(Segment::new(0, self.angles(p))),
                Rule::params => params = Some(self.params(p)),
                Rule::arrow => result.push(Segment::new(0, self.piece(&p))),
                Rule::constraint => constraint = Some(self.clause(p, true)),
                Rule::body => body = Some(self.body(p)),
                _ => result.push(Segment::new(1, self.ty(p))),
            }
        }
        let result = if result.is_empty() { None } else { Some(self.seq(result)) };
        let empty = || Node::text(0, "");
        let (params, body) = (params.unwrap_or_else(empty), body.unwrap_or_else(empty));
        Node::block(Block { name: self.seq(name), params, result, constraint, body }, &self.has_comment())
    }

    /// `<n, m>`
    fn angles(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let mut parts = vec![Segment::new(0, open)];
        for (i, p) in pair.into_inner().filter(|p| p.as_rule() == Rule::ident).enumerate() {
            if i > 0 {
                self.comma(&mut parts);
            }
            parts.push(Segment::new(usize::from(i > 0), self.piece(&p)));
        }
        parts.push(Segment::new(0, close));
        self.seq(parts)
    }

    /// `(h: Seq<m>[n, d], tokens: int = 8)`
    fn params(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let items = pair.into_inner().filter(|p| p.as_rule() == Rule::param).map(|p| {
            let parts = p.into_inner().map(|p| match p.as_rule() {
                Rule::ident => Segment::new(0, self.piece(&p)),
                Rule::colon => Segment::new(0, self.piece(&p)),
                Rule::eq => Segment::new(1, self.piece(&p)),
                Rule::expr => Segment::new(1, self.expr(p)),
                _ => Segment::new(1, self.ty(p)),
            });
            self.seq(parts.collect())
        });
        let items = items.collect();
        Node::list(open, items, close, false, false, &self.has_comment())
    }

    fn ty(&self, pair: Pair<'a>) -> Node<'a> {
        match pair.as_rule() {
            Rule::like_type => self.words(pair),
            Rule::list_type => {
                let (open, close) = self.brackets(&pair);
                let inner = pair.into_inner().map(|p| Segment::new(0, self.ty(p)));
                self.seq([Segment::new(0, open)].into_iter().chain(inner).chain([Segment::new(0, close)]).collect())
            }
            Rule::tuple_type => {
                let (open, close) = self.brackets(&pair);
                let items = pair.into_inner().map(|p| self.ty(p)).collect();
                Node::list(open, items, close, false, false, &self.has_comment())
            }
            _ => {
                let parts = pair.into_inner().map(|p| {
                    let node = match p.as_rule() {
                        Rule::type_params => self.angles(p),
                        Rule::dims => {
                            let (open, close) = self.brackets(&p);
                            let items = p.into_inner().filter(|p| p.as_rule() == Rule::expr).map(|p| self.expr(p));
                            let items = items.collect();
                            Node::list(open, items, close, false, false, &self.has_comment())
                        }
                        _ => self.piece(&p),
                    };
                    Segment::new(0, node)
                });
                self.seq(parts.collect())
            }
        }
    }

    /// Whether the node is the token `text`.
    pub(super) fn is(&self, node: &Node<'a>, text: &str) -> bool {
        matches!(node.kind, super::node::Kind::Text(t) if t == text)
    }
}
