//! Nodes of items, statements and types.

use super::node::{Block, Class, Mark, Node, Part, Stmt};
use crate::parse::{Concrete, Pair, Pairs, Rule};
use crate::scan::Comment;

/// Builds nodes from what the rules took.
pub(super) struct Build<'a> {
    /// The text with blanks in the place of comments.
    clean: &'a str,
    comments: &'a [Comment],
}

impl<'a> Build<'a> {
    pub fn new(concrete: &Concrete<'a>) -> Self {
        Build { clean: concrete.clean, comments: concrete.comments }
    }

    /// All items.
    pub fn file(&self, pairs: Pairs<'a>) -> Vec<Stmt<'a>> {
        pairs.flat_map(Pair::into_inner).filter(|p| p.as_rule() != Rule::EOI).map(|p| self.stmt(p)).collect()
    }

    /// Whether a comment stands between two places.
    pub(super) fn has_comment(&self) -> impl Fn(usize, usize) -> bool {
        |from, to| {
            let next = self.comments.partition_point(|c| c.start < from);
            self.comments.get(next).is_some_and(|c| c.start < to)
        }
    }

    /// Whether the line ends between two places.
    fn line_ends(&self, from: usize, to: usize) -> bool {
        self.clean.get(from..to).is_some_and(|t| t.contains('\n'))
    }

    /// Whether a blank stands beside these places.
    pub(super) fn blank_at(&self, before: usize, after: usize) -> bool {
        let around = |text: Option<&str>, last: bool| {
            text.and_then(|t| if last { t.chars().next_back() } else { t.chars().next() })
                .is_some_and(char::is_whitespace)
        };
        around(self.clean.get(..before), true) || around(self.clean.get(after..), false)
    }

    pub(super) fn seq(&self, parts: Vec<Part<'a>>) -> Node<'a> {
        Node::seq(parts, &self.has_comment())
    }

    /// A piece that is one token.
    pub(super) fn piece(&self, pair: &Pair<'a>) -> Node<'a> {
        Node::text(pair.as_span().start(), pair.as_str().trim_end())
    }

    /// The brackets around a piece.
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
                let parts = inner.map(|p| Part::new(0, self.braced(p))).collect();
                Stmt { node: self.seq(parts), class, mark: None }
            }
            Rule::block_item => Stmt { node: self.block(pair), class, mark: None },
            _ => self.sequence(pair, class),
        }
    }

    /// A statement that is a row of words, names, values and bodies.
    fn sequence(&self, pair: Pair<'a>, class: Class) -> Stmt<'a> {
        let (rule, end) = (pair.as_rule(), pair.as_span().start() + pair.as_str().trim_end().len());
        let top = matches!(rule, Rule::hyper_item | Rule::expect_item);
        let mut parts: Vec<Part<'a>> = Vec::new();
        let (mut mark, mut clause, mut typed) = (None, None, false);
        let mut inner = pair.into_inner().peekable();
        let mut before = None;
        while let Some(p) = inner.next() {
            let this = p.as_rule();
            let gap = usize::from(!parts.is_empty());
            match this {
                Rule::expr => {
                    // `expect a, b`: claims go on after a comma.
                    let next = before == Some(Rule::expr);
                    if next {
                        self.comma(&mut parts);
                    }
                    let node = if top { self.expr(p) } else { self.braced(p) };
                    parts.push(Part { gap, soft: next, node });
                }
                Rule::ident if before == Some(Rule::ident) => {
                    self.comma(&mut parts);
                    parts.push(Part::new(1, self.piece(&p)));
                }
                Rule::eq | Rule::times => {
                    mark = mark.or(Some(parts.len()));
                    parts.push(Part::new(gap, self.piece(&p)));
                }
                Rule::colon => {
                    typed = rule == Rule::let_stmt;
                    mark = mark.or(Some(parts.len()));
                    parts.push(Part::new(gap, self.piece(&p)));
                }
                Rule::base => {
                    mark = mark.or(Some(parts.len()));
                    parts.extend(p.into_inner().map(|p| Part::new(1, self.piece(&p))));
                }
                Rule::open => {
                    mark = mark.or(Some(parts.len()));
                    let entries = inner.by_ref().map(|p| self.stmt(p)).collect();
                    parts.push(Part::new(gap, self.braces(self.piece(&p), entries, end, true)));
                }
                Rule::domain | Rule::constraint => {
                    clause = clause.or(Some(parts.len()));
                    parts.push(Part::soft(2, self.clause(p, top)));
                }
                Rule::from_key => parts.push(Part::soft(1, self.words(p))),
                Rule::hyper_params => parts.push(Part::new(0, self.names(p))),
                Rule::path => parts.push(Part::new(0, self.piece(&p))),
                Rule::use_list => parts.push(Part::new(0, self.imports(p))),
                Rule::use_name => parts.push(Part::new(0, self.words(p))),
                Rule::select | Rule::quantity => parts.push(Part::new(gap, self.words(p))),
                Rule::body => parts.push(Part::new(gap, self.body(p))),
                Rule::list_type | Rule::tuple_type | Rule::like_type | Rule::named_type => {
                    parts.push(Part::new(gap, self.ty(p)));
                }
                // A keyword, a name, a dotted key, a string.
                _ => parts.push(Part::new(gap, self.piece(&p))),
            }
            before = Some(this);
        }
        let mark = mark.filter(|_| class != Class::Other && !typed).map(|part| Mark { part, clause });
        Stmt { node: self.seq(parts), class, mark }
    }

    fn comma(&self, parts: &mut Vec<Part<'a>>) {
        let at = parts.last().map_or(0, |p| p.node.end);
        parts.push(Part::new(0, Node::added(at, ",")));
    }

    /// Words with a blank between them: `MLP as Head`, `from "audio"`, `min mae`, `10 epochs`.
    fn words(&self, pair: Pair<'a>) -> Node<'a> {
        let parts = pair.into_inner().enumerate().map(|(i, p)| Part::new(usize::from(i > 0), self.piece(&p)));
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
            Part::new(usize::from(i > 0), node)
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

    /// Statements or entries between braces; `end` is one past the closing one.
    fn braces(&self, open: Node<'a>, stmts: Vec<Stmt<'a>>, end: usize, entries: bool) -> Node<'a> {
        let close = Node::text(end.saturating_sub(1), "}");
        let mut at = open.end;
        let mut tall = false;
        for (from, to) in stmts.iter().map(|s| (s.node.start, s.node.end)).chain([(close.start, close.end)]) {
            // A line that ends in an empty body says nothing, a comment in it does.
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
                Rule::kw_block => name.push(Part::new(0, self.piece(&p))),
                Rule::ident => name.push(Part::new(1, self.piece(&p))),
                Rule::generics => name.push(Part::new(0, self.angles(p))),
                Rule::params => params = Some(self.params(p)),
                Rule::arrow => result.push(Part::new(0, self.piece(&p))),
                Rule::constraint => constraint = Some(self.clause(p, true)),
                Rule::body => body = Some(self.body(p)),
                _ => result.push(Part::new(1, self.ty(p))),
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
        let mut parts = vec![Part::new(0, open)];
        for (i, p) in pair.into_inner().filter(|p| p.as_rule() == Rule::ident).enumerate() {
            if i > 0 {
                self.comma(&mut parts);
            }
            parts.push(Part::new(usize::from(i > 0), self.piece(&p)));
        }
        parts.push(Part::new(0, close));
        self.seq(parts)
    }

    /// `(h: Seq<m>[n, d], tokens: int = 8)`
    fn params(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let items = pair.into_inner().filter(|p| p.as_rule() == Rule::param).map(|p| {
            let parts = p.into_inner().map(|p| match p.as_rule() {
                Rule::ident => Part::new(0, self.piece(&p)),
                Rule::colon => Part::new(0, self.piece(&p)),
                Rule::eq => Part::new(1, self.piece(&p)),
                Rule::expr => Part::new(1, self.expr(p)),
                _ => Part::new(1, self.ty(p)),
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
                let inner = pair.into_inner().map(|p| Part::new(0, self.ty(p)));
                self.seq([Part::new(0, open)].into_iter().chain(inner).chain([Part::new(0, close)]).collect())
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
                    Part::new(0, node)
                });
                self.seq(parts.collect())
            }
        }
    }

    /// Whether the node is that token.
    pub(super) fn is(&self, node: &Node<'a>, text: &str) -> bool {
        matches!(node.kind, super::node::Kind::Text(t) if t == text)
    }
}
