//! The parser: the canonical example's tree, precedence, layout rules, limits, and text that was damaged at random.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::{SourceMap, Span};
use dsc_syntax::{ast::*, parse};
use proptest::prelude::*;

use dsc_testing::property;
use property::cases;

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
        ExprKind::Faulty(list) => format!("(faulty{})", join(list.iter().map(term))),
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
            let clause =
                |word: &str, e: &Option<Expr>| e.as_ref().map(|e| format!(" {word} {}", term(e))).unwrap_or_default();
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
                Change::Reweight { name, factor, .. } => format!("(times {} {})", name.value, term(factor)),
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

#[test]
fn precedence() {
    for (text, want) in [
        ("a + b * c", "(+ a (* b c))"),
        ("a - b - c", "(- (- a b) c)"),
        ("2 ** 3 ** 2", "(** 2 (** 3 2))"),
        ("-x ** 2", "(Neg (** x 2))"),
        ("2 ** -1", "(** 2 (Neg 1))"),
        ("-a * b", "(* (Neg a) b)"),
        ("not a == b and c or d", "(or (and (Not (== a b)) c) d)"),
        ("0..n + 1", "(.. 0 (+ n 1))"),
        ("lambda * mean(t) at c.pos", "(* lambda (at (call mean t) (field c pos)))"),
        ("-x at c.pos ** 2", "(Neg (** (at x (field c pos)) 2))"),
        ("a + b |> F() |> G(k: 1)", "(|>call G (|>call F (+ a b)) k:1)"),
        ("x |> F", "(|>call F x)"),
        ("x |> enc.text(k: 1)", "(|>call (field enc text) x k:1)"),
        ("F(x)(y)[0].z", "(field (index (call (call F x) y) 0) z)"),
        ("(a)", "a"),
        ("(a,)", "(tuple a)"),
        ("(p // 2)", "(// p 2)"),
        ("[d // heads, 3]", "[ (// d heads) 3 ]"),
        ("MLP{width: d // 2, n: 1}", "(instance MLP width:(// d 2) n:1)"),
        ("MLP{}", "(instance MLP)"),
        ("120M", "120000000"),
        ("1.5K", "1500"),
        ("1_000", "1000"),
        ("5e-5", "5e-5"),
        (r#""a \"b\" \\ c""#, r#""a \"b\" \\ c""#),
        ("x[1..3]", "(index x (.. 1 3))"),
        ("when a { b } else when c { d } else { e }", "(when a { => b } { => (when c { => d } { => e }) })"),
        ("sum(x)", "(call sum x)"),
        ("each x in Xs { x }", "(each x Xs { => x })"),
        ("F(from: o, in: 3)", "(call F from:o in:3)"),
    ] {
        assert_eq!(expr(text), want, "{text}");
    }
}

fn first_body(text: &str) -> String {
    match &clean(&format!("model M {{\n{text}\n}}")).items[..] {
        [Item { kind: ItemKind::Model(m), .. }] => body(&m.body),
        other => panic!("{text}: {other:#?}"),
    }
}

#[test]
fn lines_and_statements() {
    for (text, want) in [
        ("let a = f\n(b, c)", "{ (let a f) => (tuple b c) }"),
        ("let a = f (b)", "{ (let a (call f b)) }"),
        ("let a = x\n[b]", "{ (let a x) => [ b ] }"),
        ("let a = b\n  + c\n  |> F()", "{ (let a (|>call F (+ b c))) }"),
        ("let a = 1 let b = 2  c = 3", "{ (let a 1) (let b 2) (assign c 3) }"),
        ("for l in 0..N { h = F(h) }", "{ (for l (.. 0 N) { (assign h (call F h)) }) }"),
        ("for l in 0..N {\n  h, x = F(h)\n}", "{ (for l (.. 0 N) { (assign h x (call F h)) }) }"),
        ("when Wide { a } else { b }", "{ => (when Wide { => a } { => b }) }"),
        ("let e = Enc{width: d}\ne(x)", "{ (let e (instance Enc width:d)) => (call e x) }"),
        ("let a = x // a comment, 3", "{ (let a x) }"),
        ("let a = F(x, // the input\n  k: 3 // the last\n)", "{ (let a (call F x k:3)) }"),
        ("let a = (x\n // a comment\n)", "{ (let a x) }"),
        ("var x : [Seq<_>[_, d]] = xs", "{ (var x :(list Seq<_>[ _ d ]) xs) }"),
        ("reveal x", "{ (reveal x) }"),
    ] {
        assert_eq!(first_body(text), want, "{text}");
    }
}

#[test]
fn docs_belong_to_what_follows() {
    let m =
        clean("//! a\n//! b\n/// one\n/// two\nhyper x = 3 /// none\nhyper y = 4\nmodel M {\n  /// value\n  x\n}\n");
    assert_eq!(m.docs, ["a", "b"]);
    assert_eq!(m.items[0].docs, ["one", "two"]);
    assert!(m.items[1].docs.is_empty());
}

#[test]
fn spans_are_those_of_the_text() {
    let text = "hyper a = 3   // three\n\nmodel M {\n  let x = F(a, k: b)  // call\n\n}\n";
    let (m, faults, sources) = read(text);
    assert!(faults.is_empty());
    assert_eq!(sources.text(m.items[0].span), Some("hyper a = 3"));
    let ItemKind::Model(model) = &m.items[1].kind else { panic!() };
    assert_eq!(sources.text(model.body.stmts[0].span), Some("let x = F(a, k: b)"));
    assert_eq!(sources.text(model.body.span), text.get(text.find('{').unwrap()..text.len() - 1));
}

#[test]
fn all_faults_and_all_else_is_read() {
    let text = "hyper a = 3;\nblok B(x: Real) {\n  let = 3\n  let ö = F(x, k = 2)\n  x\n}\nhyper b =\nmodel M {\n  let x = max(1, 2\n  let y = x\n}\nhyper c = 4\n";
    let (m, faults, sources) = read(text);
    let reported: Vec<String> = faults
        .iter()
        .map(|f| format!("{} {}", sources.locate(f.primary.as_ref().unwrap().span).unwrap(), f.code))
        .collect();
    assert_eq!(
        reported,
        [
            "case.dsl:1:12 E0105",
            "case.dsl:2:1 E0107",
            "case.dsl:3:7 E0101",
            "case.dsl:4:7 E0110",
            "case.dsl:4:18 E0106",
            "case.dsl:7:10 E0102",
            "case.dsl:9:14 E0103",
        ]
    );
    let want = "hyper a() 3\nblock B<> (x Real) { ERROR (let ö (call F x k:2)) => x }\nhyper b() ERROR\n\
                model M { (let x (call max 1 2)) (let y x) }\nhyper c() 4";
    assert_eq!(tree(&m), want);
}

#[test]
fn empty_and_odd_files() {
    for text in ["", "\n", "// only\n", "/// doc\n", "\u{feff}hyper x = 1\r\nhyper y = 2\r\n", "\t\thyper x = 1"] {
        clean(text);
    }
    for text in ["}", "{", "\"", "((((", "))))", "|>", "let", "for", "é", "hyper", "model M", "\u{0}", "\\"] {
        let (_, faults, _) = read(text);
        assert!(!faults.is_empty(), "{text:?} was accepted");
    }
}

#[test]
fn depth_is_limited() {
    for open in ["(", "[", "F(", "each x in y { ", "x[", "B{k: ", "sum x in [", "when a { b } else { "] {
        let text = format!("model M {{ let x = {}", open.repeat(5000));
        let (_, faults, _) = read(&text);
        assert!(faults.iter().any(|f| f.code.0 == "E0111"), "{open}");
    }
    // As deep as is allowed, closed and open; these must not overflow the stack of a test thread.
    for (open, close) in
        [("F(", ")"), ("[", "]"), ("each x in [1] { ", " }"), ("when a { ", "} else { b }"), ("B{k: ", "}")]
    {
        let (_, faults, _) = read(&format!("model M {{ let x = {}1{} }}", open.repeat(30), close.repeat(30)));
        assert!(faults.is_empty(), "{open} {faults:#?}");
        let (_, faults, _) = read(&format!("model M {{ let x = {}@ @ 1{} }}", open.repeat(62), close.repeat(62)));
        assert!(!faults.is_empty(), "{open}");
    }
    // No text is read twice, however deep.
    for slip in ["if (a) + each x in b { ", "if a + each x in b { ", "if (a) { ", "if (if [", "F(a b: "] {
        for head in ["let x = ", "", "block B(", "variant v("] {
            read(&format!("model M {{ {head}{}", slip.repeat(30)));
        }
    }
    for step in ["+ a ", "** a ", "|> F() ", "at c ", "(x)", ".y", "[0]", "else when a { b } ", "- "] {
        let head = if step.starts_with("else") { "when a { b } " } else { "a " };
        let tail = if step == "- " { "a" } else { "" };
        let (_, faults, _) = read(&format!("hyper x = {head}{}{tail}", step.repeat(5_000)));
        assert_eq!(faults.iter().map(|f| f.code.0).collect::<Vec<_>>(), ["E0111"], "{step}");
    }
}

#[test]
fn long_files_are_read_quickly() {
    let time = |text: &str| {
        let start = std::time::Instant::now();
        read(text);
        start.elapsed()
    };
    let long = time(&CANONICAL.repeat(50));
    eprintln!("50 canonical files: {long:?}");
    // Generous: a debug build on a busy machine. What is linear takes far less, what is not takes far more.
    assert!(long.as_secs_f64() < 10.0, "{long:?}");
    for faulty in [
        "let x = F(a b, ) ",
        "hyper x = (a (b c) \n",
        "x |> ",
        "let ",
        "{ ",
        "p // 2",
        "\"",
        "let x = each y ",
        "@ ",
        "if (a) ",
        "model M(",
        "recipe r: {}\n",
        "variant v of v ",
    ] {
        let took = time(&faulty.repeat(5_000));
        eprintln!("5,000 x {faulty:?}: {took:?}");
        assert!(took.as_secs_f64() < 20.0, "{faulty:?} {took:?}");
    }
}

fn check_spans(text: &str) {
    let (module, faults, sources) = read(text);
    let file = sources.files().nth(1).unwrap().1;
    let (low, high) = (file.base, file.base + file.text.len() as u32);
    let inside = |span: Span| {
        assert!(
            span.start <= span.end && span.start >= low && span.end <= high,
            "{span:?} is outside {low}..{high}\n{text}"
        );
        assert!(sources.text(span).is_some(), "{span:?} cuts a character\n{text}");
    };
    for f in &faults {
        inside(f.primary.as_ref().expect("a syntax fault has a place").span);
        f.secondary.iter().for_each(|l| inside(l.span));
        assert!(!f.message.contains(char::is_control), "{:?}\n{text}", f.message);
    }
    // Every span of the tree, found in its debug form so that none is left out.
    let debug = format!("{module:?}");
    for at in debug.match_indices("Span { start: ").map(|(i, s)| i + s.len()) {
        let (start, rest) = debug[at..].split_once(", end: ").unwrap();
        let end = &rest[..rest.find(' ').unwrap()];
        inside(Span { start: start.parse().unwrap(), end: end.parse().unwrap() });
    }
}

/// Cuts, doubles or swaps ranges, or puts in a mark; fractions say where.
fn damage(text: &str, cuts: &[(u8, f64, f64, usize)]) -> String {
    let mut text = text.to_owned();
    for &(kind, a, b, mark) in cuts {
        let place = |x: f64, text: &str| {
            let mut i = (x * text.len() as f64) as usize;
            while !text.is_char_boundary(i) {
                i -= 1;
            }
            i
        };
        let (i, j) = (place(a, &text), place((a + b * b * 0.2).min(1.0), &text));
        match kind {
            0 => text.replace_range(i..j, ""),
            1 => {
                let part = text[i..j].to_owned();
                text.insert_str(j, &part);
            }
            2 => {
                let (part, to) = (text[i..j].to_owned(), place(b, &text));
                text.insert_str(to, &part);
            }
            _ => {
                let marks = [
                    "{", "}", "(", ")", "[", "]", "\"", ";", "#", "//", "///", "ö", "=", ":", ",", "\n", " let ", "|>",
                    "..", "é(", "≤",
                ];
                text.insert_str(i, marks[mark % marks.len()]);
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn damaged_text_is_still_read(cuts in proptest::collection::vec((0_u8..6, 0.0..1.0_f64, 0.0..1.0_f64, 0_usize..64), 1..8)) {
        check_spans(&damage(CANONICAL, &cuts));
    }

    #[test]
    fn any_text_is_read(text in "[a-zA-Z0-9_ \n(){}\\[\\]=:,.|><+*/\"#;@öλ-]{0,200}") {
        check_spans(&text);
    }
}
