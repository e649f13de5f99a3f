//! Feature files of other formats, with values that are not read, and made to exhaust memory or time.

use std::path::Path;

use super::{Asm, Dataset, f8, file, open, train, usual};
use crate::info;
use dsc_recipe::{NonFinite, Padding};
use dsc_syntax::diag::Diagnostic;

fn refused(bytes: &[u8]) -> Diagnostic {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pkl");
    std::fs::write(&path, bytes).unwrap();
    Dataset::open(&path, Padding::Auto).unwrap_err()
}

#[test]
fn other_formats_are_named_with_what_to_do() {
    for (bytes, what, remedy) in [
        (&b""[..], "an empty file", "get the file again"),
        (&[0; 64], "filled with zeros", "get the file again"),
        (b"<!DOCTYPE html>\n<html>", "an HTML page", "browser"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer", "git lfs pull"),
        (b"video_id,text\nv1,good film\n", "a CSV table", "pickle.dump"),
        (b"\x1f\x8b\x08\x08\0\0", "compressed with gzip", "gzip -dc"),
        (b"\x89HDF\r\n\x1a\n\0\0", "an HDF5 file", "h5py"),
        (b"\x93NUMPY\x01\0v\0{", "an .npy file", "numpy.load"),
        (b"\x07\x08\x09", "of an unknown format", "pickle.dump"),
    ] {
        let fault = refused(bytes);
        assert!(fault.code.0 == "E0602" && fault.message.contains(what), "{fault}");
        assert!(fault.help.as_deref().unwrap_or_default().contains(remedy), "{fault}");
    }
    // Protocol 0 has no mark and is text; what follows a pickle's mark is a damaged pickle.
    assert_eq!(refused(b"(dp0\nVa\np1\nI1\ns.").code.0, "E0605");
    assert!(refused(b"\x80\x04\x95\0\0").message.contains("not a valid pickle"));
    let zeros = [&b"\x80\x04}"[..], &[0; 100]].concat();
    assert!(refused(&zeros).message.contains("filled with zeros"), "{}", refused(&zeros));
}

/// A key whose content is not read is named when it is used, and the others are as always.
#[test]
fn one_key_that_is_not_read_leaves_the_others() {
    let d = open(|asm| {
        usual(asm)
            .text("where")
            .global("pathlib", "PosixPath")
            .text("/data")
            .op(b"\x85R")
            .text("frame")
            .global("pandas.arrays", "StringArray")
            .op(b")R")
            .text("clips")
            .op(b"](")
            .global("datetime", "datetime")
            .op(b")RK\x01e")
            .text("waves")
            .array(&[2], ("c16", "<", -1), false, &[0; 32])
    });
    let t = train(&d);
    assert_eq!(t.stream("audio", "a test").unwrap().lengths(), [3, 1]);
    for (key, code, words) in [
        ("frame", "E0603", "train.frame refers to `pandas.arrays.StringArray`"),
        ("clips", "E0603", "`datetime.datetime`"),
        ("waves", "E0604", "an array of dtype `c16`"),
        ("where", "E0603", "`pathlib.PosixPath`"),
    ] {
        let fault = t.stream(key, "a test").unwrap_err();
        assert!(fault.code.0 == code && fault.message.contains(words), "{fault}");
    }
    assert!(t.stream("frame", "a test").unwrap_err().help.unwrap().contains(".to_numpy()"));
    assert!(info(&d).unwrap().to_string().contains("unusable"));
}

#[test]
fn a_root_or_split_that_is_not_read_is_named() {
    let frame = |asm: Asm| asm.global("pandas.core.frame", "DataFrame").op(b")\x81}").text("a").op(b"Nsb");
    assert!(refused(&frame(Asm::proto(4)).stop()).message.contains("`pandas.core.frame.DataFrame`"));
    let split = frame(Asm::proto(4).op(b"}").text("train")).op(b"s").stop();
    assert!(refused(&split).message.contains("train refers to `pandas.core.frame.DataFrame`"));
}

/// `collections.defaultdict` in both levels, as scripts that fill columns step by step leave it.
#[test]
fn default_dictionaries_are_dictionaries() {
    let factory =
        |asm: Asm, class: &str| asm.global("collections", "defaultdict").global("builtins", class).op(b"\x85R");
    let inner = usual(factory(factory(Asm::proto(4), "dict").text("train"), "list").op(b"("));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pkl");
    std::fs::write(&path, inner.op(b"us").stop()).unwrap();
    let d = Dataset::open(&path, Padding::Auto).unwrap();
    assert_eq!(train(&d).stream("audio", "a test").unwrap().lengths(), [3, 1]);
}

/// Kilobytes that stand for gigabytes: one list under five thousand keys.
#[test]
fn keys_that_share_one_list_are_refused() {
    let mut asm = Asm::proto(4).op(b"}").text("train").op(b"}(").text("first").floats(&[0.5; 5000]).op(b"q\x00");
    for key in 0..5000 {
        asm = asm.text(&format!("key{key}")).op(b"h\x00");
    }
    let fault = refused(&asm.op(b"us").stop());
    assert!(fault.code.0 == "E0602" && fault.message.contains("over and over"), "{fault}");
}

#[test]
fn splits_without_samples_have_bounded_axes() {
    let empty = |asm: Asm, shape: &[i32]| f8(usual_empty(asm).text("audio"), shape, &[]);
    fn usual_empty(asm: Asm) -> Asm {
        f8(asm.text("regression_labels"), &[0], &[])
    }
    let d = open(|asm| empty(asm, &[0, 400, 33]));
    let audio = train(&d).stream("audio", "a test").unwrap();
    assert_eq!((audio.samples(), audio.max_len, audio.width), (0, 1, 33));
    assert_eq!(audio.check_finite(NonFinite::Error).unwrap(), crate::NonFiniteCount::default());
    let (_folder, path) = file(|asm| empty(asm, &[0, 1 << 30, 1 << 30]));
    assert_eq!(Dataset::open(&path, Padding::Auto).unwrap_err().code.0, "E0602");
}

/// Decimal digits of an integer take time quadratic in its length, so an id has at most 64 bytes.
#[test]
fn integers_of_any_length_cost_no_time() {
    let long = vec![0x7f; 200_000];
    let started = std::time::Instant::now();
    let d = open(|asm| {
        let asm = f8(asm.text("regression_labels"), &[1], &[0.5]).text("id").op(b"](");
        asm.op(b"\x8b").op(&200_000u32.to_le_bytes()).op(&long).op(b"e")
    });
    assert!(started.elapsed().as_secs() < 5);
    assert_eq!(train(&d).ids, ["0"]);
    assert!(d.warnings()[0].message.contains("the id of sample 0"), "{:?}", d.warnings());
    let d = open(|asm| {
        let asm = f8(asm.text("regression_labels"), &[1], &[0.5]).text("id").op(b"](");
        asm.op(b"\x8a\x09\0\0\0\0\0\0\0\0\x01e")
    });
    assert_eq!(train(&d).ids, ["18446744073709551616"]);
}

/// The file of a run is cut while the run reads it: rows of the part that is gone are an error, not the end of the process.
#[test]
fn a_file_that_is_cut_while_it_is_read() {
    let wide = vec![1.0; 2 * 4096 * 8];
    let (_folder, path) = file(|asm| {
        let asm = f8(asm.text("regression_labels"), &[2], &[0.5, 1.0]);
        f8(asm.text("audio"), &[2, 4096, 8], &wide).text("audio_lengths").floats(&[4096.0, 4096.0])
    });
    let d = Dataset::open(&path, Padding::Auto).unwrap();
    let audio = train(&d).stream("audio", "a test").unwrap();
    let mut row = vec![0.0; 4096 * 8];
    assert_eq!(audio.copy_row(0, &mut row).unwrap(), 4096);
    cut(&path, 100_000);
    let fault = audio.copy_row(1, &mut row).unwrap_err();
    assert!(fault.code.0 == "E0601" && fault.message.contains("was cut while it was read"), "{fault}");
}

fn cut(path: &Path, length: u64) {
    std::fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_no_feature_files() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.pkl");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/zero"), folder.path()] {
        let fault = Dataset::open(path, Padding::Auto).unwrap_err();
        assert!(fault.code.0 == "E0601" && fault.message.contains("not a regular file"), "{fault}");
        assert_eq!(crate::file_sha256(path, None).unwrap_err().code.0, "E0601");
    }
}
