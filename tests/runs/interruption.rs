//! Trainings that are interrupted, killed or still running, and what can be scored of them.

use std::fs;

use dsc_testing::feature_file::Py;

use crate::workspace::{Workspace, columns, ids};

#[test]
fn an_interrupted_training_says_how_it_stands() {
    let workspace = Workspace::new();
    let output = workspace.interrupted("train small.dsl --data demo --epochs 5000 --out run", "run/metrics.jsonl");
    assert_eq!(output.code, Some(130), "{}", output.err);
    assert!(output.err.contains("interrupted in epoch ") && output.err.contains("of 5000 after "), "{}", output.err);
    assert!(output.err.contains("`dsc eval run` scores it on the validation split"), "{}", output.err);
    assert!(workspace.file("run/last.safetensors").is_file() && !workspace.file("run/results.json").exists());
    let scored = workspace.dsc("eval run", 0);
    assert!(scored.err.contains("the run is not finished, "), "{}", scored.err);
    assert!(scored.out.contains("valid"), "{}", scored.out);
    assert!(workspace.dsc("predict run --data demo --split test", 1).err.contains("E0923"));
    assert!(workspace.dsc("eval run --data demo --split test", 1).err.contains("E0923"));
    let predicted = workspace.dsc("predict run", 0);
    assert!(predicted.err.contains("the test split of its data is left out"), "{}", predicted.err);
    assert!(!predicted.out.contains("\ntest,") && predicted.out.contains("\nvalid,"));
    workspace.new_data("new.pkl", &[3]);
    assert_eq!(workspace.dsc("predict run --data new.pkl --split test", 0).out.lines().count(), 2);

    // The test split is scored once: this finishes the run, which says that it was stopped.
    let done = scored.err.split(", ").nth(1).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap();
    let finished = workspace.dsc("eval run --split test", 0);
    assert!(finished.err.contains(&format!("was stopped after {done} of 5000 epochs")), "{}", finished.err);
    assert!(finished.out.contains("test") && finished.out.contains("equal to results.json"), "{}", finished.out);
    let results = workspace.json("run/results.json");
    assert_eq!((&results["stopped_of"], &results["epochs"]), (&5000.into(), &done.into()));
    assert_eq!((&results["test_reads"], &results["test"]["samples"]), (&1.into(), &300.into()));
    assert!(results["epoch"].as_u64().unwrap() < done);
    assert_eq!(workspace.dsc("predict run --split test", 0).out, workspace.text("run/test.csv"));
    assert!(workspace.dsc("eval run", 0).err.is_empty());
}

#[test]
fn the_test_split_of_a_running_training_is_refused() {
    let workspace = Workspace::new();
    let running = workspace.start("train small.dsl --data demo --epochs 5000 --out run", &[], "run/metrics.jsonl");
    let refused = workspace.dsc("eval run --split test", 1);
    let valid = workspace.dsc("eval run", 0);
    drop(running);
    assert!(refused.err_line().contains("E0923") && refused.err_line().contains("is being trained"), "{}", refused.err);
    assert!(valid.err.contains("the run is not finished"), "{}", valid.err);
    // Killed without any chance to save: the test split can be scored all the same.
    assert!(workspace.dsc("eval run --split test", 0).err.contains("of 5000 epochs"));
}

#[test]
fn the_selected_epoch_is_that_of_the_weights() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --epochs 1 --out short -q", 0);
    workspace.dsc("train small.dsl --data demo --epochs 6 --out run -q", 0);
    let best = workspace.json("run/results.json")["epoch"].as_u64().unwrap() + 1;
    assert!(best > 1, "the first epoch is not the best");
    // As after a kill between the two checkpoints of an epoch.
    fs::copy(workspace.file("short/last.safetensors"), workspace.file("run/last.safetensors")).unwrap();
    fs::remove_file(workspace.file("run/results.json")).unwrap();
    let scored = workspace.dsc("eval run", 0);
    assert!(scored.err.contains(&format!("{best} of 6 epochs are done")), "{}", scored.err);
    assert!(scored.err.contains(&format!("its best epoch so far, epoch {best}")), "{}", scored.err);
}

/// The files of a run that are functions of its seed.
fn same_files(workspace: &Workspace, a: &str, b: &str) {
    for name in ["best.safetensors", "valid.csv", "test.csv", "graph.txt"] {
        let [one, other] = [a, b].map(|run| fs::read(workspace.file(&format!("{run}/{name}"))).unwrap());
        assert!(one == other, "{name} of {a} and {b}");
    }
}

#[test]
fn a_training_that_was_stopped_or_killed_is_resumed_to_the_same_files() {
    let workspace = Workspace::new();
    let train = "train small.dsl --data demo --epochs 40";
    workspace.dsc(&format!("{train} --out whole -q"), 0);
    let stopped = workspace.interrupted(&format!("{train} --out run"), "run/metrics.jsonl");
    assert!(stopped.err.contains("`dsc resume run` resumes it"), "{}", stopped.err);
    let killed = workspace.start("resume run", &[], "run/.lock");
    // One process at a time.
    let refused = workspace.dsc("resume run", 1);
    killed.send(libc::SIGKILL);
    drop(killed);
    assert!(refused.err_line().contains("E0935"), "{}", refused.err);
    let ended = workspace.dsc("resume run --threads 1", 0);
    assert!(ended.err.contains("resumes after ") && ended.out.contains("run: run"), "{}{}", ended.err, ended.out);
    same_files(&workspace, "run", "whole");
    // One that is finished shows its results.
    assert_eq!(workspace.dsc("resume run -q", 0).out, ended.out);
    // One that was killed before its first checkpoint starts again.
    for name in ["results.json", "best.safetensors", "last.safetensors", "valid.csv", "test.csv"] {
        fs::remove_file(workspace.file(&format!("run/{name}"))).unwrap();
    }
    assert!(workspace.dsc("resume run", 0).err.contains("starts again"));
    same_files(&workspace, "run", "whole");
    assert_eq!(workspace.text("run/metrics.jsonl").lines().count(), 40);
}

#[test]
fn seeds_that_are_not_finished_are_trained() {
    let workspace = Workspace::new();
    let train = "train small.dsl --data demo --epochs 20 --seeds 3";
    workspace.dsc(&format!("{train} --out whole -q"), 0);
    let running = workspace.start(&format!("{train} --out run"), &[], "run/seed-2/metrics.jsonl");
    running.send(libc::SIGKILL);
    drop(running);
    let ended = workspace.dsc("resume run", 0);
    assert!(ended.err.contains("seed 2: "), "{}", ended.err);
    for seed in 1..=3 {
        same_files(&workspace, &format!("run/seed-{seed}"), &format!("whole/seed-{seed}"));
    }
    assert_eq!(workspace.json("run/seeds.json"), workspace.json("whole/seeds.json"));
    let summary = |run: &str| workspace.json(&format!("{run}/results.json"))["summary"].clone();
    assert_eq!(summary("run"), summary("whole"));
}

#[test]
fn a_training_is_resumed_with_its_own_data_only() {
    let workspace = Workspace::new();
    let split = |n: usize| columns(n, Some(&|i| i as f64 / 8.0 - 1.0), Vec::new());
    workspace.data("own.pkl", [split(16), split(6), split(6)]);
    workspace.data("other.pkl", [split(17), split(6), split(6)]);
    workspace.interrupted("train small.dsl --data own.pkl --epochs 5000 --out run", "run/metrics.jsonl");
    let refused = workspace.dsc("resume run --data other.pkl", 1);
    assert!(refused.err_line().contains("E0915") && refused.err_line().contains("have changed"), "{}", refused.err);
    fs::rename(workspace.file("own.pkl"), workspace.file("moved.pkl")).unwrap();
    assert!(workspace.dsc("resume run", 1).err.contains("own.pkl"));
    let again = workspace.start("resume run --data moved.pkl", &[], "run/.lock");
    again.send(libc::SIGINT);
    assert_eq!(again.end().code, Some(130));
    assert_eq!(workspace.dsc("resume small.dsl", 1).code, Some(1));
    workspace.dsc("resume run --split test", 2);
}

/// What a seed starts with when no other process has started it.
#[test]
fn a_seed_that_starts_has_the_weights_of_the_pretrained_encoder() {
    let workspace = Workspace::new();
    workspace.encoder("bert");
    let texts = "use std::{Bert, MLP, mse}
input text : Tokens[T]
label y    : Real
model Texts {
  let score = mean(Bert(text)) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
recipe own { epochs = 3  batch = 4  optimizer = adam(lr: 1e-3)  select = min mae }
";
    workspace.write("texts.dsl", texts);
    let split = |n: usize| {
        let more = vec![ids(n, |i| format!("s{i}")), ("raw_text", Py::texts(&vec!["a good film"; n]))];
        columns(n, Some(&|i| i as f64 / 8.0 - 1.0), more)
    };
    workspace.data("own.pkl", [split(16), split(6), split(6)]);
    let train = "train texts.dsl --data own.pkl --text-encoder bert --seeds 2";
    workspace.dsc(&format!("{train} --out whole -q"), 0);
    workspace.dsc(&format!("{train} --out run -q"), 0);
    // As after a kill in the first seed, before its first checkpoint.
    for name in ["results.json", "best.safetensors", "last.safetensors", "valid.csv", "test.csv"] {
        fs::remove_file(workspace.file(&format!("run/seed-1/{name}"))).unwrap();
    }
    fs::remove_dir_all(workspace.file("run/seed-2")).unwrap();
    let mut seeds = workspace.json("run/seeds.json");
    seeds["runs"].as_array_mut().unwrap().truncate(1);
    seeds["runs"][0]["state"] = "begun".into();
    seeds["finished"] = 0.into();
    workspace.write("run/seeds.json", seeds.to_string());
    fs::rename(workspace.file("bert"), workspace.file("elsewhere")).unwrap();
    let refused = workspace.dsc("resume run", 1);
    assert!(refused.err_line().contains("the weights of the text encoder `bert` are gone"), "{}", refused.err);
    fs::rename(workspace.file("elsewhere"), workspace.file("bert")).unwrap();
    workspace.dsc("resume run", 0);
    for seed in 1..=2 {
        same_files(&workspace, &format!("run/seed-{seed}"), &format!("whole/seed-{seed}"));
    }
}
