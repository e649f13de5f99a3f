//! The keys of a recipe: what each takes, and how it changes the settings.

use super::settings::{CLASSES, DECAYS, Nonfinite, Optimizer, OptimizerKind, SelectRule, Settings, Standardize, UNITS};
use super::value::Value;
use crate::metrics::Family;
use crate::retrieval::ClassRule;
use crate::schedule::{Decay, Warmup};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0901, E0902};
use dsc_syntax::source::Span;

/// One key of a recipe.
#[derive(Clone, Copy, Debug)]
pub struct KeyInfo {
    /// The key, dotted.
    pub name: &'static str,
    /// What it takes, in words.
    pub takes: &'static str,
    /// An example.
    pub example: &'static str,
}

const fn key(name: &'static str, takes: &'static str, example: &'static str) -> KeyInfo {
    KeyInfo { name, takes, example }
}

/// All keys, in the order in which a run reports them.
pub const KEYS: &[KeyInfo] = &[
    key("epochs", "a whole number from 1 on", "epochs = 100"),
    key("batch", "a whole number from 1 on", "batch = 16"),
    key("accumulate", "a whole number from 1 on", "accumulate = 4"),
    key("optimizer", "adam(..) or adamw(..)", "optimizer = adam(lr: 5e-5)"),
    key("optimizer.lr", "a number above 0", "optimizer.lr = 2e-5"),
    key("optimizer.encoder_lr", "a number from 0 on", "optimizer.encoder_lr = 2e-5"),
    key("optimizer.weight_decay", "a number from 0 on", "optimizer.weight_decay = 0.01"),
    key("optimizer.betas", "two numbers from 0 to below 1", "optimizer.betas = [0.9, 0.999]"),
    key("optimizer.eps", "a number above 0", "optimizer.eps = 1e-8"),
    key("warmup", "a number of epochs or steps, or a fraction of the training", "warmup = 0.1 fraction"),
    key("decay", "linear or none", "decay = linear"),
    key("clip", "a number above 0, or none", "clip = 1.0"),
    key("select", "min or max and a metric", "select = min mae"),
    key("seeds", "a whole number from 1 on", "seeds = 5"),
    key("seed", "a whole number from 0 on", "seed = 1"),
    key("encoder", "the name or folder of a text encoder", "encoder = \"bert-base-uncased\""),
    key("class", "exact or round", "class = round"),
    key("family", "sims, mosi or regression", "family = mosi"),
    key("standardize", "train or none", "standardize = train"),
    key("nonfinite", "error or zero", "nonfinite = zero"),
    key("max_tokens", "a whole number from 3 to 128", "max_tokens = 50"),
];

/// Names that people coming from elsewhere try first.
const ALIASES: &[(&str, &str)] = &[
    ("lr", "optimizer.lr"),
    ("learning_rate", "optimizer.lr"),
    ("encoder_lr", "optimizer.encoder_lr"),
    ("weight_decay", "optimizer.weight_decay"),
    ("betas", "optimizer.betas"),
    ("eps", "optimizer.eps"),
    ("batch_size", "batch"),
    ("num_epochs", "epochs"),
    ("grad_clip", "clip"),
    ("max_grad_norm", "clip"),
    ("gradient_accumulation", "accumulate"),
    ("scheduler", "decay"),
    ("text_encoder", "encoder"),
    ("metrics", "family"),
    ("monitor", "select"),
];

/// The key that someone who wrote `name` probably meant.
pub(super) fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(from, _)| *from == name).map(|(_, to)| *to)
}

/// A setting and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    /// The dotted key.
    pub key: String,
    /// Place of the key.
    pub key_span: Span,
    /// The value.
    pub value: Value,
    /// Place of the value.
    pub value_span: Span,
    /// `` of the environment variable `DSC_EPOCHS` ``, for messages without a place; empty in a file.
    pub place: &'a str,
}

/// Changes the settings, or says why not.
pub(super) fn apply(settings: &mut Settings, entry: &Entry<'_>) -> Result<(), Diagnostic> {
    let value = &entry.value;
    if matches!(value, Value::Other(text) if text.is_empty()) {
        return Ok(());
    }
    let wrong = || wrong_value(entry);
    let optimizer = &mut settings.optimizer;
    match entry.key.as_str() {
        "epochs" => settings.epochs = whole(value, 1, u64::MAX).ok_or_else(wrong)?,
        "batch" => settings.batch = whole(value, 1, 1 << 20).ok_or_else(wrong)? as usize,
        "accumulate" => settings.accumulate = whole(value, 1, 1 << 20).ok_or_else(wrong)? as usize,
        "optimizer" => *optimizer = parse_optimizer(entry)?,
        "optimizer.lr" | "optimizer.encoder_lr" | "optimizer.weight_decay" | "optimizer.betas" | "optimizer.eps" => {
            let name = entry.key.strip_prefix("optimizer.").unwrap_or_default();
            set_constant(optimizer, name, value).ok_or_else(wrong)?;
        }
        "warmup" => settings.schedule.warmup = warmup(entry)?,
        "decay" => {
            settings.schedule.decay = match word(value) {
                Some("none") => Decay::Constant,
                Some("linear") => Decay::Linear,
                _ => return Err(wrong()),
            }
        }
        "clip" => {
            settings.clip = match value {
                Value::Word(w) if w == "none" => None,
                _ => Some(value.number().filter(|x| *x > 0.0 && x.is_finite()).ok_or_else(wrong)?),
            }
        }
        "select" => match value {
            Value::Select(minimize, metric, _) => {
                settings.select = SelectRule { minimize: *minimize, metric: metric.clone() }
            }
            _ => return Err(wrong()),
        },
        "seeds" => settings.seeds = whole(value, 1, 1 << 20).ok_or_else(wrong)?,
        "seed" => settings.seed = whole(value, 0, i64::MAX as u64).ok_or_else(wrong)?,
        "encoder" => settings.encoder = Some(word(value).filter(|w| !w.is_empty()).ok_or_else(wrong)?.to_owned()),
        "class" => {
            settings.class = match word(value) {
                Some("exact") => ClassRule::Exact,
                Some("round") => ClassRule::Round,
                _ => return Err(wrong()),
            }
        }
        "family" => settings.family = Family::parse(word(value).ok_or_else(wrong)?).map_err(|_| wrong())?,
        "standardize" => settings.standardize = word(value).and_then(Standardize::parse).ok_or_else(wrong)?,
        "nonfinite" => settings.nonfinite = word(value).and_then(Nonfinite::parse).ok_or_else(wrong)?,
        "max_tokens" => settings.max_tokens = whole(value, 3, 128).ok_or_else(wrong)? as usize,
        _ => return Err(unknown_key(entry)),
    }
    Ok(())
}

fn set_constant(optimizer: &mut Optimizer, name: &str, value: &Value) -> Option<()> {
    let number =
        |least_excluded: bool| value.number().filter(|x| x.is_finite() && (*x > 0.0 || (!least_excluded && *x == 0.0)));
    match name {
        "lr" => optimizer.lr = number(true)?,
        "encoder_lr" => optimizer.encoder_lr = Some(number(false)?),
        "weight_decay" => optimizer.weight_decay = number(false)?,
        "eps" => optimizer.eps = number(true)?,
        "betas" => match value {
            Value::List(list) => match list.iter().map(Value::number).collect::<Vec<_>>().as_slice() {
                [Some(a), Some(b)] if (0.0..1.0).contains(a) && (0.0..1.0).contains(b) => optimizer.betas = (*a, *b),
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}

fn parse_optimizer(entry: &Entry<'_>) -> Result<Optimizer, Diagnostic> {
    const CONSTANTS: [&str; 5] = ["lr", "encoder_lr", "weight_decay", "betas", "eps"];
    let (name, args) = match &entry.value {
        Value::Call(name, args) => (name.as_str(), args.as_slice()),
        Value::Word(name) => (name.as_str(), [].as_slice()),
        _ => return Err(wrong_value(entry)),
    };
    let Some(kind) = OptimizerKind::parse(name) else {
        return Err(wrong_value(entry).did_you_mean(name, OptimizerKind::WORDS.iter().copied()));
    };
    let mut optimizer = Optimizer::new(kind, 1e-3);
    for (argument, value, span) in args {
        let span = if span.is_none() { entry.value_span } else { *span };
        let Some(argument) = argument else {
            return Err(Diagnostic::error(E0902, format!("the arguments of `{name}` are named{}", entry.place))
                .at(span, "which one is this?")
                .help("write `lr: ..`"));
        };
        if !CONSTANTS.contains(&argument.as_str()) {
            return Err(Diagnostic::error(E0901, format!("`{name}` has no setting `{argument}`{}", entry.place))
                .at(span, "not a setting of the optimizer")
                .help(format!("its settings are {}", CONSTANTS.join(", ")))
                .did_you_mean(argument, CONSTANTS));
        }
        if set_constant(&mut optimizer, argument, value).is_none() {
            let one =
                Entry { key: format!("optimizer.{argument}"), value: value.clone(), value_span: span, ..entry.clone() };
            return Err(wrong_value(&one));
        }
    }
    Ok(optimizer)
}

fn warmup(entry: &Entry<'_>) -> Result<Warmup, Diagnostic> {
    match &entry.value {
        Value::Quantity(n, unit, span) => {
            let whole = (*n >= 0.0 && n.fract() == 0.0 && *n < 1e15).then_some(*n as u64);
            match (unit.as_str(), whole) {
                ("epochs" | "epoch", Some(n)) => Ok(Warmup::Epochs(n)),
                ("steps" | "step", Some(n)) => Ok(Warmup::Steps(n)),
                ("fraction", _) if (0.0..=1.0).contains(n) => Ok(Warmup::Fraction(*n)),
                ("fraction", _) => Err(wrong_value(entry).help("a fraction lies in 0 to 1, such as `0.1 fraction`")),
                ("epochs" | "epoch" | "steps" | "step", None) => {
                    Err(wrong_value(entry).help(format!("give whole {unit}, or a fraction such as `0.1 fraction`")))
                }
                _ => {
                    let at = if span.is_none() { entry.value_span } else { *span };
                    Err(Diagnostic::error(E0902, format!("there is no unit `{unit}`{}", entry.place))
                        .at(at, "not a unit of training")
                        .help(format!("the units are {}", UNITS.join(", ")))
                        .did_you_mean(unit, UNITS.iter().copied()))
                }
            }
        }
        Value::Int(0) => Ok(Warmup::Steps(0)),
        Value::Word(w) if w == "none" => Ok(Warmup::Steps(0)),
        other => Err(match other.number() {
            Some(n) => wrong_value(entry).help(format!("say of what: `{n} epochs`, `{n} steps` or `0.1 fraction`")),
            None => wrong_value(entry),
        }),
    }
}

fn whole(value: &Value, least: u64, most: u64) -> Option<u64> {
    match value {
        Value::Int(n) => u64::try_from(*n).ok().filter(|n| (least..=most).contains(n)),
        _ => None,
    }
}

fn word(value: &Value) -> Option<&str> {
    match value {
        Value::Word(w) => Some(w),
        _ => None,
    }
}

fn wrong_value(entry: &Entry<'_>) -> Diagnostic {
    let info = KEYS.iter().find(|k| k.name == entry.key);
    let (takes, example) = info.map_or(("something else", ""), |k| (k.takes, k.example));
    let words: &[&str] = match entry.key.as_str() {
        "decay" => DECAYS,
        "class" => CLASSES,
        "standardize" => Standardize::WORDS,
        "nonfinite" => Nonfinite::WORDS,
        "family" => &["sims", "mosi", "regression"],
        _ => &[],
    };
    let d = Diagnostic::error(E0902, format!("`{}` takes {takes}, not `{}`{}", entry.key, entry.value, entry.place))
        .at(entry.value_span, format!("expected {takes}"))
        .help(format!("for example `{example}`"));
    match &entry.value {
        Value::Word(w) => d.did_you_mean(w, words.iter().copied()),
        _ => d,
    }
}

fn unknown_key(entry: &Entry<'_>) -> Diagnostic {
    let name = entry.key.as_str();
    let d = Diagnostic::error(E0901, format!("there is no recipe key `{name}`{}", entry.place))
        .at(entry.key_span, "not a recipe key");
    match alias(name) {
        Some(key) => d.help(format!("did you mean `{key}`?")),
        None => {
            let all: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
            d.help(format!("the keys are {}; hypers are set with `set {name} = ..`", all.join(", ")))
                .did_you_mean(name, all.iter().copied())
        }
    }
}
