//! What `tokenizer.json` and `vocab.txt` say: the vocabulary.
//!
//! Of `tokenizer.json` only the vocabulary and the added tokens are used, as transformers 5 does for a BERT: how a text is
//! normalised, split and wrapped follows from the model. So no other component of the file is built, whatever it is, and a file
//! with components of another family is refused, since it would be read as something that it is not.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use crate::file::read_text;

/// A vocabulary: the id of each token, and tokens that are found in a text before it is split, such as `[MASK]`.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    pub(super) ids: HashMap<String, u32>,
    pub(super) added: Vec<Added>,
    /// Whether `tokenizer.json` says that texts keep their case.
    pub(super) says_cased: bool,
}

/// An added token.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) id: u32,
    pub(super) content: String,
    #[serde(default)]
    pub(super) special: bool,
}

#[derive(Deserialize)]
struct TokenizerFile {
    #[serde(default)]
    added_tokens: Vec<Added>,
    normalizer: Option<Normalizer>,
    pre_tokenizer: Option<Component>,
    post_processor: Option<PostProcessor>,
    model: Model,
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    lowercase: Option<bool>,
}

#[derive(Deserialize)]
struct PostProcessor {
    #[serde(rename = "type")]
    kind: String,
    /// Of a `BertProcessing`: token and id.
    cls: Option<(String, u32)>,
    sep: Option<(String, u32)>,
    /// Of a `TemplateProcessing`.
    #[serde(default)]
    single: Vec<Piece>,
}

#[derive(Deserialize)]
enum Piece {
    SpecialToken(Named),
    Sequence(Named),
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Model {
    /// Files of older versions lack it; only word pieces have a prefix for pieces inside of words.
    #[serde(rename = "type")]
    kind: Option<String>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    vocab: Option<Ids>,
}

/// Other models have lists here.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    Words(HashMap<String, u32>),
    Other(serde::de::IgnoredAny),
}

impl Vocabulary {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// The reason, for a message that names the file.
    pub(super) fn of_json(path: &Path) -> Result<Vocabulary, String> {
        let text = read_text(path).map_err(|e| e.to_string())?;
        let file: TokenizerFile = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        let other =
            |part: &str, kind: &str, ours: &str| Err(format!("its {part} is `{kind}`, not `{ours}` as that of a BERT"));
        match (file.model.kind.as_deref(), &file.model.continuing_subword_prefix) {
            (Some("WordPiece"), _) | (None, Some(_)) => {}
            (kind, _) => return other("model", kind.unwrap_or("of no type"), "WordPiece"),
        }
        if let Some(prefix) = file.model.continuing_subword_prefix.filter(|prefix| prefix != "##") {
            return Err(format!("pieces inside of a word begin with `{prefix}`, not with `##` as those of a BERT"));
        }
        if let Some(unknown) = file.model.unk_token.filter(|token| token != "[UNK]") {
            return Err(format!("its token for unknown words is `{unknown}`, not `[UNK]` as that of a BERT"));
        }
        if let Some(n) = file.normalizer.as_ref().filter(|n| n.kind != "BertNormalizer") {
            return other("normalizer", &n.kind, "BertNormalizer");
        }
        if let Some(p) = file.pre_tokenizer.filter(|p| p.kind != "BertPreTokenizer") {
            return other("pre_tokenizer", &p.kind, "BertPreTokenizer");
        }
        if !file.post_processor.as_ref().is_some_and(PostProcessor::wraps) {
            return Err("it does not put `[CLS]` before and `[SEP]` after a text".to_owned());
        }
        let Some(Ids::Words(ids)) = file.model.vocab else { return Err("its model has no vocabulary".to_owned()) };
        let says_cased = file.normalizer.is_some_and(|n| n.lowercase == Some(false));
        Ok(Vocabulary { ids, added: file.added_tokens, says_cased })
    }

    /// Reads `vocab.txt`: one token per line, whose number, from 0, is its id. White space at the end of a line does not count,
    /// as in transformers 5.
    ///
    /// # Errors
    /// The reason, for a message that names the file.
    pub(super) fn of_lines(path: &Path) -> Result<Vocabulary, String> {
        let text = read_text(path).map_err(|e| e.to_string())?;
        Ok(Self::of_words(text.lines().map(str::trim_end)))
    }

    /// The vocabulary in which ids are positions. As in transformers, a word that occurs twice gets its last id.
    pub(super) fn of_words<'w>(words: impl Iterator<Item = &'w str>) -> Vocabulary {
        let ids = (0u32..).zip(words).map(|(id, word)| (word.to_owned(), id)).collect();
        Vocabulary { ids, ..Vocabulary::default() }
    }
}

impl PostProcessor {
    /// Whether it puts `[CLS]` before and `[SEP]` after a text.
    fn wraps(&self) -> bool {
        let is = |token: &Option<(String, u32)>, name: &str| token.as_ref().is_some_and(|(token, _)| token == name);
        match (self.kind.as_str(), self.single.as_slice()) {
            ("BertProcessing", _) => is(&self.cls, "[CLS]") && is(&self.sep, "[SEP]"),
            ("TemplateProcessing", [Piece::SpecialToken(cls), Piece::Sequence(text), Piece::SpecialToken(sep)]) => {
                (cls.id.as_str(), text.id.as_str(), sep.id.as_str()) == ("[CLS]", "A", "[SEP]")
            }
            _ => false,
        }
    }
}
