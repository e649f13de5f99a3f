//! Faults of recipes, of numbers that are not finite and of arguments.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::workspace::{SMALL, Workspace};

#[test]
fn recipes_have_one_set_of_faults_in_check_and_train() {
    let workspace = Workspace::new();
    let circle = format!("{SMALL}recipe one = two {{}}\nrecipe two = one {{}}\n");
    workspace.write("circle.dsl", circle);
    let faults = |command: &str| {
        let output = workspace.dsc(&format!("{command} --data demo --format concise"), 1);
        output.err.lines().filter(|l| l.contains("E0513")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (check, train) = (faults("check small.dsl --recipe nope"), faults("train small.dsl --recipe nope"));
    assert!(check.len() == 1 && check == train, "{check:?}\n{train:?}");
    let (check, train) = (faults("check circle.dsl"), faults("train circle.dsl --recipe two"));
    assert!(check.len() == 1 && check == train, "{check:?}\n{train:?}");
    // Constants, and their faults, are those of a recipe too.
    workspace.dsc("train small.dsl --data demo --with epochs=2-1 --set d=2*3 --out computed", 0);
    assert_eq!(workspace.json("computed/run.json")["settings"]["epochs"], 1);
    assert_eq!(workspace.json("computed/run.json")["hypers"]["d"], 6);
    let output = workspace.dsc("train small.dsl --data demo --with epochs=1/0", 1);
    assert!(output.err.contains("E0406") && output.err.contains("--with epochs=1/0"), "{}", output.err);
}

#[test]
fn losses_gradients_and_predictions_name_their_line() {
    let workspace = Workspace::new();
    let train = |name: &str, from: &str, to: &str| {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL, "{name}");
        workspace.write(&format!("{name}.dsl"), text);
        let args = format!("train {name}.dsl --data demo --epochs 1 --out {name} --format concise");
        workspace.dsc(&args, 1).err_line()
    };
    let line = train("logs", "mse(score, target: y)", "mse(score, target: log(y))");
    assert!(
        line.contains("logs.dsl:16:") && line.contains("E0920") && line.contains("in epoch 1, step 1: `log` is NaN"),
        "{line}"
    );
    let line = train("loops", "{ h = relu(h) }", "{ h = relu(h) |> dropout(p: p) |> sqrt() }");
    assert!(line.contains("loops.dsl:13:") && line.contains("E0926"), "{line}");
    assert!(line.contains("the derivative of `sqrt` (l = 0) is infinite for samples `"), "{line}");
}

#[test]
fn unusual_arguments_are_clear_faults() {
    let workspace = Workspace::new();
    let refused = |args: &str| workspace.dsc(&format!("train small.dsl --data demo {args}"), 1).err_line();
    let err = refused("--out small.dsl/x");
    assert!(err.contains("E0913") && err.contains("`small.dsl` is a file, not a folder"), "{err}");
    let err = refused("--epochs 9223372036854775807");
    assert!(err.contains("from 1 to 1048576"), "{err}");
    let err = refused("--threads 100000");
    assert!(err.contains("E0707") && err.contains("from 1 to 1024"), "{err}");
    // A name that is not UTF-8 is a name.
    let name = OsStr::from_bytes(b"r\xffn");
    let mut command = workspace.command("train small.dsl --data demo -q --out");
    command.arg(name).env("OTHER", name);
    workspace.run(command, 0);
    assert!(workspace.path().join(name).join("results.json").is_file());
    let mut command = workspace.command("ablate small.dsl --data demo --no-unimodal --out");
    command.arg(OsStr::from_bytes(b"a\xffl"));
    let refused = workspace.run(command, 1);
    assert!(refused.err_line().contains("E0933") && refused.err_line().contains("UTF-8"), "{}", refused.err);
}
