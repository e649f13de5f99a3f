//! The style, by examples.

use crate::keeps;

#[test]
fn an_ugly_file() {
    let ugly = include_str!("../fixtures/ugly.dsl");
    insta::assert_snapshot!(format!("{ugly}\n--------\n\n{}", keeps(ugly)));
}

/// The body of a model of which each line is a case.
fn body(text: &str) -> String {
    let new = keeps(&format!("model M {{\n{text}\n}}\n"));
    let lines: Vec<_> = new.lines().map(|l| l.strip_prefix("  ").unwrap_or(l)).collect();
    lines[1..lines.len() - 1].join("\n")
}

#[test]
fn blanks() {
    for (text, want) in [
        ("let x=F( a,k :3 , )", "let x = F(a, k: 3)"),
        ("let x = [ audio :a , ..rest ]", "let x = [audio: a, ..rest]"),
        ("let x = (a , )", "let x = (a,)"),
        ("let x = ( a + b )*c", "let x = (a + b) * c"),
        ("let x = 2*d + a * b - 2 *d + -y", "let x = 2*d + a * b - 2 * d + -y"),
        ("let x = a ** 2 + (b)**2 + 2 ** -1", "let x = a**2 + (b) ** 2 + 2 ** -1"),
        ("let x = [d//heads, p // 2 ** l]", "let x = [d // heads, p // 2**l]"),
        ("let x = not a==b and c<=d or - e > 2", "let x = not a == b and c <= d or -e > 2"),
        ("let x = y [ 0 ] .z (k: 1) [1 .. 3]", "let x = y[0].z(k: 1)[1..3]"),
        ("let x = Enc {width: d,n:1}", "let x = Enc{width: d, n: 1}"),
        ("let x = Enc{}", "let x = Enc{}"),
        ("let x = mean( t )at c.pos|>F", "let x = mean(t) at c.pos |> F"),
        ("let x , y:[ Seq < _ > [ _,d ] ]=z", "let x, y : [Seq<_>[_, d]] = z"),
        ("for l in 0 .. depth{h=F(h)}", "for l in 0..depth { h = F(h) }"),
        ("for l in Xs { }", "for l in Xs {}"),
        ("let x = when a {b}else when c{d} else{ e}", "let x = when a { b } else when c { d } else { e }"),
        ("companions c{pos=2 near = 2}", "companions c { pos = 2  near = 2 }"),
        ("let x = 1_000 + 5e-5 + 120M + 1.50", "let x = 1_000 + 5e-5 + 120M + 1.50"),
        ("let x = \"a  //  \\\"b\"", "let x = \"a  //  \\\"b\""),
        ("reveal   x", "reveal x"),
    ] {
        assert_eq!(body(text), want, "{text}");
    }
}

#[test]
fn bodies_stay_on_one_line_or_on_several() {
    assert_eq!(body("let f = each x in xs { let y = x   y + 1 }"), "let f = each x in xs { let y = x  y + 1 }");
    assert_eq!(body("let f = each x in xs {\n let y = x   y + 1 }"), "let f = each x in xs {\n  let y = x\n  y + 1\n}");
    // One that breaks within an expression is joined.
    assert_eq!(body("for l in 0..2 { h = F(h,\n  k: 2) }"), "for l in 0..2 { h = F(h, k: 2) }");
    // All bodies of one `when` alike.
    assert_eq!(body("let f = when a {\n b } else { c }"), "let f = when a {\n  b\n} else {\n  c\n}");
}
