//! Texts made at random, from a seed.

use crate::generate::program;
use crate::property;
use crate::{files, keeps, laid, readable, tree};
use proptest::prelude::*;

/// Whether the `//` at the start of `text` divides, as far as the files here need to know.
fn divides(text: &str) -> bool {
    let after = text[2..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_* ".contains(c));
    after.starts_with([')', ']', ',', '+'])
}

/// Tokens of a text without faults, each with the blanks and comments before it; the last one is empty.
fn tokens(text: &str) -> Vec<(String, String)> {
    let (mut out, mut gap) = (Vec::new(), String::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let len = if c.is_whitespace() {
            c.len_utf8()
        } else if rest.starts_with("//") && !divides(rest) {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let len = match c {
                '"' => rest[1..].find('"').unwrap() + 2,
                c if c.is_ascii_digit() => rest
                    .char_indices()
                    .find(|(i, c)| {
                        let tail = &rest[*i..];
                        !(word(*c) || *c == '.' && !tail.starts_with("..") || *c == '-' && rest[..*i].ends_with('e'))
                    })
                    .map_or(rest.len(), |(i, _)| i),
                c if word(c) => rest.find(|c: char| !word(c)).unwrap_or(rest.len()),
                _ => ["..=", "|>", "**", "//", "..", "==", "!=", "<=", ">=", "->", "::"]
                    .iter()
                    .find(|m| rest.starts_with(**m))
                    .map_or(c.len_utf8(), |m| m.len()),
            };
            out.push((std::mem::take(&mut gap), rest[..len].to_owned()));
            rest = &rest[len..];
            continue;
        };
        gap.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out.push((gap, String::new()));
    out
}

/// Puts other blanks and comments between some tokens.
fn respaced(text: &str, changes: &[(f64, u8, u8)]) -> String {
    let mut tokens = tokens(text);
    let count = tokens.len();
    for (n, &(place, kind, blanks)) in changes.iter().enumerate() {
        let i = ((place * count as f64) as usize).min(count - 1);
        let gap = &mut tokens[i].0;
        let pad = " ".repeat(usize::from(blanks % 5));
        match kind {
            // Blanks, where nothing but blanks was.
            0 if !gap.is_empty() && gap.trim().is_empty() && !gap.contains('\n') => *gap = format!(" {pad}"),
            1 if gap.is_empty() => *gap = pad,
            // Without any, or on one line.
            2 if gap.trim().is_empty() => *gap = " ".to_owned(),
            3 if gap.trim().is_empty() => gap.clear(),
            // A line break, some empty lines.
            4 => gap.push_str(&format!("\n{pad}")),
            5 => gap.push_str(&format!("\n\n \n{pad}")),
            // Comments of all kinds.
            6 => gap.push_str(&format!("{pad}// remark: {n};\n")),
            7 => gap.push_str(&format!("\n{pad}// remark: {n};\n{pad}")),
            8 => gap.push_str(&format!("\n{pad}/// doc: {n}\n")),
            9 => gap.push_str(&format!(" /// no doc: {n}\n\n// remark: {n};\n")),
            10 => gap.push_str(&format!("\n//! module: {n}\n")),
            _ => {}
        }
    }
    tokens.into_iter().map(|(gap, token)| gap + &token).collect()
}

fn a_change() -> impl Strategy<Value = (f64, u8, u8)> {
    (0.0..1.0f64, 0..11u8, any::<u8>())
}

/// Runs a property on texts made of a file and changes; how many of the texts had no faults, in percent.
fn on_respaced(cases: u32, changes: std::ops::Range<usize>) -> u32 {
    let all = readable();
    let (mut tried, mut held) = (0_u32, 0_u32);
    let strategy = (0..all.len(), proptest::collection::vec(a_change(), changes));
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        property::cases(cases),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let counts = std::cell::RefCell::new((&mut tried, &mut held));
    runner
        .run(&strategy, |(file, changes)| {
            let text = respaced(&all[file], &changes);
            let clean = tree(&text).1.is_empty();
            let mut counts = counts.borrow_mut();
            *counts.0 += 1;
            if clean {
                *counts.1 += 1;
                drop(counts);
                keeps(&text);
            }
            Ok(())
        })
        .unwrap();
    held * 100 / tried.max(1)
}

#[test]
fn other_blanks_and_comments() {
    let held = on_respaced(300, 1..6);
    assert!(held > 40, "only {held} % of the changed texts have no faults");
    let held = on_respaced(300, 6..30);
    assert!(held > 5, "only {held} % of the changed texts have no faults");
}

#[test]
fn programs_of_every_shape() {
    let (mut read, mut longest) = (0, 0);
    let count = 200;
    for seed in 0..count {
        let text = program(seed);
        if tree(&text).1.is_empty() {
            read += 1;
            longest = longest.max(keeps(&text).lines().count());
        }
    }
    assert!(read * 2 > count, "only {read} of {count} programs have no faults");
    assert!(longest > 100, "{longest}");
}

proptest! {
    #![proptest_config(property::cases(300))]

    #[test]
    fn damaged_text_never_panics(file in 0..1_000_usize, cuts in proptest::collection::vec((0..4u8, 0.0..1.0f64, 0.0..1.0f64), 1..8)) {
        let all = files();
        let mut text = all[file % all.len()].1.clone();
        for (kind, a, b) in cuts {
            let place = |x: f64| {
                let mut i = (x * text.len() as f64) as usize;
                while !text.is_char_boundary(i) {
                    i -= 1;
                }
                i
            };
            let (a, b) = (place(a), place(b));
            let range = a.min(b)..a.max(b).min(a.min(b) + 60);
            let end = (range.end..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap();
            let range = range.start..end;
            match kind {
                0 => text.replace_range(range, ""),
                1 => { let twice = text[range.clone()].to_owned(); text.insert_str(range.end, &twice) }
                2 => text.insert_str(a, [" ", "\n", "//", "(", ")", "{", "}", "\"", ",", "é", "2"][b % 11]),
                _ => { let line = text[range.clone()].replace('\n', " "); text.replace_range(range, &line) }
            }
        }
        match laid(&text) {
            Ok(new) => { prop_assert_eq!(laid(&new).unwrap(), new, "{}", text); }
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|f| f.code.0 != "E0930"), "{}\n{:?}", text, faults);
            }
        }
    }
}
