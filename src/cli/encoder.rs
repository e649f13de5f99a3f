//! The text encoder of a model with a `Tokens` input: found, read, with its tokeniser.

use std::path::Path;

use super::session::TextInput;
use crate::data::card::{card, encoder};
use crate::data::text::{EncoderConfig, EncoderFolder, Tokenizer};
use crate::data::{EncoderBinding, demo};
use crate::diag::Diagnostic;
use crate::diag::codes::run::E0922;
use crate::train::run_folder::{EncoderInfo, RunFolder};

/// A text encoder that was found.
pub(super) struct Encoder {
    pub binding: EncoderBinding,
    /// Its folder; none for the generated one and for that of an earlier run.
    pub folder: Option<EncoderFolder>,
    pub tokenizer: Tokenizer,
}

impl Encoder {
    /// The encoder of a new training: the folder `dir` if there is one, else the one that the recipe names, else that of the
    /// data set's card.
    pub fn find(
        data: &str,
        dir: Option<&Path>,
        named: Option<&str>,
        max_tokens: usize,
        input: &TextInput,
    ) -> Result<Encoder, Diagnostic> {
        let given = dir.map(|d| d.display().to_string());
        let Some(name) = given.as_deref().or(named).or_else(|| card(data).map(|c| c.encoder)) else {
            let message = format!("input `{}` wants a text encoder, and none is named", input.name);
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
    pub fn of_run(folder: &RunFolder, info: &EncoderInfo, max_tokens: usize) -> Result<Encoder, Diagnostic> {
        if !info.pretrained {
            return Self::generated(&info.name, max_tokens);
        }
        let place = folder.file("encoder");
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

fn limit(tokenizer: Tokenizer, max_tokens: usize, config: &EncoderConfig) -> Result<Tokenizer, Diagnostic> {
    tokenizer.with_max_tokens(max_tokens)?.for_encoder(config)
}
