//! Signals, and the lock of a folder that is in use.

use std::fs;

use crate::workspace::{Workspace, wait};

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let workspace = Workspace::new();
    let args = "train small.dsl --data demo --epochs 5000 --out run";
    let running = workspace.start(args, &[libc::SIGHUP, libc::SIGINT], "run/metrics.jsonl");
    running.send(libc::SIGHUP);
    running.send(libc::SIGINT);
    // It goes on for some epochs, and ends when it is asked to.
    let lines = || workspace.text("run/metrics.jsonl").lines().count();
    let now = lines();
    wait("the training goes on", || lines() > now + 5);
    running.send(libc::SIGTERM);
    assert_eq!(running.end().code, Some(130));
    assert!(workspace.file("run/last.safetensors").is_file());
}

#[test]
fn a_lost_connection_saves_the_state() {
    let workspace = Workspace::new();
    let running = workspace.start("train small.dsl --data demo --epochs 5000 --out run", &[], "run/metrics.jsonl");
    running.send(libc::SIGHUP);
    assert_eq!(running.end().code, Some(130));
    assert!(workspace.file("run/last.safetensors").is_file() && !workspace.file("run/.lock").exists());
}

#[test]
fn the_runs_of_a_killed_comparison_end_with_it() {
    let workspace = Workspace::new();
    let args = "ablate small.dsl --data demo --out all --no-unimodal --epochs 5000 --jobs 2";
    let running = workspace.start(args, &[], "all/Small/seed-1/metrics.jsonl");
    workspace.wait_for("all/deep/seed-1/metrics.jsonl");
    let trained = children(running.id());
    assert_eq!(trained.len(), 2);
    // While it runs, no other comparison uses the folder.
    let refused = workspace.dsc("ablate small.dsl --data demo --out all --no-unimodal", 1);
    assert!(
        refused.err_line().contains("E0935") && refused.err_line().contains(&running.id().to_string()),
        "{}",
        refused.err
    );
    running.send(libc::SIGKILL);
    wait("the runs end", || trained.iter().all(|id| !runs(*id)));
    // They have saved their states, and the folder can be gone on with.
    assert!(workspace.file("all/Small/seed-1/last.safetensors").is_file());
    drop(running);
    let done = workspace.dsc("ablate small.dsl --data demo --out all --no-unimodal", 0);
    assert!(done.err_line().contains("2 runs to train"), "{}", done.err);
    assert!(workspace.file("all/deep/seed-1-2/results.json").is_file());
}

/// The processes that `id` has started.
fn children(id: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// Whether a process runs: it is there, and it is more than an exit status that nobody has asked for.
fn runs(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}
