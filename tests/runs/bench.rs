//! `dsc bench`: what is measured, with which passes, and that nothing is left behind.

use serde_json::{Value, json};

use crate::workspace::Workspace;

#[test]
fn steps_are_measured_beside_the_machine_and_nothing_is_written() {
    let workspace = Workspace::new();
    let before = workspace.names(".");
    let bench =
        |more: &str| workspace.dsc(&format!("bench small.dsl --data demo --steps 2 --format json{more}"), 0).json();
    let all = bench("");
    assert_eq!((&all["model"], &all["data"], &all["recipe"]), (&json!("Small"), &json!("demo"), &json!("demo")));
    assert_eq!((&all["batch"], &all["parts"]), (&json!(64), &json!(1)), "a small model is trained in one part");
    assert_eq!(
        all["passes"],
        json!([
            "constant_folding",
            "common_subexpressions",
            "row_demand",
            "dead_code",
            "absorbed_projections",
            "merged_projections"
        ])
    );
    let above_0 = |value: &Value| value.as_f64().is_some_and(|n| n > 0.0);
    for (part, key) in
        [("machine", "float32"), ("machine", "bandwidth"), ("train", "samples_per_s"), ("eval", "samples_per_s")]
    {
        assert!(above_0(&all[part][key]), "{part}.{key}: {all}");
    }
    for measured in [&all["train"], &all["eval"]] {
        let [least, median, most] = ["least", "median", "most"].map(|key| measured["wall_s"][key].as_f64().unwrap());
        assert!(0.0 < least && least <= median && median <= most, "{measured}");
        assert!(above_0(&measured["multiply_adds"]) && above_0(&measured["share_of_limit"]), "{measured}");
    }
    assert_eq!(all["train"]["steps"], 2);
    let phases: Vec<&str> = all["train"]["phases_s"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(phases, ["batch", "forward", "backward", "gradients", "optimiser"]);
    assert_eq!((all.get("profile"), &all["accumulate"]), (None, &json!(1)));
    assert!(above_0(&all["memory"]["model"]), "{all}");
    assert_eq!(bench(" -O0")["passes"], json!([]));
    assert_eq!(bench(" --only dead_code")["passes"], json!(["dead_code"]));
    assert_eq!(
        bench(" --without dead_code --without row_demand")["passes"],
        json!(["constant_folding", "common_subexpressions", "absorbed_projections", "merged_projections"])
    );
    let text = workspace.dsc("bench small.dsl --data demo --steps 1 --threads 1", 0).out;
    for part in ["limits of the machine", "training, a step", "evaluation, the validation split", "memory of training"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for option in ["--out runs", "--epochs 7", "--seeds 3"] {
        let refused = workspace.dsc(&format!("bench small.dsl --data demo {option}"), 2);
        assert!(refused.err.contains("steps are measured"), "{}", refused.err);
    }
    // 300 samples: every other batch would have 20.
    let whole = workspace.dsc("bench small.dsl --data demo --batch 280 --steps 3 --format json", 0).json();
    let (rate, median) =
        (whole["train"]["samples_per_s"].as_f64().unwrap(), whole["train"]["wall_s"]["median"].as_f64().unwrap());
    assert!((rate * median - 280.0).abs() < 1e-6, "{whole}");
    // Three batches a step.
    let three = workspace.dsc("bench small.dsl --data demo --with accumulate=3 --steps 2 --format json", 0).json();
    let ratio = |key: &str| three["train"][key].as_f64().unwrap() / all["train"][key].as_f64().unwrap();
    assert_eq!(three["accumulate"], 3);
    assert!((ratio("multiply_adds") - 3.0).abs() < 0.5, "lengths differ between batches: {three}");
    let samples =
        three["train"]["samples_per_s"].as_f64().unwrap() * three["train"]["wall_s"]["median"].as_f64().unwrap();
    assert!((samples - 192.0).abs() < 1e-6, "{three}");
    let refused = workspace.dsc("bench small.dsl --data demo -O0 --without dead_code", 2);
    assert!(refused.err.contains("-O0 runs no pass"), "{}", refused.err);
    workspace.dsc("bench small.dsl --data demo --only no_such_pass", 2);
    workspace.dsc("bench small.dsl --data demo --steps 0", 2);
    assert_eq!(workspace.names("."), before);
}
