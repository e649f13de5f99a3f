//! The forms in which people store numbers: object arrays, nested lists, axes of length 1, several numbers per sample.

use super::*;

fn values(stream: &Stream, sample: usize) -> Vec<f32> {
    let mut row = vec![9.0; stream.max_len * stream.width];
    let n = stream.copy_row(sample, &mut row).unwrap();
    row.truncate(n * stream.width);
    row
}

fn fault(table: &Table, key: &str) -> String {
    let fault = table.stream(key, "input `x`").unwrap_err();
    assert_eq!(fault.code.0, "E0606", "{fault}");
    fault.message
}

#[test]
fn object_arrays_of_all_axes_are_read_as_float_arrays() {
    let d = open(|a| {
        let a = objects(a.text("regression_labels"), &[2, 1], |a| a.float(0.5).int(2));
        let a = objects(a.text("audio"), &[2, 2, 2], |a| (1..=8).fold(a, |a, i| a.int(i)));
        // Objects whose items are arrays, and objects of lists.
        let a = objects(a.text("vision"), &[2], |a| f8(f8(a, &[1, 2], &[1., 2.]), &[2, 2], &[3., 4., 5., 6.]));
        objects(a.text("face"), &[2, 3], |a| (0..6).fold(a, |a, i| a.int(i)))
    });
    let t = train(&d);
    assert_eq!(t.labels["regression_labels"], [0.5, 2.0]);
    let audio = t.stream("audio", "a test").unwrap();
    assert_eq!((audio.max_len, audio.width, audio.length_source), (2, 2, LengthSource::ZeroFrames));
    assert_eq!(values(audio, 1), [5., 6., 7., 8.]);
    let vision = t.stream("vision", "a test").unwrap();
    assert_eq!((vision.lengths(), vision.length_source), (&[1, 2][..], LengthSource::Ragged));
    let face = t.stream("face", "a test").unwrap();
    assert!(face.vector && values(face, 1) == [3., 4., 5.]);
}

#[test]
fn axes_of_length_one_around_a_number_are_a_label() {
    let d = open(|a| {
        let a = f8(a.text("labels"), &[2, 1, 1], &[0.5, -1.0]);
        let nested = |a: Asm, v: f64| a.op(b"](](").float(v).op(b"ee");
        let a = nested(nested(a.text("lists").op(b"]("), 1.5), 2.5).op(b"e");
        let a = f8(f8(a.text("zero_d").op(b"]("), &[], &[3.0]), &[1], &[4.0]).op(b"e");
        let a = a.text("hidden").op(b"](NNe");
        a.text("strings").texts(&["0.25", " -1e1"]).text("grades").texts(&["1", "good"])
    });
    let t = train(&d);
    let label = |key| t.label(key, "label `y`").map(std::borrow::Cow::into_owned);
    assert_eq!(label("labels").unwrap(), [0.5, -1.0]);
    assert_eq!(label("lists").unwrap(), [1.5, 2.5]);
    assert_eq!(label("zero_d").unwrap(), [3.0, 4.0]);
    assert!(t.label_values("hidden", "label `y`").unwrap().iter().all(|v| v.is_nan()));
    let text = t.text("hidden", "input `text`").unwrap_err();
    assert!(text.message.contains("train.hidden holds no value for any sample"), "{text}");
    assert_eq!(label("strings").unwrap(), [0.25, -10.0]);
    let fault = label("grades").unwrap_err();
    assert!(
        fault.message.ends_with("train.grades holds one text per sample, and label `y` requires one number per sample")
    );
}

#[test]
fn one_of_several_numbers_is_chosen_by_its_index() {
    let seven: Vec<f64> = (0..14).map(f64::from).collect();
    let d = open(|a| f8(f8(a.text("labels"), &[2, 7], &seven).text("framed"), &[2, 1, 7], &seven));
    let t = train(&d);
    for key in ["labels", "framed"] {
        let fault = t.label(key, "label `y`").unwrap_err();
        assert!(fault.message.contains("holds 7 numbers per sample (shape [2, "), "{fault}");
        assert!(fault.help.unwrap().contains(&format!("`from \"{key}[0]\"`")));
        assert_eq!(*t.label(&format!("{key}[6]"), "label `y`").unwrap(), [6.0, 13.0]);
        let beyond = t.label(&format!("{key}[7]"), "label `y`").unwrap_err();
        assert!(beyond.message.contains("has 7 numbers per sample, counted from 0"), "{beyond}");
    }
    assert_eq!(t.label("nothing[0]", "label `y`").unwrap_err().code.0, "E0605");
}

#[test]
fn a_column_of_numbers_is_a_vector_of_one() {
    let d = open(|a| f8(a.text("audio"), &[2, 1], &[1.5, 2.5]));
    let t = train(&d);
    assert_eq!(*t.label("audio", "label `y`").unwrap(), [1.5, 2.5]);
    assert_eq!(values(t.stream("audio", "input `p`").unwrap(), 1), [2.5]);
    let binding = Binding::from_dataset(&d, None, None).unwrap();
    let graph = |ty: &str| {
        let text = format!(
            "use std::{{Linear, mse}}\ninput p : {ty} from \"audio\"\nlabel y : Real\nmodel M {{\n  let score = p |> POOL Linear(out: 1) |> scalar()\n  \
             output score for y\n  loss l = mse(score, target: y)\n}}\n"
        );
        let text = text.replace("POOL", if ty.starts_with("Seq") { "mean() |>" } else { "" });
        let world = dsc_syntax::source::MemoryWorld::new().with("m.dsl", &text);
        dsc_language::compile(&world, "m.dsl", &dsc_language::lower::Options::default()).unwrap()
    };
    assert_eq!(binding.dims(graph("Vec[f]").inputs.values()).unwrap().widths["f"], 1);
    assert!(binding.dims(graph("Vec[1]").inputs.values()).is_ok());
    let refused = binding.dims(graph("Seq<a>[T, f]").inputs.values()).unwrap_err();
    assert_eq!(refused[0].help.as_deref(), Some("declare it as `Vec[1]`"));
}

#[test]
fn the_sample_at_fault_is_named() {
    let d = open(|a| {
        let a = a.text("id").texts(&["v0", "v1", "v2"]);
        let a = f8(f8(f8(a.text("width").op(b"]("), &[2, 2], &[1.; 4]), &[1, 2], &[1.; 2]), &[1, 1], &[1.]).op(b"e");
        let a = f8(f8(a.text("none").op(b"]("), &[2, 2], &[1.; 4]).op(b"N"), &[2, 2], &[1.; 4]).op(b"e");
        let a = f8(f8(a.text("flat").op(b"]("), &[2, 2], &[1.; 4]), &[2], &[1.; 2]).text("x").op(b"e");
        let a = f8(f8(a.text("mixed").op(b"]("), &[2, 2], &[1.; 4]), &[2], &[1.; 2]);
        let a = f8(a, &[2, 2], &[1.; 4]).op(b"e");
        f8(a.text("few"), &[2, 2, 2], &[1.; 8]).text("config").op(b"}")
    });
    let t = train(&d);
    assert!(
        fault(t, "width").ends_with("sample 2 (`v2`) has 1 features, sample 0 (`v0`) has 2"),
        "{}",
        fault(t, "width")
    );
    assert!(fault(t, "none").ends_with("sample 1 (`v1`) is None"), "{}", fault(t, "none"));
    assert!(
        fault(t, "mixed").contains("sample 0 (`v0`) has the shape [2, 2], sample 1 (`v1`) [2]"),
        "{}",
        fault(t, "mixed")
    );
    assert!(fault(t, "few").ends_with("2 samples where the split has 3"), "{}", fault(t, "few"));
    assert!(fault(t, "config").contains("train.config holds a dict, and input `x` requires a sequence or a vector"));
    // A text among arrays makes a column of texts, in which the arrays are at fault.
    assert!(fault(t, "flat").contains("sample 0 (`v0`) is an array of shape [2, 2]"), "{}", fault(t, "flat"));
}

/// The reason is reported where the model is bound to the data, too.
#[test]
fn an_unusable_stream_has_its_reason_at_the_input() {
    let d = open(|a| {
        let a = f8(a.text("regression_labels"), &[3], &[0.; 3]);
        f8(f8(a.text("vision"), &[3, 1, 2], &[1.; 6]).text("audio"), &[2, 2, 2], &[1.; 8]).text("note").op(b"}")
    });
    let binding = Binding::from_dataset(&d, None, None).unwrap();
    let text = "use std::{Linear, mse}\ninput audio : Seq<audio>[T, f]\ninput note : Seq<note>[U, g]\nlabel y : Real\nmodel M {\n  \
                let score = concat(mean(audio), mean(note)) |> Linear(out: 1) |> scalar()\n  output score for y\n  \
                loss l = mse(score, target: y)\n}\n";
    let world = dsc_syntax::source::MemoryWorld::new().with("m.dsl", text);
    let graph = dsc_language::compile(&world, "m.dsl", &dsc_language::lower::Options::default()).unwrap();
    let faults = binding.dims(graph.inputs.values()).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:#?}");
    assert!(faults[0].message.contains("train.audio: 2 samples where the split has 3") && faults[0].primary.is_some());
    assert!(faults[1].message.contains("train.note holds a dict"), "{}", faults[1]);
}

#[test]
fn a_sample_without_frames_is_one_frame_of_zeros_in_lists_too() {
    let arrays =
        open(|a| f8(f8(f8(a.text("audio").op(b"]("), &[2, 2], &[1.; 4]), &[0, 2], &[]), &[1, 2], &[3.; 2]).op(b"e"));
    let lists = open(|a| {
        let a = a.text("audio").op(b"](](").floats(&[1., 1.]).floats(&[1., 1.]).op(b"e]");
        a.op(b"](").floats(&[3., 3.]).op(b"ee")
    });
    for d in [arrays, lists] {
        let audio = train(&d).stream("audio", "a test").unwrap();
        assert_eq!((audio.lengths(), audio.width), (&[2, 1, 1][..], 2));
        assert_eq!((values(audio, 1), values(audio, 2)), (vec![0., 0.], vec![3., 3.]));
        assert_eq!(audio.zero_lengths, Some(ZeroLengths { samples: 1, first: "1".to_owned() }));
        assert!(d.warnings()[0].message.contains("1 of 3 samples have length 0"), "{:?}", d.warnings());
    }
    let none = open(|a| f8(f8(a.text("audio").op(b"]("), &[0, 2], &[]), &[0, 2], &[]).op(b"e"));
    assert!(fault(train(&none), "audio").ends_with("no sample has features"));
}

/// A list is stored once and may be referred to any number of times, on every level and by every key.
#[test]
fn references_that_multiply_are_refused_before_they_fill_the_memory() {
    // A list of 1000 numbers under memo 0; of each further list the 1000 items are the one before.
    let numbers = |a: Asm| (0..1000).fold(a.op(b"]q\x00("), |a, i| a.int(i % 7)).op(b"e");
    let refer =
        |a: Asm, from: u8, to: u8| (0..1000).fold(a.op(&[b']', b'q', to, b'(']), |a, _| a.op(&[b'h', from])).op(b"e");
    let labels = |a: Asm| f8(a.text("regression_labels"), &[1000], &[0.0; 1000]);
    let refused = |(_folder, path): (tempfile::TempDir, PathBuf)| Dataset::open(&path, Padding::Auto).unwrap_err();
    let deep = refused(file(|a| {
        let a = refer(numbers(labels(a).text("a")).op(b"0"), 0, 1).op(b"0");
        refer(refer(a, 1, 2).op(b"0"), 2, 3)
    }));
    assert!(deep.code.0 == "E0602" && deep.message.contains("over and over"), "{deep}");
    // Few enough for the file, too many to be read from so few bytes.
    let wide = open(|a| {
        let a = refer(numbers(labels(a).text("k0")).op(b"0"), 0, 1);
        (1..7).fold(a, |a, i| a.text(&format!("k{i}")).op(b"h\x01"))
    });
    let read = (0..7).filter(|i| train(&wide).streams.contains_key(&format!("k{i}"))).count();
    assert!((1..7).contains(&read), "{read} keys share one list of a million numbers");
    let long = refused(file(|a| {
        let a = labels(a).text("long").op(b"](").text(&"x".repeat(1 << 20)).op(b"q\x04");
        (1..1000).fold(a, |a, _| a.op(b"h\x04")).op(b"e")
    }));
    assert!(long.code.0 == "E0602" && long.message.contains("over and over"), "{long}");
}

/// An array without samples may have any axes: nothing is allocated for them.
#[test]
fn a_split_without_samples_takes_no_memory() {
    // Larger axes are refused by the parser.
    let huge = 1 << 13;
    let d = open(|a| f8(f8(a.text("audio"), &[0, huge, huge], &[]).text("regression_labels"), &[0], &[]));
    let audio = train(&d).stream("audio", "a test").unwrap();
    assert_eq!((audio.samples(), audio.max_len), (0, 1));
    assert_eq!(audio.count_non_finite().unwrap(), NonFiniteCount::default());
    assert!(info(&d).is_ok() && train(&d).labels["regression_labels"].is_empty());
}
