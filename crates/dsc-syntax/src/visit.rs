//! Walks over the tree: all expressions and all statements within something, outermost first.

use super::ast::{Body, Expr, ExprKind, Stmt, StmtKind};

/// What stands directly within an expression.
enum Part<'a> {
    Expr(&'a Expr),
    Body(&'a Body),
}

fn parts<'a>(e: &'a Expr, f: &mut dyn FnMut(Part<'a>)) {
    match &e.kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Name(_)
        | ExprKind::Error => {}
        ExprKind::Unary(_, x) | ExprKind::Field(x, _) => f(Part::Expr(x)),
        ExprKind::Binary(_, _, a, b) | ExprKind::Index(a, b) | ExprKind::At(a, b) => {
            f(Part::Expr(a));
            f(Part::Expr(b));
        }
        ExprKind::Call { callee, args, .. } | ExprKind::Instance { callee, args } => {
            f(Part::Expr(callee));
            args.iter().for_each(|a| f(Part::Expr(&a.value)));
        }
        ExprKind::List(elements) => elements.iter().for_each(|x| f(Part::Expr(&x.value))),
        ExprKind::Tuple(list) => list.iter().for_each(|x| f(Part::Expr(x))),
        ExprKind::Range { start, end, .. } => {
            f(Part::Expr(start));
            f(Part::Expr(end));
        }
        ExprKind::Each { over, body, .. } | ExprKind::Sum { over, body, .. } => {
            f(Part::Expr(over));
            f(Part::Body(body));
        }
        ExprKind::When { cond, then, otherwise } => {
            f(Part::Expr(cond));
            f(Part::Body(then));
            otherwise.iter().for_each(|b| f(Part::Body(b)));
        }
    }
}

fn of_stmt<'a>(stmt: &'a Stmt, f: &mut dyn FnMut(Part<'a>)) {
    match &stmt.kind {
        StmtKind::Let { value, .. }
        | StmtKind::Assign { value, .. }
        | StmtKind::Output { value, .. }
        | StmtKind::Loss { value, .. }
        | StmtKind::Reveal(value)
        | StmtKind::Expr(value) => f(Part::Expr(value)),
        StmtKind::For { over, body, .. } => {
            f(Part::Expr(over));
            f(Part::Body(body));
        }
        StmtKind::Companions { entries, .. } => entries.iter().for_each(|(_, e)| f(Part::Expr(e))),
        StmtKind::Error => {}
    }
}

/// Every expression within `e`, itself first.
pub fn exprs<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(e);
    parts(e, &mut |part| match part {
        Part::Expr(x) => exprs(x, f),
        Part::Body(body) => exprs_of_body(body, f),
    });
}

/// Every expression within a body.
pub fn exprs_of_body<'a>(body: &'a Body, f: &mut dyn FnMut(&'a Expr)) {
    for stmt in &body.stmts {
        of_stmt(stmt, &mut |part| match part {
            Part::Expr(x) => exprs(x, f),
            Part::Body(body) => exprs_of_body(body, f),
        });
    }
    body.value.iter().for_each(|e| exprs(e, f));
}

/// Every statement of a body, those of loops and of bodies within expressions too.
pub fn stmts<'a>(body: &'a Body, f: &mut dyn FnMut(&'a Stmt)) {
    for stmt in &body.stmts {
        f(stmt);
        of_stmt(stmt, &mut |part| match part {
            Part::Expr(x) => stmts_of_expr(x, f),
            Part::Body(body) => stmts(body, f),
        });
    }
    body.value.iter().for_each(|e| stmts_of_expr(e, f));
}

fn stmts_of_expr<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Stmt)) {
    parts(e, &mut |part| match part {
        Part::Expr(x) => stmts_of_expr(x, f),
        Part::Body(body) => stmts(body, f),
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
