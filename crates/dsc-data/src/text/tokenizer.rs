//! Turns texts into token ids, with the `tokenizers` crate.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::{Value, json};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, TruncationDirection, TruncationParams, TruncationStrategy};

use super::EncoderConfig;
use super::tokenizer_file::Vocabulary;
use crate::file::read_text;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::{E0802, E0808, E0809};

/// Default limit on the length of a text in tokens, `[CLS]` and `[SEP]` included.
pub const MAX_TOKENS: usize = 128;

/// The special tokens of BERT; the first three must be in a vocabulary.
const SPECIAL: [&str; 5] = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"];

/// Longest word that is split into pieces, in characters; a longer one is unknown, as in transformers.
const MAX_WORD: usize = 100;

/// Turns texts into the token ids of a BERT encoder: `[CLS]`, the word pieces, `[SEP]`; without padding.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The file it was read from, for errors.
    place: String,
    max_tokens: usize,
    ids: u32,
    unknown: u32,
    lower: bool,
    says_cased: bool,
}

/// Texts as token ids, and what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokenised {
    /// The ids of each text: at least `[CLS]` and `[SEP]`, at most [`Tokenizer::max_tokens`] of them.
    pub ids: Vec<Vec<u32>>,
    /// Number of texts that were truncated to the limit.
    pub truncated: usize,
    /// Length of the longest entry of `ids` in tokens; 0 without texts.
    pub longest: usize,
    /// How much of the texts the vocabulary knows.
    pub known: Known,
}

/// How much of some texts a vocabulary knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Number of tokens, without `[CLS]` and `[SEP]`.
    pub tokens: usize,
    /// How many of them are `[UNK]`.
    pub unknown: usize,
}

impl Known {
    /// The share of unknown tokens, from 0 to 1; 0 without tokens.
    pub fn unknown_share(self) -> f64 {
        if self.tokens == 0 { 0.0 } else { self.unknown as f64 / self.tokens as f64 }
    }

    /// Both together.
    pub fn and(self, other: Known) -> Known {
        Known { tokens: self.tokens + other.tokens, unknown: self.unknown + other.unknown }
    }
}

/// The settings of `tokenizer_config.json` on how texts are normalised.
#[derive(Clone, Copy, Debug, Default)]
struct Casing {
    lower: Option<bool>,
    chinese: Option<bool>,
    strip_accents: Option<bool>,
}

impl Tokenizer {
    /// Reads the tokeniser from the folder of an encoder: the vocabulary from `tokenizer.json`, else from `vocab.txt`.
    ///
    /// Texts are normalised, split and wrapped as transformers 5 does for a BERT, whatever `tokenizer.json` says of that: in lower
    /// case unless `do_lower_case` in `tokenizer_config.json` is false; `tokenize_chinese_chars` and `strip_accents` there
    /// apply as well. Truncation and padding set in `tokenizer.json` are replaced by a limit of [`MAX_TOKENS`] and no padding.
    ///
    /// # Errors
    /// `E0802` when the folder has neither file, `E0808` when the file cannot be used.
    pub fn open(folder: &Path) -> Result<Self, Diagnostic> {
        let casing = Casing::open(&folder.join("tokenizer_config.json"))?;
        type Read = fn(&Path) -> Result<Vocabulary, String>;
        let readers: [(&str, Read); 2] = [("tokenizer.json", Vocabulary::of_json), ("vocab.txt", Vocabulary::of_lines)];
        for (name, read) in readers {
            let path = folder.join(name);
            if path.exists() {
                let place = path.display().to_string();
                let vocabulary = read(&path).map_err(|why| unusable(&place, why))?;
                return Self::word_pieces(vocabulary, casing, place);
            }
        }
        Err(Diagnostic::error(
            E0802,
            format!("the encoder folder `{}` has neither `tokenizer.json` nor `vocab.txt`", folder.display()),
        )
        .help("download the folder with its tokeniser files"))
    }

    /// A tokeniser for lower-case word pieces; ids are positions in `vocab`. The vocabulary must contain `[UNK]`, `[CLS]` and
    /// `[SEP]`; a piece that continues a word begins with `##`.
    ///
    /// # Errors
    /// `E0808` when a special token is missing.
    pub fn from_words(vocab: &[String]) -> Result<Self, Diagnostic> {
        let vocabulary = Vocabulary::of_words(vocab.iter().map(String::as_str));
        Self::word_pieces(vocabulary, Casing::default(), "the given vocabulary".to_owned())
    }

    fn word_pieces(vocabulary: Vocabulary, casing: Casing, place: String) -> Result<Self, Diagnostic> {
        let Vocabulary { ids, mut added, says_cased } = vocabulary;
        let special = |token: &str| {
            let id = ids.get(token).copied().map(|id| (token.to_owned(), id));
            id.ok_or_else(|| unusable(&place, format!("`{token}` is not in the vocabulary")))
        };
        let (_, unknown) = special("[UNK]")?;
        let (cls, sep) = (special("[CLS]")?, special("[SEP]")?);
        let present: Vec<AddedToken> = SPECIAL
            .iter()
            .filter(|token| ids.contains_key(**token))
            .map(|token| AddedToken::from(*token, true))
            .collect();
        added.retain(|token| !SPECIAL.contains(&token.content.as_str()));
        // Ids of tokens outside of the vocabulary count on from its end, in this order.
        added.sort_by_key(|token| token.id);
        if let Some(empty) = added.iter().find(|token| token.content.is_empty()) {
            return Err(unusable(&place, format!("the added token {} has no text", empty.id)));
        }
        let model = json!({
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": MAX_WORD,
            "vocab": ids,
        });
        let lower = casing.lower.unwrap_or(true);
        let build = || {
            // Serialised first: `WordPiece` borrows from its input when it is deserialised, which a JSON value does not allow.
            let model: WordPiece = serde_json::from_str(&model.to_string()).map_err(|e| e.to_string())?;
            let mut inner = tokenizers::Tokenizer::new(model);
            inner.with_normalizer(Some(BertNormalizer::new(
                true,
                casing.chinese.unwrap_or(true),
                casing.strip_accents,
                lower,
            )));
            inner.with_pre_tokenizer(Some(BertPreTokenizer));
            inner.with_post_processor(Some(BertProcessing::new(sep, cls)));
            inner.add_special_tokens(&present);
            for token in &added {
                let plain = AddedToken::from(token.content.clone(), token.special);
                inner.add_tokens(&[plain]);
                match inner.token_to_id(&token.content) {
                    Some(id) if id == token.id => {}
                    _ => return Err(format!("the added token `{}` cannot have the id {}", token.content, token.id)),
                }
            }
            Ok(inner)
        };
        let inner = guarded(&place, build)?.map_err(|why| unusable(&place, why))?;
        Self::finish(inner, place, unknown, lower, says_cased)
    }

    fn finish(
        inner: tokenizers::Tokenizer,
        place: String,
        unknown: u32,
        lower: bool,
        says_cased: bool,
    ) -> Result<Self, Diagnostic> {
        let ids = inner.get_vocab(true).into_values().max().map_or(0, |id| id.saturating_add(1));
        Self { inner, place, max_tokens: 0, ids, unknown, lower, says_cased }.with_max_tokens(MAX_TOKENS)
    }

    /// The same tokeniser with another limit on the length of a text in tokens, `[CLS]` and `[SEP]` included.
    ///
    /// # Errors
    /// `E0809` when the limit leaves no room for a word.
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Result<Self, Diagnostic> {
        if max_tokens < 3 {
            return Err(Diagnostic::error(
                E0809,
                format!("a limit of {max_tokens} tokens leaves no room for a word between [CLS] and [SEP]"),
            ));
        }
        let truncation = TruncationParams {
            direction: TruncationDirection::Right,
            max_length: max_tokens,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
        };
        self.inner.with_truncation(Some(truncation)).map_err(|e| unusable(&self.place, e))?;
        self.max_tokens = max_tokens;
        Ok(self)
    }

    /// The same tokeniser for an encoder with this configuration: the limit is lowered to its number of positions, if that is
    /// smaller.
    ///
    /// # Errors
    /// `E0809` when a token id has no row in the encoder's word embedding.
    pub fn for_encoder(self, config: &EncoderConfig) -> Result<Self, Diagnostic> {
        if self.vocab_size() > config.vocab_size {
            return Err(Diagnostic::error(
                E0809,
                format!(
                    "`{}` has ids up to {}, but the encoder has {} embeddings (`vocab_size` of config.json)",
                    self.place,
                    self.ids.saturating_sub(1),
                    config.vocab_size
                ),
            )
            .help("use the vocabulary and config.json of the same encoder"));
        }
        let limit = self.max_tokens.min(config.max_position_embeddings);
        self.with_max_tokens(limit)
    }

    /// The limit on the length of a text in tokens, `[CLS]` and `[SEP]` included.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The largest id plus one.
    pub fn vocab_size(&self) -> usize {
        self.ids as usize
    }

    /// The id of a token, if the vocabulary has it.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// Whether texts are lower-cased although `tokenizer.json` says that they are not: `tokenizer_config.json` does not say
    /// `do_lower_case`, without which transformers lower-cases.
    pub fn overrules_case(&self) -> bool {
        self.lower && self.says_cased
    }

    /// Whether texts keep their case.
    pub fn keeps_case(&self) -> bool {
        !self.lower
    }

    /// Tokenises texts in parallel; the result has the order of `texts`.
    ///
    /// # Errors
    /// `E0808` when the tokeniser of the file fails on a text.
    pub fn tokenise_all(&self, texts: &[String]) -> Result<Tokenised, Diagnostic> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encodings = guarded(&self.place, || self.inner.encode_batch_fast(texts, true))?;
        let mut all = Tokenised::default();
        for encoding in encodings.map_err(|e| unusable(&self.place, e))? {
            all.truncated += usize::from(!encoding.get_overflowing().is_empty());
            all.longest = all.longest.max(encoding.len());
            let ids = encoding.get_ids();
            let unknown = ids.iter().filter(|id| **id == self.unknown).count();
            all.known = all.known.and(Known { tokens: ids.len().saturating_sub(2), unknown });
            all.ids.push(ids.to_vec());
        }
        Ok(all)
    }
}

impl Casing {
    fn open(path: &Path) -> Result<Self, Diagnostic> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let place = path.display().to_string();
        let text = read_text(path).map_err(|e| unusable(&place, e))?;
        let settings: HashMap<String, Value> = serde_json::from_str(&text).map_err(|e| unusable(&place, e))?;
        let flag = |key: &str| settings.get(key).and_then(Value::as_bool);
        Ok(Self {
            lower: flag("do_lower_case"),
            chinese: flag("tokenize_chinese_chars"),
            strip_accents: flag("strip_accents"),
        })
    }
}

/// Calls the `tokenizers` crate on what a file says. A panic there is a fault of the file.
fn guarded<T>(place: &str, call: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    // What the call leaves behind is not looked at after a panic.
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| unusable(place, "the tokenizers crate cannot work with it"))
}

fn unusable(place: &str, why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(E0808, format!("cannot tokenise with `{place}`: {why}"))
        .help("use an encoder folder with the `tokenizer.json` or `vocab.txt` of a BERT encoder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Ids are positions: 0 `[PAD]`, 1 `[UNK]`, 2 `[CLS]`, 3 `[SEP]`, 4 `[MASK]`, then the words.
    fn words() -> Vec<String> {
        "[PAD] [UNK] [CLS] [SEP] [MASK] the film was un ##believ ##able ! cafe 好 看 Film . ##s"
            .split(' ')
            .map(str::to_owned)
            .collect()
    }

    fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
        tokenizer.tokenise_all(&[text.to_owned()]).unwrap().ids.remove(0)
    }

    fn put_vocab(folder: &Path) {
        fs::write(folder.join("vocab.txt"), words().join("\n") + "\n").unwrap();
    }

    #[test]
    fn ids_of_a_small_vocabulary_by_hand() {
        let t = Tokenizer::from_words(&words()).unwrap();
        assert_eq!(t.vocab_size(), 18);
        assert_eq!((t.id("film"), t.id("movie")), (Some(6), None));
        // the=5 film=6 was=7 un=8 ##believ=9 ##able=10 !=11; capitals fall, punctuation is split off.
        assert_eq!(ids(&t, "The FILM was unbelievable!!"), [2, 5, 6, 7, 8, 9, 10, 11, 11, 3]);
        // The longest piece first: `films` is film + ##s; a word with any unknown piece is one [UNK].
        assert_eq!(ids(&t, "films filmx"), [2, 6, 17, 1, 3]);
        // Lower case removes accents; Chinese characters are tokens of their own, an unknown one is [UNK].
        assert_eq!(ids(&t, "Café 好看吗."), [2, 12, 13, 14, 1, 16, 3]);
        // White space and control characters vanish.
        assert_eq!(ids(&t, "\t the\u{0} \u{3000}film\n"), [2, 5, 6, 3]);
        // A special token in the text is that token.
        assert_eq!(ids(&t, "the [MASK]"), [2, 5, 4, 3]);
        assert_eq!(ids(&t, ""), [2, 3]);
        assert_eq!(ids(&t, "   "), [2, 3]);
    }

    #[test]
    fn long_texts_are_cut_and_counted() {
        let t = Tokenizer::from_words(&words()).unwrap();
        let texts = [" the".repeat(126), "film ".repeat(127), String::new(), "was ".repeat(500)];
        let all = t.tokenise_all(&texts).unwrap();
        assert_eq!((all.truncated, all.longest), (2, 128));
        assert_eq!(all.ids.iter().map(Vec::len).collect::<Vec<_>>(), [128, 128, 2, 128]);
        let cut = &all.ids[1];
        assert_eq!((cut[0], cut[126], cut[127]), (2, 6, 3));
        let short = t.clone().with_max_tokens(4).unwrap();
        assert_eq!(ids(&short, "the film was the film"), [2, 5, 6, 3]);
        assert_eq!(t.with_max_tokens(2).unwrap_err().code, E0809);
        assert_eq!(short.tokenise_all(&[]).unwrap(), Tokenised::default());
    }

    #[test]
    fn the_case_of_a_vocab_txt_is_that_of_its_configuration() {
        let tmp = tempfile::tempdir().unwrap();
        put_vocab(tmp.path());
        assert_eq!(ids(&Tokenizer::open(tmp.path()).unwrap(), "Film café"), [2, 6, 12, 3]);
        fs::write(tmp.path().join("tokenizer_config.json"), r#"{"do_lower_case": false}"#).unwrap();
        // Film=15 in its own case, and accents stay: café is unknown.
        assert_eq!(ids(&Tokenizer::open(tmp.path()).unwrap(), "Film café"), [2, 15, 1, 3]);
        fs::write(tmp.path().join("tokenizer_config.json"), "{").unwrap();
        assert_eq!(Tokenizer::open(tmp.path()).unwrap_err().code, E0808);
    }

    /// A `tokenizer.json` as the Hugging Face tools write it for the vocabulary of the tests.
    fn tokenizer_json() -> Value {
        let vocab: HashMap<String, usize> = words().into_iter().zip(0..).collect();
        let added = |id: usize, content: &str| {
            json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true})
        };
        json!({
            "version": "1.0",
            "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
            "padding": {"strategy": {"Fixed": 20}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                "pad_type_id": 0, "pad_token": "[PAD]"},
            "added_tokens": [added(0, "[PAD]"), added(1, "[UNK]"), added(2, "[CLS]"), added(3, "[SEP]"), added(4, "[MASK]")],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": false},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                "pair": [],
                "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                    "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocab},
        })
    }

    fn open_json(json: &Value, config: Option<&str>) -> Result<Tokenizer, Diagnostic> {
        let tmp = tempfile::tempdir().unwrap();
        fs::write(tmp.path().join("tokenizer.json"), json.to_string()).unwrap();
        // It takes precedence over a `vocab.txt` in the same folder.
        fs::write(tmp.path().join("vocab.txt"), "unused").unwrap();
        if let Some(config) = config {
            fs::write(tmp.path().join("tokenizer_config.json"), config).unwrap();
        }
        Tokenizer::open(tmp.path())
    }

    #[test]
    fn a_tokenizer_json_gives_its_vocabulary() {
        let t = open_json(&tokenizer_json(), None).unwrap();
        // Without its own truncation and padding.
        assert_eq!(ids(&t, "the film was the film"), [2, 5, 6, 7, 5, 6, 3]);
        assert_eq!(t.max_tokens(), MAX_TOKENS);
        // Lower case, although the file says otherwise: what transformers does where `do_lower_case` is not said.
        assert_eq!(ids(&t, "The Film [MASK]"), [2, 5, 6, 4, 3]);
        assert!(t.overrules_case());
        let kept = open_json(&tokenizer_json(), Some(r#"{"do_lower_case": false}"#)).unwrap();
        assert_eq!(ids(&kept, "The Film"), [2, 1, 15, 3]);
        assert!(!kept.overrules_case());
        // A token beyond the vocabulary.
        let mut json = tokenizer_json();
        let more = json!({"id": 18, "content": "<laughs>", "special": true});
        json["added_tokens"].as_array_mut().unwrap().push(more);
        let t = open_json(&json, None).unwrap();
        assert_eq!((ids(&t, "the <laughs> film"), t.vocab_size()), (vec![2, 5, 18, 6, 3], 19));
    }

    /// Components of other families, and sizes that ask for gigabytes, are refused by name or never built.
    #[test]
    fn other_tokenizers_are_refused_by_what_differs() {
        let refused = |pointer: &str, value: Value, words: &str| {
            let mut json = tokenizer_json();
            *json.pointer_mut(pointer).unwrap() = value;
            let e = open_json(&json, None).unwrap_err();
            assert!(e.code == E0808 && e.message.contains(words), "{e}");
        };
        refused("/model", json!({"type": "BPE", "vocab": {}, "merges": []}), "its model is `BPE`");
        refused("/model", json!({"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 0}), "its model is `Unigram`");
        refused("/model/unk_token", json!("<unk>"), "`<unk>`");
        refused("/model/continuing_subword_prefix", json!("@@"), "`@@`");
        refused("/model/vocab", json!(["a"]), "no vocabulary");
        refused("/normalizer", json!({"type": "Precompiled", "precompiled_charsmap": "////"}), "`Precompiled`");
        refused("/pre_tokenizer", json!({"type": "Metaspace"}), "`Metaspace`");
        refused("/post_processor", Value::Null, "`[CLS]` before");
        refused("/post_processor/single/0/SpecialToken/id", json!("<s>"), "`[CLS]` before");
        refused("/added_tokens", json!([{"id": 4_000_000_000u32, "content": "x"}]), "cannot have the id 4000000000");
        refused("/added_tokens", json!([{"id": 18, "content": ""}]), "has no text");
        // Unused, so without effect.
        let mut json = tokenizer_json();
        json["decoder"] = json!({"type": "Unknown"});
        json["padding"]["strategy"]["Fixed"] = json!(u64::MAX);
        json["truncation"]["stride"] = json!(u64::MAX);
        json["model"]["max_input_chars_per_word"] = json!(0);
        assert_eq!(ids(&open_json(&json, None).unwrap(), "film"), [2, 6, 3]);
    }

    #[test]
    fn a_panic_behind_a_file_is_a_fault_of_that_file() {
        let fault = guarded("t.json", || -> usize { panic!("index out of bounds") }).unwrap_err();
        assert!(fault.code == E0808 && fault.message.contains("`t.json`"), "{fault}");
    }

    #[test]
    fn unknown_tokens_are_counted() {
        let t = Tokenizer::from_words(&words()).unwrap();
        let all = t.tokenise_all(&["the film was great".to_owned(), "great movie".to_owned(), String::new()]).unwrap();
        assert_eq!(all.known, Known { tokens: 6, unknown: 3 });
        assert!((all.known.unknown_share() - 0.5).abs() < 1e-12 && Known::default().unknown_share() == 0.0);
    }

    /// White space behind a token, as editors and Windows leave it.
    #[test]
    fn white_space_behind_a_token_does_not_count() {
        let tmp = tempfile::tempdir().unwrap();
        fs::write(tmp.path().join("vocab.txt"), words().join(" \r\n") + "\t\r\n").unwrap();
        assert_eq!(ids(&Tokenizer::open(tmp.path()).unwrap(), "the films"), [2, 5, 6, 17, 3]);
    }

    #[test]
    fn a_vocabulary_must_have_the_special_tokens_and_fit_the_encoder() {
        let e = Tokenizer::from_words(&["[UNK]".to_owned(), "[CLS]".to_owned()]).unwrap_err();
        assert_eq!(e.code, E0808);
        assert!(e.message.contains("[SEP]"), "{}", e.message);
        let config = |vocab: usize, positions: usize| {
            let json = json!({"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
                "vocab_size": vocab, "max_position_embeddings": positions});
            EncoderConfig::from_json(&json.to_string(), "config.json").unwrap()
        };
        let t = Tokenizer::from_words(&words()).unwrap();
        assert_eq!(t.clone().for_encoder(&config(17, 512)).unwrap_err().code, E0809);
        assert_eq!(t.clone().for_encoder(&config(18, 512)).unwrap().max_tokens(), MAX_TOKENS);
        assert_eq!(t.for_encoder(&config(21128, 16)).unwrap().max_tokens(), 16);
    }

    /// All lines of the reference implementation's output, with the vocabularies of the published encoders.
    #[test]
    fn parity_with_the_reference_implementation() {
        let shared = dsc_testing::shared("data/vocab");
        for (language, vocab) in [("en", "bert-base-uncased-vocab.txt"), ("zh", "bert-base-chinese-vocab.txt")] {
            let Ok(fixture) = fs::read_to_string(shared.join(format!("tokenizer_fixture_{language}.jsonl"))) else {
                dsc_testing::skip::skip(dsc_testing::skip::Lacks::Shared("data/vocab/tokenizer_fixture_en.jsonl"));
                return;
            };
            let tmp = tempfile::tempdir().unwrap();
            fs::copy(shared.join(vocab), tmp.path().join("vocab.txt")).unwrap();
            let cut = Tokenizer::open(tmp.path()).unwrap();
            // The fixture has untruncated texts.
            let whole = cut.clone().with_max_tokens(1 << 20).unwrap();
            let lines: Vec<Value> = fixture.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(lines.len() > 100);
            let texts: Vec<String> = lines.iter().map(|l| l["text"].as_str().unwrap().to_owned()).collect();
            let (all, short) = (whole.tokenise_all(&texts).unwrap(), cut.tokenise_all(&texts).unwrap());
            let mut long = 0;
            for (i, line) in lines.iter().enumerate() {
                let mut expected: Vec<u32> = serde_json::from_value(line["ids"].clone()).unwrap();
                assert_eq!(all.ids[i], expected, "{language} line {}: {}", i + 1, texts[i]);
                if expected.len() > MAX_TOKENS {
                    long += 1;
                    expected.drain(MAX_TOKENS - 1..expected.len() - 1);
                }
                assert_eq!(short.ids[i], expected, "{language} line {}, cut", i + 1);
            }
            assert_eq!((all.truncated, short.truncated), (0, long));
        }
    }
}
