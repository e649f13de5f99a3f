//! `dsc explain E0203`, `dsc explain conv1d`, `dsc explain MultiCA`, `dsc explain companions`, `dsc explain max_tokens`.

use super::explain_search;
use super::words::{WORDS, Word, sections};
use super::{Exit, Output};
use dsc_graph::primitives::{self, OPERATIONS, Primitive};
use dsc_language::sema::library::{LibraryBlock, blocks};
use dsc_recipe::{KEYS, Key, overview};
use dsc_syntax::diag::{Code, CodeInfo, all_codes, explain, retired};
use serde_json::{Value, json};

/// `dsc explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A diagnostic code, an operation, a block of the standard library, a key of recipes or a word of the language; without
    /// it, all of them, a line each. `recipe` shows all keys
    #[arg(value_name = "CODE|NAME", value_parser = known)]
    pub topic: Option<Topic>,
}

/// Something that can be explained.
#[derive(Clone, Debug)]
pub enum Topic {
    /// A diagnostic code.
    Code(CodeInfo),
    /// An operation: a primitive, or what an operator or a declaration makes in a graph.
    Operation(&'static Primitive),
    /// A block of the standard library.
    Block(LibraryBlock),
    /// A word of the language; also the key of recipes of that name, if there is one.
    Word(&'static Word),
    /// A key of recipes.
    Key(&'static Key),
    /// A code that is no longer given, and the one that says the same.
    Retired(&'static str, Code),
}

/// Prints what a code or a name means.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    match &args.topic {
        Some(topic) if out.is_json() => out.json(&entry(topic)),
        Some(topic) => show(topic, out),
        None if out.is_json() => out.json(&everything().map(|t| entry(&t)).collect::<Vec<_>>()),
        None => overview_of_all(out),
    }
    Exit::Done
}

/// Names of all entries by kind, and codes with their titles.
fn overview_of_all(out: &mut Output) {
    let names = |kind: fn(&Topic) -> bool| everything().filter(kind).map(|t| title(&t)).collect::<Vec<_>>();
    let groups = [
        ("Operations", names(|t| matches!(t, Topic::Operation(_)))),
        ("Blocks of the standard library", names(|t| matches!(t, Topic::Block(_)))),
        ("Words of the language", names(|t| matches!(t, Topic::Word(_)))),
        ("Keys of recipes", names(|t| matches!(t, Topic::Key(_)))),
    ];
    for (heading, names) in groups {
        out.line(format_args!("{heading}"));
        lines(&names, 100).iter().for_each(|line| out.line(format_args!("    {line}")));
    }
    out.line(format_args!("Codes"));
    let codes: Vec<String> = all_codes().map(|info| format!("{} {};", info.code, info.title)).collect();
    lines(&codes, 100).iter().for_each(|line| out.line(format_args!("    {line}")));
    out.line(format_args!("`dsc explain NAME` says more of one of them."));
}

/// Words in lines of at most `width` characters.
fn lines(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut().filter(|line| line.chars().count() + 2 + word.chars().count() <= width) {
            Some(line) => line.push_str(&format!("  {word}")),
            None => lines.push(word.clone()),
        }
    }
    lines
}

/// The name that an entry is found by.
fn title(topic: &Topic) -> String {
    match topic {
        Topic::Code(info) => info.code.to_string(),
        Topic::Operation(p) => p.name.to_owned(),
        Topic::Block(b) => b.name.clone(),
        Topic::Word((word, _)) => (*word).to_owned(),
        Topic::Key(key) => key.name.to_owned(),
        Topic::Retired(old, _) => (*old).to_owned(),
    }
}

/// What an entry says, to be searched.
fn text(topic: &Topic) -> String {
    match topic {
        Topic::Code(info) => format!("{} {}", info.title, info.text),
        Topic::Operation(p) => p.doc.to_owned(),
        Topic::Block(b) => b.docs.clone(),
        Topic::Word(word) => sections(word),
        Topic::Key(key) => key.text.to_owned(),
        Topic::Retired(..) => String::new(),
    }
}

fn everything() -> impl Iterator<Item = Topic> {
    let codes = all_codes().copied().map(Topic::Code);
    let names = OPERATIONS.iter().map(Topic::Operation).chain(blocks().into_iter().map(Topic::Block));
    codes.chain(names).chain(WORDS.iter().map(Topic::Word)).chain(KEYS.iter().map(Topic::Key))
}

fn show(topic: &Topic, out: &mut Output) {
    match topic {
        Topic::Code(info) => {
            out.line(format_args!("{}: {}\n\n{}", info.code, info.title, prose(info)));
            if !info.example.trim().is_empty() {
                out.line(format_args!("\nThis file fails with it:\n"));
                info.example.trim_matches('\n').lines().for_each(|line| out.line(format_args!("    {line}")));
            }
        }
        Topic::Operation(p) => {
            let note = match p.written {
                None => "A primitive: it needs no import.".to_owned(),
                Some(form) => format!("An operation of graphs, which the language writes as `{form}`."),
            };
            out.line(format_args!("{}\n\n{}\n\n{note}\n\n    {}", p.signature(), p.doc, example(p)));
            // `input` is an operation of graphs, and a word of the language too.
            if let Some(word) = word(p.name) {
                out.line(format_args!("\n{}", sections(word)));
            }
        }
        Topic::Block(b) => {
            out.line(format_args!("{}\n\n{}\n\nuse std::{}   // {}:\n", b.signature, b.docs, b.name, b.module));
            b.source.lines().for_each(|line| out.line(format_args!("    {line}")));
        }
        Topic::Word(word) => {
            if let Some(keys) = keys_of(word.0) {
                out.line(format_args!("{}\n", keys.trim_end()));
            }
            out.line(sections(word));
        }
        Topic::Key(key) => out.line(key.explanation()),
        Topic::Retired(old, code) => {
            out.line(format_args!("{old} is retired: what it said is a case of {code}.\n"));
            if let Some(info) = explain(code.0) {
                show(&Topic::Code(*info), out);
            }
        }
    }
}

/// What is to be said of keys where a word of the language is explained: all of them for `recipe`, or the one of its name.
fn keys_of(word: &str) -> Option<String> {
    match word {
        "recipe" => Some(format!("The keys of a recipe, each with its default and what it takes:\n\n{}", overview())),
        _ => Key::find(word).map(|key| key.explanation()),
    }
}

fn word(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|(word, _)| *word == name)
}

/// The example of an entry as a line of a model: `let r = linear(audio, out: 8)`.
fn example(p: &Primitive) -> String {
    format!("let r = {}", p.example)
}

fn known(name: &str) -> Result<Topic, String> {
    let blocks = blocks();
    let found = explain(name).copied().map(Topic::Code);
    let found = found.or_else(|| primitives::operation(name).map(Topic::Operation));
    let found = found.or_else(|| blocks.iter().find(|b| b.name == name).cloned().map(Topic::Block));
    let found = found.or_else(|| word(name).map(Topic::Word));
    let found = found.or_else(|| Key::find(name).map(Topic::Key));
    let found = found.or_else(|| retired(name).map(|(old, code)| Topic::Retired(old, code)));
    found.ok_or_else(|| {
        let topics: Vec<(String, String)> = everything().map(|topic| (title(&topic), text(&topic))).collect();
        explain_search::unknown(name, &topics)
    })
}

/// The text without the blanks that doc comments begin their lines with.
fn prose(info: &CodeInfo) -> String {
    info.text.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect::<Vec<_>>().join("\n")
}

fn entry(topic: &Topic) -> Value {
    match topic {
        Topic::Code(c) => json!({ "code": c.code.0, "title": c.title, "text": prose(c), "example": c.example }),
        Topic::Operation(p) => {
            let kind = if p.written.is_some() { "operation" } else { "primitive" };
            json!({ kind: p.name, "signature": p.signature(), "written": p.written, "text": p.doc, "example": example(p) })
        }
        Topic::Block(b) => json!({
            "block": b.name, "module": b.module, "signature": b.signature, "text": b.docs, "source": b.source,
        }),
        Topic::Word(word) if word.0 == "recipe" => {
            json!({ "word": word.0, "text": sections(word), "keys": KEYS.iter().map(key_entry).collect::<Vec<_>>() })
        }
        Topic::Word(word) => {
            json!({ "word": word.0, "text": sections(word), "key": Key::find(word.0).map(key_entry) })
        }
        Topic::Key(key) => key_entry(key),
        Topic::Retired(old, code) => json!({ "code": old, "retired": true, "now": code.0 }),
    }
}

fn key_entry(key: &Key) -> Value {
    json!({
        "key": key.name, "takes": key.takes(), "default": key.default(), "text": key.text, "example": key.example,
        "variable": key.variable(),
    })
}
