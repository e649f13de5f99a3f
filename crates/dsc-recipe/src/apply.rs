//! One entry of a recipe, of the environment or of the command line: how it changes the settings.

use super::foreign::{alias, elsewhere, misspelt};
use super::hints;
use super::keys::{KEYS, Key};
use super::settings::Settings;
use super::value::{Argument, Value};
use dsc_syntax::ast::{Ident, SettingValue};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0901, E0902};
use dsc_syntax::source::Span;

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The dotted key.
    pub key: String,
    /// Place of the key; none outside of a file.
    pub key_span: Span,
    /// The value.
    pub value: Value,
    /// Place of the value; none outside of a file.
    pub value_span: Span,
}

impl Entry {
    /// The entry of a recipe. `None` where its value has a fault.
    pub fn of(path: &[Ident], value: &SettingValue, span: Span, faults: &mut Vec<Diagnostic>) -> Option<Entry> {
        let value_span = match value {
            SettingValue::Expr(e) => e.span,
            SettingValue::Select { metric, .. } => metric.span,
            SettingValue::Quantity { value, unit } => value.span.to(unit.span),
        };
        Some(Entry {
            key: dotted(path),
            key_span: path.iter().fold(Span::NONE, |s, p| s.to(p.span)),
            value: Value::of(value, faults)?,
            value_span: if value_span.is_none() { span } else { value_span },
        })
    }

    /// A key and a text that are in no file. `None` where the text has a fault.
    pub fn of_text(key: &str, text: &str, faults: &mut Vec<Diagnostic>) -> Option<Entry> {
        let is_text = Key::find(key).is_some_and(|key| key.field(&mut Settings::default()).is_text());
        let value = match is_text {
            // Shells take quotes away, and names of folders look like anything.
            true => Value::Word(unquoted(text.trim()).to_owned()),
            false => Value::of_text(text, faults)?,
        };
        Some(Entry { key: key.to_owned(), key_span: Span::NONE, value, value_span: Span::NONE })
    }
}

/// `optimizer.lr`.
pub(super) fn dotted(path: &[Ident]) -> String {
    path.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(".")
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

/// Changes the settings; gives every fault of the entry.
pub(super) fn apply(settings: &mut Settings, entry: &Entry) -> Vec<Diagnostic> {
    let Some(key) = Key::find(&entry.key) else { return vec![unknown_key(entry)] };
    if !key.field(settings).set(&entry.value, key.range) {
        return vec![wrong_value(*key, entry, settings)];
    }
    match &entry.value {
        Value::Call(name, arguments) => {
            arguments.iter().flat_map(|a| apply_argument(settings, entry, name, a)).collect()
        }
        _ => Vec::new(),
    }
}

/// An argument of a call gives the key below that of the call: `lr` of `optimizer = adam(lr: 2e-5)` is `optimizer.lr`.
fn apply_argument(settings: &mut Settings, call: &Entry, name: &str, argument: &Argument) -> Vec<Diagnostic> {
    let Some(given) = &argument.name else {
        if argument.value.is_none() {
            return Vec::new();
        }
        let d = Diagnostic::error(E0902, format!("the arguments of `{name}` are named"))
            .at(argument.span, "which one is this?")
            .help("write `lr: ..`");
        let is_lr = |a: &Argument| a.name.as_ref().is_some_and(|n| n.value == "lr");
        let given = matches!(&call.value, Value::Call(_, all) if all.iter().any(is_lr));
        let at = Span { end: argument.span.start, ..argument.span };
        return vec![if given || argument.span.is_none() { d } else { d.fix(at, "lr: ") }];
    };
    let below = format!("{}.", call.key);
    let known: Vec<&str> = KEYS.iter().filter_map(|key| key.name.strip_prefix(&below)).collect();
    if !known.contains(&given.value.as_str()) {
        let d = Diagnostic::error(E0901, format!("`{name}` has no setting `{}`", given.value))
            .at(given.span, "not a setting of the optimizer");
        let ours = alias(&given.value).and_then(|key| key.strip_prefix(&below));
        let settings = format!("its settings are {}", known.join(", "));
        return vec![match (ours, elsewhere(&given.value)) {
            (Some(ours), _) => d.help(format!("did you mean `{ours}`? {settings}")).fix(given.span, ours),
            (None, Some(help)) => d.help(help),
            (None, None) => d.help(settings).did_you_mean(&given.value, known),
        }];
    }
    let Some(value) = &argument.value else { return Vec::new() };
    let entry = Entry {
        key: format!("{below}{}", given.value),
        key_span: given.span,
        value: value.clone(),
        value_span: argument.span,
    };
    apply(settings, &entry)
}

fn wrong_value(key: Key, entry: &Entry, settings: &mut Settings) -> Diagnostic {
    let takes = key.takes();
    let fault = Diagnostic::error(E0902, format!("`{}` takes {takes}, found {}", entry.key, entry.value.found()))
        .at(entry.value_span, format!("expected {takes}"))
        .help(format!("for example `{}`", key.example));
    if let Some(meant) = hints::meant(key, &entry.value, settings) {
        return fault.help(format!("write `{} = {meant}`", entry.key)).fix(entry.value_span, meant);
    }
    let words = key.field(settings).words().iter().copied();
    match &entry.value {
        Value::Word(word) | Value::Call(word, _) | Value::Quantity(_, word) => fault.did_you_mean(word, words),
        _ => fault,
    }
}

fn unknown_key(entry: &Entry) -> Diagnostic {
    let name = entry.key.as_str();
    let d = Diagnostic::error(E0901, format!("there is no recipe key `{name}`")).at(entry.key_span, "not a recipe key");
    let meant = alias(name);
    if let (None, Some(help)) = (meant, elsewhere(name)) {
        return d.help(help);
    }
    match meant.or_else(|| misspelt(name)) {
        Some(key) => d.help(format!("did you mean `{key}`?")).fix(entry.key_span, key),
        None => {
            let all: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
            d.help(format!("the keys are {}; hypers are set with `set {name} = ..`", all.join(", ")))
        }
    }
}
