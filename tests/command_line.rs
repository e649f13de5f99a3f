//! The two programs from the command line.
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
fn explain_prints_primitives_and_blocks() {
    let shown = |name: &str| {
        let shown = dsc().args(["explain", name]).assert().success();
        String::from_utf8(shown.get_output().stdout.clone()).unwrap()
    };
    let text = shown("softmax");
    assert!(text.starts_with("softmax(x: X, over:") && text.contains("needs no import"), "{text}");
    let text = shown("MultiCA");
    assert!(text.starts_with("block MultiCA<n, m, w>(b: Seq<m>[n, w], streams:"), "{text}");
    assert!(text.contains("eq. 8") && text.contains("    b + sum x in streams"), "{text}");
    assert!(shown("companions").contains("`refresh`"));
    let shown = dsc().args(["explain", "MultiCa"]).assert().code(2);
    let stderr = String::from_utf8(shown.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("did you mean `MultiCA`?"), "{stderr}");
}

#[test]
fn a_watched_file_is_checked_again_when_what_it_imports_changes() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("main.dsl");
    let blocks = dir.path().join("blocks.dsl");
    std::fs::write(&blocks, "block Gate<w>(x: Vec[w]) -> Vec[w] { sigmoid(x) * x }\n").unwrap();
    let text = "use \"blocks.dsl\"::{Gate}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = \
                Gate(mean(audio)) |> linear(out: 1) |> scalar()\n  output score for y\n  loss p = square(score - y)\n}\n";
    std::fs::write(&main, text).unwrap();
    /// Runs until it is stopped.
    struct Watching(std::process::Child);
    impl Drop for Watching {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let child = Command::new(assert_cmd::cargo::cargo_bin("dsc"))
        .args(["check", "--watch", "--format", "concise"])
        .arg(&main)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = Watching(child.unwrap());
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().ends_with("no errors"));
    std::fs::write(&blocks, "block Gate<w>(x: Vec[w]) -> Vec[w] { sigmoyd(x) * x }\n").unwrap();
    let stderr: Vec<String> = lines.by_ref().take_while(|l| !l.contains("1 error")).collect();
    assert!(stderr.iter().any(|l| l.contains("blocks.dsl has changed")), "{stderr:#?}");
    assert!(stderr.iter().any(|l| l.contains("blocks.dsl:1") && l.contains("sigmoyd")), "{stderr:#?}");
    let shown = dsc().args(["check", "--watch", "dashfusion"]).assert().code(2);
    let stderr = String::from_utf8(shown.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("no file to watch"), "{stderr}");
}

#[test]
fn golden_files_hold_what_models_compile_to() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("small.dsl");
    let text = "use \"blocks.dsl\"::{Gate}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nhyper d = 4\nmodel Small {\n  let a = \
                linear(audio, out: d)\n  let score = Gate(mean(a)) |> linear(out: 1) |> scalar()\n  output score for y\n  loss p = \
                square(score - y)\n}\nvariant wide { set d = 8 }\n";
    std::fs::write(&file, text).unwrap();
    std::fs::write(dir.path().join("blocks.dsl"), "block Gate<w>(x: Vec[w]) -> Vec[w] { sigmoid(x) * x }\n").unwrap();
    let test = |args: &[&str], code: i32| {
        let shown = dsc().arg("test").arg(dir.path()).args(args).assert().code(code);
        String::from_utf8(shown.get_output().stdout.clone()).unwrap()
    };
    assert!(test(&[], 1).starts_with("new "));
    assert!(test(&["--bless"], 0).starts_with("blessed "));
    let golden = std::fs::read_to_string(dir.path().join("small.golden")).unwrap();
    for part in
        ["== Small\n", "  a : Seq<audio>[Ta, 4]\n", "== Small/wide\n", "multiply-adds 4*Ta*fa + 4\n", "linear(%0, "]
    {
        assert!(golden.contains(part), "{part}: {golden}");
    }
    // Layout and recipes do not count, what is computed does, in variants too.
    std::fs::write(&file, format!("// moved\n{text}recipe r {{ epochs = 3 }}\n")).unwrap();
    assert!(test(&[], 0).starts_with("ok "));
    std::fs::write(&file, text.replace("set d = 8", "set d = 9")).unwrap();
    let stderr = test(&[], 1);
    assert!(
        stderr.starts_with("differs ")
            && stderr.contains("\n-multiply-adds 8*Ta*fa + 8\n")
            && stderr.contains("\n+multiply-adds 9*Ta*fa + 9\n"),
        "{stderr}"
    );
    std::fs::write(&file, text.replace("Gate(mean(a))", "Gate(a)")).unwrap();
    assert!(test(&[], 1).starts_with("broken "));
    std::fs::write(dir.path().join("gone.golden"), "").unwrap();
    assert!(test(&[], 1).contains("orphan "));
    std::fs::remove_file(dir.path().join("gone.golden")).unwrap();
    let shown = dsc().arg("check").arg(dir.path().join("blocks.dsl")).assert().success();
    let stderr = String::from_utf8(shown.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("blocks.dsl: no errors; it holds no model"), "{stderr}");
    let json: serde_json::Value = serde_json::from_str(&test(&["--format", "json"], 1)).unwrap();
    assert_eq!((json.as_array().unwrap().len(), &json[0]["outcome"]), (1, &"broken".into()));
}

#[test]
fn a_variant_of_a_stock_model_has_a_name_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let done = dsc().current_dir(place.path()).args(args).assert();
        let output = done.get_output().clone();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let list = run(&["models"]).1;
    for name in ["dashfusion/no_scl", "fusion/hbf", "zoo/mult", "zoo/mbt/late"] {
        assert!(list.lines().any(|l| l.split_whitespace().next() == Some(name)), "{name}: {list}");
        assert_eq!(run(&["check", name]).0, 0, "{name}");
    }
    let by_name = run(&["dump", "dashfusion/no_scl"]).1;
    assert_eq!(by_name, run(&["dump", "dashfusion", "--variant", "no_scl"]).1);
    assert_eq!(by_name, run(&["dump", "dashfusion#no_scl"]).1);
    assert!(by_name.starts_with("graph DashFusion/no_scl\n"), "{}", &by_name[..80]);
    assert_eq!(run(&["diff", "dashfusion", "fusion/hbf"]).0, 0);
    assert_eq!(run(&["diff", "dashfusion/no_hbf", "fusion/concat"]).0, 0);
    let (code, _, stderr) = run(&["check", "dashfusion/no_scx"]);
    assert!(code == 1 && stderr.contains("did you mean `no_scl`?"), "{stderr}");
    let (code, _, stderr) = run(&["graph", "dashfusion", "--out", "x.png"]);
    assert!(code == 2 && stderr.contains("unknown file type") && !place.path().join("x.png").exists(), "{stderr}");
    let (code, _, stderr) = run(&["summary", "dashfusion/no_scl", "--variant", "no_hbf"]);
    assert!(code == 2 && stderr.contains("names one variant and the option another, `no_hbf`"), "{stderr}");
    // A file of that name is meant where there is one.
    std::fs::create_dir(place.path().join("dashfusion")).unwrap();
    std::fs::write(place.path().join("dashfusion/no_scl"), "modle M {}\n").unwrap();
    assert_eq!(run(&["check", "dashfusion/no_scl"]).0, 1);
}

#[test]
fn models_are_summed_up_side_by_side() {
    let args =
        ["summary", "fusion/concat", "--data", "sims", "--block", "Fuse", "--compare", "fusion/ca", "fusion/hbf"];
    let shown = dsc().args(args).assert().success();
    // The names that these options had before go on working.
    let old = args.map(|a| a.replace("--block", "--of").replace("--compare", "--beside"));
    dsc().args(old).assert().success().stdout(shown.get_output().stdout.clone());
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    let row = |name: &str| -> Vec<String> {
        let line = text.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(row("fusion/concat").last().unwrap(), "-");
    assert_eq!(row("fusion/ca").last().unwrap(), "51,355,648");
    assert_eq!(row("fusion/hbf").last().unwrap(), "125,169,920");
    let shown = dsc().args(args).args(["--format", "json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(json["models"][2]["of"]["Fuse"], 125_169_920);
    assert!(json["models"][0]["of"]["Fuse"].is_null());
    let shown = dsc().args(args).args(["--block", "Fuze"]).assert().code(2);
    assert!(String::from_utf8(shown.get_output().stderr.clone()).unwrap().contains("`--block Fuze`"));
}

#[test]
fn explain_prints_a_code_in_any_case() {
    let shown = dsc().args(["explain", "e0703"]).assert().success();
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(text.starts_with("E0703: no CUDA driver\n\nA CUDA device was requested"), "{text}");
    let shown = dsc().args(["explain", "E0703", "--format", "json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(json["code"], "E0703");
}

#[test]
fn explain_prints_keys_of_recipes() {
    let shown = |name: &str| {
        let shown = dsc().args(["explain", name]).assert().success();
        String::from_utf8(shown.get_output().stdout.clone()).unwrap()
    };
    let text = shown("max_tokens");
    assert!(text.contains("a whole number from 3 to 128; without it: 128"), "{text}");
    assert!(text.contains("recipe NAME { max_tokens = 50 }") && text.contains("DSC_MAX_TOKENS=50"), "{text}");
    assert!(shown("optimizer.lr").contains("a number above 0; without it: 0.001"));
    // One name may be a key and a word of the language.
    let text = shown("class");
    assert!(text.starts_with("class: which labels") && text.contains("### Companions"), "{text}");
    let text = shown("recipe");
    for key in dsc_recipe::KEYS {
        let line = text.lines().find(|l| l.starts_with(&format!("{} ", key.name))).unwrap_or_default();
        assert!(line.contains(&key.takes()) && line.contains(&key.default()), "{}: {line:?}", key.name);
    }
    assert!(text.contains("**A recipe** contains"), "{text}");
    let shown = dsc().args(["explain", "recipe", "--format", "json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(json["keys"].as_array().unwrap().len(), dsc_recipe::KEYS.len());
    let shown = dsc().args(["explain", "max_token"]).assert().code(2);
    assert!(String::from_utf8(shown.get_output().stderr.clone()).unwrap().contains("did you mean `max_tokens`?"));
}

#[test]
fn retired_codes_lead_to_those_that_say_the_same() {
    for (old, now) in dsc_syntax::diag::codes::RETIRED {
        assert!(dsc_syntax::diag::explain(old).is_none(), "{old} is still given");
        let shown = dsc().args(["explain", old]).assert().success();
        let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
        assert!(text.starts_with(&format!("{old} is retired")) && text.contains(&format!("\n{now}: ")), "{text}");
    }
}

#[test]
fn set_takes_constants_as_a_recipe_does() {
    let hash = |value: &str| {
        let shown = dsc().args(["dump", "dashfusion", "--set", value, "--format", "json"]).assert().success();
        let json: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
        json["hash"].clone()
    };
    assert_eq!(hash("d=64"), hash("d=4*16"));
    assert_ne!(hash("d=64"), hash("d=128"));
    for (value, code) in [("d=1/0", "E0406"), ("d=2*heads", "E0401"), ("d=2*", "E0102")] {
        let shown = dsc().args(["dump", "dashfusion", "--set", value]).assert().code(1);
        let text = String::from_utf8(shown.get_output().stderr.clone()).unwrap();
        assert!(text.contains(code) && text.contains(&format!("`--set {value}`")), "{value}: {text}");
    }
    // The text of a string is no expression.
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("m.dsl");
    let model = "hyper kind = \"a\"\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let width = when kind == \"a-b\" { 2 } else { 1 }\n  let hidden = linear(mean(audio), out: width)\n  let score = linear(hidden, out: 1) |> scalar()\n  output score for y\n  loss main = square(score - y)\n}\n";
    std::fs::write(&file, model).unwrap();
    let shown = dsc().arg("dump").arg(&file).args(["--set", "kind=a-b"]).assert().success();
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(text.contains("[2, fa]"), "{text}");
    dsc().args(["dump", "dashfusion", "--set", "d"]).assert().code(2);
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
#[cfg(target_os = "linux")]
fn the_front_end_has_no_libtorch_in_it() {
    let maps = dsc().args(["doctor", "--format", "json"]).env("LD_TRACE_LOADED_OBJECTS", "1").assert().success();
    let text = String::from_utf8(maps.get_output().stdout.clone()).unwrap();
    assert!(text.contains("libc.so.6") && !text.contains("torch"), "{text}");
}

#[test]
fn diff_ends_like_diff() {
    let shown = dsc().args(["diff", "dashfusion", "--variant", "no_hbf"]).assert().code(1);
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(text.starts_with("dashfusion -> dashfusion#no_hbf\n") && text.contains("depth  2 -> 0"), "{text}");
    // One model, named in two ways; `#VARIANT` and the option say the same.
    dsc().args(["diff", "dashfusion", "dashfusion.dsl"]).assert().code(0);
    dsc().args(["diff", "dashfusion#no_hbf", "dashfusion", "--variant-b", "no_hbf"]).assert().code(0);
    dsc().args(["diff", "dashfusion", "--set-a", "p=4", "--set-b", "p=4"]).assert().code(2);
    let shown = dsc().args(["diff", "dashfusion", "--set-b", "p=4", "--format", "json"]).assert().code(1);
    let json: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!((&json["equal"], &json["b"]["label"]), (&false.into(), &"dashfusion p=4".into()));
    // What cannot be compared is neither equal nor different.
    for args in [
        &["diff", "dashfusion"][..],
        &["diff", "dashfusion", "no_such"],
        &["diff", "dashfusion", "--variant", "no_such"],
        &["diff", "dashfusion#no_hbf", "--variant-a", "no_scl", "late_fusion"],
        &["diff", "dashfusion", "--set-b", "p=5"],
        &["diff", "dashfusion", "late_fusion", "--variant", "no_hbf"],
    ] {
        dsc().args(args).assert().code(2);
    }
}

#[test]
fn a_run_and_its_checkpoint_are_compared_by_their_saved_sources() {
    use dsc_experiment::checkpoint::{SCHEMA, State, TensorData, TensorEntry, write};
    use dsc_experiment::run_folder::RunFolder;

    let dir = tempfile::tempdir().unwrap();
    let source = dsc_language::EmbeddedWorld::model("unimodal/audio").unwrap();
    let shown = dsc().args(["dump", "unimodal/audio", "--format", "json", "--data", "sims"]).assert().success();
    let dump: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    let (folder, file) = (dir.path().join("run"), dir.path().join("audio.dsl"));
    let run = RunFolder::create(Some(&folder), dir.path(), "audio").unwrap();
    run.write("source/audio.dsl", source.as_bytes()).unwrap();
    let manifest = serde_json::json!({
        "schema": 2, "dsc": "0", "libtorch": "0", "started": "", "command": [], "model": "AudioOnly", "file": "audio.dsl",
        "variant": null, "recipe": "sims", "settings": dsc_recipe::Settings::default(), "origins": {},
        "hypers": { "heads": 4 }, "hyper_origins": {}, "opt_level": 1, "seed": 1, "graph": dump["hash"], "bound": dump["bound_hash"], "dims": dump["dims"],
        "data": { "name": "sims", "path": null, "sha256": null, "seed": null, "samples": {}, "truncated": {}, "non_finite": {}, "zero_lengths": {} }, "encoder": null,
        "machine": { "host": "", "system": "", "processor": "", "device": "cpu", "threads": 1 },
        "sources": [["audio.dsl", "source/audio.dsl"]],
    });
    let save = |manifest: &serde_json::Value| std::fs::write(folder.join("run.json"), manifest.to_string()).unwrap();
    save(&manifest);
    std::fs::write(&file, source).unwrap();
    let diff = |a: &std::path::Path, b: &std::path::Path| {
        let shown = dsc().arg("diff").args([a, b]).assert();
        let output = shown.get_output().clone();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    // The run's hypers count, and the numbers of its data serve both sides.
    let (code, text, notes) = diff(&folder, &file);
    assert_eq!(code, Some(1), "{text}{notes}");
    assert!(text.contains("heads  4 -> 8") && !text.contains("128*fa"), "{text}");
    // The manifest says the hash without that setting: the graph is another one now.
    assert!(notes.contains("compile to another graph"), "{notes}");
    let mut plain = manifest;
    plain["hypers"] = serde_json::json!({});
    save(&plain);
    let (code, text, notes) = diff(&folder, &file);
    assert_eq!((code, notes.as_str()), (Some(0), ""), "{text}");
    // A checkpoint of a run may be given in place of the run.
    let checkpoint = folder.join("best.safetensors");
    let save = |graph: &str| {
        let state = State { schema: SCHEMA, graph: graph.into(), ..State::default() };
        let numbers = TensorData::F32(std::borrow::Cow::Borrowed(&[1.0]));
        write(&checkpoint, &state, &[TensorEntry { name: "w".into(), shape: vec![1], numbers }]).unwrap();
    };
    save(dump["hash"].as_str().unwrap());
    assert_eq!(diff(&checkpoint, &file).0, Some(0));
    save("another");
    let (code, _, notes) = diff(&checkpoint, &file);
    assert!(code == Some(2) && notes.contains("E0915"), "{notes}");
    // What a run was is not set anew.
    dsc().arg("diff").args([&folder, &file]).args(["--set-a", "heads=2"]).assert().code(2);
    dsc().arg("graph").arg(&folder).assert().success();
}

#[test]
fn graph_writes_what_its_own_format_or_the_ending_says() {
    let dir = tempfile::tempdir().unwrap();
    let start = |args: &[&str]| {
        let shown = dsc().arg("graph").arg("late_fusion").args(args).assert().success();
        String::from_utf8(shown.get_output().stdout.clone()).unwrap()
    };
    assert!(start(&[]).starts_with("<svg "));
    assert!(start(&["--format", "svg"]).starts_with("<svg "));
    assert!(start(&["--format", "dot"]).starts_with("digraph "));
    assert!(start(&["--format", "html"]).starts_with("<!DOCTYPE html>"));
    for (name, begins) in [("a.svg", "<svg "), ("a.dot", "digraph "), ("a.html", "<!DOCTYPE html>")] {
        let path = dir.path().join(name);
        assert_eq!(start(&["--out", path.to_str().unwrap()]), "");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(begins), "{name}");
    }
    // The option is stronger than the ending.
    let path = dir.path().join("b.svg");
    start(&["--out", path.to_str().unwrap(), "--format", "dot"]);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("digraph "));
    // The pictures belong to this command; the other formats stay those of all commands.
    dsc().args(["check", "late_fusion", "--format", "svg"]).assert().code(2);
    dsc().args(["graph", "late_fusion", "--format", "json"]).assert().code(2);
    let shown = dsc().args(["--format", "json", "graph", "no_such"]).assert().code(1);
    let faults: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert!(faults.to_string().contains("E0202"), "{faults}");
    dsc().args(["graph", "late_fusion", "--depth", "0"]).assert().code(2);
    dsc().args(["graph", "late_fusion", "--out", "/no/such/folder/x.svg"]).assert().code(1);
}

#[test]
fn a_summary_in_numbers_and_for_programs() {
    let shown = dsc().args(["summary", "dashfusion", "--data", "sims", "--depth", "1"]).assert().success();
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("h0.align") && text.contains("20,815,616") && text.contains("products of linear maps"),
        "{text}"
    );
    let json = |args: &[&str]| -> serde_json::Value {
        let shown = dsc().args(["summary", "late_fusion", "--format", "json"]).args(args).assert().success();
        serde_json::from_slice(&shown.get_output().stdout).unwrap()
    };
    let symbolic = json(&[]);
    assert_eq!(symbolic["parts"]["parts"][2]["multiply_adds"]["formula"], "128*Ta*fa");
    assert!(symbolic["parts"]["parts"][2]["multiply_adds"]["value"].is_null() && symbolic["memory"].is_null());
    let bound = json(&["--data", "sims", "--batch", "4", "--memory", "8GB", "--by", "line"]);
    assert_eq!(bound["parts"]["parts"][2]["multiply_adds"]["value"], 128 * 400 * 33);
    assert_eq!((&bound["memory"]["batch"], &bound["memory"]["limit"]), (&4.into(), &8_000_000_000_u64.into()));
    let total = |of: &serde_json::Value| of["multiply_adds"]["value"].as_i64().unwrap();
    assert_eq!(bound["lines"].as_array().unwrap().iter().map(total).sum::<i64>(), total(&bound["totals"]));
    // The recipe's batch, and the largest one that fits.
    let fits = |n: &serde_json::Value| n["memory"]["largest_batch"].as_u64().unwrap();
    assert_eq!(json(&["--data", "sims"])["memory"]["batch"], 16);
    let tight = json(&["--data", "sims", "--memory", "2GB"]);
    assert!(0 < fits(&tight) && fits(&tight) < fits(&bound) && fits(&bound) <= 1368, "{tight}");
    // Lengths of samples where there are samples, else the longest.
    assert_eq!(bound["memory"]["step"]["lengths"], "longest");
    let demo = json(&["--data", "demo", "--batch", "64"]);
    assert_eq!((&demo["memory"]["step"]["lengths"], &demo["memory"]["step"]["batch"]), (&"samples".into(), &64.into()));
    let total = |of: &serde_json::Value| of["memory"]["total"].as_u64().unwrap();
    assert!(total(&demo) > total(&json(&["--data", "demo", "--batch", "32"])));
    // The largest batch takes what fits, and the next one more.
    let room = total(&demo) as f64 / 1e6 + 0.01;
    assert!((64..70).contains(&fits(&json(&["--data", "demo", "--memory", &format!("{room}MB")]))));
    dsc().args(["summary", "late_fusion", "--data", "sims", "--device", "tpu"]).assert().code(2);
    dsc().args(["summary", "dashfusion", "--memory", "much"]).assert().code(2);
}

#[test]
fn a_summary_has_the_settings_of_a_training() {
    let summary = |args: &[&str], environment: &[(&str, &str)]| {
        let all = [&["summary", "late_fusion", "--data", "demo", "--format", "json"], args].concat();
        dsc().args(all).envs(environment.iter().copied()).assert()
    };
    let memory = |args: &[&str], environment: &[(&str, &str)]| -> serde_json::Value {
        let shown = summary(args, environment).success();
        serde_json::from_slice::<serde_json::Value>(&shown.get_output().stdout).unwrap()["memory"].clone()
    };
    let four = memory(&["--batch", "4"], &[]);
    assert_eq!(four["batch"], 4);
    assert_eq!(memory(&["--with", "batch=4"], &[]), four);
    assert_eq!(memory(&[], &[("DSC_BATCH", "4")]), four);
    assert_eq!(memory(&["--batch", "4"], &[("DSC_BATCH", "8")]), four, "an option is stronger");
    let again = memory(&["--batch", "4", "--with", "recompute=blocks"], &[]);
    let step = |of: &serde_json::Value| of["step"]["above"].as_u64().unwrap();
    assert!(step(&again) < step(&four), "{again} {four}");
    assert_eq!(memory(&["--batch", "4"], &[("DSC_RECOMPUTE", "blocks")]), again);
    summary(&["--with", "recompute=all"], &[]).code(1);
    summary(&[], &[("DSC_RECOMPUTE", "all")]).code(1);
    // No batch is larger than the split.
    let all = memory(&["--batch", "100000"], &[]);
    assert_eq!(all["step"]["batch"], 600);
}

#[test]
fn options_that_do_not_go_together_are_told_with_quiet_too() {
    let told = dsc().args(["diff", "late_fusion", "--quiet"]).assert().code(2);
    let text = String::from_utf8(told.get_output().stderr.clone()).unwrap();
    assert!(text.starts_with("error: a model does not differ from itself"), "{text}");
}

#[test]
fn an_expectation_that_is_not_met_fails_the_check_and_shows_the_largest_parts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.dsl");
    let text = dsc_language::EmbeddedWorld::model("dashfusion").unwrap();
    std::fs::write(&file, text.replace("params < 120M, macs(Fuse) < 150M", "params < 120M, macs(Fuse) < 100M"))
        .unwrap();
    let file = file.to_str().unwrap();
    let shown = dsc().args(["check", file, "--format", "concise"]).assert().code(1);
    let stderr = String::from_utf8(shown.get_output().stderr.clone()).unwrap();
    assert!(
        stderr.contains("E0530")
            && stderr.contains("`macs(Fuse)` is 125,169,920 with recipe `sims`, expected < 100,000,000"),
        "{stderr}"
    );
    let shown = dsc().args(["check", file]).assert().code(1);
    let stderr = String::from_utf8(shown.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("the largest parts: `fuse.0.spread.audio.ffn` 26,279,936 (21 %)"), "{stderr}");
    // Hypers that are set count: with fewer rows of attention it holds.
    dsc().args(["check", file, "--set", "depth=1"]).assert().success();
    dsc().args(["check", "dashfusion", "--set", "ff=2048"]).assert().code(1);
}

#[test]
fn a_key_of_recipes_that_is_set_as_a_hyper_leads_to_its_option() {
    for (set, key) in [("optimizer.lr=1e-4", "optimizer.lr"), ("lr=1e-4", "optimizer.lr"), ("recompute=1", "recompute")]
    {
        let told = dsc().args(["check", "late_fusion", "--set", set]).assert().code(1);
        let text =
            String::from_utf8([told.get_output().stdout.clone(), told.get_output().stderr.clone()].concat()).unwrap();
        assert!(text.contains("E0407") && text.contains(&format!("`--with {key}=..`")), "{set}: {text}");
    }
}
