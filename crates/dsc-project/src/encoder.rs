//! The text encoder of a model with a `Tokens` input: found, read, with its tokeniser.

use dsc_experiment::run_folder::files;
use std::path::Path;

use crate::text_input::TextInput;
use dsc_data::card::{card, encoder};
use dsc_data::text::{EncoderConfig, EncoderFolder, MAX_TOKENS, Texts, TokenInfo, Tokenizer};
use dsc_data::{Dataset, EncoderBinding, Finding, demo};
use dsc_experiment::run_folder::{EncoderInfo, RunFolder};
use dsc_recipe::Settings;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0922;

/// A text encoder that was found.
///
/// What of it a session needs: configuration, tokeniser, and where its weights lie.
#[derive(Debug)]
pub struct Encoder {
    /// Name and configuration.
    pub binding: EncoderBinding,
    /// Its folder; none for the generated one and for that of an earlier run.
    pub folder: Option<EncoderFolder>,
    /// Its tokeniser, cut to the recipe's longest text.
    pub tokenizer: Tokenizer,
}

impl Encoder {
    /// The encoder of a new training: the folder `dir` if there is one, else the one that the recipe names, else that of the
    /// data set's card.
    ///
    /// # Errors
    /// `E0922` where none is named; as [`EncoderFolder::find`] and its readers.
    pub fn find(
        data: &str,
        dir: Option<&Path>,
        named: Option<&str>,
        max_tokens: usize,
        input: &TextInput,
    ) -> Result<Encoder, Diagnostic> {
        let given = dir.map(|d| d.display().to_string());
        let Some(name) = given.as_deref().or(named).or_else(|| card(data).map(|c| c.encoder)) else {
            let message = format!("input `{}` needs a text encoder, and none is named", input.name);
            return Err(Diagnostic::error(E0922, message).help(
                "give its folder with `--text-encoder DIR`, or name it in the recipe: `encoder = \"bert-base-uncased\"`",
            ));
        };
        if dir.is_none() && encoder(name).is_ok_and(|e| !e.pretrained) {
            return Self::generated(name, max_tokens);
        }
        let folder = EncoderFolder::find(name, dir)?;
        let config = folder.config()?;
        let tokenizer = limit(folder.tokenizer()?, max_tokens, &config)?;
        let binding = EncoderBinding { name: name.to_owned(), config, pretrained: true };
        Ok(Encoder { binding, folder: Some(folder), tokenizer })
    }

    /// The encoder of an earlier run, from what its folder keeps of it: configuration and vocabulary.
    ///
    /// # Errors
    /// What is missing or damaged in the folder.
    pub fn of_run(folder: &RunFolder, info: &EncoderInfo, max_tokens: usize) -> Result<Encoder, Diagnostic> {
        if !info.pretrained {
            return Self::generated(&info.name, max_tokens);
        }
        let place = folder.file(files::ENCODER);
        let config = EncoderConfig::open(&place.join("config.json"))?;
        let tokenizer = limit(Tokenizer::open(&place)?, max_tokens, &config)?;
        let binding = EncoderBinding { name: info.name.clone(), config, pretrained: true };
        Ok(Encoder { binding, folder: None, tokenizer })
    }

    fn generated(name: &str, max_tokens: usize) -> Result<Encoder, Diagnostic> {
        let binding = encoder(name)?;
        let tokenizer = limit(Tokenizer::from_words(&demo::vocab())?, max_tokens, &binding.config)?;
        Ok(Encoder { binding, folder: None, tokenizer })
    }
}

/// The transcripts of a data set as tokens: by the encoder in the folder `dir` if there is one, else by that of the
/// data set's card if it is on this machine; with what was found of them. `None` without an encoder or transcripts.
///
/// # Errors
/// What is wrong with the folder `dir`.
pub fn tokens(
    dataset: &Dataset,
    data: &str,
    dir: Option<&Path>,
) -> Result<Option<(TokenInfo, Option<Finding>)>, Diagnostic> {
    let key = "raw_text";
    if dataset.tables.iter().any(|table| !table.texts.contains_key(key)) {
        return Ok(None);
    }
    let input = TextInput { name: key.to_owned(), key: key.to_owned() };
    let found = match (dir, card(data)) {
        (None, None) => return Ok(None),
        (Some(_), _) => Encoder::find(data, dir, None, MAX_TOKENS, &input)?,
        // It is not asked for, so it need not be there.
        (None, Some(_)) => match Encoder::find(data, None, None, MAX_TOKENS, &input) {
            Ok(found) => found,
            Err(_) => return Ok(None),
        },
    };
    let texts = Texts::of(dataset, &found.tokenizer, found.binding.config.vocab_size, key, &input.wanted_by())?;
    let name = &found.binding.name;
    Ok(Some((texts.info(name, key), texts.finding(&found.tokenizer, name, key))))
}

/// What is found in the transcripts that a model reads, by the text encoder that a training would take (see [`Encoder::find`]).
/// Nothing where that is not on this machine.
pub(crate) fn text_findings(
    dataset: &Dataset,
    data: &str,
    dir: Option<&Path>,
    settings: &Settings,
    input: &TextInput,
) -> Vec<Diagnostic> {
    let unread = dataset.tables.iter().filter(|table| table.tokens_for(&input.key).is_none());
    let faults: Vec<_> = unread.filter_map(|table| table.text(&input.key, &input.wanted_by()).err()).collect();
    if !faults.is_empty() {
        return faults;
    }
    let Ok(found) = Encoder::find(data, dir, settings.encoder.as_deref(), settings.max_tokens, input) else {
        return Vec::new();
    };
    match Texts::of(dataset, &found.tokenizer, found.binding.config.vocab_size, &input.key, &input.wanted_by()) {
        Ok(texts) => {
            let finding = texts.finding(&found.tokenizer, &found.binding.name, &input.key);
            finding.map(|finding| finding.warning).into_iter().collect()
        }
        Err(fault) => vec![fault],
    }
}

fn limit(tokenizer: Tokenizer, max_tokens: usize, config: &EncoderConfig) -> Result<Tokenizer, Diagnostic> {
    tokenizer.with_max_tokens(max_tokens)?.for_encoder(config)
}
