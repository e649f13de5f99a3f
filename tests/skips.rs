//! Tests that skip themselves say so and are counted.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::path::Path;
use std::process::Command;

use dsc_testing::skip;

use skip::{Lacks, judge};

#[test]
fn only_a_gpu_and_the_shared_folder_may_be_missing_in_ci() {
    assert_eq!(judge(Lacks::Gpu("no driver"), true), ("no GPU (no driver)".to_owned(), true));
    assert_eq!(judge(Lacks::Shared("data/x.pkl"), false), ("../shared is absent (data/x.pkl)".to_owned(), true));
    assert!(!judge(Lacks::Shared("data/x.pkl"), true).1, "the folder is there, its file is not");
    assert!(!judge(Lacks::Other("make it"), false).1);
}

#[test]
fn a_skip_is_written_down_and_fails_in_ci() {
    // In a process of its own, whose environment says what becomes of a skip.
    if std::env::var_os("DSC_TEST_SKIPS").is_some() {
        return skip::skip(Lacks::Other("no such tool: install it"));
    }
    let dir = tempfile::tempdir().unwrap();
    let written = dir.path().join("skipped");
    let passes = |ci: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "a_skip_is_written_down_and_fails_in_ci", "--nocapture"]);
        command.envs([("DSC_TEST_SKIPS", "1"), ("CI", ci)]).env("DSC_SKIPPED", &written);
        command.output().unwrap().status.success()
    };
    assert!(passes("false"));
    let expected = "SKIPPED a_skip_is_written_down_and_fails_in_ci: no such tool: install it\n";
    assert_eq!(std::fs::read_to_string(&written).unwrap(), expected);
    assert!(!passes("true"));
}

#[test]
fn the_last_line_counts_skips_by_their_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let (log, skipped) = (dir.path().join("log"), dir.path().join("skipped"));
    let summary = |ran: &[&str]| {
        std::fs::write(&log, ran.concat()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/summary.sh");
        let output = Command::new("bash").arg(script).args([&log, &skipped]).output().unwrap();
        let last = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned();
        (last, output.status.success())
    };
    let tests = "\u{1b}[32;1m     Summary\u{1b}[0m [   1.0s] 70 tests run: 70 passed, 2 skipped\n";
    let examples = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n";
    let failed = "     Summary [   0.454s] 30 tests run: 29 passed, 1 failed, 2 skipped\n";
    assert_eq!(summary(&[tests, examples]), ("all green: 73 tests passed, 0 failed, 3 skipped".to_owned(), true));
    std::fs::write(
        &skipped,
        "SKIPPED data::tests::real: ../shared is absent (data/a.pkl)\n\
         SKIPPED data::tests::real: ../shared is absent (data/b.pkl)\n\
         SKIPPED data::tests::other: ../shared is absent (data/b.pkl)\n\
         SKIPPED device::works: no GPU (libcuda.so.1: no such file)\n",
    )
    .unwrap();
    let counted = "all green: 70 tests passed, 0 failed, 6 skipped (2: ../shared is absent; 1: no GPU)";
    assert_eq!(summary(&[tests, examples]), (counted.to_owned(), true));
    let counted = "FAILED: 99 tests passed, 1 failed, 8 skipped (2: ../shared is absent; 1: no GPU)";
    assert_eq!(summary(&[tests, examples, failed]), (counted.to_owned(), false), "a failure is not green");
    assert!(!summary(&[]).1, "nothing ran");
}
