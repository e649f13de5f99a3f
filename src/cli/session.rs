//! From arguments to a compiled model with its data: what training, evaluation and prediction have in common.

use std::path::{Path, PathBuf};

use super::data::DEMO_SEED;
use super::model::{load, parse_value, recipe_sets};
use super::{Exit, Output};
use crate::data::card::{self, Location, MetricFamily, card, encoder, locate};
use crate::data::text::{EncoderConfig, EncoderFolder, Tokenizer};
use crate::data::{Binding, Dataset, EncoderBinding, NonFiniteCount, Split, demo};
use crate::diag::codes::run::{E0911, E0922};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::{Graph, Op};
use crate::lower::{Options, Setting, compile};
use crate::sema::dims::DimTable;
use crate::sema::program::{Loaded, Program};
use crate::sema::types::Type;
use crate::source::{MemoryWorld, SourceMap, Span};
use crate::train::feed::{TRANSCRIPTS, Texts};
use crate::train::metrics::Family;
use crate::train::recipe::{Request, Resolved, resolve};
use crate::train::retrieval::ClassRule;
use crate::train::run_folder::{Manifest, RunFolder};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    pub file: String,
    pub variant: Option<String>,
    pub sets: Vec<Setting>,
    pub data: String,
    pub data_root: Option<PathBuf>,
    pub recipe: Option<String>,
    pub command_line: Vec<(String, String, String)>,
    pub text_encoder: Option<PathBuf>,
}

/// A text encoder that was found.
pub(super) struct Encoder {
    pub binding: EncoderBinding,
    /// Its folder; none for the generated one.
    pub folder: Option<EncoderFolder>,
    pub tokenizer: Tokenizer,
}

/// A compiled model with its data.
pub(super) struct Session {
    pub sources: SourceMap,
    pub location: Location,
    pub dataset: Dataset,
    pub resolved: Resolved,
    pub graph: Graph,
    pub dims: DimTable,
    pub encoder: Option<Encoder>,
    pub texts: Option<Texts>,
}

impl Session {
    /// Loads, resolves, compiles; faults are reported here.
    pub fn open(ask: &Ask, out: &mut Output) -> Result<Session, Exit> {
        let Loaded { sources, program, diagnostics } = load(&ask.file);
        let tell = |list: Diagnostics, out: &mut Output| out.diagnostics(&list.into_sorted(), &sources);
        let Some(program) = program else { return Err(tell(diagnostics, out)) };
        if diagnostics.has_errors() {
            return Err(tell(diagnostics, out));
        }
        match Self::build(ask, &program, out) {
            Ok((parts, warnings)) => {
                let mut all = diagnostics;
                all.extend(warnings);
                if !all.is_empty() {
                    let _ = out.diagnostics(&all.into_sorted(), &sources);
                }
                let (location, dataset, resolved, graph, dims, encoder, texts) = parts;
                Ok(Session { sources, location, dataset, resolved, graph, dims, encoder, texts })
            }
            Err(faults) => {
                let mut all = diagnostics;
                all.extend(faults);
                Err(tell(all, out))
            }
        }
    }

    #[allow(clippy::type_complexity)]
    fn build(
        ask: &Ask,
        program: &Program,
        out: &mut Output,
    ) -> Result<
        ((Location, Dataset, Resolved, Graph, DimTable, Option<Encoder>, Option<Texts>), Vec<Diagnostic>),
        Vec<Diagnostic>,
    > {
        let one = |d: Diagnostic| vec![d];
        let known = card(&ask.data);
        let stem = Path::new(&ask.data).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let recipes: Vec<_> = program.recipes.values().cloned().collect();
        let environment: Vec<(String, String)> = std::env::vars().filter(|(k, _)| k.starts_with("DSC_")).collect();
        let family = known.map(|c| {
            let family = match c.family {
                MetricFamily::Sims => Family::Sims,
                MetricFamily::Mosi => Family::Mosi,
            };
            let class = match c.class_rule {
                card::ClassRule::Exact => ClassRule::Exact,
                card::ClassRule::Round => ClassRule::Round,
            };
            (c.name, family, class)
        });
        let request = Request {
            recipe: ask.recipe.as_deref(),
            data: Some(known.map_or(stem.as_str(), |c| c.name)),
            card: family,
            environment: &environment,
            command_line: &ask.command_line,
        };
        let resolved = resolve(&recipes, &request)?;
        let settings = &resolved.settings;
        if resolved.recipe.is_none() && !recipes.is_empty() {
            let names: Vec<&str> = program.recipes.keys().map(String::as_str).collect();
            out.note(format_args!(
                "no recipe named `{}`: training with the defaults ({} has {}; choose one with --recipe)",
                request.data.unwrap_or_default(),
                ask.file,
                names.join(", ")
            ));
        }
        if known.is_none() && !resolved.origins.contains_key("family") {
            out.note(
                "metrics: errors and correlation only, since the file is no known data set (set `family = mosi` or \
                 `family = sims` in the recipe or with --with)",
            );
        }
        let location = locate(&ask.data, ask.data_root.as_deref()).map_err(one)?;
        let dataset = location.open(DEMO_SEED).map_err(one)?;
        let mut warnings = resolved.warnings.clone();
        warnings.extend(dataset.notes.iter().cloned());

        let sets = match &resolved.recipe {
            Some(name) => recipe_sets(program, name).map_err(one)?,
            None => Vec::new(),
        };
        let mut options = Options {
            variant: ask.variant.clone(),
            recipe_sets: sets,
            sets: ask.sets.clone(),
            encoder: encoder("bert-base-uncased").map_err(one)?.config.statics(),
            ..Options::default()
        };
        // The inputs do not depend on dims or encoder, so they are known before both are.
        let Some(graph) = compile_or_faults(program, &options)?.0 else { return Err(Vec::new()) };
        let wanted = tokens_input(&graph);
        if let Some(input) = &wanted {
            // Without transcripts no encoder helps.
            for table in &dataset.tables {
                table.text(TRANSCRIPTS, &format!("input `{input}`")).map_err(one)?;
            }
        }
        let found = match &wanted {
            Some(input) => {
                Some(find_encoder(ask, settings.encoder.as_deref(), settings.max_tokens, input).map_err(one)?)
            }
            None => None,
        };
        let texts = match (&found, &wanted) {
            (Some(e), Some(input)) => {
                Some(Texts::of(&dataset, &e.tokenizer, &format!("input `{input}`")).map_err(one)?)
            }
            _ => None,
        };
        if let Some(e) = &found {
            options.encoder = e.binding.config.statics();
        }
        let longest = texts.as_ref().map(|t| t.longest);
        let binding =
            Binding::from_dataset(&dataset, found.as_ref().map(|e| e.binding.clone()), longest).map_err(one)?;
        let dims = binding.dims(&graph)?;
        options.dims = Some(dims.clone());
        let (graph, lints) = compile_or_faults(program, &options)?;
        let Some(graph) = graph else { return Err(lints) };
        warnings.extend(lints);
        Ok(((location, dataset, resolved, graph, dims, found, texts), warnings))
    }

    /// The model of an earlier run, from the sources in its folder, with other data or the same.
    pub fn reopen(
        folder: &RunFolder,
        manifest: &Manifest,
        data: Option<&str>,
        data_root: Option<&Path>,
    ) -> Result<Session, Vec<Diagnostic>> {
        let one = |d: Diagnostic| vec![d];
        let mut world = MemoryWorld::new();
        let mut main = None;
        for (name, file) in &manifest.sources {
            let text = std::fs::read_to_string(folder.file(file)).map_err(|e| {
                vec![Diagnostic::error(E0911, format!("cannot read `{}`: {e}", folder.file(file).display()))]
            })?;
            main.get_or_insert(name.clone());
            world = world.with(name.clone(), text);
        }
        let Loaded { sources, program, diagnostics } = Program::load(&world, &main.unwrap_or_default());
        let Some(program) = program else { return Err(diagnostics.into_sorted()) };
        let sets = manifest.hypers.iter().map(|(name, text)| Setting {
            name: name.clone(),
            value: parse_value(text),
            span: Span::NONE,
        });
        let mut options = Options {
            variant: manifest.variant.clone(),
            recipe_sets: match &manifest.recipe {
                Some(name) => recipe_sets(&program, name).map_err(one)?,
                None => Vec::new(),
            },
            sets: sets.collect(),
            dims: Some(manifest.dims.clone()),
            ..Options::default()
        };
        let encoder = match &manifest.encoder {
            None => None,
            Some(info) if !info.pretrained => {
                Some(generated_encoder(&info.name, manifest.settings.max_tokens).map_err(one)?)
            }
            Some(info) => {
                let place = folder.file("encoder");
                let config = EncoderConfig::open(&place.join("config.json")).map_err(one)?;
                let tokenizer = limit(Tokenizer::open(&place).map_err(one)?, manifest.settings.max_tokens, &config);
                let binding = EncoderBinding { name: info.name.clone(), config, pretrained: true };
                Some(Encoder { binding, folder: None, tokenizer: tokenizer.map_err(one)? })
            }
        };
        if let Some(e) = &encoder {
            options.encoder = e.binding.config.statics();
        }
        let (graph, lints) = compile_or_faults(&program, &options)?;
        let Some(graph) = graph else { return Err(lints) };
        let given = match (&manifest.data.path, data) {
            (_, Some(name)) => name.to_owned(),
            (Some(path), None) => path.display().to_string(),
            (None, None) => manifest.data.name.clone(),
        };
        let location = locate(&given, data_root).map_err(one)?;
        let dataset = location.open(manifest.data.seed.unwrap_or(DEMO_SEED)).map_err(one)?;
        let texts = match (&encoder, tokens_input(&graph)) {
            (Some(e), Some(input)) => {
                Some(Texts::of(&dataset, &e.tokenizer, &format!("input `{input}`")).map_err(one)?)
            }
            _ => None,
        };
        let resolved = Resolved {
            recipe: manifest.recipe.clone(),
            settings: manifest.settings.clone(),
            origins: manifest.origins.clone(),
            sets: Vec::new(),
            warnings: Vec::new(),
        };
        let dims = manifest.dims.clone();
        Ok(Session { sources, location, dataset, resolved, graph, dims, encoder, texts })
    }

    /// Remarks on truncated texts.
    pub fn truncation_note(&self) -> Option<String> {
        let texts = self.texts.as_ref()?;
        let cut: usize = texts.truncated.values().sum();
        let all: usize = texts.ids.values().map(Vec::len).sum();
        (cut > 0).then(|| format!("{cut} of {all} texts were cut to {} tokens", self.resolved.settings.max_tokens))
    }
}

fn compile_or_faults(
    program: &Program,
    options: &Options,
) -> Result<(Option<Graph>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let compiled = compile(program, options);
    if compiled.diagnostics.has_errors() || compiled.graph.is_none() {
        return Err(compiled.diagnostics.into_sorted());
    }
    Ok((compiled.graph, compiled.diagnostics.into_sorted()))
}

/// The input that wants tokens, if one that is used does.
fn tokens_input(graph: &Graph) -> Option<String> {
    graph.nodes().find_map(|(_, n)| match (&n.op, &n.ty) {
        (Op::Input(name), Type::Tokens { .. }) => Some(name.clone()),
        _ => None,
    })
}

fn find_encoder(ask: &Ask, named: Option<&str>, max_tokens: usize, input: &str) -> Result<Encoder, Diagnostic> {
    let from_card = || card(&ask.data).map(|c| c.encoder);
    let dir = ask.text_encoder.as_deref();
    let given = dir.map(|d| d.display().to_string());
    let Some(name) = given.as_deref().or(named).or_else(from_card) else {
        return Err(Diagnostic::error(E0922, format!("input `{input}` wants a text encoder, and none is named")).help(
            "give its folder with `--text-encoder DIR`, or name it in the recipe: `encoder = \"bert-base-uncased\"`",
        ));
    };
    if dir.is_none() && encoder(name).is_ok_and(|e| !e.pretrained) {
        return generated_encoder(name, max_tokens);
    }
    let folder = EncoderFolder::find(name, dir)?;
    let config = folder.config()?;
    let tokenizer = limit(folder.tokenizer()?, max_tokens, &config)?;
    let binding = EncoderBinding { name: name.to_owned(), config, pretrained: true };
    Ok(Encoder { binding, folder: Some(folder), tokenizer })
}

fn generated_encoder(name: &str, max_tokens: usize) -> Result<Encoder, Diagnostic> {
    let binding = encoder(name)?;
    let tokenizer = limit(Tokenizer::from_words(&demo::vocab())?, max_tokens, &binding.config)?;
    Ok(Encoder { binding, folder: None, tokenizer })
}

fn limit(tokenizer: Tokenizer, max_tokens: usize, config: &EncoderConfig) -> Result<Tokenizer, Diagnostic> {
    tokenizer.with_max_tokens(max_tokens)?.for_encoder(config)
}

/// A remark on values that are not finite.
pub(super) fn non_finite_note(split: Split, key: &str, count: NonFiniteCount) -> String {
    format!("{split}.{key}: {} NaN and {} infinite values become 0 (nonfinite = zero)", count.nan, count.inf)
}

/// `train`, `valid` or `test`.
pub(super) fn parse_split(text: &str) -> Result<Split, String> {
    Split::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| "one of train, valid, test".to_owned())
}
