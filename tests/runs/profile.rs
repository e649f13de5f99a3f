//! `--profile`: where the time of the steps goes, by line of the model.

use serde_json::Value;

use crate::workspace::Workspace;

fn seconds(row: &Value) -> f64 {
    row["forward_s"].as_f64().unwrap() + row["backward_s"].as_f64().unwrap()
}

#[test]
fn a_training_shows_the_time_of_its_lines_and_has_the_same_results() {
    let workspace = Workspace::new();
    let plain = workspace.dsc("train small.dsl --variant deep --data demo --threads 2 --out plain", 0);
    assert!(!plain.out.contains("backward") && !workspace.file("plain/profile.json").exists(), "{}", plain.out);
    let text = workspace.dsc("train small.dsl --variant deep --data demo --threads 1 --out run --profile", 0).out;
    let hashes = |run: &str| {
        let mut all = workspace.json(&format!("{run}/results.json"))["sha256"].clone();
        // The settings name the command.
        all.as_object_mut().unwrap().remove("run.json");
        all
    };
    assert_eq!(hashes("run"), hashes("plain"));
    let profile = workspace.json("run/profile.json");
    assert_eq!((&profile["steps"], &profile["threads"]), (&20.into(), &1.into()), "{profile}");
    for (line, around) in [(13, "l = 0"), (13, "l = 1")] {
        let row = |row: &&Value| row["line"] == line && row["around"] == serde_json::json!([around]);
        let row = profile["lines"].as_array().unwrap().iter().find(row).unwrap_or_else(|| panic!("{profile}"));
        assert_eq!(row["text"], "for l in 0..depth { h = relu(h) }");
        assert!(seconds(row) > 0.0, "{row}");
    }
    for part in ["forward ms", "let a = audio  |> Linear", "other  optimiser", "mean of 20", "of 16 operations"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let json = workspace.dsc("train small.dsl --data demo --out json --profile --format json", 0).json();
    assert_eq!(json["model"], "Small");
    workspace.dsc("train small.dsl --data demo --out seeds --seeds 2 --profile", 0);
    for seed in ["seed-1", "seed-2"] {
        assert_eq!(workspace.json(&format!("seeds/{seed}/profile.json"))["steps"], 20);
    }
}

#[test]
fn nearly_all_of_a_step_of_the_stock_model_is_in_its_lines() {
    let workspace = Workspace::new();
    let bench = workspace.dsc("bench dashfusion --data demo --threads 1 --steps 2 --profile --format json", 0).json();
    let profile = &bench["profile"];
    let lines = profile["lines"].as_array().unwrap();
    let of = |rows: &Value| rows.as_array().unwrap().iter().map(seconds).sum::<f64>();
    let other = |name: &str| profile["other_s"][name].as_f64().unwrap();
    let all: f64 = profile["other_s"].as_object().unwrap().values().map(|s| s.as_f64().unwrap()).sum();
    let step = profile["wall_s"].as_f64().unwrap();
    assert!((of(&profile["lines"]) - of(&profile["operations"])).abs() < 1e-9, "{profile}");
    assert!(((of(&profile["lines"]) + all) / step - 1.0).abs() < 0.03, "{profile}");
    assert!(of(&profile["lines"]) > 0.8 * step, "{} of {step}: {}", of(&profile["lines"]), profile["other_s"]);
    // What is not measured by itself; the machine may be busy.
    assert!(other("rest") < 0.08 * step && other("backward") < 0.08 * step, "{}", profile["other_s"]);
    // The encoder of audio, in the library; a fusion layer, in a block of the file; attention, whose gradient is our own.
    let encoder = lines.iter().find(|l| l["text"].as_str().unwrap().contains("audio  |> FrameEncoder")).unwrap();
    assert!(encoder["share"].as_f64().unwrap() > 0.1 && encoder["around"] == serde_json::json!([]), "{encoder}");
    for turn in ["l = 0", "l = 1"] {
        assert!(lines.iter().any(|l| l["around"] == serde_json::json!([turn, "Fuse"])), "{profile}");
    }
    let operations = profile["operations"].as_array().unwrap();
    let attention = operations.iter().find(|o| o["operation"] == "attention").unwrap();
    assert!(attention["backward_s"].as_f64().unwrap() > 0.3 * attention["forward_s"].as_f64().unwrap(), "{attention}");
}

/// The bound is generous: it is 2 s on a machine with nothing else to do.
#[test]
fn the_first_step_comes_soon() {
    let workspace = Workspace::new();
    let running = workspace.start("train dashfusion --data demo --out run --profile", &[], "run/run.json");
    running.send(libc::SIGINT);
    assert_eq!(running.end().code, Some(130));
    let start = workspace.json("run/profile.json")["start_s"].as_f64().unwrap();
    assert!(start < 15.0, "{start} s");
}
