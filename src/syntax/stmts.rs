//! Bodies and statements.

use super::ast::*;
use super::items::is_type;
use super::parse::{Builder, Pair, Rule};
use crate::source::Span;

impl Builder<'_> {
    /// A body, and the height of its tree.
    pub(super) fn body(&mut self, pair: Pair<'_>) -> (Body, usize) {
        let mut body = Body { stmts: Vec::new(), value: None, span: self.span(&pair) };
        let mut height = 0;
        for p in pair.into_inner().filter(|p| p.as_rule() != Rule::open) {
            let (stmt, h) = self.stmt(p);
            height = height.max(h);
            body.stmts.push(stmt);
        }
        // The last expression is the value; a fault behind it does not take it away.
        if let Some(last) = body.stmts.iter().rposition(|s| !matches!(s.kind, StmtKind::Error))
            && matches!(body.stmts.get(last).map(|s| &s.kind), Some(StmtKind::Expr(_)))
            && let StmtKind::Expr(value) = body.stmts.remove(last).kind
        {
            body.value = Some(Box::new(value));
        }
        (body, height + 1)
    }

    fn stmt(&mut self, pair: Pair<'_>) -> (Stmt, usize) {
        let (docs, span) = (self.docs(&pair), self.span(&pair));
        let rule = pair.as_rule();
        if rule == Rule::junk_stmt {
            self.junk(&pair);
            return (Stmt { docs, kind: StmtKind::Error, span }, 1);
        }
        let mutable = pair.as_str().starts_with("var");
        let (mut names, mut ty, mut value, mut height) = (Vec::new(), None, None, 1);
        let (mut body, mut entries) = (Body { span, ..Body::default() }, Vec::new());
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => names.push(self.ident(&p)),
                Rule::expr | Rule::missing => {
                    let (e, h) = self.tall(p);
                    (value, height) = (Some(e), height.max(h));
                }
                Rule::body => {
                    let (b, h) = self.body(p);
                    (body, height) = (b, height.max(h));
                }
                Rule::entry => {
                    let (entry, h) = self.entry(p, span);
                    entries.push(entry);
                    height = height.max(h);
                }
                Rule::junk_stmt => self.junk(&p),
                r if is_type(r) => ty = Some(self.type_expr(p)),
                _ => {}
            }
        }
        let value = value.unwrap_or(Expr { kind: ExprKind::Error, span });
        let name = names.first().cloned().unwrap_or_else(|| self.nameless(span));
        let kind = match rule {
            Rule::let_stmt => StmtKind::Let { names, ty, value, mutable },
            Rule::assign_stmt => StmtKind::Assign { names, value },
            Rule::for_stmt => StmtKind::For { var: name, over: value, body },
            Rule::output_stmt => StmtKind::Output { value, label: name },
            Rule::companions_stmt => StmtKind::Companions { name, entries },
            Rule::loss_stmt => StmtKind::Loss { name, value },
            Rule::reveal_stmt => StmtKind::Reveal(value),
            Rule::expr_stmt => StmtKind::Expr(value),
            _ => StmtKind::Error,
        };
        (Stmt { docs, kind, span }, height + 1)
    }

    fn entry(&mut self, pair: Pair<'_>, span: Span) -> ((Ident, Expr), usize) {
        let (mut name, mut value, mut height) = (self.nameless(span), Expr { kind: ExprKind::Error, span }, 1);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::word => name = self.ident(&p),
                Rule::expr | Rule::missing => (value, height) = self.tall(p),
                _ => {}
            }
        }
        ((name, value), height)
    }
}
