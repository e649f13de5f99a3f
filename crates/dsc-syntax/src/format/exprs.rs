//! Formatter nodes of expressions.

use super::items::NodeBuilder;
use super::node::{Kind, Node, Segment};
use crate::parse::{Pair, Rule};

/// An operator between two operands.
struct Op<'a> {
    node: Node<'a>,
    rule: Rule,
    /// Whether it is written without spaces.
    tight: bool,
}

impl Op<'_> {
    /// Precedence for line breaking. A `*` without spaces is never broken.
    fn precedence(&self) -> u8 {
        match self.rule {
            Rule::pipe => 1,
            Rule::or | Rule::mistaken_op => 2,
            Rule::and => 3,
            Rule::equal | Rule::ne | Rule::lt | Rule::le | Rule::gt | Rule::ge => 5,
            Rule::range | Rule::rangeeq => 6,
            Rule::add | Rule::sub => 7,
            Rule::mul if self.tight => 9,
            Rule::mul | Rule::div | Rule::floordiv | Rule::rem => 8,
            Rule::pow => 10,
            _ => 11,
        }
    }

    /// Whether a line may begin with it.
    fn breaks(&self) -> bool {
        matches!(self.precedence(), 1..=5 | 7 | 8)
    }
}

impl<'a> NodeBuilder<'a> {
    /// An expression in brackets, or the whole value of a statement.
    pub(super) fn expr(&self, pair: Pair<'a>) -> Node<'a> {
        let mut operands = Vec::new();
        let mut ops: Vec<Op<'a>> = Vec::new();
        let mut prefixes: Vec<Segment<'a>> = Vec::new();
        // Whether the operand is a plain name or number.
        let mut plain = Vec::new();
        let mut divided = false;
        for p in pair.into_inner() {
            let gap = prefixes.last().map_or(0, |l| usize::from(self.is(&l.node, "not")));
            match p.as_rule() {
                Rule::neg | Rule::not => prefixes.push(Segment::new(gap, self.piece(&p))),
                Rule::operand => {
                    plain.push(prefixes.is_empty() && is_plain(&p));
                    prefixes.push(Segment::new(gap, self.operand(p)));
                    let operand = self.seq(std::mem::take(&mut prefixes));
                    operands.push(if divided { Node::unbreakable(operand) } else { operand });
                }
                rule => {
                    divided |= rule == Rule::floordiv;
                    ops.push(Op { node: self.piece(&p), rule, tight: false });
                }
            }
        }
        for (i, op) in ops.iter_mut().enumerate() {
            let both_plain = plain.get(i) == Some(&true) && plain.get(i + 1) == Some(&true);
            op.tight = match op.rule {
                Rule::range | Rule::rangeeq => true,
                Rule::pow => both_plain,
                Rule::mul => both_plain && !self.blank_at(op.node.start, op.node.end),
                _ => false,
            };
        }
        self.level(operands, ops, divided)
    }

    /// Groups operands by precedence; the operators of lowest precedence are outermost.
    fn level(&self, mut operands: Vec<Node<'a>>, ops: Vec<Op<'a>>, unbreakable: bool) -> Node<'a> {
        let Some(weakest) = ops.iter().map(Op::precedence).min() else {
            return operands.pop().unwrap_or_else(|| Node::text(0, ""));
        };
        let breaks = !unbreakable && ops.iter().any(|o| o.precedence() == weakest && o.breaks());
        let mut operands = operands.into_iter();
        // The operands of the operators of lowest precedence, each formatted as a unit.
        let (mut sides, mut between) = (Vec::new(), Vec::new());
        let (mut side, mut inner) = (Vec::from_iter(operands.next()), Vec::new());
        for op in ops {
            if op.precedence() == weakest {
                sides.push(self.level(std::mem::take(&mut side), std::mem::take(&mut inner), unbreakable));
                between.push(op);
            } else {
                inner.push(op);
            }
            side.extend(operands.next());
        }
        let last = self.level(side, inner, unbreakable);
        let mut sides = sides.into_iter().chain([last]);
        let Some(first) = sides.next() else { return Node::text(0, "") };
        if breaks {
            let rest = between.into_iter().map(|o| o.node).zip(sides).collect();
            return Node::row(first, rest, weakest == 1, &self.has_comment());
        }
        let mut parts = vec![Segment::new(0, first)];
        for (op, side) in between.into_iter().zip(sides) {
            let gap = usize::from(!op.tight);
            parts.push(Segment::new(gap, op.node));
            parts.push(Segment::new(gap, side));
        }
        self.seq(parts)
    }

    fn operand(&self, pair: Pair<'a>) -> Node<'a> {
        let parts = pair.into_inner().map(|p| {
            let node = match p.as_rule() {
                Rule::list => self.args(p, true),
                Rule::call => self.args(p, false),
                Rule::tuple => self.tuple(p),
                Rule::index => self.group(p),
                Rule::instance => self.instance(p),
                Rule::each | Rule::sum | Rule::when => self.bodied(p),
                // A number, a string, a word, `.word`.
                _ => self.piece(&p),
            };
            Segment::new(0, node)
        });
        self.seq(parts.collect())
    }

    /// Arguments, elements or settings in brackets.
    fn args(&self, pair: Pair<'a>, elements: bool) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let items: Vec<_> = pair.into_inner().filter(|p| p.as_rule() == Rule::arg).map(|p| self.arg(p)).collect();
        // Plain ones: `3`, `-1`, `..xs`, `"text"`.
        let plain = |i: &Node<'a>| match &i.kind {
            Kind::Text(_) => true,
            Kind::Seq { parts, .. } => parts.len() == 2 && !i.opens,
            _ => false,
        };
        let fills = elements && items.iter().all(plain);
        Node::list(open, items, close, fills, false, &self.has_comment())
    }

    /// `heads: 8`, `..xs`
    fn arg(&self, pair: Pair<'a>) -> Node<'a> {
        let mut parts = Vec::new();
        let mut gap = 0;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::colon => {
                    parts.push(Segment::new(0, self.piece(&p)));
                    gap = 1;
                }
                Rule::expr => parts.push(Segment::new(gap, self.expr(p))),
                // `..` or a word
                _ => parts.push(Segment::new(0, self.piece(&p))),
            }
        }
        self.seq(parts)
    }

    /// `(a, b)`, and `(a)` for precedence.
    fn tuple(&self, pair: Pair<'a>) -> Node<'a> {
        let comma = pair.clone().into_inner().any(|p| p.as_rule() == Rule::comma);
        let count = pair.clone().into_inner().filter(|p| p.as_rule() == Rule::expr).count();
        if count == 1 && !comma {
            return self.group(pair);
        }
        let (open, close) = self.brackets(&pair);
        let items = pair.into_inner().filter(|p| p.as_rule() == Rule::expr).map(|p| self.expr(p)).collect();
        Node::list(open, items, close, false, count == 1, &self.has_comment())
    }

    /// One expression in parentheses, which are not separated from it.
    fn group(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let inner = pair.into_inner().filter(|p| p.as_rule() == Rule::expr).map(|p| Segment::new(0, self.expr(p)));
        self.seq([Segment::new(0, open)].into_iter().chain(inner).chain([Segment::new(0, close)]).collect())
    }

    /// `FrameEncoder{width: d}`
    fn instance(&self, pair: Pair<'a>) -> Node<'a> {
        let parts = pair.into_inner().map(|p| {
            let settings = p.as_rule() == Rule::settings;
            Segment::new(0, if settings { self.args(p, false) } else { self.piece(&p) })
        });
        self.seq(parts.collect())
    }

    /// `each x in xs { .. }`, `sum x in xs { .. }`, `when a { .. } else { .. }`
    fn bodied(&self, pair: Pair<'a>) -> Node<'a> {
        let together = pair.as_rule() == Rule::when;
        let parts = pair.into_inner().enumerate().map(|(i, p)| {
            let node = match p.as_rule() {
                Rule::expr => self.expr(p),
                Rule::body => self.body(p),
                _ => self.piece(&p),
            };
            Segment::new(usize::from(i > 0), node)
        });
        Node::sequence(parts.collect(), together, &self.has_comment())
    }

    /// An expression directly inside braces: a `//` that divides gets parentheses, because it would begin a comment if the
    /// closing brace moved to another line.
    pub(super) fn braced(&self, pair: Pair<'a>) -> Node<'a> {
        let divides = pair.clone().into_inner().any(|p| p.as_rule() == Rule::floordiv);
        let node = self.expr(pair);
        if !divides {
            return node;
        }
        let (open, close) = (Node::added(node.start, "("), Node::added(node.end, ")"));
        self.seq(vec![Segment::new(0, open), Segment::new(0, node), Segment::new(0, close)])
    }
}

/// `d`, `2`, `encoder.width`
fn is_plain(operand: &Pair<'_>) -> bool {
    operand.clone().into_inner().all(|p| matches!(p.as_rule(), Rule::number | Rule::ident | Rule::field))
}
