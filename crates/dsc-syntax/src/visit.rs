//! Traversal of the syntax tree: all expressions or statements within a node, in pre-order.

use super::ast::{Body, Expr, ExprKind, Stmt, StmtKind};

/// A direct child of an expression or statement.
enum Child<'a> {
    Expr(&'a Expr),
    Body(&'a Body),
}

fn children<'a>(e: &'a Expr, f: &mut dyn FnMut(Child<'a>)) {
    match &e.kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Name(_)
        | ExprKind::Error => {}
        ExprKind::Unary(_, x) | ExprKind::Field(x, _) => f(Child::Expr(x)),
        ExprKind::Binary(_, _, a, b) | ExprKind::Index(a, b) | ExprKind::At(a, b) => {
            f(Child::Expr(a));
            f(Child::Expr(b));
        }
        ExprKind::Call { callee, args, .. } | ExprKind::Instance { callee, args } => {
            f(Child::Expr(callee));
            args.iter().for_each(|a| f(Child::Expr(&a.value)));
        }
        ExprKind::List(elements) => elements.iter().for_each(|x| f(Child::Expr(&x.value))),
        ExprKind::Tuple(list) | ExprKind::Faulty(list) => list.iter().for_each(|x| f(Child::Expr(x))),
        ExprKind::Range { start, end, .. } => {
            f(Child::Expr(start));
            f(Child::Expr(end));
        }
        ExprKind::Each { over, body, .. } | ExprKind::Sum { over, body, .. } => {
            f(Child::Expr(over));
            f(Child::Body(body));
        }
        ExprKind::When { cond, then, otherwise } => {
            f(Child::Expr(cond));
            f(Child::Body(then));
            otherwise.iter().for_each(|b| f(Child::Body(b)));
        }
    }
}

fn children_of_stmt<'a>(stmt: &'a Stmt, f: &mut dyn FnMut(Child<'a>)) {
    match &stmt.kind {
        StmtKind::Let { value, .. }
        | StmtKind::Assign { value, .. }
        | StmtKind::Output { value, .. }
        | StmtKind::Loss { value, .. }
        | StmtKind::Reveal(value)
        | StmtKind::Expr(value) => f(Child::Expr(value)),
        StmtKind::For { over, body, .. } => {
            f(Child::Expr(over));
            f(Child::Body(body));
        }
        StmtKind::Companions { entries, .. } => entries.iter().for_each(|(_, e)| f(Child::Expr(e))),
        StmtKind::Error => {}
    }
}

/// Calls `f` for `e` and every expression within it, in pre-order.
pub fn exprs<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(e);
    children(e, &mut |child| match child {
        Child::Expr(x) => exprs(x, f),
        Child::Body(body) => exprs_of_body(body, f),
    });
}

/// Calls `f` for every expression within a body, in pre-order.
pub fn exprs_of_body<'a>(body: &'a Body, f: &mut dyn FnMut(&'a Expr)) {
    for stmt in &body.stmts {
        children_of_stmt(stmt, &mut |child| match child {
            Child::Expr(x) => exprs(x, f),
            Child::Body(body) => exprs_of_body(body, f),
        });
    }
    body.value.iter().for_each(|e| exprs(e, f));
}

/// Calls `f` for every statement within a body, including those in loops and in bodies of expressions.
pub fn stmts<'a>(body: &'a Body, f: &mut dyn FnMut(&'a Stmt)) {
    for stmt in &body.stmts {
        f(stmt);
        children_of_stmt(stmt, &mut |child| match child {
            Child::Expr(x) => stmts_of_expr(x, f),
            Child::Body(body) => stmts(body, f),
        });
    }
    body.value.iter().for_each(|e| stmts_of_expr(e, f));
}

fn stmts_of_expr<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Stmt)) {
    children(e, &mut |child| match child {
        Child::Expr(x) => stmts_of_expr(x, f),
        Child::Body(body) => stmts(body, f),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::ItemKind;
    use crate::parse;
    use crate::source::SourceMap;

    #[test]
    fn nothing_is_left_out() {
        let text = "model M { let a = each x in [b] { let c = sum y in x { let d = when e { let f = g  f } else { h }  d }  c }\n \
                    for i in j..k { let l = -m[n](o, p: q).r at s } }";
        let mut sources = SourceMap::new();
        let file = sources.add("m.dsl", text);
        let (module, found) = parse(&sources, file);
        assert!(found.is_empty(), "{found:#?}");
        let ItemKind::Model(model) = &module.items[0].kind else { panic!() };
        let (mut names, mut bound) = (Vec::new(), Vec::new());
        exprs_of_body(&model.body, &mut |e| {
            if let ExprKind::Name(name) = &e.kind {
                names.push(name.as_str());
            }
        });
        stmts(&model.body, &mut |s| {
            if let StmtKind::Let { names, .. } = &s.kind {
                bound.extend(names.iter().map(|n| n.value.as_str()));
            }
        });
        names.sort_unstable();
        assert_eq!(names.join(""), "bcdefghjkmnoqsx");
        assert_eq!(bound.join(""), "acdfl");
    }
}
