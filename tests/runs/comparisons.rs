//! `dsc ablate` and `dsc sweep`.

use std::fs;

use dsc_testing::feature_file::Py;
use serde_json::json;

use crate::workspace::{SMALL, Workspace, columns, ids};

#[test]
fn an_ablation_trains_what_is_missing_or_has_changed() {
    let workspace = Workspace::new();
    let ablate = |args: &str, code: i32| workspace.dsc(&format!("ablate small.dsl --data demo --out all {args}"), code);
    let done = ablate("--seeds 2", 0);
    // Base, one variant, three models of one modality.
    assert!(done.err.contains("10 runs to train") && done.err.contains("0 are finished already"), "{}", done.err);
    let rows: Vec<&str> = done.out.lines().filter_map(|l| l.split_whitespace().next()).collect();
    for row in ["Small", "deep", "unimodal/text", "unimodal/audio", "unimodal/vision", "constant"] {
        assert!(rows.contains(&row), "{row}: {}", done.out);
    }
    // Each run records the command that repeats it by itself.
    let run = workspace.json("all/deep/seed-2/run.json");
    let command: Vec<&str> = run["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let has = |words: [&str; 2]| command.windows(2).any(|pair| pair == words);
    assert!(command.starts_with(&["dsc", "train", "small.dsl"]), "{command:?}");
    assert!(has(["--variant", "deep"]) && has(["--with", "seed=2"]) && has(["--threads", "1"]), "{command:?}");
    let mae = |row: &str, seed: u64| workspace.mae(&format!("all/{row}/seed-{seed}"));
    let csv = workspace.text("all/table.csv");
    let line = csv.lines().find(|l| l.starts_with("\"deep\",mae,2,")).unwrap();
    let cells: Vec<f64> = line.split(',').skip(3).map(|c| c.parse().unwrap()).collect();
    let differences = [mae("deep", 1) - mae("Small", 1), mae("deep", 2) - mae("Small", 2)];
    assert!((cells[0] - (mae("deep", 1) + mae("deep", 2)) / 2.0).abs() < 1e-12, "{line}");
    assert!((cells[2] - (differences[0] + differences[1]) / 2.0).abs() < 1e-12, "{line}");
    assert!((cells[3] - ((differences[0] - differences[1]) / 2.0).abs()).abs() < 1e-12, "{line}");
    assert!(
        workspace.text("all/table.md").contains("| Test, minus Small |")
            && workspace.text("all/table.tex").contains("\\toprule")
    );
    // The unimodal models were trained as the model is.
    let settings = |row: &str| workspace.json(&format!("all/{row}/seed-1/run.json"))["settings"]["optimizer"].clone();
    assert_eq!(settings("unimodal/text"), settings("Small"));

    // A variant that is called otherwise is found by its graph; one that changed is trained again beside the old runs.
    let text =
        SMALL.replace("variant deep { set depth = 2 }", "variant deeper { set depth = 2 }\nvariant wide { set d = 7 }");
    workspace.write("small.dsl", text);
    let again = ablate("--seeds 2 --format json", 0);
    assert!(again.err.contains("2 runs to train") && again.err.contains("10 are finished already"), "{}", again.err);
    let json = again.json();
    let names: Vec<&str> = json["rows"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Small", "deeper", "wide", "unimodal/text", "unimodal/audio", "unimodal/vision"]);
    assert_eq!((&json["rows"][1]["seeds"], &json["rows"][2]["missing"]), (&json!([1, 2]), &0.into()));

    // A failing run does not affect the others.
    let text = SMALL.replace(
        "variant deep { set depth = 2 }",
        "variant bad { loss prediction *= 3e38 }\nvariant late { set d = 9 }",
    );
    workspace.write("small.dsl", text);
    let failed = ablate("--seeds 1 --no-unimodal", 1);
    assert!(failed.err.contains("bad, seed 1: failed; see all/bad/seed-1.log"), "{}", failed.err);
    assert!(
        failed.err.contains("late, seed 1:") && failed.out.contains("bad: 1 of 1 runs are missing"),
        "{}",
        failed.out
    );
    assert!(workspace.json("all/late/seed-1/results.json")["test"].is_object());
    fs::remove_dir_all(workspace.file("all/late")).unwrap();
    workspace.write("all/late", "in the way");
    let refused = ablate("--seeds 1 --no-unimodal", 1);
    assert!(refused.err.contains("all/late"), "{}", refused.err);
    fs::remove_file(workspace.file("all/late")).unwrap();
    // Ctrl-C is passed on to the runs, and their files are kept when they are trained again.
    let args = "ablate small.dsl --data demo --out all --seeds 1 --no-unimodal --variants late --epochs 500 --jobs 1";
    let stopped = workspace.interrupted(args, "all/Small/seed-1-2/metrics.jsonl");
    assert_eq!(stopped.code, Some(130), "{}", stopped.err);
    assert!(stopped.err.contains("Small, seed 1: interrupted"), "{}", stopped.err);
    assert!(workspace.file("all/Small/seed-1-2/last.safetensors").is_file());
    assert!(stopped.out.contains("late: 1 of 1 runs are missing"), "{}", stopped.out);
    let unknown = ablate("--variants deap", 1);
    assert!(unknown.err.contains("E0517") && unknown.err.contains("other variants are bad, late"), "{}", unknown.err);
}

#[test]
fn a_sweep_has_a_row_for_each_value_and_a_plot() {
    let workspace = Workspace::new();
    let done = workspace.dsc("sweep small.dsl --set d=3,5 --set p=0.1 --data demo --out all", 0);
    assert!(done.err.contains("5 runs to train"), "{}", done.err);
    for row in ["unimodal/text", "unimodal/audio", "unimodal/vision", "constant"] {
        assert!(done.out.contains(row), "{row}: {}", done.out);
    }
    assert!(done.out.contains("Test, minus d=3"), "{}", done.out);
    for (row, d) in [("d=3", 3), ("d=5", 5)] {
        let hypers = &workspace.json(&format!("all/{row}/seed-1/run.json"))["hypers"];
        assert_eq!((&hypers["d"], &hypers["p"]), (&d.into(), &0.1.into()));
    }
    let plot = workspace.text("all/plot.svg");
    assert!(plot.starts_with("<svg ") && plot.contains(">5</text>") && plot.contains("<polyline "), "{plot}");
    let again = workspace.dsc("sweep small.dsl --set d=3,4,5 --set p=0.1 --data demo --out all -q --no-unimodal", 0);
    assert!(again.err.is_empty() && workspace.file("all/d=4/seed-1/results.json").is_file(), "{}", again.err);
    let output = workspace.dsc("sweep small.dsl --set d=3 --data demo --out all", 2);
    assert!(output.err.contains("no hyper has several values"), "{}", output.err);
}

#[test]
fn a_comparison_does_without_a_row_that_lacks_its_encoder() {
    let workspace = Workspace::new();
    let split = |n| {
        let more = vec![ids(n, |i| format!("s{i}")), ("raw_text", Py::texts(&vec!["a good film"; n]))];
        columns(n, Some(&|i| i as f64 / 4.0 - 0.5), more)
    };
    workspace.data("other.pkl", [split(8), split(4), split(4)]);
    let done = workspace.dsc("ablate small.dsl --data other.pkl --out all --epochs 1", 0);
    assert!(done.err_line().contains("no row `unimodal/text`:"), "{}", done.err);
    let rows: Vec<&str> = done.out.lines().filter_map(|l| l.split_whitespace().next()).collect();
    for row in ["Small", "deep", "unimodal/audio", "unimodal/vision"] {
        assert!(rows.contains(&row), "{row}: {}", done.out);
    }
    assert!(!rows.contains(&"unimodal/text"));
    // What is true of all rows is said once.
    assert_eq!(done.err_line().matches("errors and correlation only").count(), 1, "{}", done.err);
    // An encoder that was named has to be there.
    let refused = workspace.dsc("ablate small.dsl --data other.pkl --out all --epochs 1 --text-encoder nowhere", 1);
    assert!(refused.err_line().contains("nowhere"), "{}", refused.err);
}
