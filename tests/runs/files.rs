//! Files and folders: what a failure leaves behind, and files that `dsc` has not written.

use std::fs;
use std::os::unix::fs::symlink;

use crate::workspace::{SMALL, Workspace};

#[test]
fn a_refused_training_leaves_no_folder() {
    let workspace = Workspace::new();
    let refused = workspace.dsc("train small.dsl --data demo --with optimizer.lr=1e30 --with clip=none --out run", 1);
    assert!(refused.err_line().contains("E0920"), "{}", refused.err);
    assert!(!workspace.file("run").exists());
    fs::create_dir(workspace.file("run")).unwrap();
    workspace.dsc("train small.dsl --data demo --out run -q", 0);
    assert!(!workspace.names("run").contains(&".lock".to_owned()));
    // Of several seeds, and of the models of the demonstration.
    workspace.dsc("train small.dsl --data demo --with optimizer.lr=1e30 --seeds 2 --out seeds", 1);
    workspace.dsc("demo --epochs 0 --out demo", 1);
    assert!(!workspace.file("seeds").exists() && !workspace.file("demo").exists());
}

#[test]
fn files_of_others_are_not_replaced() {
    let workspace = Workspace::new();
    // A picture may be drawn again, a model is none.
    let refused = workspace.dsc("graph small.dsl --out small.dsl --format svg", 1);
    assert!(refused.err_line().contains("is not a picture of `dsc graph`"), "{}", refused.err);
    assert_eq!(workspace.text("small.dsl"), SMALL);
    for name in ["a.svg", "a.dot", "a.html"] {
        for _ in 0..2 {
            workspace.dsc(&format!("graph small.dsl --out {name}"), 0);
        }
    }
    workspace.write("mine.svg", "<svg>mine</svg>");
    workspace.dsc("graph small.dsl --out mine.svg", 1);

    // Tables of the user's own.
    workspace.write("table.csv", "mine");
    let refused = workspace.dsc("ablate small.dsl --data demo --out .", 1);
    assert!(
        refused.err_line().contains("E0910") && refused.err_line().contains("not the folder of a comparison"),
        "{}",
        refused.err
    );
    assert_eq!(workspace.text("table.csv"), "mine");

    // Values that are paths, and links in the folder.
    let named = SMALL.replace("hyper d ", "hyper kind = \"a\"\nhyper d ");
    let named =
        named.replace("audio  |> Linear(out: d)", "audio |> Linear(out: when kind == \"a\" { d } else { 2 * d })");
    workspace.write("named.dsl", named);
    let sweep = "sweep named.dsl --set kind=a,../../x --data demo --out deep/all --no-unimodal -q";
    workspace.dsc(sweep, 0);
    assert_eq!(workspace.names("deep"), ["all"]);
    assert!(workspace.file("deep/all/kind=..%2F..%2Fx/seed-1/results.json").is_file());
    for name in ["table.txt", "plot.svg", "kind=a/seed-2.log"] {
        let (link, target) = (workspace.file("deep/all").join(name), format!("target-{}", name.replace('/', "-")));
        let _ = fs::remove_file(&link);
        workspace.write(&target, "mine");
        symlink(workspace.file(&target), &link).unwrap();
    }
    workspace.dsc(&format!("{sweep} --seeds 2"), 0);
    for name in ["target-table.txt", "target-plot.svg", "target-kind=a-seed-2.log"] {
        assert_eq!(workspace.text(name), "mine", "{name}");
    }
    assert!(workspace.text("deep/all/table.txt").contains("kind=../../x"));
}
