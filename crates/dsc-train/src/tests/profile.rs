//! Trainings whose steps are timed by line of the model.

use std::fs;
use std::path::Path;

use dsc_experiment::profile::{OTHER, StepProfile};
use dsc_recipe::{Recompute, Settings};
use dsc_runtime::device::Device;
use dsc_syntax::diag::codes::runtime::E0702;

use super::{How, log_without_times, run, run_on, settings, setup};
use crate::trainer::Outcome;

fn profile(out: &Path) -> StepProfile {
    serde_json::from_str(&fs::read_to_string(out.join("profile.json")).unwrap()).unwrap()
}

#[test]
fn a_profiled_training_has_the_same_results() {
    let (setup, settings, dir) = (setup(), settings(2), tempfile::tempdir().unwrap());
    let trained = |name: &str, threads: usize, profile: bool| {
        let out = dir.path().join(name);
        let outcome =
            run_on(&setup, &settings, 3, &out, false, How { parts: 5, threads, ahead: false }, profile).unwrap();
        assert!(matches!(outcome, Outcome::Finished(_)));
        assert_eq!(out.join("profile.json").is_file(), profile);
        let files = ["best.safetensors", "test.csv", "valid.csv"];
        (log_without_times(&out), files.map(|name| fs::read(out.join(name)).unwrap()))
    };
    let plain = trained("plain", 1, false);
    assert_eq!(trained("one", 1, true), plain);
    assert_eq!(trained("three", 3, true), plain);
}

#[test]
fn all_of_a_step_is_in_the_profile() {
    let (setup, kept, dir) = (setup(), settings(2), tempfile::tempdir().unwrap());
    let again = Settings { recompute: Recompute::Blocks, ..kept.clone() };
    for (threads, settings) in [(1, &kept), (3, &kept), (1, &again)] {
        let out = dir.path().join(format!("{threads}{}", settings.recompute));
        run_on(&setup, settings, 3, &out, false, How { parts: 5, threads, ahead: false }, true).unwrap();
        let profile = profile(&out);
        // 600 samples in batches of 32, two of them a step, in two epochs.
        assert_eq!((profile.steps, profile.threads), (20, threads));
        assert_eq!(profile.other_s.keys().map(String::as_str).collect::<Vec<_>>(), OTHER.map(|(name, _)| name));
        let of_lines: f64 = profile.lines.iter().map(|l| l.spent.seconds()).sum();
        let of_operations: f64 = profile.operations.iter().map(|o| o.spent.seconds()).sum();
        assert!((of_lines - of_operations).abs() < 1e-9, "operations are the lines once more");
        let sum = of_lines + profile.other_s.values().sum::<f64>();
        assert!((sum / profile.threads_s - 1.0).abs() < 0.03, "{sum} of {}", profile.threads_s);
        if threads == 1 {
            assert!((profile.threads_s / profile.wall_s - 1.0).abs() < 1e-6, "{profile:?}");
        }
        // The line of the audio encoder, forward and backward, in 5 parts of 2 batches, but for a last batch of 24.
        let line = profile.lines.iter().find(|l| l.text.starts_with("let a = audio")).unwrap();
        assert_eq!((line.file.as_str(), line.line), ("small.dsl", 7));
        assert!(line.spent.forward_s > 0.0 && line.spent.backward_s > 0.0, "{line:?}");
        let relu = profile.operations.iter().find(|o| o.operation == "relu" && o.line == 7).unwrap();
        // 19 batches in 10 steps; the relu is one of the model itself, which is kept.
        assert!((relu.spent.calls - 9.5).abs() < 1e-9, "{relu:?}");
        let library = profile.operations.iter().find(|o| o.operation == "linear" && o.line == 7).unwrap();
        assert_eq!(library.path, ["Linear"]);
        assert!(library.at.starts_with("std/"), "{library:?}");
    }
}

#[test]
fn a_stopped_training_has_the_profile_of_its_steps() {
    let (setup, settings, dir) = (setup(), settings(2), tempfile::tempdir().unwrap());
    let out = dir.path().join("run");
    let outcome = run_on(&setup, &settings, 3, &out, true, How { parts: 2, threads: 1, ahead: false }, true).unwrap();
    assert!(matches!(outcome, Outcome::Interrupted { .. }));
    assert_eq!(profile(&out).steps, 1);
    run(&setup, &settings, 3, &dir.path().join("plain"), true).unwrap();
    assert!(!dir.path().join("plain/profile.json").exists());
}

#[test]
fn a_gpu_is_not_profiled() {
    crate::profile::check(Device::Cpu).unwrap();
    let refused = crate::profile::check(Device::Cuda(0)).unwrap_err();
    assert_eq!(refused.code, E0702);
    assert!(refused.message.contains("--device cpu"), "{}", refused.message);
}
