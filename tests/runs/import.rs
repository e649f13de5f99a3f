//! `dsc import`: weights from elsewhere.

use std::fs;

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value;

use crate::workspace::Workspace;

/// The weights of a finished run are imported: without a weight map, and with one under other names.
#[test]
fn weights_from_elsewhere_make_a_run() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --seed 3 --out own -q", 0);
    let scores = |run: &str| workspace.dsc(&format!("eval {run} --format json"), 0).json()["metrics"].clone();
    let own = scores("own");

    // Weights that are not finite are named, and the next try may have the same folder.
    let bytes = fs::read(workspace.file("own/best.safetensors")).unwrap();
    let ours = SafeTensors::deserialize(&bytes).unwrap();
    let write = |file: &str, tensors: &[(String, Tensor)]| {
        safetensors::serialize_to_file(tensors.iter().map(|(n, t)| (n, t)), None, &workspace.file(file)).unwrap();
    };
    let damaged = ours.tensors().into_iter().map(|(name, view)| {
        let number = if name == "a.linear.bias" { f32::NAN } else { 0.5 };
        let numbers = number.to_le_bytes().repeat(view.data().len() / 4);
        (name, Tensor { shape: view.shape().to_vec(), numbers })
    });
    write("nan.safetensors", &damaged.collect::<Vec<_>>());
    let refused = workspace.dsc("import small.dsl --weights nan.safetensors --data demo --out plain", 1);
    let line = refused.err_line();
    assert!(line.contains("the imported weight `a.linear.bias` has an entry that is NaN"), "{line}");
    assert!(!workspace.file("plain").exists());

    // A checkpoint of dsc needs no weight map.
    let output = workspace.dsc("import small.dsl --weights own/best.safetensors --data demo --out plain", 0);
    assert!(output.out.contains("imported weights, not trained"), "{}", output.out);
    assert_eq!((scores("plain"), workspace.json("plain/results.json")["epochs"].clone()), (own.clone(), 0.into()));

    // The map that lies beside the model, for a file whose names differ and that holds more.
    let mut theirs: Vec<(String, Tensor)> = Vec::new();
    for (name, view) in ours.iter() {
        let numbers: Vec<u8> = view.data().to_vec();
        let (name, shape) = match name.strip_prefix("score.mlp.0.") {
            Some(kind) => (format!("head.0.{kind}"), view.shape().to_vec()),
            None if name == "h.weight" => ("net.positions".to_owned(), [&[1], view.shape()].concat()),
            None => (format!("net.{}", name.replace(".linear", "_proj")), view.shape().to_vec()),
        };
        theirs.push((name, Tensor { shape, numbers }));
    }
    theirs.push(("net.unused.weight".to_owned(), Tensor { shape: vec![2], numbers: vec![0; 8] }));
    write("theirs.safetensors", &theirs);
    // A model that was trained on several devices, or compiled, has a text in front of all names.
    let wrapped = |(name, view): (String, TensorView<'_>)| {
        let (shape, numbers) = (view.shape().to_vec(), view.data().to_vec());
        (format!("module._orig_mod.{name}"), Tensor { shape, numbers })
    };
    let wrapped: Vec<(String, Tensor)> = ours.tensors().into_iter().map(wrapped).collect();
    write("wrapped.safetensors", &wrapped);
    workspace.dsc("import small.dsl --weights wrapped.safetensors --data demo --out wrapped", 0);
    assert_eq!(scores("wrapped"), own);

    let import = "import small.dsl --weights theirs.safetensors --data demo --out";
    let output = workspace.dsc(&format!("{import} none"), 1);
    assert!(output.err_line().contains("E0918") && output.err_line().contains("need a weight map"), "{}", output.err);
    assert!(!workspace.file("none").exists(), "the next try may have the same folder");

    let map =
        "score.mlp.{i}.{kind} = head.{i}.{kind}\nh.weight = net.positions\n{x}.linear.{kind} = net.{x}_proj.{kind}\n";
    workspace.write("small.names", map);
    let output = workspace.dsc(&format!("{import} left"), 1);
    assert!(output.err_line().contains("tensor `net.unused.weight` is not used"), "{}", output.err);
    workspace.write("small.names", format!("{map}- net.unused.{{kind}}\n"));
    workspace.dsc(&format!("{import} mapped"), 0);
    assert_eq!(scores("mapped"), own);
    assert_eq!(workspace.text("mapped/test.csv"), workspace.text("own/test.csv"));
    // A checkpoint of dsc does not use an existing weight map either.
    workspace.dsc("import small.dsl --weights own/best.safetensors --data demo --out again", 0);
    assert_eq!(scores("again"), own);
    assert_eq!(
        workspace.json("mapped/run.json")["imported"]["names"],
        Value::from(format!("{map}- net.unused.{{kind}}\n"))
    );

    // A chunk of a tensor that no parameter uses.
    let part = map.replace("h.weight = net.positions", "h.weight = net.positions [1/2]");
    workspace.write("part.names", format!("{part}- net.unused.{{kind}}\n"));
    let output = workspace.dsc(&format!("{import} part --names part.names"), 1);
    assert!(output.err_line().contains("no parameter uses chunk 2 of 2 of `net.positions`"), "{}", output.err);

    // What is missing, of another shape, or not understood.
    write("less.safetensors", &theirs[1..]);
    let output = workspace.dsc("import small.dsl --weights less.safetensors --data demo --out less", 1);
    assert!(output.err_line().contains("is missing (parameter `"), "{}", output.err);
    let output = workspace.dsc(&format!("{import} wide --set d=7"), 1);
    assert!(output.err_line().contains("has shape"), "{}", output.err);
    workspace.write("other.names", "a b\n");
    let output = workspace.dsc(&format!("{import} bad --names other.names"), 1);
    assert!(output.err_line().contains("other.names, line 1: missing `=`"), "{}", output.err);
    let output = workspace.dsc(&format!("{import} gone --names gone.names"), 1);
    assert!(output.err_line().contains("cannot read `gone.names`"), "{}", output.err);
}

struct Tensor {
    shape: Vec<usize>,
    numbers: Vec<u8>,
}

impl safetensors::View for &Tensor {
    fn dtype(&self) -> safetensors::Dtype {
        safetensors::Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        (&self.numbers).into()
    }
    fn data_len(&self) -> usize {
        self.numbers.len()
    }
}
