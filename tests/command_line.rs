//! The two programs as a user meets them.
#![allow(missing_docs)]

use assert_cmd::Command;
use std::process::Stdio;

fn dsc() -> Command {
    let mut command = Command::cargo_bin("dsc").expect("the program is built with the tests");
    for name in ["DSC_RT", "DSC_LIBTORCH", "OMP_WAIT_POLICY", "DSC_DATA", "HF_HOME", "HF_HUB_CACHE"] {
        command.env_remove(name);
    }
    command
}

#[test]
fn explain_prints_a_code_in_any_case() {
    let shown = dsc().args(["explain", "e0703"]).assert().success();
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(text.starts_with("E0703: no CUDA driver\n\nCUDA was asked for"), "{text}");
    let shown = dsc().args(["explain", "E0703", "--format", "json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(json["code"], "E0703");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let shown = dsc().args(["explain", "E07O3"]).assert().code(2);
    let text = String::from_utf8(shown.get_output().stderr.clone()).unwrap();
    assert!(text.contains("did you mean `E0703`?"), "{text}");
    dsc().arg("no-such-command").assert().code(2);
    dsc().assert().code(2);
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_drama() {
    let binary = assert_cmd::cargo::cargo_bin("dsc");
    let mut child = std::process::Command::new(binary)
        .args(["explain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_missing_runtime_is_one_clear_fault() {
    dsc().arg("probe").env("DSC_RT", "/no/such/dsc-rt").assert().code(1);
    let shown = dsc().args(["doctor", "--format", "json"]).env("DSC_RT", "/no/such/dsc-rt").assert().code(1);
    let report: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(report["ready"], false);
    assert_eq!(report["runtime"]["code"], "E0708");
}

#[test]
#[cfg(feature = "torch")]
fn the_runtime_starts_with_libtorch_and_a_quiet_openmp() {
    let shown = dsc().args(["doctor", "--format", "json"]).assert().success();
    let report: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(report["ready"], true);
    assert_eq!(report["runtime"]["omp_wait_policy"], "PASSIVE");
    assert_eq!(report["runtime"]["built_for"], "2.11.0");
    assert_eq!(report["libtorch"]["folder"], report["runtime"]["libtorch"], "the launcher knows where it loads from");
    // replaced, not started: the same answer through `exec`, and the user's own policy wins
    let shown = dsc().arg("probe").env("OMP_WAIT_POLICY", "ACTIVE").assert().success();
    let probe: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(probe["omp_wait_policy"], "ACTIVE");
}

#[test]
#[cfg(all(not(feature = "torch"), target_os = "linux"))]
fn the_front_end_has_no_libtorch_in_it() {
    let maps = dsc().args(["doctor", "--format", "json"]).env("LD_TRACE_LOADED_OBJECTS", "1").assert().success();
    let text = String::from_utf8(maps.get_output().stdout.clone()).unwrap();
    assert!(text.contains("libc.so.6") && !text.contains("torch"), "{text}");
}
