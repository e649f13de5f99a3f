//! Transcripts: words, missing cells, other encodings, and token ids in their place.

use super::*;
use crate::demo;
use crate::text::{Texts, Tokenizer};

fn texts(column: impl FnOnce(Asm) -> Asm) -> Result<Vec<String>, Diagnostic> {
    let d = open(|a| column(a.text("raw_text")));
    train(&d).text("raw_text", "input `text`").map(<[String]>::to_vec)
}

#[test]
fn lists_of_words_are_joined_to_texts() {
    let expected = ["a good film", "plain", ""];
    assert_eq!(texts(|a| a.op(b"](").texts(&["a", "good", "film"]).text("plain").op(b"]e")).unwrap(), expected);
    let array: Vec<u8> = "good\0film\0plot\0".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    // [1, 3] of texts with 5 characters each.
    assert_eq!(texts(|a| a.array(&[1, 3], ("U5", "<", 20), false, &array)).unwrap(), ["good film plot"]);
    assert_eq!(texts(|a| objects(a, &[1, 3], |a| a.text("good").text("film").text(""))).unwrap(), ["good film"]);
    assert_eq!(texts(|a| objects(a, &[1], |a| a.texts(&["so", "good"]))).unwrap(), ["so good"]);
    assert_eq!(texts(|a| a.op(b"](").texts(&["我", "喜欢", "课"]).op(b"e")).unwrap(), ["我喜欢课"]);
    // Ids are joined as ids are.
    let d = open(|a| a.text("id").op(b"](").texts(&["v", "1"]).op(b"e").text("raw_text").texts(&["x"]));
    assert_eq!(train(&d).ids, ["v$_$1"]);
}

#[test]
fn what_is_no_text_is_named_with_its_sample() {
    type Column<'a> = &'a dyn Fn(Asm) -> Asm;
    let cases: [(Column<'_>, &str, &str); 4] = [
        (&|a| a.op(b"](").text("x").op(b"N").text("y").op(b"e"), "sample 1 is None, not a text", "an empty text"),
        (&|a| a.op(b"](").float(f64::NAN).text("y").op(b"e"), "sample 0 is NaN, not a text", "an empty text"),
        (&|a| a.op(b"](").text("x").int(5).op(b"e"), "sample 1 is the number 5, not a text", "an empty text"),
        (
            &|a| a.op(b"](").text("x").bytes(b"caf\xe9 noir").op(b"e"),
            "sample 1 is bytes that are not UTF-8 (0xe9 at position 3), not a text",
            "encoding=\"latin-1\"",
        ),
    ];
    for (column, message, help) in cases {
        let fault = texts(column).unwrap_err();
        assert!(fault.code.0 == "E0606" && fault.message.ends_with(message), "{fault}");
        assert!(fault.help.as_ref().unwrap().contains(help), "{fault}");
    }
    let named = open(|a| a.text("id").texts(&["v0", "v1"]).text("raw_text").op(b"](").text("x").op(b"Ne"));
    let fault = train(&named).text("raw_text", "input `text`").unwrap_err();
    assert!(fault.message.ends_with("train.raw_text: sample 1 (`v1`) is None, not a text"), "{fault}");
}

/// `[2, 3, 5]`: two texts of three and five tokens.
const IDS: [f64; 30] = [
    2., 9., 3., 0., 0., 1., 1., 1., 0., 0., 0., 0., 0., 0., 0., //
    2., 9., 8., 7., 3., 1., 1., 1., 1., 1., 0., 0., 0., 0., 0.,
];

#[test]
fn token_ids_replace_texts_that_are_not_there() {
    let tokenizer = Tokenizer::from_words(&demo::vocab()).unwrap();
    let read = |d: &Dataset, most: usize, vocab| {
        Texts::of(d, &tokenizer.clone().with_max_tokens(most).unwrap(), vocab, "raw_text", "input `text`")
    };
    let ids = |a: Asm| f8(a.text("text_bert"), &[2, 3, 5], &IDS);
    let d = open(ids);
    let all = read(&d, 128, 10).unwrap();
    assert_eq!(all.ids[&Split::Train], [vec![2, 9, 3], vec![2, 9, 8, 7, 3]]);
    assert_eq!((all.longest, all.ready.as_slice(), all.truncated[&Split::Train]), (5, &[Split::Train][..], 0));
    assert_eq!(Binding::from_dataset(&d, None, Some(5)).unwrap().texts, ["raw_text"]);
    // A cut text keeps its [SEP].
    let cut = read(&d, 3, 10).unwrap();
    assert_eq!((cut.ids[&Split::Train][1].as_slice(), cut.truncated[&Split::Train]), (&[2, 9, 3][..], 1));
    let fault = read(&d, 128, 9).unwrap_err();
    assert!(fault.message.ends_with("sample 0 has the token id 9, the text encoder has 9 embeddings"), "{fault}");
    // Texts that are there win, also where they cannot be read.
    let with = open(|a| ids(a.text("raw_text").texts(&["good", "bad"])));
    assert!(read(&with, 128, 10).unwrap().ready.is_empty());
    let broken = open(|a| ids(a.text("raw_text").op(b"](").text("good").op(b"Ne")));
    assert!(read(&broken, 128, 10).unwrap_err().message.contains("sample 1 is None"));
    // Ids that cannot be used are said where texts are missing.
    let wrong = open(|a| f8(a.text("text_bert"), &[1, 3, 2], &[0.5, 1., 1., 1., 0., 0.]));
    let fault = read(&wrong, 128, 10).unwrap_err();
    assert!(
        fault.help.as_ref().unwrap().contains("sample 0 has a token id that is no whole number from 0 on"),
        "{fault}"
    );
}
