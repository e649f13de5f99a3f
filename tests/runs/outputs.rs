//! Predictions and scores: of a split and of all, of classes, of a second output.

use serde_json::Value;

use crate::workspace::{SMALL, Workspace, columns};

#[test]
fn predictions_of_a_split_and_of_all_splits() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --out run -q", 0);
    // The same numbers in the same columns as the run's own file.
    assert_eq!(workspace.dsc("predict run --split test", 0).out, workspace.text("run/test.csv"));
    let all = workspace.dsc("predict run --data demo", 0).out;
    let mut lines = all.lines();
    assert_eq!(lines.next(), Some("split,id,label,prediction"));
    let of = |split: &str| all.lines().filter(|l| l.starts_with(&format!("{split},"))).count();
    assert_eq!((of("train"), of("valid"), of("test")), (600, 150, 300));
    let json = workspace.dsc("predict run --split valid --format json", 0).json();
    let csv = workspace.text("run/valid.csv");
    let first: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((json[0]["split"].as_str(), json[0]["id"].as_str()), (Some("valid"), Some(first[0])));
    assert_eq!(json[0]["prediction"].to_string().parse::<f32>().unwrap(), first[2].parse::<f32>().unwrap());

    // A file of two splits, one of them without labels; audio longer than any that was trained on.
    workspace.new_data("new.pkl", &[3, 20]);
    let csv = workspace.dsc("predict run --data new.pkl", 0).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 5, "{csv}");
    assert!(lines[1].starts_with("valid,0,0,") && lines[2].starts_with("valid,1,0.5,"), "{csv}");
    assert!(lines[3].starts_with("test,16777217,,") && lines[4].starts_with("test,16777219,,"), "{csv}");
    let test = workspace.dsc("predict run --data new.pkl --split test --out test.csv", 0);
    assert!(test.out.is_empty() && test.err.contains("2 predictions in `test.csv`"), "{}", test.err);
    assert!(workspace.text("test.csv").starts_with("id,prediction\n16777217,"), "{}", workspace.text("test.csv"));
    workspace.dsc("predict run --data new.pkl --out new.json --format json", 0);
    assert_eq!(workspace.json("new.json").as_array().unwrap().len(), 4);
    assert_eq!(workspace.json("new.json")[3]["label"], Value::Null);

    // Invalid requests are reported before anything is computed.
    let there = workspace.dsc("predict run --data new.pkl --out test.csv", 1);
    assert!(there.err_line().contains("`test.csv` exists"), "{}", there.err);
    let nowhere = workspace.dsc("predict run --data new.pkl --out no/such/x.csv", 1);
    assert!(nowhere.err_line().contains("there is no folder `no/such`"), "{}", nowhere.err);
    let split = workspace.dsc("predict run --data new.pkl --split train", 1);
    assert!(
        split.err_line().contains("has no split `train`") && split.err.contains("`valid`, `test`"),
        "{}",
        split.err
    );
    workspace.dsc("predict run --data new.pkl --split tset", 2);
}

#[test]
fn two_classes_are_scored_as_classes() {
    let workspace = Workspace::new();
    let model = SMALL.replace("mse", "bce_with_logits").replace("select = min mae ", "family = binary");
    workspace.write("two.dsl", model);
    let split = |n| columns(n, Some(&|i| (i % 2) as f64), Vec::new());
    workspace.data("own.pkl", [split(9), split(4), split(4)]);
    workspace.dsc("check two.dsl --data own.pkl --recipe own", 0);
    let output = workspace.dsc("train two.dsl --data own.pkl --recipe own --out run", 0);
    assert!(!output.err.contains("E0618"), "{}", output.err);
    let results = workspace.json("run/results.json");
    assert_eq!((results["family"].as_str(), results["select"].as_str()), (Some("binary"), Some("max acc2")));
    let metrics = results["test"]["metrics"].as_object().unwrap();
    assert_eq!(metrics.keys().collect::<Vec<_>>(), ["acc2", "f1", "auc"]);
    // Four of nine: the constant is the logit of their share, which predicts class 0.
    assert!((results["constant"]["value"].as_f64().unwrap() - (4f64 / 5.0).ln()).abs() < 1e-6);
    assert_eq!(results["constant"]["test"]["metrics"]["acc2"], 0.5);
}

#[test]
fn a_second_output_is_scored_predicted_and_reported() {
    let workspace = Workspace::new();
    let text = SMALL
        .replace("label y      : Real", "label y : Real\nlabel z : Real from \"regression_labels\"")
        .replace(
            "  output score for y\n",
            "  let other = mean(a) |> MLP(widths: [1]) |> scalar()\n  output score for y\n  output other for z\n",
        )
        .replace("  loss prediction", "  loss second = mse(other, target: z)\n  loss prediction");
    workspace.write("two.dsl", text);
    let mut command = workspace.command("train two.dsl --data demo --out run --with");
    command.arg("select=min z.mae");
    let trained = workspace.run(command, 0);
    assert!(
        trained.err.contains("train losses: second ") && trained.err.contains("valid mae of z 0."),
        "{}",
        trained.err
    );
    assert!(trained.err.contains(" (best)") && !trained.err.contains(" * "), "{}", trained.err);
    assert!(
        trained.out.contains("Small, seed 1, output for z") && trained.out.contains("`min z.mae`"),
        "{}",
        trained.out
    );
    let results = workspace.json("run/results.json");
    let mae = results["outputs"]["z"]["test"]["metrics"]["mae"].as_f64().unwrap();
    assert_ne!(mae, workspace.mae("run"));
    let scored = workspace.dsc("eval run", 0);
    assert!(scored.out.contains("output for z") && scored.out.contains("equal to results.json"), "{}", scored.out);
    let json = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(json["outputs"]["z"]["metrics"]["mae"].as_f64(), Some(mae));
    let predicted = workspace.dsc("predict run --split test", 0).out;
    assert!(predicted.starts_with("id,label,prediction,label.z,prediction.z\n"), "{predicted}");
    assert_eq!(predicted, workspace.text("run/test.csv"));
    let json = workspace.dsc("predict run --split test --format json", 0).json();
    assert_eq!(json[0]["outputs"]["z"]["label"], json[0]["label"]);
    // A comparison has tables for both.
    let all = workspace.dsc("ablate two.dsl --data demo --seeds 1 --epochs 1 --no-unimodal --out all -q", 0);
    for title in ["Test, output for z", "Test, output for z, minus Small"] {
        assert!(all.out.contains(title), "{title}: {}", all.out);
    }
    assert!(workspace.text("all/table.csv").contains("\"deep\",z.mae,1,"), "{}", workspace.text("all/table.csv"));
}
