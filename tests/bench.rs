//! `make bench` in its smallest form: what PyTorch computes for the stock models, written twice for the comparison of times, is
//! what `dsc` computes. The program exits with an error where predictions or gradients differ.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::Command;

use dsc_testing::skip::{Lacks, skip};

#[test]
fn opponents_compute_what_dsc_computes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".venv-parity/bin/python");
    if !python.is_file() {
        return skip(Lacks::Other("no .venv-parity: `make parity-env` makes it"));
    }
    let done = Command::new(python)
        .arg(root.join("scripts/bench/bench.py"))
        .arg("--quick")
        .arg("--dsc")
        .arg(assert_cmd::cargo::cargo_bin("dsc"))
        .output()
        .unwrap();
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}{errors}");
    for model in ["dashfusion", "dashfusion_released"] {
        for opponent in ["plain", "strong", "strong without absorb"] {
            assert!(out.contains(&format!("{model}, {opponent}: predictions within ")), "{model}, {opponent}: {out}");
        }
    }
    for program in ["dsc", "plain", "strong"] {
        let row = format!("| dashfusion_released | training step, dropout | 1 | {program} |");
        assert!(out.contains(&row), "{row}: {out}");
    }
}
