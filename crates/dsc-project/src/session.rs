//! A compiled model with its data: what training, evaluation and prediction have in common.

use std::sync::Arc;

use dsc_data::card::{Location, card, data_stem, encoder, locate};
use dsc_data::text::Texts;
use dsc_data::{Binding, Dataset, Reads, demo, fit};
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::run_folder::{HyperValue, Manifest, RunFolder};
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_language::lower::{Compiled, Options, SetBy, compile, recipe_sets, set_by};
use dsc_language::sema::program::{Loaded, Program};
use dsc_recipe::{KeyValue, Origin, Padding, Request, Resolved, resolve};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0601;
use dsc_syntax::diag::codes::lints::W0189;
use dsc_syntax::source::SourceMap;
use indexmap::IndexMap;

use crate::encoder::Encoder;
use crate::faults::Faults;
use crate::program::load;
use crate::request::{RunRequest, TrainRequest};
use crate::saved_run::SavedRun;
use crate::text_input::TextInput;

/// A compiled model with its data.
#[derive(Debug)]
pub struct Session {
    /// The model's files.
    pub sources: SourceMap,
    /// Where the data lie.
    pub location: Location,
    /// The data; rows are read when they are needed. Sessions on the same data share them.
    pub dataset: Arc<Dataset>,
    /// The settings, with who set them.
    pub resolved: Resolved,
    /// The graph, before any pass.
    pub graph: Graph,
    /// The numbers of the data.
    pub dims: DimTable,
    /// The text encoder, where an input reads tokens.
    pub encoder: Option<Encoder>,
    /// The tokens of all texts, likewise.
    pub texts: Option<Texts>,
    /// All hypers of the file with their values.
    pub hypers: IndexMap<String, HyperValue>,
    /// Who set those that do not have their defaults.
    pub hyper_origins: IndexMap<String, Origin>,
}

/// The data sets that are open, for several sessions in one process.
#[derive(Debug, Default)]
pub struct OpenData {
    sets: Vec<(Location, Padding, Arc<Dataset>)>,
}

impl OpenData {
    /// The data at a place, padded on a side, read the first time.
    fn at(&mut self, location: &Location, padding: Padding) -> Result<Arc<Dataset>, Diagnostic> {
        if let Some((.., open)) = self.sets.iter().find(|(known, side, _)| known == location && *side == padding) {
            return Ok(open.clone());
        }
        let dataset = Arc::new(location.open(demo::SEED, padding)?);
        self.sets.push((location.clone(), padding, dataset.clone()));
        Ok(dataset)
    }
}

impl Session {
    /// Loads the model and the data, resolves the settings, compiles, tokenises.
    ///
    /// # Errors
    /// Everything that is wrong with file, settings, data and encoder, as far as one does not hide the other.
    pub fn open(request: &TrainRequest, reporter: &mut dyn Reporter) -> Result<Session, Faults> {
        Self::open_with(request, &mut OpenData::default(), reporter)
    }

    /// The same with data that may be open already.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        request: &TrainRequest,
        open: &mut OpenData,
        reporter: &mut dyn Reporter,
    ) -> Result<Session, Faults> {
        let mut loaded = load(&request.model.file);
        let Some(program) = loaded.program.take() else { return Err(Faults::of(loaded, Vec::new())) };
        if loaded.diagnostics.has_errors() {
            return Err(Faults::of(loaded, Vec::new()));
        }
        match Self::build(request, &program, open, reporter) {
            Ok((session, warnings)) => {
                let Loaded { sources, mut diagnostics, .. } = loaded;
                diagnostics.extend(warnings);
                reporter.warnings(&diagnostics.into_sorted(), &sources);
                Ok(Session { sources, ..session })
            }
            Err(faults) => Err(Faults::of(loaded, faults)),
        }
    }

    /// The session of an earlier run: its model from the sources and hypers in its folder, with its own data or other.
    ///
    /// # Errors
    /// What is missing or damaged; other data that do not fit the model.
    pub fn of_run(folder: &RunFolder, manifest: &Manifest, request: &RunRequest) -> Result<Session, Faults> {
        let SavedRun { sources, program, options } = SavedRun::read(folder, manifest)?;
        match with_data(&program, &options, folder, manifest, request) {
            Ok(session) => Ok(Session { sources, ..session }),
            Err(list) => Err(Faults { list, sources }),
        }
    }

    /// The session, its sources aside, and warnings.
    fn build(
        request: &TrainRequest,
        program: &Program,
        open: &mut OpenData,
        reporter: &mut dyn Reporter,
    ) -> Result<(Session, Vec<Diagnostic>), Vec<Diagnostic>> {
        let one = |d: Diagnostic| vec![d];
        let resolved = settings(request, program, reporter)?;
        let settings = &resolved.settings;
        let location = locate(&request.data, request.data_root.as_deref()).map_err(one)?;
        let dataset = open.at(&location, settings.padding).map_err(one)?;
        let mut warnings = resolved.warnings.clone();

        let mut options = Options {
            variant: request.model.variant.clone(),
            recipe_sets: match &resolved.recipe {
                Some(name) => recipe_sets(program, name)?,
                None => Vec::new(),
            },
            sets: request.model.settings(program)?,
            encoder: encoder("bert-base-uncased").map_err(one)?.config.statics(),
            ..Options::default()
        };
        // The inputs do not depend on dims or encoder, so they are known before both are.
        let (graph, _) = compiled(program, &options)?;
        warnings.extend(Reads::of(&graph).warnings(&dataset, settings.family));
        let text = TextInput::of(&graph).map_err(one)?;
        if let Some(input) = &text {
            // Without texts no encoder helps.
            for table in dataset.tables.iter().filter(|t| t.tokens_for(&input.key).is_none()) {
                table.text(&input.key, &input.wanted_by()).map_err(one)?;
            }
        }
        let (dir, named) = (request.text_encoder.as_deref(), settings.encoder.as_deref());
        let found = text.as_ref().map(|input| Encoder::find(&request.data, dir, named, settings.max_tokens, input));
        let found = found.transpose().map_err(one)?;
        let texts = tokenise(&dataset, found.as_ref(), text.as_ref()).map_err(one)?;
        if let (Some(e), Some(texts), Some(input)) = (&found, &texts, &text) {
            warnings.extend(texts.finding(&e.tokenizer, &e.binding.name, &input.key).map(|finding| finding.warning));
        }
        if let Some(e) = &found {
            options.encoder = e.binding.config.statics();
        }
        let longest = texts.as_ref().map(|t| t.longest);
        let binding =
            Binding::from_dataset(&dataset, found.as_ref().map(|e| e.binding.clone()), longest).map_err(one)?;
        let dims = binding.dims(graph.inputs.values())?;
        options.dims = Some(dims.clone());
        let (graph, Compiled { hypers, diagnostics, .. }) = compiled(program, &options)?;
        warnings.extend(diagnostics.into_sorted());
        warnings.extend(found.as_ref().filter(|e| e.folder.is_some()).and_then(|e| unplaced(&graph, &e.binding.name)));
        let recipe = resolved.recipe.as_deref();
        let origin =
            |name: &String| Some((name.clone(), origin(&set_by(program, &options, recipe, name)?, name, request)));
        let session = Session {
            sources: SourceMap::new(),
            location,
            dataset,
            hyper_origins: hypers.iter().filter_map(|(name, _)| origin(name)).collect(),
            hypers: hypers.iter().filter_map(|(name, v)| Some((name.clone(), HyperValue::of(v)?))).collect(),
            resolved,
            graph,
            dims,
            encoder: found,
            texts,
        };
        Ok((session, warnings))
    }

    /// Remarks on the texts: how much of them the text encoder's vocabulary knows, token ids that the data hold ready, and texts that
    /// were cut.
    pub fn about_texts(&self) -> Vec<Notice> {
        let Some((texts, encoder)) = self.texts.as_ref().zip(self.encoder.as_ref()) else { return Vec::new() };
        let (tokens, unknown) = (texts.known.tokens, texts.known.unknown);
        let tokenised = texts.ids.keys().any(|split| !texts.ready.contains(split));
        let known = tokenised.then(|| Notice::TextsKnown { tokens, unknown, encoder: encoder.binding.name.clone() });
        let ready = (!texts.ready.is_empty()).then(|| Notice::TokenIds { splits: texts.ready.clone() });
        let cut = texts.truncated.values().sum();
        let all = texts.ids.values().map(Vec::len).sum();
        let max_tokens = encoder.tokenizer.max_tokens();
        let cut = (cut > 0).then_some(Notice::TextsCut { cut, all, max_tokens });
        known.into_iter().chain(ready).chain(cut).collect()
    }
}

/// The settings of a training: those of the recipe (without a name the one that is named like the data), of the card of the data, of the
/// environment, and of `keys`, the strongest last.
///
/// # Errors
/// As [`resolve`].
pub fn training_settings(
    program: &Program,
    recipe: Option<&str>,
    data: &str,
    keys: &[KeyValue],
) -> Result<Resolved, Vec<Diagnostic>> {
    let known = card(data);
    let stem = data_stem(data);
    // Variables of other programs need not be UTF-8.
    let texts = std::env::vars_os().map(|(key, value)| (key.to_string_lossy().into_owned(), value));
    let own = texts.filter(|(key, _)| key.starts_with("DSC_"));
    let environment: Vec<(String, String)> = own.map(|(k, v)| (k, v.to_string_lossy().into_owned())).collect();
    let wanted = Request {
        recipe,
        data: Some(known.map_or(stem.as_str(), |c| c.recipe_of(&program.recipes))),
        card: known.map(|c| (c.name, c.family, c.class_rule)),
        environment: &environment,
        command_line: keys,
    };
    resolve(&program.recipes, &wanted)
}

/// The training settings, with remarks on how they were found.
fn settings(
    request: &TrainRequest,
    program: &Program,
    reporter: &mut dyn Reporter,
) -> Result<Resolved, Vec<Diagnostic>> {
    let known = card(&request.data);
    let resolved = training_settings(program, request.recipe.as_deref(), &request.data, &request.keys)?;
    let given = |key: &str| request.keys.iter().any(|k| k.key == key);
    let all_given = resolved.settings.keys().iter().all(|(key, _)| given(key));
    if resolved.recipe.is_none() && !program.recipes.is_empty() && !all_given {
        reporter.notice(&Notice::NoRecipe {
            wanted: known.map_or_else(|| data_stem(&request.data), |c| c.recipe_of(&program.recipes).to_owned()),
            file: request.model.file.clone(),
            recipes: program.recipes.keys().cloned().collect(),
        });
    }
    if known.is_none() && !resolved.origins.contains_key("family") {
        reporter.notice(&Notice::NoFamily);
    }
    Ok(resolved)
}

/// A warning where no parameter takes the weights of a pretrained encoder.
fn unplaced(graph: &Graph, encoder: &str) -> Option<Diagnostic> {
    graph.params.iter().all(|p| p.encoder.is_none()).then(|| {
        Diagnostic::warning(W0189, format!("nothing takes the weights of the text encoder `{encoder}`"))
            .help("`use std::{Bert}` and call it; a copy of that block has fresh weights")
    })
}

/// Who set a hyper, as a run records it.
fn origin(by: &SetBy, name: &str, request: &TrainRequest) -> Origin {
    match by {
        SetBy::Recipe(recipe) => Origin::Recipe(recipe.clone()),
        SetBy::Variant(variant) => Origin::Variant(variant.clone()),
        SetBy::User => {
            let value = request.model.sets.iter().rev().find(|s| s.name == name).map(|s| s.value.clone());
            Origin::CommandLine(format!("--set {name}={}", value.unwrap_or_default()))
        }
    }
}

/// Compiles, or says what is wrong.
fn compiled(program: &Program, options: &Options) -> Result<(Graph, Compiled), Vec<Diagnostic>> {
    let mut compiled = compile(program, options);
    match compiled.graph.take().filter(|_| !compiled.diagnostics.has_errors()) {
        Some(graph) => Ok((graph, compiled)),
        None => Err(compiled.diagnostics.into_sorted()),
    }
}

/// The texts of the data as tokens, if an input reads them.
fn tokenise(
    dataset: &Dataset,
    encoder: Option<&Encoder>,
    input: Option<&TextInput>,
) -> Result<Option<Texts>, Diagnostic> {
    let pair = encoder.zip(input);
    pair.map(|(e, input)| Texts::of(dataset, &e.tokenizer, e.binding.config.vocab_size, &input.key, &input.wanted_by()))
        .transpose()
}

fn with_data(
    program: &Program,
    options: &Options,
    folder: &RunFolder,
    manifest: &Manifest,
    request: &RunRequest,
) -> Result<Session, Vec<Diagnostic>> {
    let one = |d: Diagnostic| vec![d];
    let encoder = manifest.encoder.as_ref().map(|e| Encoder::of_run(folder, e, manifest.settings.max_tokens));
    let encoder = encoder.transpose().map_err(one)?;
    let (graph, _) = compiled(program, options)?;
    let (location, mut dataset) = data(manifest, request).map_err(one)?;
    if let Some(split) = request.split {
        dataset.split(split).map_err(|d| vec![missing_split(d, &dataset)])?;
        dataset.tables.retain(|t| t.split == split);
    }
    let texts = tokenise(&dataset, encoder.as_ref(), TextInput::of(&graph).map_err(one)?.as_ref()).map_err(one)?;
    let longest = texts.as_ref().map(|t| t.longest);
    let binding = Binding::from_dataset(&dataset, encoder.as_ref().map(|e| e.binding.clone()), longest).map_err(one)?;
    let dims = fit(&graph, &dataset, &binding, texts.as_ref().map(|t| &t.ids), &manifest.dims)?;
    let resolved = Resolved {
        recipe: manifest.recipe.clone(),
        settings: manifest.settings.clone(),
        origins: manifest.origins.clone(),
        warnings: Vec::new(),
    };
    Ok(Session {
        sources: SourceMap::new(),
        location,
        dataset: Arc::new(dataset),
        resolved,
        graph,
        dims,
        encoder,
        texts,
        hypers: manifest.hypers.clone(),
        hyper_origins: manifest.hyper_origins.clone(),
    })
}

/// The data of the request, else the run's own.
fn data(manifest: &Manifest, request: &RunRequest) -> Result<(Location, Dataset), Diagnostic> {
    let given = match (&request.data, &manifest.data.path) {
        (Some(name), _) => name.clone(),
        (None, None) => manifest.data.name.clone(),
        (None, Some(path)) if path.is_file() => path.display().to_string(),
        (None, Some(path)) => {
            return Err(Diagnostic::error(
                E0601,
                format!("the data of the run, `{}`, are no longer there", path.display()),
            )
            .help("put the file back, or say with `--data` where it is now"));
        }
    };
    let location = locate(&given, request.data_root.as_deref())?;
    let dataset = location.open(manifest.data.seed.unwrap_or(demo::SEED), manifest.settings.padding)?;
    Ok((location, dataset))
}

fn missing_split(fault: Diagnostic, dataset: &Dataset) -> Diagnostic {
    let has: Vec<String> = dataset.tables.iter().map(|t| format!("`{}`", t.split)).collect();
    Diagnostic { help: None, ..fault }.help(format!("it has {}; choose one with `--split`", has.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_language::EmbeddedWorld;
    use dsc_syntax::source::MemoryWorld;

    #[test]
    fn weights_that_nothing_takes_are_reported() {
        let graph = |text: &str| {
            let world = MemoryWorld::new().with("m.dsl", text);
            let encoder = encoder("demo").unwrap().config.statics();
            dsc_language::compile(&world, "m.dsl", &Options { encoder, ..Options::default() }).unwrap()
        };
        let text = EmbeddedWorld::model("unimodal/text").unwrap();
        assert!(unplaced(&graph(text), "minilm").is_none());
        let without = text.replace("Bert()", "embed(rows: 100, width: 32)").replace("Bert, ", "");
        let warning = unplaced(&graph(&without), "minilm").unwrap();
        assert_eq!((warning.code, warning.is_error()), (W0189, false));
        assert!(warning.message.contains("`minilm`"), "{}", warning.message);
    }
}
