//! The parser: the canonical example's tree, precedence, layout rules, limits, and text that was damaged at random.

use dsc::diag::Diagnostic;
use dsc::source::{SourceMap, Span};
use dsc::syntax::{ast::*, parse};
use proptest::prelude::*;

const CANONICAL: &str = include_str!("fixtures/canonical.dsl");

/// A file before the one at hand, so that every span has a base other than 0.
fn read(text: &str) -> (Module, Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::new();
    sources.add("other.dsl", "// something else\n");
    let id = sources.add("case.dsl", text);
    let (module, faults) = parse(&sources, id);
    (module, faults, sources)
}

fn clean(text: &str) -> Module {
    let (module, faults, _) = read(text);
    assert!(faults.is_empty(), "{text}\n{faults:#?}");
    module
}

/// The value of `hyper x = TEXT`, as a term with brackets.
fn expr(text: &str) -> String {
    match &clean(&format!("hyper x = {text}")).items[..] {
        [Item { kind: ItemKind::Hyper(h), .. }] => term(&h.value),
        other => panic!("{text}: {other:#?}"),
    }
}

fn names(list: &[Ident]) -> String {
    list.iter().map(|n| n.value.as_str()).collect::<Vec<_>>().join(" ")
}

fn join(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().map(|p| format!(" {p}")).collect()
}

fn args(list: &[Arg]) -> String {
    join(list.iter().map(|a| {
        let name = a.name.as_ref().map(|n| format!("{}:", n.value)).unwrap_or_default();
        format!("{}{name}{}", if a.spread { ".." } else { "" }, term(&a.value))
    }))
}

fn body(b: &Body) -> String {
    let value = b.value.iter().map(|v| format!("=> {}", term(v)));
    format!("{{{} }}", join(b.stmts.iter().map(stmt).chain(value)))
}

fn term(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Float(x) => format!("{x:?}"),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Str(s) => format!("{s:?}"),
        ExprKind::Name(n) => n.clone(),
        ExprKind::Unary(op, x) => format!("({op:?} {})", term(x)),
        ExprKind::Binary(op, _, a, b) => format!("({} {} {})", op.symbol(), term(a), term(b)),
        ExprKind::Call { callee, args: list, piped } => {
            format!("({}call {}{})", if *piped { "|>" } else { "" }, term(callee), args(list))
        }
        ExprKind::Instance { callee, args: list } => format!("(instance {}{})", term(callee), args(list)),
        ExprKind::Index(a, b) => format!("(index {} {})", term(a), term(b)),
        ExprKind::Field(a, n) => format!("(field {} {})", term(a), n.value),
        ExprKind::At(a, b) => format!("(at {} {})", term(a), term(b)),
        ExprKind::List(list) => format!(
            "[{} ]",
            join(list.iter().map(|l| {
                let label = l.label.as_ref().map(|n| format!("{}:", n.value)).unwrap_or_default();
                format!("{label}{}{}", if l.spread { ".." } else { "" }, term(&l.value))
            }))
        ),
        ExprKind::Tuple(list) => format!("(tuple{})", join(list.iter().map(term))),
        ExprKind::Range { start, end, inclusive } => {
            format!("({} {} {})", if *inclusive { "..=" } else { ".." }, term(start), term(end))
        }
        ExprKind::Each { var, over, body: b } => format!("(each {} {} {})", var.value, term(over), body(b)),
        ExprKind::Sum { var, over, body: b } => format!("(sum {} {} {})", var.value, term(over), body(b)),
        ExprKind::When { cond, then, otherwise } => {
            format!("(when {} {}{})", term(cond), body(then), join(otherwise.iter().map(|o| body(o))))
        }
        ExprKind::Error => "ERROR".into(),
    }
}

fn ty(t: &TypeExpr) -> String {
    match &t.kind {
        TypeExprKind::Named { name, params, dims } => {
            let params = if params.is_empty() { String::new() } else { format!("<{}>", names(params)) };
            let dims = dims.as_ref().map(|d| format!("[{} ]", join(d.iter().map(term)))).unwrap_or_default();
            format!("{}{params}{dims}", name.value)
        }
        TypeExprKind::List(t) => format!("(list {})", ty(t)),
        TypeExprKind::Tuple(list) => format!("(tuple{})", join(list.iter().map(ty))),
        TypeExprKind::Like(n) => format!("(like {})", n.value),
        TypeExprKind::Error => "ERROR".into(),
    }
}

fn stmt(s: &Stmt) -> String {
    match &s.kind {
        StmtKind::Let { names: n, ty: t, value, mutable } => {
            let t = t.as_ref().map(|t| format!(" :{}", ty(t))).unwrap_or_default();
            format!("({} {}{t} {})", if *mutable { "var" } else { "let" }, names(n), term(value))
        }
        StmtKind::Assign { names: n, value } => format!("(assign {} {})", names(n), term(value)),
        StmtKind::For { var, over, body: b } => format!("(for {} {} {})", var.value, term(over), body(b)),
        StmtKind::Output { value, label } => format!("(output {} {})", term(value), label.value),
        StmtKind::Companions { name, entries } => {
            let entries = join(entries.iter().map(|(n, e)| format!("({} {})", n.value, term(e))));
            format!("(companions {}{entries})", name.value)
        }
        StmtKind::Loss { name, value } => format!("(loss {} {})", name.value, term(value)),
        StmtKind::Reveal(e) => format!("(reveal {})", term(e)),
        StmtKind::Expr(e) => format!("(expr {})", term(e)),
        StmtKind::Error => "ERROR".into(),
    }
}

fn item(i: &Item) -> String {
    let opt = |o: &Option<Ident>| o.as_ref().map(|n| format!(" = {}", n.value)).unwrap_or_default();
    let input = |n: &Input| {
        let from = n.from.as_ref().map(|f| format!(" from {:?}", f.value)).unwrap_or_default();
        format!("{} {}{from}", n.name.value, ty(&n.ty))
    };
    let block = |b: &Block| {
        let params = join(b.params.iter().map(|p| {
            let default = p.default.as_ref().map(|d| format!(" = {}", term(d))).unwrap_or_default();
            format!("({} {}{default})", p.name.value, ty(&p.ty))
        }));
        let result = b.result.as_ref().map(|r| format!(" -> {}", ty(r))).unwrap_or_default();
        let constraint = b.constraint.as_ref().map(|c| format!(" where {}", term(c))).unwrap_or_default();
        format!("block {}<{}>{params}{result}{constraint} {}", b.name.value, names(&b.generics), body(&b.body))
    };
    let text = match &i.kind {
        ItemKind::Use(u) => {
            let list = u.names.iter().map(|(n, a)| match a {
                Some(a) => format!("{} as {}", n.value, a.value),
                None => n.value.clone(),
            });
            format!("use {}{}{}", u.from.value, if u.quoted { " (file)" } else { "" }, join(list))
        }
        ItemKind::Hyper(h) => {
            let clause = |word: &str, e: &Option<Expr>| e.as_ref().map(|e| format!(" {word} {}", term(e))).unwrap_or_default();
            let (domain, constraint) = (clause("in", &h.domain), clause("where", &h.constraint));
            format!("hyper {}({}) {}{domain}{constraint}", h.name.value, names(&h.params), term(&h.value))
        }
        ItemKind::Input(n) => format!("input {}", input(n)),
        ItemKind::Label(n) => format!("label {}", input(n)),
        ItemKind::Block(b) => block(b),
        ItemKind::Model(m) => format!("model {} {}", m.name.value, body(&m.body)),
        ItemKind::Variant(v) => {
            let changes = join(v.changes.iter().map(|c| match c {
                Change::Set { name, value, .. } => format!("(set {} {})", name.value, term(value)),
                Change::Let { name, value, .. } => format!("(let {} {})", name.value, term(value)),
                Change::Loss { name, value, .. } => format!("(loss {} {})", name.value, term(value)),
                Change::Drop { name, .. } => format!("(drop {})", name.value),
                Change::Block(b, _) => format!("({})", block(b)),
                Change::Input(n, _) => format!("(input {})", input(n)),
                Change::Error(_) => "ERROR".into(),
            }));
            format!("variant {}{}{changes}", v.name.value, opt(&v.base))
        }
        ItemKind::Recipe(r) => {
            let entries = join(r.entries.iter().map(|e| match e {
                RecipeEntry::Key { path, value, .. } => {
                    let value = match value {
                        SettingValue::Expr(e) => term(e),
                        SettingValue::Select { minimize, metric } => {
                            format!("{} {}", if *minimize { "min" } else { "max" }, metric.value)
                        }
                        SettingValue::Quantity { value, unit } => format!("{} {}", term(value), unit.value),
                    };
                    format!("({} {value})", names(path).replace(' ', "."))
                }
                RecipeEntry::Set { name, value, .. } => format!("(set {} {})", name.value, term(value)),
                RecipeEntry::Error(_) => "ERROR".into(),
            }));
            format!("recipe {}{}{entries}", r.name.value, opt(&r.base))
        }
        ItemKind::Expect(e) => format!("expect{}{}", join(e.claims.iter().map(term)), opt(&e.recipe)),
        ItemKind::Error => "ERROR".into(),
    };
    i.docs.iter().map(|d| format!("/// {d}\n")).collect::<String>() + &text
}

fn tree(m: &Module) -> String {
    let docs: String = m.docs.iter().map(|d| format!("//! {d}\n")).collect();
    docs + &m.items.iter().map(item).collect::<Vec<_>>().join("\n")
}

#[test]
fn canonical_tree() {
    insta::assert_snapshot!(tree(&clean(CANONICAL)));
}
