//! Nodes of expressions.

use super::items::Build;
use super::node::{Kind, Node, Part};
use crate::parse::{Pair, Rule};

/// An operator between two operands.
struct Op<'a> {
    node: Node<'a>,
    rule: Rule,
    /// Whether it stands without blanks.
    tight: bool,
}

impl Op<'_> {
    /// How strongly it holds its operands together on the page. A `*` without blanks holds them as a token would.
    fn power(&self) -> u8 {
        match self.rule {
            Rule::pipe => 1,
            Rule::or | Rule::slip_op => 2,
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
        matches!(self.power(), 1..=5 | 7 | 8)
    }
}

impl<'a> Build<'a> {
    /// An expression between brackets, or a whole value of a statement.
    pub(super) fn expr(&self, pair: Pair<'a>) -> Node<'a> {
        let mut operands = Vec::new();
        let mut ops: Vec<Op<'a>> = Vec::new();
        let mut prefixes: Vec<Part<'a>> = Vec::new();
        // Whether the operand is a plain name or number.
        let mut plain = Vec::new();
        let mut divided = false;
        for p in pair.into_inner() {
            let gap = prefixes.last().map_or(0, |l| usize::from(self.is(&l.node, "not")));
            match p.as_rule() {
                Rule::neg | Rule::not => prefixes.push(Part::new(gap, self.piece(&p))),
                Rule::operand => {
                    plain.push(prefixes.is_empty() && is_plain(&p));
                    prefixes.push(Part::new(gap, self.operand(p)));
                    let operand = self.seq(std::mem::take(&mut prefixes));
                    operands.push(if divided { Node::rigid(operand) } else { operand });
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

    /// Operands by the precedence of their operators, the weakest outermost.
    fn level(&self, mut operands: Vec<Node<'a>>, ops: Vec<Op<'a>>, rigid: bool) -> Node<'a> {
        let Some(weakest) = ops.iter().map(Op::power).min() else {
            return operands.pop().unwrap_or_else(|| Node::text(0, ""));
        };
        let breaks = !rigid && ops.iter().any(|o| o.power() == weakest && o.breaks());
        let mut operands = operands.into_iter();
        // Sides of the weakest operators, each a row of its own.
        let (mut sides, mut between) = (Vec::new(), Vec::new());
        let (mut side, mut inner) = (Vec::from_iter(operands.next()), Vec::new());
        for op in ops {
            if op.power() == weakest {
                sides.push(self.level(std::mem::take(&mut side), std::mem::take(&mut inner), rigid));
                between.push(op);
            } else {
                inner.push(op);
            }
            side.extend(operands.next());
        }
        let last = self.level(side, inner, rigid);
        let mut sides = sides.into_iter().chain([last]);
        let Some(first) = sides.next() else { return Node::text(0, "") };
        if breaks {
            let rest = between.into_iter().map(|o| o.node).zip(sides).collect();
            return Node::row(first, rest, weakest == 1, &self.has_comment());
        }
        let mut parts = vec![Part::new(0, first)];
        for (op, side) in between.into_iter().zip(sides) {
            let gap = usize::from(!op.tight);
            parts.push(Part::new(gap, op.node));
            parts.push(Part::new(gap, side));
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
            Part::new(0, node)
        });
        self.seq(parts.collect())
    }

    /// Arguments, elements or settings with their brackets.
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
                    parts.push(Part::new(0, self.piece(&p)));
                    gap = 1;
                }
                Rule::expr => parts.push(Part::new(gap, self.expr(p))),
                // `..` or a word
                _ => parts.push(Part::new(0, self.piece(&p))),
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

    /// One expression in brackets, which stay beside it.
    fn group(&self, pair: Pair<'a>) -> Node<'a> {
        let (open, close) = self.brackets(&pair);
        let inner = pair.into_inner().filter(|p| p.as_rule() == Rule::expr).map(|p| Part::new(0, self.expr(p)));
        self.seq([Part::new(0, open)].into_iter().chain(inner).chain([Part::new(0, close)]).collect())
    }

    /// `FrameEncoder{width: d}`
    fn instance(&self, pair: Pair<'a>) -> Node<'a> {
        let parts = pair.into_inner().map(|p| {
            let settings = p.as_rule() == Rule::settings;
            Part::new(0, if settings { self.args(p, false) } else { self.piece(&p) })
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
            Part::new(usize::from(i > 0), node)
        });
        Node::sequence(parts.collect(), together, &self.has_comment())
    }

    /// An expression that stands directly in braces: a `//` that divides gets brackets, because it would begin a comment as
    /// soon as the closing brace left its line.
    pub(super) fn braced(&self, pair: Pair<'a>) -> Node<'a> {
        let divides = pair.clone().into_inner().any(|p| p.as_rule() == Rule::floordiv);
        let node = self.expr(pair);
        if !divides {
            return node;
        }
        let (open, close) = (Node::added(node.start, "("), Node::added(node.end, ")"));
        self.seq(vec![Part::new(0, open), Part::new(0, node), Part::new(0, close)])
    }
}

/// `d`, `2`, `encoder.width`
fn is_plain(operand: &Pair<'_>) -> bool {
    operand.clone().into_inner().all(|p| matches!(p.as_rule(), Rule::number | Rule::ident | Rule::field))
}
