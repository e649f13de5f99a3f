//! Tests that skip themselves are told and counted.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::path::Path;
use std::process::Command;

#[path = "common/skip.rs"]
mod skip;

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
    let told = dir.path().join("told");
    let passes = |ci: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "a_skip_is_written_down_and_fails_in_ci", "--nocapture"]);
        command.envs([("DSC_TEST_SKIPS", "1"), ("CI", ci)]).env("DSC_SKIPPED", &told);
        command.output().unwrap().status.success()
    };
    assert!(passes("false"));
    let expected = "SKIPPED a_skip_is_written_down_and_fails_in_ci: no such tool: install it\n";
    assert_eq!(std::fs::read_to_string(&told).unwrap(), expected);
    assert!(!passes("true"));
}

#[test]
fn the_last_line_counts_skips_by_their_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let (log, skips) = (dir.path().join("log"), dir.path().join("skips"));
    std::fs::create_dir(&skips).unwrap();
    let printed = "     Summary [   0.454s] 30 tests run: 29 passed, 1 failed, 2 skipped\n\
                   \u{1b}[32;1m     Summary\u{1b}[0m [   1.0s] 40 tests run: 40 passed, 0 skipped\n\
                   test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n";
    std::fs::write(&log, printed).unwrap();
    let shared = "SKIPPED data::tests::real: ../shared is absent (data/a.pkl)\n";
    let again = "SKIPPED data::tests::real: ../shared is absent (data/b.pkl)\n";
    let gpu = "SKIPPED device::works: no GPU (libcuda.so.1: no such file)\n";
    std::fs::write(skips.join("one"), format!("{shared}{again}")).unwrap();
    std::fs::write(skips.join("two"), format!("{gpu}{shared}")).unwrap();
    let last = |skips: &Path| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/summary.sh");
        let output = Command::new("bash").arg(script).args([&log, skips]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned()
    };
    assert_eq!(last(&skips), "all green: 69 tests passed, 1 failed, 6 skipped (2: ../shared is absent; 1: no GPU)");
    let none = dir.path().join("none");
    std::fs::create_dir(&none).unwrap();
    assert_eq!(last(&none), "all green: 72 tests passed, 1 failed, 3 skipped");
}
