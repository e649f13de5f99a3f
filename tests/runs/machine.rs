//! What the programs need of the machine: libtorch, memory, disks.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::workspace::Workspace;

#[test]
fn the_runtime_starts_with_libtorch() {
    let workspace = Workspace::new();
    let report = workspace.dsc("doctor --format json", 0).json();
    assert_eq!(report["ready"], true);
    assert_eq!(report["runtime"]["built_for"], "2.11.0");
    assert_eq!(report["libtorch"]["folder"], report["runtime"]["libtorch"], "the launcher knows where it loads from");
    assert_eq!(report["libtorch"]["baked"], true, "the path in the program leads there");
    // replaced, not started: the same answer through `exec`, with the environment of the user
    let mut command = workspace.command("probe");
    command.env("OMP_NUM_THREADS", "1");
    assert_eq!(workspace.run(command, 0).json()["threads"], 1);
}

#[test]
fn a_torch_in_the_current_folder_is_not_trusted() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.file("torch/lib")).unwrap();
    workspace.write("torch/__init__.py", "");
    workspace.write("torch/version.py", "__version__ = '2.11.0'\n");
    workspace.write("torch/lib/libtorch_cpu.so", "");
    // A program without a path to libtorch.
    workspace.write("other-rt", "");
    let mut command = workspace.command("doctor --format json");
    command.env("DSC_RT", workspace.file("other-rt")).env_remove("LIBTORCH").env_remove("VIRTUAL_ENV");
    let report = workspace.run(command, 1).json();
    let found = report["libtorch"]["folder"].as_str().unwrap_or_default();
    assert!(!Path::new(found).starts_with(workspace.path()) && !found.starts_with("torch"), "{report}");
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_what_fits() {
    let workspace = Workspace::new();
    let refused = workspace.dsc("train small.dsl --set d=900000000 --data demo --out run", 1);
    let line = refused.err_line();
    assert!(line.contains("E0706") && line.contains("does not fit: weights, gradients and moments of its"), "{line}");
    assert!(line.contains("parameters fit with this optimiser") && line.contains("small.dsl:"), "{line}");
    assert!(!workspace.file("run").exists() && !refused.err.contains("panicked"), "{}", refused.err);
}

#[test]
fn a_full_disk_is_an_error() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --out run -q", 0);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for args in [
        "predict run",
        "eval run --format json",
        "eval run",
        "dump small.dsl",
        "summary small.dsl",
        "models",
        "models show dashfusion",
        "graph small.dsl",
        "explain E0302",
        "data info demo",
        "check small.dsl --format json",
        "--help",
        "train --help",
        "--version",
    ] {
        let mut command = workspace.command(args);
        command.stdout(full());
        workspace.run(command, 1);
    }
    // A comparison of models that was not written is neither equal nor different.
    let mut command = workspace.command("diff small.dsl small.dsl#deep");
    command.stdout(full());
    assert!(workspace.run(command, 2).err_line().contains("E0934"));
    // What is read no more is no error.
    let mut command = workspace.command("eval run");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));

    // A file of predictions is there whole or not at all, and the next try may have its name.
    let mut command = workspace.command("predict run --out all.csv");
    let limit = || {
        let limit = libc::rlimit { rlim_cur: 4096, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: a plain call on a local value, allowed between fork and exec.
        match unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    let before = workspace.names(".");
    // SAFETY: the closure makes one call.
    unsafe { command.pre_exec(limit) };
    let refused = workspace.run(command, 1);
    assert!(refused.err_line().contains("E0913"), "{}", refused.err);
    assert_eq!(workspace.names("."), before);
    workspace.dsc("predict run --out all.csv", 0);
    assert_eq!(workspace.text("all.csv").lines().count(), 1051);
    // A link is not written through.
    symlink(workspace.file("nowhere.csv"), workspace.file("link.csv")).unwrap();
    assert!(workspace.dsc("predict run --out link.csv", 1).err_line().contains("`link.csv` exists"));
    assert!(workspace.dsc("predict run --out small.dsl/x.csv", 1).err_line().contains("`small.dsl` is a file"));
    assert!(!workspace.file("nowhere.csv").exists());
}
