//! Files that are made to take long are answered soon: by a budget of steps, of nodes and of the sizes of dims, and by parts
//! that take time in proportion to the file. `cargo nextest run --test limits --no-capture` prints how long each takes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_language::lower::Options;
use dsc_language::sema::program::Program;
use dsc_project::check;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::MemoryWorld;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// On a machine of its own a file takes at most 2 seconds; tests run beside others.
const MOST: Duration = Duration::from_secs(20);

const HEAD: &str = "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\n";
const TAIL: &str = "  let score = mean(audio) |> MLP(widths: [4, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\n";

fn found(text: &str) -> (Vec<Diagnostic>, Duration) {
    let began = Instant::now();
    let world = MemoryWorld::new().with("m.dsl", text);
    let mut loaded = Program::load(&world, "m.dsl");
    if let Some(program) = &loaded.program {
        let options = Options { encoder: card::encoder("demo").unwrap().config.statics(), ..Options::default() };
        let request = check::Request { options: &options, bound: None, encoder: &card::encoder };
        loaded.diagnostics.extend(check::check(program, &request).into_sorted());
    }
    (loaded.diagnostics.into_sorted(), began.elapsed())
}

/// The model with these statements before the usual ones.
fn model(items: &str, body: &str) -> String {
    format!("{HEAD}{items}model M {{\n{body}{TAIL}")
}

fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).fold(String::new(), |mut all, i| {
        writeln!(all, "{}", line(i)).unwrap();
        all
    })
}

/// Each of them as long as a file of 100 kB may be.
fn cases() -> Vec<(&'static str, String)> {
    let calls = lines(60, |i| format!("block B{i}(x: Vec[_]) -> like x {{ B{}(x) + B{}(x) }}", i + 1, i + 1));
    let calls = format!("{calls}block B60(x: Vec[_]) -> like x {{ x }}\n");
    let sum = |n: usize| (0..n).map(|i| format!("f{i}")).collect::<Vec<_>>().join(" + ");
    let widths = lines(60, |i| format!("input x{i} : Vec[f{i}]"));
    vec![
        ("inputs", model(&lines(5_000, |i| format!("input a{i} : Vec[g{i}]")), "")),
        ("statements", model("", &lines(6_000, |i| format!("  let a{i} = y")))),
        (
            "statements that read each other",
            model(
                "",
                &lines(4_000, |i| match i {
                    0 => "  let a0 = mean(audio)".to_owned(),
                    i => format!("  let a{i} = a{} + a0", i - 1),
                }),
            ),
        ),
        ("faults", model("", &lines(9_000, |i| format!("  x{i} = b")))),
        ("faults of types", model("", &lines(3_000, |i| format!("  let a{i} = audio + y")))),
        ("unknown names", model("", &lines(5_000, |i| format!("  let alpha{i} = alphb{i}")))),
        ("losses", model("", &lines(2_500, |i| format!("  loss l{i} = y * {i}")))),
        (
            "outputs",
            model(&lines(1_500, |i| format!("label y{i} : Real")), &lines(1_500, |i| format!("  output y for y{i}"))),
        ),
        ("loops", model("", "  for i in 0..9000 { for j in 0..9000 { for k in 0..9000 { } } }\n")),
        (
            "loops of nodes",
            model("", "  var b = mean(audio)\n  for i in 0..9000 { for j in 0..9000 { b = relu(b) } }\n"),
        ),
        ("calls", model(&calls, "  let b = B0(mean(audio))\n")),
        ("a rolling memory", model("", "  var b = audio\n  for l in 0..24 { b = take(concat(b, audio), rows: 8) }\n")),
        ("products of dims", model(&widths, &lines(600, |i| format!("  let p{i} = ({}) * ({})", sum(12), sum(12))))),
        ("powers of dims", model(&widths, &format!("  for i in 0..9000 {{ let p = ({}) ** 3 }}\n", sum(6)))),
        (
            "weights of many axes",
            model(&widths, &lines(200, |i| format!("  let p{i} = param(shape: [{0}, {0}, {0}, {0}])", sum(10)))),
        ),
        (
            "long lists",
            model("", "  var l = [y]\n  for i in 0..9000 { l = [..l, y] }\n  for i in 0..9000 { let m = l }\n"),
        ),
        (
            "variants",
            model(&lines(4_000, |i| format!("variant v{i} {{ set d = {i} }}")), "  let h = linear(audio, out: d)\n")
                .replace("label y", "hyper d = 3\nlabel y"),
        ),
        (
            "variants of loops",
            model(
                &lines(400, |i| format!("variant v{i} {{ set d = {} }}", 8_000 + i)),
                "  for i in 0..d { for j in 0..d { } }\n",
            )
            .replace("label y", "hyper d = 3\nlabel y"),
        ),
        (
            "a chain of variants",
            model(
                &lines(2_000, |i| match i {
                    0 => "variant v0 { set d = 0 }".to_owned(),
                    i => format!("variant v{i} = v{} {{ set d = {i} }}", i - 1),
                }),
                "  let h = linear(audio, out: d)\n",
            )
            .replace("label y", "hyper d = 3\nlabel y"),
        ),
        ("recipes", model(&lines(2_500, |i| format!("recipe r{i} {{ epochs = {} }}", i + 1)), "")),
        (
            "a chain of recipes",
            model(
                &lines(2_500, |i| match i {
                    0 => "recipe r0 { epochs = 1 }".to_owned(),
                    i => format!("recipe r{i} = r{} {{ epochs = {} }}", i - 1, i + 1),
                }),
                "",
            ),
        ),
        (
            "hypers",
            model(
                &lines(4_000, |i| match i {
                    0 => "hyper h0 = 1".to_owned(),
                    i => format!("hyper h{i} = h{}", i - 1),
                }),
                "",
            ),
        ),
        (
            "long names",
            model(
                "",
                &format!(
                    "  let {0} = mean(audio)\n  for i in 0..9000 {{ let {0}2 = relu({0}) }}\n",
                    "n".repeat(30_000)
                ),
            ),
        ),
        (
            "equal widths",
            model(
                &format!(
                    "{}block E<a, b>(x: Vec[a], with: Vec[b]) -> Vec[a] where a == b {{ x + with }}\n",
                    lines(1_500, |i| format!("input x{i} : Vec[f{i}]"))
                ),
                &lines(1_499, |i| format!("  let e{i} = E(x{i}, with: x{})", i + 1)),
            ),
        ),
    ]
}

#[test]
fn any_file_is_answered_soon() {
    let mut slow = Vec::new();
    for (name, text) in cases() {
        assert!(text.len() < 150_000, "{name}: {}", text.len());
        let (found, took) = found(&text);
        let errors = found.iter().filter(|d| d.is_error()).count();
        let first =
            found.iter().find(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message)).unwrap_or_default();
        println!("{name:>32}: {:>7} bytes {:>7.2} s  {errors} errors  {first:.90}", text.len(), took.as_secs_f64());
        if took > MOST {
            slow.push(name);
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

#[test]
fn a_file_of_too_many_bytes_is_refused_at_once() {
    let text = model("", &lines(80_000, |i| format!("  let a{i} = y")));
    let (found, took) = found(&text);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].code.0, "E0202");
    assert!(found[0].message.contains("bytes, a file of a model has at most 262144"), "{}", found[0].message);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn text_forms_of_graphs_are_read_in_time_in_proportion_to_them() {
    let nested = |n: usize| (0..n).fold("T".to_owned(), |d, _| format!("min(8, T + {d})"));
    let sum = |n: usize| (0..n).map(|i| format!("f{i}")).collect::<Vec<_>>().join(" + ");
    let inputs = lines(40, |i| format!("input x{i} : Vec[f{i}] from \"x{i}\""));
    let head = format!("graph M\ninput a : Seq<audio>[T, f] from \"a\"\nlabel y : Real\n{inputs}");
    for line in [
        format!("param w : [{}] zeros\n", nested(60)),
        format!("param w : [({0} // ({0})) * ({0} // 2)] zeros\n", format!("({})", sum(40))),
        lines(200, |i| format!("param w{i} : [{}] zeros", nested(25))),
        lines(200, |i| {
            format!("param w{i} : [min({})] zeros", (0..30).map(|i| format!("f{i}")).collect::<Vec<_>>().join(", "))
        }),
    ] {
        let text = format!("{head}{line}%0 = label() y : Real\nloss l = %0\n");
        let began = Instant::now();
        match dsc_graph::parse(&text) {
            Ok(parsed) => drop(dsc_graph::diagnose(&parsed.graph, &|a, b| a == b)),
            Err(faults) => assert!(!faults.is_empty()),
        }
        assert!(began.elapsed() < MOST, "{:?} for {} bytes", began.elapsed(), text.len());
    }
}
