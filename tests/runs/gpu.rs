//! `dsc` on a GPU beside the CPU. These tests skip themselves where there is none; `scripts/gpu-check.sh` runs them.

use dsc_testing::skip::{Lacks, skip};
use serde_json::Value;

use crate::workspace::Workspace;

/// Whether a GPU can be used; where not, that is told.
fn has_gpu(workspace: &Workspace) -> bool {
    let mut command = workspace.command("train small.dsl --data demo --epochs 1 --device cuda --out probe -q");
    let output = command.output().unwrap();
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let why = text.lines().find_map(|line| line.trim().strip_prefix("× ")).unwrap_or_default();
        // Anything else than a missing GPU is a fault of the program.
        assert!(["E0703", "E0704", "E0705", "E0707"].iter().any(|code| text.contains(code)), "{text}");
        skip(Lacks::Gpu(why));
    }
    output.status.success()
}

/// Training losses by epoch.
fn losses(workspace: &Workspace, run: &str) -> Vec<f64> {
    let text = workspace.text(&format!("{run}/metrics.jsonl"));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["total"].as_f64().unwrap()).collect()
}

#[test]
fn a_training_on_a_gpu_follows_that_on_the_cpu() {
    let workspace = Workspace::new();
    if !has_gpu(&workspace) {
        return;
    }
    let train = |options: &str| {
        workspace.dsc(&format!("train late_fusion --data demo --epochs 3 {options} -q"), 0);
    };
    train("--device cpu --out cpu");
    let exact = losses(&workspace, "cpu");
    for (options, run, tolerance) in [
        ("--device cuda --out fp32", "fp32", 0.01),
        ("--device cuda --with precision=tf32 --out tf32", "tf32", 0.02),
        ("--device cuda --with precision=bf16 --out bf16", "bf16", 0.05),
    ] {
        train(options);
        for (epoch, (found, exact)) in losses(&workspace, run).iter().zip(&exact).enumerate() {
            assert!((found - exact).abs() < tolerance * exact, "{run}, epoch {epoch}: {found}, on the CPU {exact}");
        }
    }
    // Scored where it was trained, and on the CPU.
    let scored = workspace.dsc("eval fp32 --device cuda --format json", 0).json();
    assert_eq!(scored["equal_to_results"], Value::from(true));
    let mae = |device: &str| {
        let scored = workspace.dsc(&format!("eval fp32 --device {device} --format json"), 0).json();
        scored["metrics"]["mae"].as_f64().unwrap()
    };
    assert!((mae("cuda") - mae("cpu")).abs() < 1e-4);
}

#[test]
fn companions_and_an_encoder_train_on_a_gpu_and_repeat_themselves() {
    let workspace = Workspace::new();
    if !has_gpu(&workspace) {
        return;
    }
    for run in ["one", "two"] {
        workspace.dsc(&format!("train dashfusion --data demo --epochs 1 --device cuda --out {run} -q"), 0);
    }
    assert_eq!(losses(&workspace, "one"), losses(&workspace, "two"));
    let benched = workspace.dsc("bench dashfusion --data demo --device cuda --steps 3 --format json", 0).json();
    assert!(benched["train"]["wall_s"]["median"].as_f64().unwrap() > 0.0);
}
