//! Which frames are valid: given lengths in every form, and padding on either side.

use super::*;
use dsc_recipe::Padding;

const NONE: [f64; 0] = [];

/// `[n, frames, 1]` with these values, and the bytes that follow.
fn audio(asm: Asm, rows: &[&[f64]]) -> Asm {
    let frames = i32::try_from(rows[0].len()).unwrap();
    f8(asm.text("audio"), &[i32::try_from(rows.len()).unwrap(), frames, 1], &rows.concat())
}

fn valid(d: &Dataset, key: &str) -> Vec<Vec<f32>> {
    let stream = train(d).stream(key, "a test").unwrap();
    let one = |sample| {
        let mut row = vec![9.0; stream.max_len * stream.width];
        let n = stream.copy_row(sample, &mut row).unwrap();
        row[..n * stream.width].to_vec()
    };
    (0..stream.samples()).map(one).collect()
}

fn messages(d: &Dataset) -> Vec<String> {
    d.findings.iter().map(|f| f.warning.message.clone()).collect()
}

/// Frames whose padding is not zero, so that only given lengths tell them.
const ROWS: [&[f64]; 3] = [&[1., 50., 50., 50.], &[1., 2., 50., 50.], &[1., 2., 3., 50.]];
const VALID: [&[f32]; 3] = [&[1.], &[1., 2.], &[1., 2., 3.]];

#[test]
fn given_lengths_decide_whatever_holds_stream_and_lengths() {
    let list = |a: Asm| ROWS.iter().fold(a.text("audio").op(b"]("), |a, r| f8(a, &[4, 1], r)).op(b"e");
    let object = |a: Asm| objects(a.text("audio"), &[3], |a| ROWS.iter().fold(a, |a, r| f8(a, &[4, 1], r)));
    let cells = |a: Asm| objects(a.text("audio"), &[3, 4, 1], |a| ROWS.concat().iter().fold(a, |a, v| a.float(*v)));
    let streams: [&dyn Fn(Asm) -> Asm; 4] = [&|a| audio(a, &ROWS), &list, &object, &cells];
    let lengths: [(&str, &dyn Fn(Asm) -> Asm); 7] = [
        ("audio_lengths", &|a| a.floats(&[1., 2., 3.])),
        ("audio_length", &|a| a.op(b"](K\x01K\x02K\x03e")),
        ("audio_lens", &|a| f8(a, &[3], &[1., 2., 3.])),
        ("audio_len", &|a| f8(a, &[3, 1], &[1., 2., 3.])),
        ("audio_lengths", &|a| f8(a, &[3, 1, 1], &[1., 2., 3.])),
        // Arrays without axes, as iterating over an array gives.
        ("audio_lengths", &|a| [1., 2., 3.].iter().fold(a.op(b"]("), |a, n| f8(a, &[], &[*n])).op(b"e")),
        ("audio_lengths", &|a| objects(a, &[3], |a| a.int(1).int(2).float(3.0))),
    ];
    for (i, stream) in streams.iter().enumerate() {
        for (key, lengths) in &lengths {
            let d = open(|a| lengths(stream(a).text(key)));
            let found = train(&d).stream("audio", "a test").unwrap();
            assert_eq!(
                (valid(&d, "audio"), found.length_source),
                (VALID.map(<[f32]>::to_vec).to_vec(), LengthSource::Given),
                "{i} {key}"
            );
            assert!(messages(&d).is_empty() && !train(&d).labels.contains_key(*key), "{i} {key}: {:?}", messages(&d));
        }
    }
}

#[test]
fn given_lengths_that_do_not_fit_are_errors_of_their_stream() {
    let wrong: [(&dyn Fn(Asm) -> Asm, &str); 5] = [
        (&|a| a.floats(&[1., 2., 3., 3.]), "train.audio_lengths: 4 samples where the split has 3"),
        (&|a| a.floats(&[1., 2.5, 3.]), "`audio_lengths` has 2.5 for sample 1"),
        (&|a| a.floats(&[1., -1., 3.]), "`audio_lengths` has -1 for sample 1"),
        (&|a| a.texts(&["1", "2", "3"]), "holds one text per sample"),
        (&|a| a.int(4), "holds the number 4"),
    ];
    for (lengths, part) in wrong {
        let d = open(|a| lengths(audio(a, &ROWS).text("audio_lengths")));
        let fault = train(&d).stream("audio", "input `audio`").unwrap_err();
        assert!(fault.code.0 == "E0606" && fault.message.contains(part), "{part}: {fault}");
    }
    let d = open(|a| audio(a, &ROWS).text("audio_lengths").floats(&[1., 2., 3., 3.]));
    let fault = train(&d).stream("audio", "input `audio`").unwrap_err();
    assert!(
        fault.message.contains("train.audio: the given lengths cannot be used")
            && fault.message.contains("4 samples where the split has 3")
    );
    assert!(info(&d).unwrap().to_string().contains("unusable"));
    // A label of such a name, without a stream, is a label.
    let d = open(|a| a.text("video_length").floats(&[1., 2.5]));
    assert_eq!(train(&d).labels["video_length"], [1.0, 2.5]);
}

#[test]
fn lists_without_padding_keep_their_lengths_and_may_be_shortened() {
    let list = |a: Asm| f8(f8(a.text("audio").op(b"]("), &[2, 1], &[1., 0.]), &[3, 1], &[1., 2., 3.]).op(b"e");
    let d = open(list);
    assert_eq!(valid(&d, "audio"), [vec![1., 0.], vec![1., 2., 3.]], "a zero at the end of a ragged list is data");
    let d = open(|a| list(a).text("audio_lengths").floats(&[1., 3.]));
    assert_eq!(valid(&d, "audio"), [vec![1.], vec![1., 2., 3.]]);
    let d = open(|a| list(a).text("audio_lengths").floats(&[2., 7.]));
    assert_eq!(valid(&d, "audio"), [vec![1., 0.], vec![1., 2., 3.]]);
    assert!(
        messages(&d)[0].contains("1 of 2 lengths in `audio_lengths` exceed the frames that are stored"),
        "{:?}",
        messages(&d)
    );
    // Lists of one length may be padded, as arrays are.
    let d = open(|a| f8(f8(a.text("audio").op(b"]("), &[3, 1], &[1., 0., 0.]), &[3, 1], &[1., 2., 3.]).op(b"e"));
    assert_eq!(valid(&d, "audio"), [vec![1.], vec![1., 2., 3.]]);
}

#[test]
fn streams_with_one_axis_and_true_lengths_are_not_aligned() {
    let both = |a: Asm, audio_lengths: &[f64], vision_lengths: &[f64]| {
        let a = f8(audio(a, &ROWS).text("vision"), &[3, 4, 1], &[5., 0., 0., 0., 5., 5., 5., 0., 5., 5., 5., 5.]);
        a.text("audio_lengths").floats(audio_lengths).text("vision_lengths").floats(vision_lengths)
    };
    let d = open(|a| both(a, &[1., 2., 3.], &[1., 3., 4.]));
    assert_eq!(valid(&d, "audio"), VALID.map(<[f32]>::to_vec));
    assert_eq!(train(&d).stream("vision", "a test").unwrap().lengths(), [1, 3, 4]);
    assert!(messages(&d).is_empty(), "{:?}", messages(&d));
    // Lengths of other frames, as files of aligned features hold them, are passed over with a warning.
    let d = open(|a| {
        let a = audio(a, &[&[1., 0., 0., 0.], &[1., 2., 0., 0.], &[1., 2., 3., 4.]]);
        let a = f8(a.text("vision"), &[3, 4, 1], &[5., 0., 0., 0., 5., 5., 5., 0., 5., 5., 5., 5.]);
        a.text("audio_lengths").floats(&[180., 375., 90.]).text("vision_lengths").floats(&[1., 3., 4.])
    });
    assert_eq!(train(&d).stream("audio", "a test").unwrap().length_source, LengthSource::ZeroFrames);
    assert_eq!(messages(&d).len(), 2, "{:?}", messages(&d));
    assert!(
        messages(&d)[0]
            .contains("`audio_lengths` is not used: it has lengths up to 375, and the 4 frames of `audio`, `vision`")
    );
    // Samples that were cut to the axis: zeros begin where the lengths end.
    let cut = |a: Asm| {
        let a = audio(a, &[&[1., 0., 0.], &[1., 2., 0.], &[1., 2., 3.]]);
        let a = f8(a.text("vision"), &[3, 3, 1], &[1.; 9]);
        a.text("audio_lengths").floats(&[1., 2., 8.])
    };
    let d = open(cut);
    assert_eq!(train(&d).stream("audio", "a test").unwrap().length_source, LengthSource::Given);
    assert!(messages(&d)[0].contains("1 of 3 lengths in `audio_lengths` exceed the 3 frames"), "{:?}", messages(&d));
}

#[test]
fn padding_in_front_is_found_and_said() {
    let front: [&[f64]; 3] = [&[0., 0., 0., 7.], &[0., 0., 7., 8.], &[0., 7., 8., 9.]];
    let expected = [vec![7.], vec![7., 8.], vec![7., 8., 9.]];
    for lengths in [&NONE[..], &[1., 2., 3.]] {
        let with = |a: Asm| match lengths {
            [] => audio(a, &front),
            lengths => audio(a, &front).text("audio_lengths").floats(lengths),
        };
        let d = open(with);
        assert_eq!(valid(&d, "audio"), expected);
        assert_eq!(d.findings[0].warning.code.0, "E0617");
        assert!(
            messages(&d)[0].contains("padding is in front of the frames in 3 of 3 samples, the first is `0`"),
            "{:?}",
            messages(&d)
        );
        assert!(info(&d).unwrap().to_string().contains("padding in front"));
        // Stated, nothing is left to say; and the other side can be stated as well.
        let (_folder, path) = file(with);
        let stated = Dataset::open(&path, Padding::Front).unwrap();
        assert_eq!((valid(&stated, "audio"), messages(&stated).len()), (expected.to_vec(), 0));
        let end = Dataset::open(&path, Padding::End).unwrap();
        let first: Vec<f32> = valid(&end, "audio").into_iter().map(|row| row[0]).collect();
        assert_eq!((first, messages(&end).len()), (vec![0.; 3], 0));
    }
}

#[test]
fn the_mask_of_tokens_has_its_side_too() {
    let text = |a: Asm| f8(a.text("text"), &[2, 3, 1], &[0., 0., 7., 0., 7., 8.]);
    let mask = [0., 0., 2., 0., 0., 1., 0., 0., 0., 0., 2., 3., 0., 1., 1., 0., 0., 0.];
    let d = open(|a| f8(text(a).text("text_bert"), &[2, 3, 3], &mask));
    assert_eq!(valid(&d, "text"), [vec![7.], vec![7., 8.]]);
    assert_eq!(train(&d).stream("text", "a test").unwrap().length_source, LengthSource::TokenMask);
}

#[test]
fn padding_on_both_sides_has_to_be_stated() {
    let rows: [&[f64]; 3] = [&[0., 1.], &[0., 1.], &[1., 0.]];
    let d = open(|a| audio(a, &rows));
    let fault = train(&d).stream("audio", "input `audio`").unwrap_err();
    assert!(fault.code.0 == "E0617" && fault.help.as_ref().unwrap().contains("`padding = end`"), "{fault}");
    let (_folder, path) = file(|a| audio(a, &rows));
    let end = Dataset::open(&path, Padding::End).unwrap();
    assert_eq!(valid(&end, "audio"), [vec![0., 1.], vec![0., 1.], vec![1.]]);
    // Where most samples end with zeros, a frame of zeros at the beginning is data.
    let d = open(|a| audio(a, &[&[0., 1.], &[1., 0.], &[1., 0.]]));
    assert_eq!((valid(&d, "audio"), messages(&d).len()), (vec![vec![0., 1.], vec![1.], vec![1.]], 0));
    // The samples of all splits decide together: a split of its own would be cut in front.
    let split = |a: Asm, rows: &[&[f64]]| audio(a.op(b"}("), rows).op(b"u");
    let bytes = split(Asm::proto(4).op(b"}(").text("train"), &[&[1., 0.], &[1., 0.], &[1., 2.]]);
    let bytes = split(bytes.text("test"), &[&[0., 2.]]).op(b"u").stop();
    std::fs::write(&path, bytes).unwrap();
    let both = Dataset::open(&path, Padding::Auto).unwrap();
    assert_eq!((both.tables[1].streams["audio"].lengths(), messages(&both).len()), (&[2][..], 0));
    // A single one among full samples is used as it is, and reported.
    let d = open(|a| audio(a, &[&[0., 1.], &[1., 2.], &[1., 2.]]));
    assert_eq!(valid(&d, "audio")[0], [0., 1.]);
    assert!(messages(&d)[0].contains("1 of 3 samples begin with a frame of zeros"), "{:?}", messages(&d));
}

/// The readers of MMSA cut sequences at their ends and never take a frame out of the middle.
#[test]
fn frames_of_zeros_between_others_are_valid() {
    let d = open(|a| audio(a, &[&[6., 6., 0., 0., 6., 0.], &[0., 0., 0., 0., 0., 0.]]));
    assert_eq!(valid(&d, "audio"), [vec![6., 6., 0., 0., 6.], vec![0.]]);
    assert!(messages(&d).is_empty());
}

#[test]
fn masks_in_other_forms_are_read_and_others_are_reported() {
    let text = |a: Asm| f8(a.text("text"), &[1, 3, 1], &[1., 1., 1.]);
    let rows = [9., 9., 9., 1., 1., 0., 0., 0., 0.];
    let wide = |a: Asm| f8(a.text("text"), &[1, 4, 1], &[1.; 4]);
    let wide_columns = [9., 1., 0., 9., 1., 0., 9., 0., 0., 9., 0., 0.];
    let forms: [(&dyn Fn(Asm) -> Asm, u32); 4] = [
        (&|a| f8(text(a).text("text_bert").op(b"]("), &[3, 3], &rows).op(b"e"), 2),
        (&|a| objects(text(a).text("text_bert"), &[1, 3, 3], |a| rows.iter().fold(a, |a, v| a.float(*v))), 2),
        (&|a| rows.chunks(3).fold(text(a).text("text_bert").op(b"](]("), |a, row| a.floats(row)).op(b"ee"), 2),
        // [N, T, 3]
        (&|a| f8(wide(a).text("text_bert"), &[1, 4, 3], &wide_columns), 2),
    ];
    for (i, (form, length)) in forms.iter().enumerate() {
        let d = open(form);
        let text = train(&d).stream("text", "a test").unwrap();
        assert_eq!((text.lengths(), text.length_source), (&[*length][..], LengthSource::TokenMask), "{i}");
        assert!(messages(&d).is_empty(), "{:?}", messages(&d));
    }
    for (form, part) in [
        (&(|a| f8(text(a).text("text_bert"), &[1, 2, 2], &[1.; 4])) as &dyn Fn(Asm) -> Asm, "cannot be read"),
        (&|a| f8(text(a).text("text_bert"), &[1, 3, 2], &[1.; 6]), "sample 0 has 2 tokens there and 3 frames"),
        (
            &|a| f8(text(a).text("text_bert"), &[1, 3, 3], &[9., 9., 9., 1., 0., 1., 0., 0., 0.]),
            "has zeros between ones in 1 samples",
        ),
    ] {
        let d = open(form);
        assert!(messages(&d).iter().any(|m| m.contains(part)), "{part}: {:?}", messages(&d));
        assert_eq!(d.findings[0].key.as_deref(), Some("text"));
    }
}

#[test]
fn lengths_beside_single_vectors_are_reported() {
    let d = open(|a| f8(a.text("face"), &[2, 2], &[1.; 4]).text("face_lengths").floats(&[1., 2.]));
    assert!(messages(&d)[0].contains("`face_lengths` is not used: each sample is one vector"), "{:?}", messages(&d));
}

#[test]
fn masks_and_second_lengths_are_reported() {
    let masked = |a: Asm| f8(audio(a, &ROWS).text("audio_mask"), &[3, 4], &[1.; 12]);
    let d = open(masked);
    assert!(messages(&d)[0].contains("`audio_mask` is not used: masks of features are not read"), "{:?}", messages(&d));
    assert!(d.findings[0].warning.help.as_ref().unwrap().contains("`audio_lengths`"));
    // With lengths a mask says nothing more.
    let d = open(|a| masked(a).text("audio_lengths").floats(&[1., 2., 3.]));
    assert!(d.findings.is_empty(), "{:?}", messages(&d));
    let d =
        open(|a| audio(a, &ROWS).text("audio_len").floats(&[4., 4., 4.]).text("audio_lengths").floats(&[1., 2., 3.]));
    assert_eq!(valid(&d, "audio"), VALID);
    let found = messages(&d);
    assert!(found[0].contains("`audio_len` is not used: the lengths are those of `audio_lengths`"), "{found:?}");
}
