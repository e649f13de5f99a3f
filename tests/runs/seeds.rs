//! The runs of several seeds: scored together, interrupted, without weights or results.

use std::fs;

use serde_json::{Value, json};

use crate::workspace::Workspace;

#[test]
fn several_seeds_are_scored_together() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --seeds 2 --out runs -q", 0);
    let seeds = workspace.json("runs/seeds.json");
    assert_eq!((&seeds["seeds"], &seeds["finished"]), (&Value::from(2), &Value::from(2)));
    assert_eq!(seeds["runs"][1], json!({"seed": 2, "folder": "seed-2", "state": "finished"}));
    let mean = workspace.json("runs/results.json");
    assert_eq!((&mean["asked"], &mean["finished"]), (&Value::from(2), &Value::from(2)));
    let mae = |seed: u64| workspace.mae(&format!("runs/seed-{seed}"));

    let shown = workspace.dsc("eval runs", 0);
    for expected in ["test, seed 1", "test, seed 2", "test, 2 seeds", "equal to the results.json of each seed"] {
        assert!(shown.out.contains(expected), "{expected}\n{}", shown.out);
    }
    let json = workspace.dsc("eval runs --format json", 0).json();
    assert_eq!((&json["split"], &json["equal_to_results"]), (&Value::from("test"), &Value::from(true)));
    let summary = json["summary"].as_array().unwrap().iter().find(|s| s["name"] == "mae").unwrap();
    assert!((summary["mean"].as_f64().unwrap() - (mae(1) + mae(2)) / 2.0).abs() < 1e-12);
    assert_eq!(json["runs"][1]["metrics"]["mae"].as_f64().unwrap(), mae(2));
    let valid = workspace.dsc("eval runs --split valid --format json", 0).json();
    assert_eq!(valid["runs"][0]["samples"], 150);

    // One seed by itself; its memory is its own where the kernel allows.
    let one = workspace.dsc("eval runs/seed-2 --format json", 0).json();
    assert_eq!((&one["seed"], &one["equal_to_results"], &one["samples"]), (&2.into(), &true.into(), &300.into()));
    let peak = &workspace.json("runs/seed-2/results.json")["peak_memory"];
    assert!(
        peak["resident"].as_u64().unwrap() > 10 << 20 && ["run", "process"].contains(&peak["during"].as_str().unwrap())
    );
    let refused = workspace.dsc("predict runs --data demo", 1);
    assert!(refused.err_line().contains("contains the runs of several seeds"), "{}", refused.err);
    assert!(refused.err_line().contains("`runs/seed-1`, `runs/seed-2`"), "{}", refused.err);
}

#[test]
fn an_interrupted_seed_takes_no_other_with_it() {
    let workspace = Workspace::new();
    let args = "train small.dsl --data demo --epochs 4 --seeds 500 --out runs";
    let output = workspace.interrupted(args, "runs/seed-2/results.json");
    assert_eq!(output.code, Some(130), "{}", output.err);
    assert!(output.err.contains("of 500 seeds are finished: `dsc eval runs` scores them"), "{}", output.err);
    let seeds = workspace.json("runs/seeds.json");
    let finished = seeds["finished"].as_u64().unwrap();
    assert!((2..500).contains(&finished) && seeds["seeds"] == 500, "{seeds}");
    let mean = workspace.json("runs/results.json");
    assert_eq!((mean["finished"].as_u64(), mean["asked"].as_u64()), (Some(finished), Some(500)));
    let scored = workspace.dsc("eval runs --format json", 0);
    assert_eq!(scored.json()["runs"].as_array().unwrap().len() as u64, finished);
    assert!(scored.err.contains(&format!("{finished} of 500 seeds are finished")), "{}", scored.err);
}

#[test]
fn runs_without_weights_or_results_are_distinguished() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --seeds 2 --epochs 1 --out runs -q", 0);
    // As if the first epoch had not ended.
    for seed in ["1", "2"] {
        fs::remove_file(workspace.file(&format!("runs/seed-{seed}/results.json"))).unwrap();
    }
    fs::remove_file(workspace.file("runs/seed-1/best.safetensors")).unwrap();
    let output = workspace.dsc("eval runs/seed-1", 1);
    assert!(output.err.contains("E0924") && output.err_line().contains("before its first one ended"), "{}", output.err);
    let mut seeds = workspace.json("runs/seeds.json");
    seeds["finished"] = 0.into();
    seeds["runs"].as_array_mut().unwrap().iter_mut().for_each(|r| r["state"] = "interrupted".into());
    workspace.write("runs/seeds.json", seeds.to_string());
    let output = workspace.dsc("eval runs", 1);
    assert!(
        output.err.contains("E0925") && output.err_line().contains("`dsc eval runs/seed-2 --split valid`"),
        "{}",
        output.err
    );
    // A folder above runs, a file, nothing at all.
    let output = workspace.dsc("eval .", 1);
    assert!(
        output.err_line().contains("`.` is not a run: it contains one run") && output.err.contains("give `./runs`"),
        "{}",
        output.err
    );
    assert!(workspace.dsc("eval small.dsl", 1).err_line().contains("it is a file"));
    assert!(workspace.dsc("predict nowhere", 1).err_line().contains("the folder does not exist"));
}
