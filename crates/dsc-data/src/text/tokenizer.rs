//! Turns texts into token ids, with the `tokenizers` crate.

use std::path::Path;

use serde_json::{Map, Value, json};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::{BertNormalizer, NormalizerWrapper};
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, TruncationDirection, TruncationParams, TruncationStrategy};

use super::EncoderConfig;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::{E0802, E0808, E0809};

/// Default limit on the length of a text in tokens, `[CLS]` and `[SEP]` included.
pub const MAX_TOKENS: usize = 128;

/// The special tokens of BERT; the first three must be in a vocabulary.
const SPECIAL: [&str; 5] = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"];

/// Turns texts into the token ids of a BERT encoder: `[CLS]`, the word pieces, `[SEP]`; without padding.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The file it was read from, for errors.
    place: String,
    max_tokens: usize,
    ids: u32,
}

/// Texts as token ids, and how many were truncated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokenised {
    /// The ids of each text: at least `[CLS]` and `[SEP]`, at most [`Tokenizer::max_tokens`] of them.
    pub ids: Vec<Vec<u32>>,
    /// Number of texts that were truncated to the limit.
    pub truncated: usize,
    /// Length of the longest entry of `ids` in tokens; 0 without texts.
    pub longest: usize,
}

/// The settings that `tokenizer_config.json` shares with a `BertNormalizer`.
#[derive(Clone, Copy, Debug, Default)]
struct Casing {
    lower: Option<bool>,
    chinese: Option<bool>,
    strip_accents: Option<bool>,
}

impl Tokenizer {
    /// Reads the tokeniser from the folder of an encoder: `tokenizer.json`, else `vocab.txt` as BERT word pieces.
    ///
    /// If there is a `tokenizer_config.json`, its settings for lower case, Chinese characters and accents apply as in
    /// transformers; without it a `vocab.txt` is read as lower case. Truncation and padding set in `tokenizer.json` are replaced
    /// by a limit of [`MAX_TOKENS`] and no padding.
    ///
    /// # Errors
    /// `E0802` when the folder has neither file, `E0808` when the file cannot be used.
    pub fn open(folder: &Path) -> Result<Self, Diagnostic> {
        let casing = Casing::open(&folder.join("tokenizer_config.json"))?;
        let (json, vocab) = (folder.join("tokenizer.json"), folder.join("vocab.txt"));
        if json.is_file() {
            let place = json.display().to_string();
            let mut inner = tokenizers::Tokenizer::from_file(&json).map_err(|e| unusable(&place, e))?;
            casing.apply(&mut inner);
            return Self::finish(inner, place);
        }
        if vocab.is_file() {
            let place = vocab.display().to_string();
            let text = std::fs::read_to_string(&vocab).map_err(|e| unusable(&place, e))?;
            let words: Vec<&str> = text.lines().collect();
            return Self::word_pieces(&words, casing, place);
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
        let words: Vec<&str> = vocab.iter().map(String::as_str).collect();
        Self::word_pieces(&words, Casing::default(), "the given vocabulary".to_owned())
    }

    fn word_pieces(words: &[&str], casing: Casing, place: String) -> Result<Self, Diagnostic> {
        // As in transformers, a word that occurs twice gets its last id.
        let vocab: Map<String, Value> =
            words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
        let special = |token: &str| {
            let id = vocab.get(token).and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
            id.map(|id| (token.to_owned(), id))
                .ok_or_else(|| unusable(&place, format!("`{token}` is not in the vocabulary")))
        };
        special("[UNK]")?;
        let (cls, sep) = (special("[CLS]")?, special("[SEP]")?);
        let present: Vec<AddedToken> = SPECIAL
            .iter()
            .filter(|token| vocab.contains_key(**token))
            .map(|token| AddedToken::from(*token, true))
            .collect();
        let model = json!({
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        });
        // Serialised first: `WordPiece` borrows from its input when it is deserialised, which a JSON value does not allow.
        let model: WordPiece = serde_json::from_str(&model.to_string()).map_err(|e| unusable(&place, e))?;
        let mut inner = tokenizers::Tokenizer::new(model);
        inner.with_normalizer(Some(BertNormalizer::new(
            true,
            casing.chinese.unwrap_or(true),
            casing.strip_accents,
            casing.lower.unwrap_or(true),
        )));
        inner.with_pre_tokenizer(Some(BertPreTokenizer));
        inner.with_post_processor(Some(BertProcessing::new(sep, cls)));
        inner.add_special_tokens(&present);
        Self::finish(inner, place)
    }

    fn finish(mut inner: tokenizers::Tokenizer, place: String) -> Result<Self, Diagnostic> {
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|e| unusable(&place, e))?;
        let ids = inner.get_vocab(true).into_values().max().map_or(0, |id| id.saturating_add(1));
        let wrapped = inner.encode_fast("", true).map_err(|e| unusable(&place, e))?;
        let expected = [inner.token_to_id("[CLS]"), inner.token_to_id("[SEP]")];
        if !wrapped.get_ids().iter().map(|id| Some(*id)).eq(expected) {
            return Err(unusable(&place, "it does not put `[CLS]` before and `[SEP]` after a text"));
        }
        Self { inner, place, max_tokens: 0, ids }.with_max_tokens(MAX_TOKENS)
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

    /// Tokenises texts in parallel; the result has the order of `texts`.
    ///
    /// # Errors
    /// `E0808` when the tokeniser of the file fails on a text.
    pub fn tokenise_all(&self, texts: &[String]) -> Result<Tokenised, Diagnostic> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encodings = self.inner.encode_batch_fast(texts, true).map_err(|e| unusable(&self.place, e))?;
        let mut all = Tokenised::default();
        for encoding in encodings {
            all.truncated += usize::from(!encoding.get_overflowing().is_empty());
            all.longest = all.longest.max(encoding.len());
            all.ids.push(encoding.get_ids().to_vec());
        }
        Ok(all)
    }
}

impl Casing {
    fn open(path: &Path) -> Result<Self, Diagnostic> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| unusable(&place, e))?;
        let value: Value = serde_json::from_str(&text).map_err(|e| unusable(&place, e))?;
        let flag = |key: &str| value.get(key).and_then(Value::as_bool);
        Ok(Self {
            lower: flag("do_lower_case"),
            chinese: flag("tokenize_chinese_chars"),
            strip_accents: flag("strip_accents"),
        })
    }

    /// As transformers does when it loads the `tokenizer.json` of a BERT: keys that are set override those of the file.
    fn apply(self, inner: &mut tokenizers::Tokenizer) {
        let Some(NormalizerWrapper::BertNormalizer(from)) = inner.get_normalizer() else { return };
        let normalizer = BertNormalizer::new(
            from.clean_text,
            self.chinese.unwrap_or(from.handle_chinese_chars),
            self.strip_accents.or(from.strip_accents),
            self.lower.unwrap_or(from.lowercase),
        );
        inner.with_normalizer(Some(normalizer));
    }
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

    #[test]
    fn a_tokenizer_json_loses_its_own_truncation_and_padding() {
        let tmp = tempfile::tempdir().unwrap();
        let mut inner = Tokenizer::from_words(&words()).unwrap().inner;
        inner.with_padding(Some(tokenizers::PaddingParams {
            strategy: tokenizers::PaddingStrategy::Fixed(20),
            ..Default::default()
        }));
        inner.with_truncation(Some(TruncationParams { max_length: 4, ..Default::default() })).unwrap();
        inner.save(tmp.path().join("tokenizer.json"), false).unwrap();
        // It takes precedence over a `vocab.txt` in the same folder.
        fs::write(tmp.path().join("vocab.txt"), "unused").unwrap();
        let t = Tokenizer::open(tmp.path()).unwrap();
        assert_eq!(ids(&t, "the film was the film"), [2, 5, 6, 7, 5, 6, 3]);
        assert_eq!(t.max_tokens(), MAX_TOKENS);
        // The configuration in the same folder sets the case, as in transformers.
        fs::write(tmp.path().join("tokenizer_config.json"), r#"{"do_lower_case": false}"#).unwrap();
        assert_eq!(ids(&Tokenizer::open(tmp.path()).unwrap(), "Film"), [2, 15, 3]);
        inner.with_post_processor(None::<BertProcessing>);
        inner.save(tmp.path().join("tokenizer.json"), false).unwrap();
        assert_eq!(Tokenizer::open(tmp.path()).unwrap_err().code, E0808);
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
