//! Where the splits are: other names, other layouts, a file per split, files without splits.

use super::*;
use crate::card::{Location, data_stem, locate};
use dsc_recipe::Padding;

/// A file with this root.
fn root(name: &str, bytes: Asm) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes.stop()).unwrap();
    (folder, path)
}

fn opened(bytes: Asm) -> Result<Dataset, Diagnostic> {
    let (_folder, path) = root("x.pkl", bytes);
    Dataset::open(&path, Padding::Auto)
}

fn split(asm: Asm, name: &str) -> Asm {
    usual(asm.text(name).op(b"}(")).op(b"u")
}

#[test]
fn the_validation_split_may_be_called_dev_or_val() {
    for (train, name) in [("train", "dev"), ("train", "val"), ("Train", "Valid"), ("TRAIN", "validation")] {
        let d = opened(split(split(Asm::proto(4).op(b"}("), train), name).op(b"u")).unwrap();
        assert_eq!(d.tables.iter().map(|t| t.split).collect::<Vec<_>>(), [Split::Train, Split::Valid]);
        assert!(d.findings.is_empty());
        // Messages name the key of the file.
        assert!(d.tables[1].streams["audio"].place.ends_with(&format!("{name}.audio")));
    }
    let d = opened(split(split(Asm::proto(4).op(b"}("), "dev"), "valid").op(b"u")).unwrap();
    assert!(
        d.warnings()[0].message.contains("has `valid` and `dev`, both names of the valid split"),
        "{:?}",
        d.warnings()
    );
}

#[test]
fn layouts_that_are_none_are_described() {
    let fails = |bytes: Asm, part: &str| {
        let fault = opened(bytes).unwrap_err();
        assert!(fault.code.0 == "E0605" && fault.message.contains(part), "{part}: {fault}");
        assert!(fault.help.unwrap().contains("\"regression_labels\""));
    };
    let tuples = Asm::proto(4).op(b"}(").text("train").op(b"](K\x01K\x02\x86K\x03K\x04\x86eu");
    fails(tuples, "`train` of `");
    fails(
        Asm::proto(4).op(b"}(").text("train").op(b"](K\x01K\x02\x86K\x03K\x04\x86eu"),
        "is a list of 2 tuples, not a dictionary of columns",
    );
    fails(
        split(Asm::proto(4).op(b"}(").text("train").op(b"}("), "clip_1").op(b"uu"),
        "is keyed by sample (`clip_1`, ..), not by column",
    );
    fails(
        split(split(Asm::proto(4).op(b"}("), "clip_1"), "clip_2").op(b"u"),
        "is keyed by sample (`clip_1`, `clip_2`, ..), not by split",
    );
    fails(Asm::proto(4).op(b"](K\x01K\x02e"), "expected a dict, found a list of 2 items");
    fails(Asm::proto(4).op(b"}(").text("a").int(1).op(b"u"), "none of the splits train, valid, test: its keys are `a`");
}

#[test]
fn a_file_without_splits_is_the_test_split() {
    let d = opened(usual(Asm::proto(4).op(b"}(")).op(b"u")).unwrap();
    let table = d.split(Split::Test).unwrap();
    assert_eq!((table.len, table.labels["regression_labels"].as_slice()), (2, &[0.5, -1.0][..]));
    assert!(d.warnings()[0].message.contains("has no splits") && d.findings[0].key.is_none());
    // Vectors beside ids are columns, not a clip.
    let d = opened(f8(Asm::proto(4).op(b"}(").text("id").texts(&["a", "b"]).text("face"), &[2, 3], &[1.; 6]).op(b"u"))
        .unwrap();
    assert!(d.split(Split::Test).unwrap().streams["face"].vector);
}

#[test]
fn the_features_of_one_clip_are_one_sample() {
    let clip = |a: Asm| {
        let a = f8(a.text("audio"), &[4, 2], &[1., 2., 3., 4., 5., 6., 0., 0.]);
        let a = f8(f8(a.text("vision"), &[2, 1], &[7., 8.]).text("text"), &[3, 1], &[1., 1., 1.]);
        f8(a.text("text_bert"), &[3, 3], &[2., 5., 3., 1., 1., 1., 0., 0., 0.])
            .text("config")
            .op(b"}")
            .text("raw_text")
            .text("so good")
    };
    let d = opened(clip(Asm::proto(4).op(b"}(")).op(b"u")).unwrap();
    let t = d.split(Split::Test).unwrap();
    assert_eq!((t.len, t.ids.as_slice()), (1, &["0".to_owned()][..]));
    assert_eq!(t.stream("audio", "a test").unwrap().lengths(), [3], "padding of the clip is cut");
    assert_eq!(t.stream("vision", "a test").unwrap().lengths(), [2]);
    assert_eq!(t.stream("text", "a test").unwrap().length_source, LengthSource::TokenMask);
    assert_eq!(t.text("raw_text", "a test").unwrap(), ["so good"]);
    assert!(d.warnings()[0].message.contains("read as one sample of the split `test`"), "{:?}", d.warnings());
}

#[test]
fn a_file_per_split() {
    let (_a, train) = root("a.pkl", usual(Asm::proto(4).op(b"}(")).op(b"u"));
    let (_b, valid) = root("b.pkl", split(split(Asm::proto(4).op(b"}("), "train"), "dev").op(b"u"));
    let name = format!("valid={},train={}", valid.display(), train.display());
    let location = locate(&name, None).unwrap();
    assert!(matches!(&location, Location::Splits(_, files) if files.len() == 2));
    assert_eq!((data_stem(&name).as_str(), location.paths().len()), ("b", 2));
    let d = location.open(0, Padding::Auto).unwrap();
    assert_eq!(d.tables.iter().map(|t| (t.split, t.len)).collect::<Vec<_>>(), [(Split::Train, 2), (Split::Valid, 2)]);
    assert!(d.findings.is_empty());
    let both = files_sha256(&location.paths(), None).unwrap().unwrap();
    assert_ne!(both, file_sha256(&train, None).unwrap());
    assert_eq!(files_sha256(&[&train], None).unwrap(), Some(file_sha256(&train, None).unwrap()));
    let twice = locate("train=a,train=b", None).unwrap_err();
    assert!(twice.code.0 == "E0608" && twice.message.contains("two files for the split train"), "{twice}");
    assert_eq!(locate("trian=a", None).unwrap_err().code.0, "E0608");
    let lacks = locate(&format!("test={}", valid.display()), None).unwrap().open(0, Padding::Auto).unwrap_err();
    assert!(lacks.message.contains("is keyed by sample") || lacks.message.contains("no split `test`"), "{lacks}");
}
