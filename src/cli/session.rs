//! From arguments to a compiled model with its data: what training, evaluation and prediction have in common.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::data::DEMO_SEED;
use super::encoder::Encoder;
use super::model::load;
use super::{Exit, Output};
use crate::data::card::{Location, card, encoder, locate};
use crate::data::{Binding, Dataset, NonFiniteCount, Split};
use crate::diag::codes::lints::W0189;
use crate::diag::codes::run::E0922;
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::{Graph, Op};
use crate::lower::{Compiled, Options, SetBy, Setting, compile, recipe_sets, set_by};
use crate::sema::dims::DimTable;
use crate::sema::program::{Loaded, Program};
use crate::sema::types::Type;
use crate::source::SourceMap;
use crate::train::feed::Texts;
use crate::train::recipe::{Origin, Request, Resolved, resolve};
use crate::train::run_folder::HyperValue;

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

/// The input that wants tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextInput {
    /// Its name in the model's file.
    pub name: String,
    /// The key of the texts in the data.
    pub key: String,
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
    /// All hypers of the file with their values.
    pub hypers: IndexMap<String, HyperValue>,
    /// Who set those that do not have their defaults.
    pub hyper_origins: IndexMap<String, Origin>,
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
        let mut all = diagnostics;
        match Self::build(ask, &program, out) {
            Ok((session, warnings)) => {
                all.extend(warnings);
                out.remarks(&all.into_sorted(), &sources);
                Ok(Session { sources, ..session })
            }
            Err(faults) => {
                all.extend(faults);
                Err(tell(all, out))
            }
        }
    }

    /// The session, its sources aside, and warnings.
    fn build(ask: &Ask, program: &Program, out: &mut Output) -> Result<(Session, Vec<Diagnostic>), Vec<Diagnostic>> {
        let one = |d: Diagnostic| vec![d];
        let resolved = settings(ask, program, out)?;
        let settings = &resolved.settings;
        let location = locate(&ask.data, ask.data_root.as_deref()).map_err(one)?;
        let dataset = location.open(DEMO_SEED).map_err(one)?;
        let mut warnings = resolved.warnings.clone();
        warnings.extend(dataset.notes.iter().cloned());

        let mut options = Options {
            variant: ask.variant.clone(),
            recipe_sets: match &resolved.recipe {
                Some(name) => recipe_sets(program, name)?,
                None => Vec::new(),
            },
            sets: ask.sets.clone(),
            encoder: encoder("bert-base-uncased").map_err(one)?.config.statics(),
            ..Options::default()
        };
        // The inputs do not depend on dims or encoder, so they are known before both are.
        let (graph, _) = compiled(program, &options)?;
        let text = TextInput::of(&graph).map_err(one)?;
        if let Some(input) = &text {
            // Without texts no encoder helps.
            for table in &dataset.tables {
                table.text(&input.key, &input.wanted_by()).map_err(one)?;
            }
        }
        let (dir, named) = (ask.text_encoder.as_deref(), settings.encoder.as_deref());
        let found = text.as_ref().map(|input| Encoder::find(&ask.data, dir, named, settings.max_tokens, input));
        let found = found.transpose().map_err(one)?;
        let texts = tokenise(&dataset, found.as_ref(), text.as_ref()).map_err(one)?;
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
        let origin = |name: &String| Some((name.clone(), origin(&set_by(program, &options, recipe, name)?, name, ask)));
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

    /// A remark on texts that were cut.
    pub fn truncation_note(&self) -> Option<String> {
        let texts = self.texts.as_ref()?;
        let cut: usize = texts.truncated.values().sum();
        let all: usize = texts.ids.values().map(Vec::len).sum();
        (cut > 0).then(|| format!("{cut} of {all} texts were cut to {} tokens", self.resolved.settings.max_tokens))
    }
}

/// The training settings, with remarks on how they were found.
fn settings(ask: &Ask, program: &Program, out: &mut Output) -> Result<Resolved, Vec<Diagnostic>> {
    let known = card(&ask.data);
    let stem = Path::new(&ask.data).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let recipes: Vec<_> = program.recipes.values().cloned().collect();
    let environment: Vec<(String, String)> = std::env::vars().filter(|(k, _)| k.starts_with("DSC_")).collect();
    let family = known.map(|c| (c.name, c.family.into(), c.class_rule.into()));
    let request = Request {
        recipe: ask.recipe.as_deref(),
        data: Some(known.map_or(stem.as_str(), |c| c.name)),
        card: family,
        environment: &environment,
        command_line: &ask.command_line,
    };
    let resolved = resolve(&recipes, &request)?;
    let given = |key: &str| ask.command_line.iter().any(|(_, k, _)| k == key);
    let all_given = resolved.settings.keys().iter().all(|(key, _)| given(key));
    if resolved.recipe.is_none() && !recipes.is_empty() && !all_given {
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
fn origin(by: &SetBy, name: &str, ask: &Ask) -> Origin {
    match by {
        SetBy::Recipe(recipe) => Origin::Recipe(recipe.clone()),
        SetBy::Variant(variant) => Origin::Variant(variant.clone()),
        SetBy::User => {
            let value = ask.sets.iter().rev().find(|s| s.name == name).map(|s| s.value.to_string());
            Origin::CommandLine(format!("--set {name}={}", value.unwrap_or_default()))
        }
    }
}

/// Compiles, or says what is wrong.
pub(super) fn compiled(program: &Program, options: &Options) -> Result<(Graph, Compiled), Vec<Diagnostic>> {
    let mut compiled = compile(program, options);
    match compiled.graph.take().filter(|_| !compiled.diagnostics.has_errors()) {
        Some(graph) => Ok((graph, compiled)),
        None => Err(compiled.diagnostics.into_sorted()),
    }
}

/// The texts of the data as tokens, if an input wants them.
pub(super) fn tokenise(
    dataset: &Dataset,
    encoder: Option<&Encoder>,
    input: Option<&TextInput>,
) -> Result<Option<Texts>, Diagnostic> {
    let pair = encoder.zip(input);
    pair.map(|(e, input)| Texts::of(dataset, &e.tokenizer, &input.key, &input.wanted_by())).transpose()
}

impl TextInput {
    /// The input of a graph that wants tokens, if one that is used does.
    ///
    /// # Errors
    /// `E0922` for two of them with different texts.
    pub fn of(graph: &Graph) -> Result<Option<TextInput>, Diagnostic> {
        let is_read = |name: &str| graph.nodes().any(|(_, n)| matches!(&n.op, Op::Input(read) if read == name));
        let mut inputs =
            graph.inputs.values().filter(|decl| matches!(decl.ty, Type::Tokens { .. }) && is_read(&decl.name));
        let Some(first) = inputs.next() else { return Ok(None) };
        match inputs.find(|other| other.key != first.key) {
            None => Ok(Some(TextInput { name: first.name.clone(), key: first.key.clone() })),
            Some(other) => Err(Diagnostic::error(
                E0922,
                format!("the texts `{}` and `{}` are both to be tokenised", first.key, other.key),
            )
            .at(other.span, format!("reads `{}`", other.key))
            .because(first.span, format!("reads `{}`", first.key))
            .help("one column of texts can be read as tokens; read the other as features, `Seq<text>[T, f]`")),
        }
    }

    /// For messages.
    pub fn wanted_by(&self) -> String {
        format!("input `{}`", self.name)
    }
}

/// A remark on values that are not finite.
pub(super) fn non_finite_note(split: Split, key: &str, count: NonFiniteCount) -> String {
    format!("{split}.{key}: {} NaN and {} infinite values become 0 (nonfinite = zero)", count.nan, count.inf)
}

/// `train`, `valid` or `test`.
pub(super) fn parse_split(text: &str) -> Result<Split, String> {
    Split::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| "one of train, valid, test".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{EmbeddedWorld, MemoryWorld};

    #[test]
    fn weights_that_nothing_takes_are_told() {
        let graph = |text: &str| {
            let world = MemoryWorld::new().with("m.dsl", text);
            let encoder = encoder("demo").unwrap().config.statics();
            crate::compile(&world, "m.dsl", &Options { encoder, ..Options::default() }).unwrap()
        };
        let text = EmbeddedWorld::model("unimodal/text").unwrap();
        assert!(unplaced(&graph(text), "minilm").is_none());
        let without = text.replace("Bert()", "embed(rows: 100, width: 32)").replace("Bert, ", "");
        let told = unplaced(&graph(&without), "minilm").unwrap();
        assert_eq!((told.code, told.is_error()), (W0189, false));
        assert!(told.message.contains("`minilm`"), "{}", told.message);
    }
}
