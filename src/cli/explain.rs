//! `dsc explain E0203`, `dsc explain conv1d`, `dsc explain MultiCA`, `dsc explain companions`.

use super::words::{WORDS, Word, sections};
use super::{Exit, Output};
use dsc_language::sema::library::{LibraryBlock, blocks};
use dsc_language::sema::primitives::{self, PRIMITIVES, Primitive};
use dsc_syntax::diag::{CodeInfo, all_codes, did_you_mean, explain};
use serde_json::{Value, json};

/// `dsc explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A diagnostic code, a primitive, a block of the standard library or a word of the language; without it, all of them,
    /// a line each
    #[arg(value_name = "CODE|NAME", value_parser = known)]
    pub topic: Option<Topic>,
}

/// Something that can be explained.
#[derive(Clone, Debug)]
pub enum Topic {
    /// A diagnostic code.
    Code(CodeInfo),
    /// A primitive.
    Primitive(&'static Primitive),
    /// A block of the standard library.
    Block(LibraryBlock),
    /// A word of the language.
    Word(&'static Word),
}

/// Prints what a code or a name means.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    match &args.topic {
        Some(topic) if out.is_json() => out.json(&entry(topic)),
        Some(topic) => show(topic, out),
        None if out.is_json() => out.json(&everything().map(|t| entry(&t)).collect::<Vec<_>>()),
        None => {
            for topic in everything() {
                match topic {
                    Topic::Code(c) => out.line(format_args!("{}  {}", c.code, c.title)),
                    Topic::Primitive(p) => out.line(p.signature),
                    Topic::Block(b) => out.line(format_args!("{}  ({})", b.signature, b.module)),
                    Topic::Word((word, headings)) => out.line(format_args!("{word}  ({})", headings.join("; "))),
                }
            }
        }
    }
    Exit::Done
}

fn everything() -> impl Iterator<Item = Topic> {
    let codes = all_codes().copied().map(Topic::Code);
    let names = PRIMITIVES.iter().map(Topic::Primitive).chain(blocks().into_iter().map(Topic::Block));
    codes.chain(names).chain(WORDS.iter().map(Topic::Word))
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
        Topic::Primitive(p) => {
            out.line(format_args!("{}\n\n{}\n\nA primitive: it needs no import.", p.signature, p.doc));
        }
        Topic::Block(b) => {
            out.line(format_args!("{}\n\n{}\n\nuse std::{}   // {}:\n", b.signature, b.docs, b.name, b.module));
            b.source.lines().for_each(|line| out.line(format_args!("    {line}")));
        }
        Topic::Word(word) => out.line(sections(word)),
    }
}

fn known(name: &str) -> Result<Topic, String> {
    let blocks = blocks();
    let found = explain(name).copied().map(Topic::Code);
    let found = found.or_else(|| primitives::find(name).map(Topic::Primitive));
    let found = found.or_else(|| blocks.iter().find(|b| b.name == name).cloned().map(Topic::Block));
    let found = found.or_else(|| WORDS.iter().find(|(word, _)| *word == name).map(Topic::Word));
    found.ok_or_else(|| {
        let names = PRIMITIVES.iter().map(|p| p.name).chain(blocks.iter().map(|b| b.name.as_str()));
        let names = names.chain(WORDS.iter().map(|(word, _)| *word));
        let upper = name.to_ascii_uppercase();
        let near = did_you_mean(&upper, all_codes().map(|c| c.code.0)).or_else(|| did_you_mean(name, names));
        match near {
            Some(near) => format!("there is no such code or name; did you mean `{near}`?"),
            None => "there is no such code or name; `dsc explain` lists them all".to_owned(),
        }
    })
}

/// The text without the blanks that doc comments begin their lines with.
fn prose(info: &CodeInfo) -> String {
    info.text.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect::<Vec<_>>().join("\n")
}

fn entry(topic: &Topic) -> Value {
    match topic {
        Topic::Code(c) => json!({ "code": c.code.0, "title": c.title, "text": prose(c), "example": c.example }),
        Topic::Primitive(p) => json!({ "primitive": p.name, "signature": p.signature, "text": p.doc }),
        Topic::Block(b) => json!({
            "block": b.name, "module": b.module, "signature": b.signature, "text": b.docs, "source": b.source,
        }),
        Topic::Word(word) => json!({ "word": word.0, "text": sections(word) }),
    }
}
