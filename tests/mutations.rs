//! Damaged programs: tokens of valid models swapped, taken away, doubled, numbers changed. The front end reports errors or
//! none; it never panics, never runs long, and reports the same twice.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use dsc_data::card;
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, check};
use dsc_language::sema::program::Program;
use dsc_syntax::source::MemoryWorld;
use proptest::prelude::*;

use dsc_testing::property;
use property::{cases, tokens};

/// The stock models, and each module of the standard library as a file that a model imports.
fn originals() -> Vec<(String, Option<&'static str>)> {
    let models = EmbeddedWorld::models().iter().map(|(_, text)| ((*text).to_owned(), None));
    let users = [
        ("layers", "{Linear, LayerNorm, FFN, MLP}", "FFN(LayerNorm(Linear(audio, out: 8)), hidden: 4)"),
        ("losses", "{mse, mae, nt_xent}", "audio"),
    ];
    let library = EmbeddedWorld::stdlib().iter().filter_map(move |(name, text)| {
        let (_, import, call) = users.iter().find(|(n, ..)| n == name)?;
        let extra = if *name == "losses" { "  loss more = mae(score, target: y) + nt_xent(mean(a), pos: [mean(a)], neg: [mean(a)], tau: 1)\n" } else { "" };
        let mse = if *name == "losses" { "mse(score, target: y)" } else { "square(score - y)" };
        let model = format!(
            "use \"lib.dsl\"::{import}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {{\n  let a = {call}\n  \
             let score = linear(mean(a), out: 1) |> scalar()\n  output score for y\n  loss p = {mse}\n{extra}}}\n"
        );
        Some((model, Some(*text)))
    });
    models.chain(library).collect()
}

fn mutate(text: &str, kind: u8, a: usize, b: usize) -> String {
    let tokens = tokens(text);
    let (x, y) = (tokens[a % tokens.len()].clone(), tokens[b % tokens.len()].clone());
    let (x, y) = if x.start <= y.start { (x, y) } else { (y, x) };
    let part = |r: std::ops::Range<usize>| &text[r];
    match kind {
        // One token away; one doubled; two swapped; one in the place of the other.
        0 => format!("{}{}", &text[..x.start], &text[x.end..]),
        1 => format!("{} {}{}", &text[..x.end], part(x.clone()), &text[x.end..]),
        2 if x.end <= y.start => {
            format!(
                "{}{}{}{}{}",
                &text[..x.start],
                part(y.clone()),
                part(x.end..y.start),
                part(x.clone()),
                &text[y.end..]
            )
        }
        3 => format!("{}{}{}", &text[..x.start], part(y.clone()), &text[x.end..]),
        // Another number.
        _ => {
            let numbers: Vec<_> = tokens.iter().filter(|t| text.as_bytes()[t.start].is_ascii_digit()).collect();
            let Some(n) = numbers.get(a % numbers.len().max(1)) else { return text.to_owned() };
            let value = ["0", "1", "3", "7", "100000", "-1", "0.5", "9223372036854775807"][b % 8];
            format!("{}{value}{}", &text[..n.start], &text[n.end..])
        }
    }
}

fn faults(main: &str, library: Option<&str>) -> Vec<String> {
    let world = MemoryWorld::new().with("lib.dsl", library.unwrap_or_default());
    let mut loaded = Program::load_text(&world, "main.dsl", main);
    if let Some(program) = &loaded.program {
        let encoder = card::encoder("bert-base-uncased").unwrap().config.statics();
        let found = check(program, &Options { encoder, ..Options::default() }, &[]);
        loaded.diagnostics.extend(found.into_sorted());
    }
    let found = loaded.diagnostics.into_sorted();
    for label in found.iter().flat_map(|d| d.primary.iter().chain(&d.secondary)) {
        assert!(loaded.sources.text(label.span).is_some(), "a label outside all files: {label:?}\n{main}");
    }
    found.iter().map(|d| format!("{d:?}")).collect()
}

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn damaged_programs_are_reported_and_nothing_else(
        which in any::<usize>(),
        changes in prop::collection::vec((0u8..5, any::<usize>(), any::<usize>()), 1..4),
    ) {
        let originals = originals();
        let (mut main, library) = originals[which % originals.len()].clone();
        let mut library = library.map(str::to_owned);
        for (kind, a, b) in changes {
            match &mut library {
                Some(library) => *library = mutate(library, kind, a, b),
                None => main = mutate(&main, kind, a, b),
            }
        }
        let start = Instant::now();
        let found = faults(&main, library.as_deref());
        prop_assert!(start.elapsed() < Duration::from_secs(20), "{:?}\n{main}", start.elapsed());
        prop_assert_eq!(found, faults(&main, library.as_deref()));
    }
}

#[test]
fn originals_hold() {
    for (main, library) in originals() {
        let found = faults(&main, library);
        let errors: Vec<_> = found.iter().filter(|d| d.contains("severity: Error")).collect();
        assert!(errors.is_empty(), "{main}\n{errors:#?}");
    }
}

/// As deep as the parser lets it: blocks that call blocks, each call in brackets and sums.
#[test]
fn deep_programs_fit_the_stack() {
    let mut text = String::from("input audio : Seq<audio>[Ta, fa]\nlabel y : Real\n");
    for i in 0..62 {
        let call = if i == 61 { "x".to_owned() } else { format!("B{}(x)", i + 1) };
        let body = (0..30).fold(call, |e, _| format!("relu(-{e})"));
        text += &format!("block B{i}<w>(x: Vec[w]) -> Vec[w] {{ {body} }}\n");
    }
    text += "model M {\n  let score = B0(mean(audio)) |> sum_features()\n  output score for y\n  loss p = square(score)\n}\n";
    let found = faults(&text, None);
    assert!(found.iter().any(|d| d.contains("E0408")), "{found:#?}");

    let mut chain = String::new();
    for i in 0..3000 {
        chain += &format!("hyper h{i} = h{} + 1\n", i + 1);
    }
    chain += "hyper h3000 = 1\nmodel M {}\n";
    let found = faults(&chain, None);
    assert!(found.iter().any(|d| d.contains("E0408")), "{found:#?}");
}
