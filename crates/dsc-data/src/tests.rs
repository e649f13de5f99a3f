//! Feature files assembled byte by byte, real ones where they are available, batches, cards, hashes.

use std::path::PathBuf;

use super::pickle::asm::Asm;
use super::*;
use dsc_recipe::{NonFinite, Padding};
use dsc_syntax::diag::Diagnostic;
use dsc_testing::skip::{Lacks, skip};

mod files;
mod forms;
mod labels;
mod layouts;
mod lengths;
mod texts;

trait Float {
    /// A float on its own.
    fn float(self, value: f64) -> Self;
}

impl Float for Asm {
    fn float(self, value: f64) -> Asm {
        self.op(b"G").op(&value.to_be_bytes())
    }
}

/// An array of objects, which `items` writes in C order.
fn objects(asm: Asm, shape: &[i32], items: impl FnOnce(Asm) -> Asm) -> Asm {
    let asm =
        asm.global("numpy._core.multiarray", "_reconstruct").global("numpy", "ndarray").op(b"K\x00\x85").bytes(b"b");
    let asm = asm.op(b"\x87R(K\x01").shape(shape).dtype("O8", "|", -1).op(b"\x89](");
    items(asm).op(b"etb")
}

/// A float array; NaN and infinities included.
fn f8(asm: Asm, shape: &[i32], values: &[f64]) -> Asm {
    asm.array(shape, ("f8", "<", -1), false, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
}

/// A file with `{"train": columns}`.
fn file(columns: impl FnOnce(Asm) -> Asm) -> (tempfile::TempDir, PathBuf) {
    let bytes = columns(Asm::proto(4).op(b"}").text("train").op(b"}(")).op(b"us").stop();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pkl");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn open(columns: impl FnOnce(Asm) -> Asm) -> Dataset {
    let (_folder, path) = file(columns);
    Dataset::open(&path, Padding::Auto).unwrap()
}

fn train(dataset: &Dataset) -> &Table {
    dataset.split(Split::Train).unwrap()
}

fn shared(name: &str) -> Option<PathBuf> {
    let path = dsc_testing::shared(&format!("data/{name}"));
    if !path.is_file() {
        skip(Lacks::Shared(&format!("data/{name}")));
        return None;
    }
    Some(path)
}

/// Two samples of 3 x 2 audio, 2 x 1 vision.
fn usual(asm: Asm) -> Asm {
    let asm = asm.text("raw_text").texts(&["GOOD", ""]).text("id").texts(&["v$_$1", "v$_$2"]);
    let asm = f8(asm.text("regression_labels"), &[2, 1], &[0.5, -1.0]);
    let asm = f8(asm.text("audio"), &[2, 3, 2], &[1., 2., 3., 4., 5., 6., 7., 8., 0., 0., 0., 0.]);
    f8(asm.text("vision"), &[2, 2, 1], &[1.5, 2.5, 0., 0.])
}

#[test]
fn lengths_from_zero_frames_where_none_are_given() {
    let d = open(usual);
    let t = train(&d);
    let audio = t.stream("audio", "a test").unwrap();
    assert_eq!((audio.lengths(), audio.length_source), (&[3, 1][..], LengthSource::ZeroFrames));
    // Frame 0 is never padding.
    assert_eq!(t.stream("vision", "a test").unwrap().lengths(), [2, 1]);
    assert_eq!(*t.label("regression_labels", "a test").unwrap(), [0.5, -1.0]);
    assert_eq!(t.ids, ["v$_$1", "v$_$2"]);
    assert_eq!(t.text("raw_text", "a test").unwrap(), ["GOOD", ""]);
    let mut row = [9.0; 6];
    assert_eq!(audio.copy_row(1, &mut row).unwrap(), 1);
    assert_eq!(row, [7.0, 8.0, 9.0, 9.0, 9.0, 9.0]);
    assert_eq!(audio.copy_row(2, &mut row).unwrap_err().code.0, "E0611");
    assert_eq!(audio.copy_row(0, &mut row[..5]).unwrap_err().code.0, "E0611");
}

#[test]
fn given_lengths_as_lists() {
    let d = open(|a| usual(a).text("audio_lengths").floats(&[2.0, 9.0]).text("vision_lengths").op(b"](K\x01K\x02e"));
    let t = train(&d);
    assert_eq!(t.stream("audio", "a test").unwrap().lengths(), [2, 3]);
    assert_eq!(t.stream("vision", "a test").unwrap().lengths(), [1, 2]);
    assert_eq!(d.findings.len(), 1, "the length of 9 was cut to 3, and it is said");
    assert!(d.warnings()[0].message.contains("1 of 2 lengths") && !d.warnings()[0].is_error());
    assert!(!t.labels.contains_key("audio_lengths"));

    let d = open(|a| usual(a).text("audio_lengths").floats(&[2.0, f64::NAN]));
    let fault = train(&d).stream("audio", "input `audio`").unwrap_err();
    assert!(fault.code.0 == "E0606" && fault.message.contains("sample 1"), "{fault}");
}

#[test]
fn lengths_of_zero_are_reported_and_use_one_frame() {
    let d = open(|a| usual(a).text("audio_lengths").floats(&[0.0, 0.0]).text("vision_lengths").floats(&[2.0, 0.0]));
    let t = train(&d);
    let (audio, vision) = (t.stream("audio", "a test").unwrap(), t.stream("vision", "a test").unwrap());
    assert_eq!((audio.lengths(), vision.lengths()), (&[1, 1][..], &[2, 1][..]));
    let mut row = [9.0; 2];
    assert_eq!(audio.copy_row(0, &mut row).unwrap(), 1);
    assert_eq!(row, [1.0, 2.0], "the first frame as it is stored");
    assert_eq!(audio.zero_lengths, Some(ZeroLengths { samples: 2, first: "v$_$1".to_owned() }));
    assert_eq!(vision.zero_lengths, Some(ZeroLengths { samples: 1, first: "v$_$2".to_owned() }));
    let warnings: Vec<String> = d.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "once per split and key: {warnings:?}");
    assert!(warnings[0].contains("train.audio: 2 of 2 samples have length 0, the first is `v$_$1`"), "{}", warnings[0]);
    assert!(warnings[0].contains("the first frame of each is used") && !d.warnings()[0].is_error());
    let shown = info(&d).unwrap().to_string();
    assert!(shown.contains("2 of length 0, the first is `v$_$1`: one frame is used"), "{shown}");

    // A text whose mask is empty.
    let d = open(|a| f8(f8(a.text("text"), &[1, 2, 1], &[1., 1.]).text("text_bert"), &[1, 3, 2], &[0.; 6]));
    let text = train(&d).stream("text", "a test").unwrap();
    assert_eq!((text.lengths(), text.length_source), (&[1][..], LengthSource::TokenMask));
    assert_eq!(text.zero_lengths, Some(ZeroLengths { samples: 1, first: "0".to_owned() }));
    // Without given lengths frame 0 is not padding: a sample of zeros is valid.
    let d = open(|a| f8(a.text("audio"), &[1, 2, 1], &[0., 0.]));
    assert!(d.findings.is_empty() && train(&d).stream("audio", "a test").unwrap().zero_lengths.is_none());
}

#[test]
fn ids_are_those_of_the_file() {
    let ids = |id: &dyn Fn(Asm) -> Asm| train(&open(|a| id(a.text("id")))).ids.clone();
    let ints: Vec<u8> = [16_777_217i64, i64::MIN, 9_007_199_254_740_993].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(
        ids(&|a| a.array(&[3], ("i8", "<", -1), false, &ints)),
        ["16777217", "-9223372036854775808", "9007199254740993"]
    );
    let big: Vec<u8> = [u64::MAX, 7].iter().flat_map(|v| v.to_be_bytes()).collect();
    assert_eq!(ids(&|a| a.array(&[2, 1], ("u8", ">", -1), false, &big)), ["18446744073709551615", "7"]);
    assert_eq!(ids(&|a| f8(a, &[3], &[16_777_217.0, 0.1, -3.0])), ["16777217", "0.1", "-3"]);
    let singles: Vec<u8> = [0.1f32, 16_777_216.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(ids(&|a| a.array(&[2], ("f4", "<", -1), false, &singles)), ["0.1", "16777216"]);
    // Lists: of numbers, of numbers and text, of parts, of integers beyond 64 bits.
    let long = [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(ids(&|a| a.op(b"](").int(16_777_217).op(b"e")), ["16777217"]);
    assert_eq!(ids(&|a| a.op(b"](").int(4).text("b").op(&long).op(b"e")), ["4", "b", "18446744073709551616"]);
    assert_eq!(ids(&|a| a.floats(&[16_777_217.0, 2.5])), ["16777217", "2.5"]);
    assert_eq!(ids(&|a| a.op(b"](](").int(3).int(16_777_217).op(b"ee")), ["3$_$16777217"]);
    assert_eq!(ids(&|a| f8(a, &[1, 2], &[3.0, 4.0])), ["3$_$4"]);
    // Invalid ids are reported; the index of a sample is used instead.
    let d = open(|a| f8(a.text("regression_labels"), &[2], &[0.5, 1.0]).text("id").floats(&[1.0]));
    assert_eq!(train(&d).ids, ["0", "1"]);
    let warning = d.warnings().remove(0);
    assert!(warning.message.ends_with("train.id: 1 ids where the split has 2 samples"), "{warning}");
    assert!(!train(&d).labels.contains_key("id"));
}

#[test]
fn lengths_of_other_frames_are_not_used_in_aligned_files() {
    let d = open(|a| {
        let a = f8(a.text("audio"), &[1, 2, 1], &[1.0, 0.0]);
        let a = f8(a.text("vision"), &[1, 2, 1], &[1.0, 1.0]);
        a.text("audio_lengths").floats(&[375.0]).text("vision_lengths").floats(&[1.0])
    });
    let t = train(&d);
    assert_eq!(t.stream("audio", "a test").unwrap().lengths(), [1]);
    assert_eq!(t.stream("vision", "a test").unwrap().lengths(), [2]);
    assert_eq!(d.findings.iter().map(|f| f.key.as_deref()).collect::<Vec<_>>(), [Some("audio"), Some("vision")]);
    assert!(
        d.warnings()[0].message.contains("`audio_lengths` is not used: it has lengths up to 375"),
        "{:?}",
        d.warnings()
    );
}

#[test]
fn text_lengths_from_the_mask() {
    let mask = [9., 9., 9., 1., 1., 0., 0., 0., 0.];
    let d = open(|a| f8(f8(a.text("text"), &[1, 3, 1], &[1., 1., 1.]).text("text_bert"), &[1, 3, 3], &mask));
    let text = train(&d).stream("text", "a test").unwrap();
    assert_eq!((text.lengths(), text.length_source), (&[2][..], LengthSource::TokenMask));
}

#[test]
fn lists_take_the_place_of_arrays() {
    let d = open(|a| {
        let a = a.text("regression_labels").op(b"](").floats(&[1.0]).floats(&[2.0]).op(b"e");
        // [N][T_i][f]
        let a = a.text("audio").op(b"](](").floats(&[1., 2.]).floats(&[3., 4.]).op(b"e](").floats(&[5., 6.]).op(b"ee");
        // A list of arrays, one of them in Fortran order.
        let columns: Vec<u8> = [1f64, 3., 2., 4.].iter().flat_map(|v| v.to_le_bytes()).collect();
        let a =
            f8(a.text("vision").op(b"]("), &[1, 2], &[8., 9.]).array(&[2, 2], ("f8", "<", -1), true, &columns).op(b"e");
        let a = a.text("face").op(b"](").floats(&[1., 2., 3.]).floats(&[4., 5., 6.]).op(b"e");
        a.text("id").op(b"](](").text("vid").op(b"K\x03e](").text("vid").op(b"K\x04ee").text("note").op(b"K\x01")
    });
    let t = train(&d);
    assert_eq!(t.labels["regression_labels"], [1.0, 2.0]);
    assert_eq!(t.ids, ["vid$_$3", "vid$_$4"]);
    let mut row = [0.0; 4];
    let audio = t.stream("audio", "a test").unwrap();
    assert_eq!((audio.lengths(), audio.width, audio.length_source), (&[2, 1][..], 2, LengthSource::Ragged));
    assert_eq!(audio.copy_row(0, &mut row).unwrap(), 2);
    assert_eq!(row, [1., 2., 3., 4.]);
    let vision = t.stream("vision", "a test").unwrap();
    assert_eq!(vision.lengths(), [1, 2]);
    vision.copy_row(1, &mut row).unwrap();
    assert_eq!(row, [1., 2., 3., 4.]);
    let face = t.stream("face", "a test").unwrap();
    assert!(face.vector && face.width == 3 && face.max_len == 1);
    assert_eq!(t.other, [("note".to_owned(), "the number 1".to_owned())]);
}

#[test]
fn a_missing_key_is_reported_when_it_is_read() {
    let d = open(|a| f8(usual(a).text("text"), &[3, 1, 1], &[0.; 3]));
    let t = train(&d);
    let fault = t.stream("adio", "input `sound`").unwrap_err();
    assert_eq!(fault.code.0, "E0605");
    assert!(fault.message.contains("has no stream `adio`") && fault.message.contains("input `sound`"), "{fault}");
    assert!(fault.help.as_ref().unwrap().contains("did you mean `audio`? available: `audio`, `vision`"), "{fault}");
    // A key of the wrong size is reported as such, and only now.
    let fault = t.stream("text", "input `text`").unwrap_err();
    assert!(fault.code.0 == "E0606" && fault.message.contains("3 samples where the split has 2"), "{fault}");
    assert_eq!(d.split(Split::Test).unwrap_err().code.0, "E0605");
    assert!(t.text("transcript", "input `text`").unwrap_err().help.unwrap().contains("`raw_text`"));
    let d = open(|a| f8(a.text("regression_labels"), &[1], &[f64::NAN]));
    assert_eq!(train(&d).label("regression_labels", "label `y`").unwrap_err().code.0, "E0606");
}

#[test]
fn files_that_are_not_feature_files() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |bytes: &[u8], code: &str| {
        let path = folder.path().join("y.pkl");
        std::fs::write(&path, bytes).unwrap();
        let fault = Dataset::open(&path, Padding::Auto).unwrap_err();
        assert_eq!(fault.code.0, code, "{fault}");
    };
    fails(b"", "E0602");
    fails(b"\x80\x04].", "E0605");
    fails(b"\x80\x04}.", "E0605");
    fails(b"cos\nsystem\n.", "E0603");
    assert_eq!(Dataset::open(&folder.path().join("absent.pkl"), Padding::Auto).unwrap_err().code.0, "E0601");
    assert_eq!(Dataset::open(folder.path(), Padding::Auto).unwrap_err().code.0, "E0601");
}

#[test]
fn values_that_are_not_finite() {
    let d = open(|a| f8(a.text("audio"), &[2, 2, 2], &[1., 2., 3., 4., f64::NAN, f64::NEG_INFINITY, 7., 1e300]));
    let audio = train(&d).stream("audio", "a test").unwrap();
    // 1e300 becomes infinite in f32.
    assert_eq!(audio.count_non_finite().unwrap(), NonFiniteCount { nan: 1, inf: 2, first: Some(1) });
    let fault = audio.check_finite(NonFinite::Error).unwrap_err();
    assert!(
        fault.code.0 == "E0607" && fault.message.contains("1 values are NaN and 2 infinite, the first in sample 1"),
        "{fault}"
    );
    assert!(audio.check_finite(NonFinite::Zero).is_ok());
    let fault = batch::sequences(audio, &[0, 1], NonFinite::Error, None).unwrap_err();
    assert!(fault.message.contains("train.audio") && fault.message.contains("sample 1"), "{fault}");
    let b = batch::sequences(audio, &[1], NonFinite::Zero, None).unwrap();
    assert_eq!(b.values, [0., 0., 7., 0.]);
}

#[test]
fn batches_are_padded_after_standardising() {
    let d = open(usual);
    let t = train(&d);
    let audio = t.stream("audio", "a test").unwrap();
    let s = Standardizer::fit(&d, &["audio"], NonFinite::Error).unwrap();
    // Valid frames of feature 0: 1, 3, 5, 7.
    assert_eq!(s.streams["audio"].mean, [4.0, 5.0]);
    assert_eq!(s.streams["audio"].std, [5f32.sqrt(), 5f32.sqrt()]);
    let b = batch::sequences(audio, &[1, 0], NonFinite::Error, Some(&s)).unwrap();
    assert_eq!((b.longest, b.width, b.lengths.as_slice()), (3, 2, &[1, 3][..]));
    let one = |v: f32| v / 5f32.sqrt();
    assert_eq!(b.values, [one(3.), one(3.), 0., 0., 0., 0., one(-3.), one(-3.), one(-1.), one(-1.), one(1.), one(1.)]);
    assert_eq!(batch::sequences(audio, &[2], NonFinite::Error, None).unwrap_err().code.0, "E0611");
    let again: Standardizer = serde_json::from_str(&serde_json::to_string(&s).unwrap()).unwrap();
    assert_eq!(again, s);

    let constant = open(|a| f8(a.text("audio"), &[2, 1, 2], &[0.1, 1., 0.1, 2.]));
    let s = Standardizer::fit(&constant, &["audio"], NonFinite::Error).unwrap();
    assert_eq!(s.streams["audio"].std, [1.0, 0.5]);
    let wrong = Standardizer { streams: [("audio".to_owned(), Moments { mean: vec![0.], std: vec![1.] })].into() };
    assert_eq!(batch::sequences(audio, &[0], NonFinite::Error, Some(&wrong)).unwrap_err().code.0, "E0606");

    let ids = [vec![101, 7, 102], vec![101, 102]];
    let b = batch::tokens(&ids, &[1, 0], 5).unwrap();
    assert_eq!((b.ids, b.lengths, b.longest), (vec![101, 102, 5, 101, 7, 102], vec![2, 3], 3));
    assert_eq!(batch::tokens(&ids, &[2], 0).unwrap_err().code.0, "E0611");
    assert_eq!(batch::labels(t, "regression_labels", &[1, 1, 0]).unwrap(), [-1.0, -1.0, 0.5]);
}

#[test]
fn epochs_are_permutations_by_seed_and_number() {
    let batches = batch::epoch(103, 16, 7, 3);
    assert_eq!(batches.len(), 7);
    let mut all: Vec<usize> = batches.concat();
    assert_eq!(batch::epoch(103, 16, 7, 3), batches);
    assert_ne!(batch::epoch(103, 16, 7, 4).concat(), all);
    assert_ne!(batch::epoch(103, 16, 8, 3).concat(), all);
    all.sort_unstable();
    assert_eq!(all, (0..103).collect::<Vec<_>>());
    assert_eq!(batch::in_order(5, 2), [vec![0, 1], vec![2, 3], vec![4]]);
    assert!(batch::epoch(0, 16, 0, 0).is_empty());
    // Every sample comes first about equally often.
    let mut first = [0; 5];
    (0..5000).for_each(|e| first[batch::epoch(5, 5, 1, e)[0][0]] += 1);
    assert!(first.iter().all(|n| (900..1100).contains(n)), "{first:?}");
}

#[test]
fn hashes_are_cached() {
    let folder = tempfile::tempdir().unwrap();
    let (path, cache) = (folder.path().join("data"), folder.path().join("deep/cache.json"));
    std::fs::write(&path, b"abc").unwrap();
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(file_sha256(&path, Some(&cache)).unwrap(), abc);
    // The second call reads the cache: it returns the changed entry.
    let marked = std::fs::read_to_string(&cache).unwrap().replace(abc, "marked");
    std::fs::write(&cache, marked).unwrap();
    assert_eq!(file_sha256(&path, Some(&cache)).unwrap(), "marked");
    std::fs::write(&path, b"abcd").unwrap();
    assert_ne!(file_sha256(&path, Some(&cache)).unwrap(), "marked");
    std::fs::write(&cache, b"no json").unwrap();
    std::fs::write(&path, b"abc").unwrap();
    assert_eq!(file_sha256(&path, Some(&cache)).unwrap(), abc);
    assert_eq!(file_sha256(&folder.path().join("absent"), None).unwrap_err().code.0, "E0601");
}

#[test]
fn locating() {
    use card::{Location, locate};
    let said = |d: Diagnostic| format!("{} {} {}", d.code.0, d.message, d.help.unwrap());
    assert!(said(locate("simz", None).unwrap_err()).contains("did you mean `sims`?"));
    let none = said(locate("mosi", None).unwrap_err());
    assert!(none.starts_with("E0609") && none.contains("DSC_DATA") && none.contains("78e0f8b5"), "{none}");
    let folder = tempfile::tempdir().unwrap();
    let absent = said(locate("sims", Some(folder.path())).unwrap_err());
    assert!(
        absent.contains("SIMS/Processed/unaligned_39.pkl") && absent.contains("MMSA") && absent.contains("c9e20c13"),
        "{absent}"
    );
    assert_eq!(locate("demo", None).unwrap(), Location::Demo);

    let (_keep, small) = file(usual);
    let place = folder.path().join("MOSI/Processed/unaligned_50.pkl");
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::copy(small, &place).unwrap();
    let found = locate("mosi", Some(folder.path())).unwrap();
    assert!(matches!(&found, Location::File(p, Some(c)) if *p == place && c.name == "mosi"));
    let notes: Vec<String> =
        found.open(0, Padding::Auto).unwrap().warnings().iter().map(|n| n.message.clone()).collect();
    assert!(notes.iter().any(|n| n.contains("train has 2 samples, the card 1284")), "{notes:?}");
    assert!(notes.iter().any(|n| n.contains("audio is 3 x 2, the card 375 x 5")), "{notes:?}");
    assert!(notes.iter().any(|n| n.contains("the split test is missing")), "{notes:?}");
}

#[test]
fn bindings() {
    let sims = Binding::from_card("sims", None).unwrap();
    assert_eq!(sims.streams["vision"], StreamDims { max_len: 55, width: 709, vector: false });
    assert_eq!((sims.text_max_len, sims.encoder.as_ref().unwrap().config.vocab_size), (39, 21128));
    assert_eq!(
        Binding::from_card("sims", Some("bert-base-uncased")).unwrap().encoder.unwrap().config.vocab_size,
        30522
    );
    assert_eq!(Binding::from_card("sim", None).unwrap_err().code.0, "E0608");
    assert_eq!(Binding::from_card("sims", Some("bert")).unwrap_err().code.0, "E0612");
    for c in card::cards() {
        let binding = Binding::from_card(c.name, None).unwrap();
        let e = binding.encoder.as_ref().unwrap();
        e.config.validate(&e.name).unwrap();
        let again: Binding = serde_json::from_str(&serde_json::to_string(&binding).unwrap()).unwrap();
        assert_eq!(again, binding);
    }
    // The card of the generated data set matches the data.
    let demo = demo::dataset(1);
    let from_data = Binding::from_dataset(&demo, Some(card::encoder("demo").unwrap()), Some(demo::MAX_TOKENS)).unwrap();
    assert_eq!(from_data, Binding::from_card("demo", None).unwrap());
    assert!(card::card("demo").unwrap().differences(&demo).is_empty());
    let plain = Binding::from_dataset(&open(usual), None, None).unwrap();
    assert_eq!(
        (plain.text_max_len, plain.texts.as_slice(), plain.labels.as_slice()),
        (128, &["raw_text".to_owned()][..], &["regression_labels".to_owned()][..])
    );
}

#[test]
fn mosi_real() {
    let Some(path) = shared("mosi_real.pkl") else { return };
    let d = Dataset::open(&path, Padding::Auto).unwrap();
    let t = train(&d);
    let audio = t.stream("audio", "a test").unwrap();
    assert_eq!((t.len, audio.max_len, audio.width, audio.dtype.as_str()), (1284, 50, 6, "float64"));
    assert_eq!(audio.length_source, LengthSource::Given);
    assert!(audio.lengths().iter().any(|n| *n < 50));
    assert_eq!(t.text("raw_text", "a test").unwrap().len(), 1284);
    let y = t.label("regression_labels", "a test").unwrap();
    assert!(y.iter().all(|y| (-3.0..=3.0).contains(y)));
    assert!(t.text("text", "a test").is_err() && t.broken.is_empty(), "{:?}", t.broken);
    let text = info(&d).unwrap().to_string();
    eprintln!("{text}");
    assert!(text.contains("train: 1284 samples") && text.contains("valid: 229") && text.contains("test: 686"));
    let s = Standardizer::fit(&d, &["audio", "vision"], NonFinite::Zero).unwrap();
    let all = batch::sequences(audio, &(0..t.len).collect::<Vec<_>>(), NonFinite::Zero, Some(&s)).unwrap();
    let frames: usize = all.lengths.iter().map(|n| *n as usize).sum();
    let sum: f64 = all.values.iter().map(|v| f64::from(*v)).sum();
    assert!((sum / frames as f64).abs() < 1e-4, "standardised frames have mean 0: {sum}");
}

#[test]
fn mmmo_real() {
    let Some(path) = shared("mmmo_real.pkl") else { return };
    let d = Dataset::open(&path, Padding::Auto).unwrap();
    let sizes: Vec<usize> = d.tables.iter().map(|t| t.len).collect();
    assert_eq!(sizes, [80, 20, 20]);
    let t = train(&d);
    for (key, width) in [("text", 300), ("audio", 74), ("vision", 36)] {
        let s = t.stream(key, "a test").unwrap();
        assert_eq!((s.max_len, s.width, s.length_source), (20, width, LengthSource::ZeroFrames));
        assert!(s.lengths().iter().all(|n| (1..=20).contains(n)));
    }
    assert!(t.label("regression_labels", "a test").unwrap().iter().all(|y| (1.0..=5.0).contains(y)));
    let missing = t.text("raw_text", "input `text`").unwrap_err();
    assert!(missing.message.contains("raw_text") && missing.help.unwrap().contains("Seq<text>"));
    eprintln!("{}", info(&d).unwrap());
}
