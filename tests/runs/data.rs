//! Feature files that are trained on and predicted: what is wrong with them, what they lack, where they are.

use std::fs;

use dsc_testing::feature_file::Py;
use serde_json::{Value, json};

use crate::workspace::{SMALL, Workspace, columns, ids};

#[test]
fn samples_that_are_too_long_are_one_fault_before_anything_runs() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --out run -q", 0);
    workspace.new_data("long.pkl", &[3, 21, 25, 4]);
    let output = workspace.dsc("predict run --data long.pkl", 1);
    let line = output.err_line();
    assert!(
        line.contains("`long.pkl`, test.vision: sample `16777221` has 25 frames, the run allows at most 20"),
        "{line}"
    );
    assert!(line.contains("2 samples are too long: truncate them to 20 frames, remove them, or train again"), "{line}");
    assert_eq!((output.err.matches("E0615").count(), output.err.matches("error").count()), (1, 1), "{}", output.err);
    // The split that is asked for counts, no other.
    assert_eq!(workspace.dsc("predict run --data long.pkl --split valid", 0).out.lines().count(), 3);
    let scored = workspace.dsc("eval run --data long.pkl --split valid --format json", 0).json();
    assert_eq!((&scored["samples"], &scored["equal_to_results"]), (&2.into(), &Value::Null));
    let unlabelled = workspace.dsc("eval run --data long.pkl --split test", 1);
    assert!(unlabelled.err.contains("E0615"), "{}", unlabelled.err);
    workspace.new_data("short.pkl", &[3]);
    let unlabelled = workspace.dsc("eval run --data short.pkl --split test", 1);
    assert!(unlabelled.err_line().contains("has no labels `regression_labels` in split `test`"), "{}", unlabelled.err);
}

#[test]
fn invalid_data_are_recorded_in_the_run() {
    let workspace = Workspace::new();
    let split = |audio_lengths: &[i32], nan: bool| {
        let n = audio_lengths.len();
        let more = vec![ids(n, |i| format!("s{i}")), ("audio_lengths", Py::ints(audio_lengths))];
        let Py::Dict(mut all) = columns(n, Some(&|i| i as f64 / 3.0), more) else { panic!() };
        if let (true, Py::List(vision)) = (nan, &mut all[1].1) {
            vision[1] = Py::List(vec![Py::floats(&[f64::NAN; 8]), Py::floats(&[1.0; 8])]);
        }
        Py::Dict(all)
    };
    let (train, valid, test) = (split(&[5, 0, 2, 0], true), split(&[5, 4, 3], false), split(&[0, 5, 5], false));
    workspace.data("own.pkl", [train, valid, test]);
    let refused = workspace.dsc("train small.dsl --data own.pkl --out run", 1);
    assert!(refused.err.contains("E0607") && !workspace.file("run").exists(), "{}", refused.err);
    let output = workspace.dsc("train small.dsl --data own.pkl --out run --with nonfinite=zero --format json", 0);
    output.json();
    let err = output.err.replace("\\n", " ");
    assert!(err.contains("train.audio: 2 of 4 samples have length 0, the first is `s1`"), "{err}");
    assert!(err.contains("train.vision: 8 NaN and 0 infinite values are replaced by 0"), "{err}");
    let data = &workspace.json("run/run.json")["data"];
    let zeros = json!({
        "train": {"audio": {"samples": 2, "first": "s1"}}, "test": {"audio": {"samples": 1, "first": "s0"}}
    });
    assert_eq!(data["zero_lengths"], zeros);
    assert_eq!(data["non_finite"], json!({"train": {"vision": {"nan": 8, "inf": 0, "first": 1}}}));
    assert_eq!(data["truncated"], json!({}));
    let info = workspace.dsc("data info own.pkl --format json", 0).json();
    assert_eq!(info["splits"][0]["streams"][0]["zero_lengths"]["samples"], 2);
}

/// The same warnings come from `data info`, `check --data` and `train`; for a model only those about what it reads.
#[test]
fn findings_about_data_are_one_list() {
    let workspace = Workspace::new();
    let split = |n: usize| {
        // Zeros in front of one to three frames.
        let frame = |t: usize, first: usize| Py::floats(&[if t < first { 0.0 } else { 1.0 + t as f64 }; 6]);
        let padded = |i: usize| Py::List((0..4).map(|t| frame(t, 1 + i % 3)).collect());
        let mask = Py::List((0..n).map(|_| Py::List(vec![Py::ints(&[0; 3]); 3])).collect());
        let more = vec![("text", Py::sequences(&vec![3; n], 2)), ("text_bert", mask)];
        let Py::Dict(mut all) = columns(n, Some(&|i| (i % 2) as f64), more) else { panic!() };
        all[0].1 = Py::List((0..n).map(padded).collect());
        Py::Dict(all)
    };
    workspace.data("own.pkl", [split(8), split(4), split(4)]);
    let info = workspace.dsc("data info own.pkl", 0).err_line();
    let check = workspace.dsc("check small.dsl --data own.pkl --recipe own", 0).err_line();
    let train = workspace.dsc("train small.dsl --data own.pkl --recipe own --out run --with epochs=1", 0).err_line();
    for text in [&info, &check, &train] {
        assert_eq!(text.matches("padding is in front of the frames in 16 of 16 samples").count(), 1, "{text}");
    }
    for text in [&check, &train] {
        assert!(text.contains("[E0618]") && text.contains("are 0 and 1"), "{text}");
        assert!(!text.contains("train.text"), "{text}");
    }
    assert!(info.contains("train.text: 8 of 8 samples have length 0"), "{info}");
    // Stated in the recipe, padding is no finding, and a run that is opened again reads the data as it was trained.
    let stated = "train small.dsl --data own.pkl --recipe own --with epochs=1 --with padding=front --out front";
    assert!(!workspace.dsc(stated, 0).err.contains("padding"));
    let scored = workspace.dsc("eval front --format json", 0).json();
    assert_eq!(scored["metrics"], workspace.json("front/results.json")["test"]["metrics"]);
    // What a training would refuse is an error of `check --data`.
    let without = |n| columns(n, None, Vec::new());
    Py::Dict(vec![("train", without(4)), ("valid", without(4))]).dump(&workspace.file("none.pkl"));
    let refused = workspace.dsc("check small.dsl --data none.pkl", 1);
    assert_eq!(refused.err.matches("has no labels `regression_labels`").count(), 2, "{}", refused.err);
}

/// What a training refuses, `check --data` refuses too, with the same code.
#[test]
fn a_check_with_data_refuses_what_a_training_refuses() {
    let workspace = Workspace::new();
    let split = |n| columns(n, Some(&|i| i as f64 / 10.0 - 0.2), Vec::new());
    let infinite = || {
        let Py::Dict(mut all) = split(4) else { panic!() };
        all[0].1 = Py::List((0..4).map(|i| Py::List(vec![Py::floats(&[f64::INFINITY.powi(i); 6])])).collect());
        Py::Dict(all)
    };
    workspace.data("infinite.pkl", [infinite(), split(4), split(4)]);
    Py::Dict(vec![("train", split(4)), ("test", split(4))]).dump(&workspace.file("two.pkl"));
    workspace.data("empty.pkl", [split(4), split(0), split(4)]);
    workspace.data("whole.pkl", [split(4), split(4), split(4)]);
    workspace.write("shapes.dsl", SMALL.replace("concat(mean(a), mean(h))", "concat(mean(a), mean(h) + mean(vision))"));
    workspace.write("select.dsl", SMALL.replace("select = min mae", "select = min z.mae"));
    workspace.write("warm.dsl", SMALL.replace("epochs = 2", "epochs = 2  warmup = 100 steps"));
    let fits = format!("{} --set d=8", "shapes.dsl");
    for (model, data, code) in [
        ("small.dsl", "infinite.pkl", "E0607"),
        ("small.dsl", "two.pkl", "E0605"),
        ("small.dsl", "empty.pkl", "E0921"),
        // Its widths agree for these data alone.
        (fits.as_str(), "whole.pkl", "E0301"),
        ("select.dsl", "whole.pkl", "E0963"),
    ] {
        for command in ["check", "train --out run"] {
            let refused = workspace.dsc(&format!("{command} {model} --data {data} --recipe demo"), 1);
            assert!(refused.err.contains(code), "{command} {model} --data {data}: {}", refused.err);
        }
        assert!(!workspace.file("run").exists());
    }
    workspace.dsc(&format!("summary {fits} --data whole.pkl"), 1);
    for command in ["check warm.dsl --data demo", "train warm.dsl --data demo --out warm -q"] {
        let warned = workspace.dsc(command, 0);
        assert!(warned.err.contains("W0190") || command.ends_with("-q"), "{command}: {}", warned.err);
    }
    let family = workspace.dsc("check small.dsl --data whole.pkl --recipe own", 0);
    assert!(!family.err.contains("E0618"), "{}", family.err);
}

#[test]
fn a_test_split_without_labels_is_predicted_and_not_scored() {
    let workspace = Workspace::new();
    let labelled = |n| columns(n, Some(&|i| i as f64 / 3.0 - 1.0), Vec::new());
    let missing = Py::floats(&[f64::NAN; 3]);
    for (name, test) in
        [("absent", columns(3, None, Vec::new())), ("nan", columns(3, None, vec![("regression_labels", missing)]))]
    {
        let file = format!("{name}.pkl");
        Py::Dict(vec![("train", labelled(8)), ("dev", labelled(4)), ("test", test)]).dump(&workspace.file(&file));
        let output = workspace.dsc(&format!("train small.dsl --data {file} --recipe own --out {name}"), 0);
        assert!(output.err.contains("the test split has no labels"), "{}", output.err);
        let results = workspace.json(&format!("{name}/results.json"));
        assert!(
            results["test"]["metrics"]["mae"].is_null() && results["valid"]["metrics"]["mae"].is_number(),
            "{results}"
        );
        let rows = workspace.text(&format!("{name}/test.csv"));
        assert!(rows.lines().count() == 4 && rows.lines().nth(1).unwrap().starts_with("0,,"), "{rows}");
        assert_eq!(workspace.dsc(&format!("predict {name} --split test"), 0).out.lines().count(), 4);
        workspace.dsc(&format!("eval {name} --split test"), 1);
    }
}

#[test]
fn a_file_per_split_is_read_again() {
    let workspace = Workspace::new();
    for (name, n) in [("a", 8), ("b", 4), ("c", 4)] {
        columns(n, Some(&|i| i as f64 / 3.0), Vec::new()).dump(&workspace.file(&format!("{name}.pkl")));
    }
    let data = "train=a.pkl,valid=b.pkl,test=c.pkl";
    workspace.dsc(&format!("check small.dsl --data {data}"), 0);
    workspace.dsc(&format!("train small.dsl --data {data} --recipe own --out run"), 0);
    let recorded = workspace.json("run/run.json")["data"].clone();
    assert!(recorded["name"] == data && recorded["sha256"].as_str().is_some_and(|s| s.len() == 64), "{recorded}");
    let scored = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(scored["metrics"], workspace.json("run/results.json")["test"]["metrics"]);
}

#[test]
fn token_ids_train_where_there_are_no_texts() {
    let workspace = Workspace::new();
    let split = |n: usize| {
        let ids = |i: i32| Py::List(vec![Py::ints(&[2, 5 + i, 3, 0]), Py::ints(&[1, 1, 1, 0]), Py::ints(&[0; 4])]);
        columns(n, Some(&|i| i as f64 / 3.0), vec![("text_bert", Py::List((0..n as i32).map(ids).collect()))])
    };
    workspace.data("ids.pkl", [split(8), split(4), split(4)]);
    let output = workspace.dsc("train words.dsl --data ids.pkl --recipe demo --out run", 0);
    assert!(output.err.contains("token ids in `text_bert` are used as they are"), "{}", output.err);
    assert_eq!(workspace.json("run/run.json")["dims"]["max_lengths"]["T"], 3);
    let scored = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(scored["metrics"], workspace.json("run/results.json")["test"]["metrics"]);
}

#[test]
fn a_known_data_set_that_is_not_aligned_is_refused() {
    let workspace = Workspace::new();
    let shared =
        SMALL.replace("Seq<audio>[Ta, fa]", "Seq<audio>[T, fa]").replace("Seq<vision>[Tv, fv]", "Seq<vision>[T, fv]");
    workspace.write("shared.dsl", shared);
    for command in ["check", "summary", "dump"] {
        let refused = workspace.dsc(&format!("{command} shared.dsl --data mosi"), 1);
        assert!(refused.err.contains("E0616") && refused.err.contains("--data mosi_aligned"), "{}", refused.err);
        workspace.dsc(&format!("{command} shared.dsl --data mosi_aligned"), 0);
    }
    let same = |n: usize| columns(n, Some(&|i| i as f64 / 3.0), Vec::new());
    workspace.data("own.pkl", [same(8), same(4), same(4)]);
    for command in ["check", "train"] {
        let refused = workspace.dsc(&format!("{command} shared.dsl --data own.pkl"), 1);
        assert!(refused.err.contains("E0616"), "{}", refused.err);
    }
}

#[test]
fn texts_that_are_cut_or_missing() {
    let workspace = Workspace::new();
    let output = workspace.dsc("train words.dsl --data demo --out run", 0);
    assert!(output.err.contains("of 1050 texts were cut to 5 tokens"), "{}", output.err);
    let cut = &workspace.json("run/run.json")["data"]["truncated"];
    assert!(["train", "valid", "test"].iter().all(|s| cut[s].as_u64().unwrap() > 0), "{cut}");
    workspace.new_data("no_text.pkl", &[3]);
    let output = workspace.dsc("predict run --data no_text.pkl", 1);
    let line = output.err_line();
    assert!(
        line.contains("`no_text.pkl` has no texts `raw_text` in split `valid`, required by input `text`"),
        "{line}"
    );
    assert_eq!(output.err.matches("E06").count(), 1, "{}", output.err);
}

#[test]
fn data_that_moved_are_asked_for() {
    let workspace = Workspace::new();
    let split = |n| columns(n, Some(&|i| i as f64 / 3.0), Vec::new());
    workspace.data("own.pkl", [split(8), split(4), split(4)]);
    workspace.dsc("train small.dsl --data own.pkl --out run -q", 0);
    fs::rename(workspace.file("own.pkl"), workspace.file("moved.pkl")).unwrap();
    let output = workspace.dsc("eval run", 1);
    assert!(output.err_line().contains("are no longer there") && output.err.contains("--data"), "{}", output.err);
    assert_eq!(workspace.dsc("eval run --data moved.pkl --format json", 0).json()["samples"], 4);
    assert!(workspace.file("run/results.json").is_file());
}

#[test]
fn terminal_escapes_in_data_are_shown() {
    let workspace = Workspace::new();
    let split = |n| {
        let more = vec![ids(n, |i| format!("\u{1b}]0;x\u{7}s{i}")), ("au\u{1b}[2J\u{9b}", Py::ints(&[1]))];
        columns(n, Some(&|i| i as f64 / 4.0 - 0.5), more)
    };
    workspace.data("other.pkl", [split(8), split(4), split(4)]);
    let is_clean = |text: &str| !text.chars().any(|c| c.is_control() && c != '\n');
    for args in [
        "data info other.pkl",
        "train small.dsl --data other.pkl --out run",
        "eval run",
        "check small.dsl --data other.pkl",
    ] {
        let output = workspace.dsc(args, 0);
        for text in [output.out, output.err] {
            assert!(is_clean(&text), "{args}: {text:?}");
        }
    }
    workspace.write("bad.dsl", SMALL.replace("mean(a)", "meen(a) \u{1b}[31m"));
    let shown = workspace.dsc("check bad.dsl", 1);
    assert!(is_clean(&shown.err), "{:?}", shown.err);
}

#[test]
fn an_input_may_give_its_length_alone() {
    let workspace = Workspace::new();
    let by_length = SMALL.replace("let v = vision |> Linear(out: d)", "let v = take(a, rows: Tv)");
    assert_ne!(by_length, SMALL);
    workspace.write("length.dsl", by_length.replace("positions(v, width: d)", "positions(v, width: d, rows: 300)"));
    assert!(!workspace.dsc("check length.dsl", 0).err.contains("W0106"));
    workspace.dsc("train length.dsl --data demo --epochs 1 --out run -q", 0);
    workspace.dsc("train length.dsl --data demo --epochs 1 --out plain -q -O0", 0);
    assert!((workspace.mae("run") - workspace.mae("plain")).abs() < 1e-6);
}
