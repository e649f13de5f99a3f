//! What a run folder records, and files of it that have changed since.

use std::fs;

use serde_json::{Value, json};

use crate::workspace::{SMALL, Workspace, columns, ids};

#[test]
fn all_hypers_are_recorded_and_decide_when_a_run_is_opened_again() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --variant deep --set p=0.25 --data demo --out run -q", 0);
    let run = workspace.json("run/run.json");
    assert_eq!(run["hypers"], json!({"d": 6, "p": 0.25, "depth": 2}));
    let origins = json!({
        "d": {"recipe": "demo"}, "p": {"command_line": "--set p=0.25"}, "depth": {"variant": "deep"}
    });
    assert_eq!(run["hyper_origins"], origins);
    // Other defaults, another recipe, another variant: the run is what it was.
    let changed = SMALL
        .replace("d     = 4", "d     = 9")
        .replace("p     = 0.5", "p     = 0.9")
        .replace("set depth = 2", "set depth = 3")
        .replace("set d = 6", "set d = 7");
    assert_ne!(changed, SMALL);
    workspace.write("run/source/small.dsl", changed);
    let scored = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(scored["equal_to_results"], true);
}

#[test]
fn a_run_names_neither_the_host_nor_an_absolute_path() {
    let workspace = Workspace::new();
    let root = workspace.path().canonicalize().unwrap();
    fs::create_dir_all(workspace.file("project/data")).unwrap();
    let split = |n| columns(n, Some(&|i| i as f64 / 4.0 - 0.5), vec![ids(n, |i| format!("s{i}"))]);
    workspace.data("project/data/own.pkl", [split(8), split(4), split(4)]);
    fs::rename(workspace.file("small.dsl"), workspace.file("project/small.dsl")).unwrap();
    let full = |name: &str| root.join(name).display().to_string();
    let mut command = workspace.command("train -q");
    command.arg(full("project/small.dsl")).arg("--data").arg(full("project/data/own.pkl"));
    command.arg(format!("--out={}", full("project/runs/one")));
    workspace.run(command, 0);
    let text = workspace.text("project/runs/one/run.json");
    assert!(!text.contains(&root.display().to_string()) && !text.contains(": \"/"), "{text}");
    let run = workspace.json("project/runs/one/run.json");
    assert_eq!(run["data"]["path"], "../../data/own.pkl");
    assert_eq!((&run["command"][0], &run["command"][1]), (&"dsc".into(), &"train".into()));
    assert!(run["machine"].get("host").is_none(), "{run}");
    // It is found again, also from another folder and after the project has moved.
    workspace.dsc("eval project/runs/one -q", 0);
    fs::rename(workspace.file("project"), workspace.file("moved")).unwrap();
    let mut command = workspace.command("eval runs/one --format json");
    command.current_dir(workspace.file("moved"));
    let scored = workspace.run(command, 0).json();
    assert_eq!(scored["equal_to_results"], true);
}

#[test]
fn files_of_a_run_that_have_changed_are_named() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --with standardize=train --out run -q", 0);
    let equal = workspace.dsc("eval run", 0);
    assert!(equal.out.contains("equal to results.json"), "{}", equal.out);

    // One weight, as an editor of checkpoints would set it.
    let weights = workspace.file("run/best.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let original = bytes.clone();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&7.5f32.to_le_bytes());
    fs::write(&weights, &bytes).unwrap();
    let edited = workspace.dsc("eval run", 1);
    assert!(edited.err_line().contains("E0927"), "{}", edited.err);
    assert!(
        edited.err_line().contains("the weights of `run` have changed since the run was finished"),
        "{}",
        edited.err
    );
    assert!(edited.out.contains("changed since the run was finished: best.safetensors"), "{}", edited.out);
    assert!(!edited.out.contains("last digits"), "{}", edited.out);
    let json = workspace.dsc("eval run --format json", 1).json();
    assert_eq!((&json["equal_to_results"], &json["changed_files"]), (&false.into(), &json!(["best.safetensors"])));
    let predicted = workspace.dsc("predict run --split test", 0);
    assert!(predicted.err.contains("run: changed since the run was finished: best.safetensors"), "{}", predicted.err);
    fs::write(&weights, &original).unwrap();
    assert!(workspace.dsc("eval run", 0).out.contains("equal to results.json"));

    // Other statistics of the features change the scores as well.
    let text = workspace.text("run/results.json");
    let statistics = workspace.text("run/standardizer.json");
    workspace.write("run/standardizer.json", statistics.replacen("0.", "1.", 5));
    let other = workspace.dsc("eval run", 0);
    assert!(other.out.contains("changed since the run was finished: standardizer.json"), "{}", other.out);
    workspace.write("run/standardizer.json", statistics);

    // Results that say something else, or that cannot be read.
    let mut results = workspace.json("run/results.json");
    results["test"]["metrics"]["mae"] = 0.001.into();
    workspace.write("run/results.json", results.to_string());
    let edited = workspace.dsc("eval run", 0);
    assert!(edited.out.contains("results.json was changed"), "{}", edited.out);
    workspace.write("run/results.json", &text[..text.len() / 2]);
    let broken = workspace.dsc("eval run", 0);
    assert!(
        broken.err.contains("cannot be compared with those of the training: cannot read `run/results.json`"),
        "{}",
        broken.err
    );
    assert!(!broken.out.contains("results.json"), "{}", broken.out);
    assert_eq!(workspace.dsc("eval run --format json", 0).json()["equal_to_results"], Value::Null);
}

#[test]
fn a_damaged_saved_source_is_named() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --out run -q", 0);
    for (damage, place_of_fault) in [("modle M {}\n", "run/source/small.dsl:1"), ("", "run/source/small.dsl")] {
        let text = if damage.is_empty() { SMALL.replace("mean(a)", "meen(a)") } else { damage.to_owned() };
        workspace.write("run/source/small.dsl", text);
        for command in ["eval run", "predict run", "dump run"] {
            let refused = workspace.dsc(command, 1);
            assert!(refused.err_line().contains("saved sources of `run` were changed"), "{command}: {}", refused.err);
            assert!(refused.err_line().contains(place_of_fault), "{command}: {}", refused.err);
        }
    }
}

#[test]
fn a_training_in_bf16_is_scored_in_it_and_follows_fp32() {
    let workspace = Workspace::new();
    let args = |precision: &str, out: &str| {
        format!("train late_fusion --data demo --epochs 3 --seeds 3 --with precision={precision} --out {out}")
    };
    let trained = workspace.dsc(&args("bf16", "low"), 0);
    assert!(
        trained.err.contains("`precision = bf16` is slower than fp32 on this processor") || has_amx(),
        "{}",
        trained.err
    );
    workspace.dsc(&args("fp32", "full"), 0);
    let tf32 = workspace.dsc("train small.dsl --data demo --epochs 1 --with precision=tf32 --out tf32", 0);
    assert!(tf32.err.contains("is for GPUs: on a CPU products are computed in fp32"), "{}", tf32.err);

    // Loss curves: no further apart than those of the seeds.
    let losses = |run: &str, seed: usize| -> Vec<f64> {
        let text = workspace.text(&format!("{run}/seed-{seed}/metrics.jsonl"));
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter_map(|line| line["total"].as_f64()).collect()
    };
    let full: Vec<Vec<f64>> = (1..=3).map(|seed| losses("full", seed)).collect();
    assert!(full.iter().all(|curve| curve.len() >= 3), "{full:?}");
    for (i, exact) in full.iter().enumerate() {
        let low = losses("low", i + 1);
        assert_ne!(&low, exact);
        for (epoch, (low, exact)) in low.iter().zip(exact).enumerate() {
            let of_seeds = full.iter().filter_map(|curve| curve.get(epoch));
            let spread = of_seeds.clone().fold(f64::MIN, |a, b| a.max(*b)) - of_seeds.fold(f64::MAX, |a, b| a.min(*b));
            assert!((low - exact).abs() <= spread, "seed {}, epoch {epoch}: {low}, {exact}, spread {spread}", i + 1);
        }
    }
    let scored = workspace.dsc("eval low --format json", 0).json();
    assert_eq!(scored["equal_to_results"], Value::from(true));
    assert_eq!(workspace.json("low/seed-1/run.json")["settings"]["precision"], "bf16");
    assert!(workspace.json("full/seed-1/run.json")["settings"].get("precision").is_none());
}

fn has_amx() -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|info| info.contains("amx_bf16"))
}
