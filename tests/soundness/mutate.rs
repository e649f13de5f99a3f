//! One thing wrong with a program, and the line that has to be reported.

use dsc_random::Stream;

use super::body::{Bound, Value};
use super::program::Mutation;
use super::types::{Len, Ty, Width};

/// Ways to make single lines wrong.
pub fn all(rng: &mut Stream, text: &str, bound: &[Bound], values: &[Value]) -> Vec<Mutation> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    let start = lines.iter().position(|l| *l == "model M {").map_or(0, |i| i + 1);
    for b in bound {
        let Some(line) = lines.get(start + b.line) else { continue };
        let head = format!("  let {} ", b.name);
        if !line.starts_with(&head) {
            continue;
        }
        let mut add = |what: &'static str, instead: String| {
            out.push(Mutation { line: start + b.line + 1, instead, what });
        };
        let (e, name) = (&b.expr, &b.name);
        add("an unknown block", format!("  let {name} = Nope({e})"));
        add("an unknown name", format!("  let {name} = ({e}) + nothing_here"));
        add("a probability above 1", format!("  let {name} = dropout({e}, p: 1.5)"));
        add("an unclosed bracket", format!("  let {name} = relu(({e})"));
        add("an unknown argument", format!("  let {name} = relu({e}, otu: 3)"));
        add("a lost value", format!("  relu({e})"));
        if b.ty != Ty::Real {
            add("a stated type that is another", format!("  let {name} : Real = {e}"));
        }
        let other = values.iter().take(b.before).find(|v| v.ty.kind() != b.ty.kind());
        if let Some(other) = other {
            add("a sum of two kinds", format!("  let {name} = ({e}) + {}", other.name));
        }
        let width = |t: &Ty| t.width().and_then(Width::num);
        let differs =
            |t: &Ty| t.kind() == b.ty.kind() && matches!((width(t), width(&b.ty)), (Some(x), Some(y)) if x != y);
        if let Some(other) = values.iter().take(b.before).find(|v| differs(&v.ty)) {
            add("a sum of two widths", format!("  let {name} = ({e}) + {}", other.name));
        }
        // A binding may take the name of an input, which it then hides.
        if let Some(before) = b.before.checked_sub(1).and_then(|i| values.get(i)).filter(|v| v.name.starts_with('x')) {
            add("a second binding of one name", format!("  let {} = {e}", before.name));
        }
        if let Ty::Seq { len, width, .. } = &b.ty {
            add("no rows", format!("  let {name} = take({e}, rows: 0)"));
            add("rows that may be none", format!("  let {name} = take({e}, rows: Ta - 3)"));
            add("an eps of 0", format!("  let {name} = layer_norm({e}, eps: 0)"));
            add("a number beyond 32 bits", format!("  let {name} = ({e}) * 1e39"));
            add("a row that may not exist", format!("  let {name} = ({e})[{}]", len.fixed().unwrap_or(2)));
            add("a modality that it is not", format!("  let {name} : Seq<smell>[_, _] = {e}"));
            if width.num().is_some_and(|w| w % 7 != 0) {
                add(
                    "heads that do not divide",
                    format!("  let {name} = attention({e}, key: audio, value: audio, heads: 7)"),
                );
            }
            let other = |v: &&Value| match (&v.ty, len) {
                (Ty::Seq { len: Len::Name(a), .. }, Len::Name(b)) => a != b,
                _ => false,
            };
            if let Some(other) = values.iter().take(b.before).find(other) {
                add(
                    "a sum of two lengths",
                    format!(
                        "  let {name} = mean({e}) |> linear(out: 2)  let {name}b = linear({e}, out: 2) + linear({}, out: 2)",
                        other.name
                    ),
                );
            }
        }
    }
    for (i, line) in lines.iter().enumerate() {
        let mut add = |what: &'static str, instead: String| out.push(Mutation { line: i + 1, instead, what });
        match *line {
            l if l.starts_with("variant deeper") => {
                add("a hyper out of its range", "variant deeper { set depth = 9 }".into());
                add("a hyper that does not exist", "variant deeper { set dpeth = 1 }".into());
                add("a loss that does not exist", "variant deeper { drop nothing }".into());
                add("a binding that does not exist", "variant deeper { let nothing = 3 }".into());
            }
            l if l.starts_with("variant other") => add("a base that does not exist", l.replace("deeper", "deepre")),
            l if l.starts_with("recipe sims") => add("a recipe that does not exist", l.replace("= demo", "= demmo")),
            "label y : Real" => add("a label of another type", "label y : Seq<audio>[Ta, fa]".into()),
            "  output score for y" => add("a label that does not exist", "  output score for yy".into()),
            "input audio : Seq<audio>[Ta, fa]" => {
                add("an unknown type", "input audio : Sequence<audio>[Ta, fa]".into())
            }
            l if l.starts_with("hyper d =") => add("a default out of its range", "hyper d = 99 in 1..=8".into()),
            l if l.starts_with("use std::") => {
                add("an import that does not exist", l.replace("std::{", "std::{Nope, "))
            }
            _ => {}
        }
    }
    rng.shuffle(&mut out);
    out
}

/// The text with that line changed.
pub fn apply(text: &str, mutation: &Mutation) -> String {
    let changed =
        text.lines().enumerate().map(|(i, l)| if i + 1 == mutation.line { mutation.instead.as_str() } else { l });
    changed.collect::<Vec<_>>().join("\n") + "\n"
}
