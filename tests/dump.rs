//! `dsc dump` and `dsc check --types` from the command line.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use assert_cmd::Command;
use std::path::Path;

const MODEL: &str = "use std::{Linear, FFN, mse}
hyper keep(l) = (4 // 2**l)
input audio : Seq<audio>[Ta, fa]
label y : Real

block Halve<n, m, w>(x: Seq<m>[n, w], rows: int) -> Seq<m>[min(n, rows), w] {
  let y = FFN(x, hidden: 3)
  take(y, rows: rows)
}

model Halves {
  let a = audio |> Linear(out: 8)
  var h = a
  for l in 0..2 { h = Halve(h, rows: keep(l)) }
  let both = [first: mean(a), last: mean(h)]
  let s = sum x in both { cosine(x, with: mean(a)) }
  output s for y
  loss p = mse(s, target: y)
}
";

/// Standard output, standard error and exit code in a folder with the model.
fn dsc(folder: &Path, args: &[&str]) -> (String, String, i32) {
    std::fs::write(folder.join("halves.dsl"), MODEL).unwrap();
    let mut command = Command::cargo_bin("dsc").unwrap();
    let output = command.args(args).current_dir(folder).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn types_of_all_bindings_by_block_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let (out, err, code) = dsc(folder.path(), &["dump", "halves.dsl", "--types"]);
    assert_eq!((err.as_str(), code), ("", 0));
    insta::assert_snapshot!(out);
    let (checked, err, code) = dsc(folder.path(), &["check", "halves.dsl", "--types"]);
    assert_eq!((checked, err.as_str(), code), (out, "halves.dsl: no errors\n", 0));
}

#[test]
fn types_as_json_and_of_a_file_with_errors() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.dsl"), MODEL.replace("last: mean(h)", "last: mean(j)")).unwrap();
    for command in ["dump", "check"] {
        let (out, _, code) = dsc(folder.path(), &[command, "broken.dsl", "--types", "--format", "json"]);
        assert_eq!(code, 1, "{command}");
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["diagnostics"][0]["code"], "E0201", "{command}");
        let of = |name: &str| {
            let all = json["types"].as_array().unwrap();
            all.iter()
                .filter(|t| t["name"] == name)
                .map(|t| (t["line"].as_u64().unwrap(), t["types"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("a"), [(12, serde_json::json!(["Seq<audio>[Ta, 8]"]))], "{command}");
        let turns = serde_json::json!(["Seq<audio>[min(4, Ta), 8] (l = 0)", "Seq<audio>[min(2, Ta), 8] (l = 1)"]);
        assert_eq!(of("h").last(), Some(&(14, turns)), "{command}");
    }
}

#[test]
fn a_printed_graph_is_read_verified_and_printed_again() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["dump", "halves.dsl"][..], &["dump", "halves.dsl", "--data", "sims"]] {
        let (text, notes, code) = dsc(folder.path(), args);
        assert_eq!(code, 0, "{notes}");
        std::fs::write(folder.path().join("graph.txt"), &text).unwrap();
        let (again, stderr, code) = dsc(folder.path(), &["dump", "graph.txt"]);
        assert_eq!((again, code), (text, 0));
        assert!(stderr.starts_with(&notes) && stderr.contains("\nsound: "), "{stderr}");
    }
}

#[test]
fn a_graph_that_cannot_be_read_or_is_not_sound_is_reported_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (text, ..) = dsc(folder.path(), &["dump", "halves.dsl"]);
    for (from, to, place) in [
        ("= mean(", "= meen(", "E1004] there is no operation `meen`"),
        ("take(", "take", "E1001] expected"),
        (" rows 4", " rows 5", "E1005] stated Seq<audio>[min(4, Ta), 8], its rule gives Seq<audio>[min(5, Ta), 8]"),
    ] {
        let damaged = text.replacen(from, to, 1);
        let line = damaged.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap() + 1;
        std::fs::write(folder.path().join("graph.txt"), &damaged).unwrap();
        let (out, err, code) = dsc(folder.path(), &["dump", "graph.txt", "--format", "concise"]);
        assert_eq!((out.as_str(), code), ("", 1), "{to}");
        let first = err.lines().next().unwrap();
        assert!(first.contains(&format!("graph.txt:{line}:")), "{err}");
        assert!(first.contains(place.split_once("] ").unwrap().1), "{err}");
        assert!(first.contains(place.split_once(']').unwrap().0), "{err}");
    }
    let (_, err, code) = dsc(folder.path(), &["dump", "graph.txt", "--variant", "x"]);
    assert!(code == 2 && err.contains("is a graph already"), "{err}");
}

#[test]
fn passes_are_shown_alone_together_and_by_what_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let (out, err, code) = dsc(folder.path(), &[&["dump", "halves.dsl"], args].concat());
        assert_eq!(code, 0, "{args:?}: {err}");
        (out, err)
    };
    let (canonical, note) = run(&[]);
    for same in [&["-O0"][..], &["--stop-after", "0"], &["--ir"], &["--pass", "dead_code"]] {
        assert_eq!(run(same), (canonical.clone(), note.clone()), "{same:?}: the hash is that of the canonical graph");
    }
    let (optimised, stderr) = run(&["-O1"]);
    assert_eq!(stderr, note);
    assert_eq!(canonical.matches(" = mean(").count(), 4, "the model says it four times\n{canonical}");
    assert_eq!(optimised.matches(" = mean(").count(), 2);
    assert_eq!(
        optimised.matches(" = take(").count(),
        1,
        "of the two bottlenecks the smaller one is enough\n{optimised}"
    );
    for same in [&["--opt-level", "1"][..], &["--stop-after", "3"], &["--stop-after", "4"]] {
        assert_eq!(run(same).0, optimised, "{same:?}");
    }
    let (first, _) = run(&["--pass", "common_subexpressions"]);
    assert_eq!(run(&["--stop-after", "2"]).0, first);
    assert_eq!((first.matches(" = mean(").count(), first.matches(" = take(").count()), (2, 2));
    let (diff, stderr) = run(&["--print-changed"]);
    assert_eq!(run(&["-O1", "--print-changed"]).0, diff);
    assert!(stderr.contains("dead_code: no change"), "{stderr}");
    insta::assert_snapshot!(diff);
    assert_eq!(run(&["-O0", "--print-changed"]), (String::new(), String::new()));
    let (json, _) = run(&["--print-changed", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!([0, 1].map(|pass| &json[pass]["pass"]), ["constant_folding", "common_subexpressions"]);
    assert_eq!([0, 1, 2, 3].map(|pass| json[pass]["changed"] == true), [false, true, true, false]);
    for wrong in [&["--pass", "no_such_pass"][..], &["--stop-after", "9"], &["-O7"], &["--types", "-O1"]] {
        assert_eq!(dsc(folder.path(), &[&["dump", "halves.dsl"], wrong].concat()).2, 2, "{wrong:?}");
    }
}
