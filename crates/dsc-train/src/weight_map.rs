//! Weight maps: the names of a model's weights in the checkpoints of another program. One line maps one weight, or many.
//!
//! ```text
//! # a comment
//! a.layer.{l}.query.{kind} = audio.layers.{l}.in_proj_{kind} [1/3]
//! {encoder} = bert.{encoder}
//! - audio.unused.{kind}
//! ```
//!
//! The left side is the path of a weight in the model, the right side the name of a tensor in the checkpoint. A placeholder such
//! as `{l}` matches any text without a dot, the same on both sides. `[1/3]` is the first of three equal chunks of the tensor's
//! rows. `{encoder}` on the left matches any weight of the text encoder; on the right it is the name of that weight in the
//! Hugging Face tools. A line with `-` lists tensors that are not read. `MODEL.names` is the default weight map of `MODEL.dsl`.

use std::collections::BTreeMap;

use super::encoder_weights::hugging_face_name;
use dsc_graph::Param;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0916;

/// The placeholder for any weight of the text encoder.
const ENCODER: &str = "encoder";

/// Maps the weights of a model to the tensors of a checkpoint of another program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightMap {
    text: String,
    rules: Vec<Rule>,
    unread: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    ours: Pattern,
    theirs: Pattern,
    chunk: RowChunk,
}

/// One of several equal chunks of the rows of a tensor, as `torch.chunk` splits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowChunk {
    /// Which chunk, from 1.
    pub number: usize,
    /// Number of chunks, at least 1.
    pub of: usize,
}

impl RowChunk {
    /// The whole tensor.
    pub const WHOLE: RowChunk = RowChunk { number: 1, of: 1 };
}

/// A name with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// Matches any text without a dot, at least one character.
    Placeholder(String),
}

/// The text of each placeholder.
type Bindings<'a> = BTreeMap<&'a str, &'a str>;

impl WeightMap {
    /// Parses the text of a weight map.
    ///
    /// # Errors
    /// `E0916` with `place`, the name of the file, and the number of the line.
    pub fn parse(text: &str, place: &str) -> Result<WeightMap, Diagnostic> {
        let mut map = WeightMap { text: text.to_owned(), ..WeightMap::default() };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            let fault = |why: &str| {
                Diagnostic::error(E0916, format!("{place}, line {number}: {why}"))
                    .help("expected `PATH = TENSOR`, or `- TENSOR` for a tensor that is not read")
            };
            if line.is_empty() {
                continue;
            }
            if let Some(unread) = line.strip_prefix('-') {
                map.unread.push(Pattern::parse(unread.trim()).map_err(|why| fault(&why))?);
                continue;
            }
            let (ours, theirs) = line.split_once('=').ok_or_else(|| fault("missing `=`"))?;
            let (theirs, chunk) = match theirs.trim().strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
                None => (theirs.trim(), RowChunk::WHOLE),
                Some((theirs, chunk)) => (
                    theirs.trim(),
                    RowChunk::parse(chunk).ok_or_else(|| fault("a chunk of a tensor is written as `[1/3]`"))?,
                ),
            };
            let (ours, theirs) = (Pattern::parse(ours.trim()), Pattern::parse(theirs));
            let (ours, theirs) = (ours.map_err(|why| fault(&why))?, theirs.map_err(|why| fault(&why))?);
            if let Some(open) = theirs.placeholders().find(|h| !ours.placeholders().any(|o| o == *h)) {
                return Err(fault(&format!("the placeholder `{{{open}}}` on the right is not on the left")));
            }
            if ours.placeholders().any(|h| h == ENCODER) && ours.0.len() != 1 {
                return Err(fault("`{encoder}` on the left must be the whole path"));
            }
            map.rules.push(Rule { ours, theirs, chunk });
        }
        Ok(map)
    }

    /// The text that the map was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tensor, and the chunk of it, that a weight of the model is read from: the first matching line. `None` without one.
    pub fn tensor_of(&self, param: &Param) -> Option<(String, RowChunk)> {
        self.rules.iter().find_map(|rule| {
            if rule.ours.is_encoder() {
                let name = hugging_face_name(param.encoder.as_deref()?)?;
                return Some((rule.theirs.fill(&Bindings::from([(ENCODER, name.as_str())])), rule.chunk));
            }
            Some((rule.theirs.fill(&rule.ours.matches(&param.path)?), rule.chunk))
        })
    }

    /// Whether the map lists a tensor of the checkpoint as not read.
    pub fn is_unread(&self, name: &str) -> bool {
        self.unread.iter().any(|pattern| pattern.matches(name).is_some())
    }
}

impl RowChunk {
    fn parse(text: &str) -> Option<RowChunk> {
        let (number, of) = text.split_once('/')?;
        let (number, of) = (number.trim().parse().ok()?, of.trim().parse().ok()?);
        (1..=of).contains(&number).then_some(RowChunk { number, of })
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Pattern, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('{') {
            let Some((placeholder, after)) = from.split_once('}') else { return Err("`{` without `}`".to_owned()) };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            if placeholder.is_empty() || matches!((pieces.last(), before), (Some(Piece::Placeholder(_)), "")) {
                return Err("a placeholder needs a name, and text between it and the next one".to_owned());
            }
            pieces.push(Piece::Placeholder(placeholder.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        if text.contains(char::is_whitespace) || rest.contains(['}', '[', ']']) {
            return Err(format!("`{text}` is not a name"));
        }
        if pieces.is_empty() {
            return Err("a name is missing".to_owned());
        }
        Ok(Pattern(pieces))
    }

    fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| if let Piece::Placeholder(name) = piece { Some(name.as_str()) } else { None })
    }

    fn is_encoder(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Placeholder(name)] if name == ENCODER)
    }

    /// The text of each placeholder if `name` matches the pattern.
    fn matches<'a>(&'a self, name: &'a str) -> Option<Bindings<'a>> {
        fn go<'a>(pieces: &'a [Piece], name: &'a str, bindings: &Bindings<'a>) -> Option<Bindings<'a>> {
            match pieces.split_first() {
                None => name.is_empty().then(|| bindings.clone()),
                Some((Piece::Text(text), rest)) => go(rest, name.strip_prefix(text.as_str())?, bindings),
                Some((Piece::Placeholder(placeholder), rest)) => {
                    let most = name.find('.').unwrap_or(name.len());
                    (1..=most).filter(|end| name.is_char_boundary(*end)).find_map(|end| {
                        let (filling, after) = name.split_at(end);
                        // A placeholder has the same text everywhere.
                        if bindings.get(placeholder.as_str()).is_some_and(|before| *before != filling) {
                            return None;
                        }
                        let mut bindings = bindings.clone();
                        bindings.insert(placeholder, filling);
                        go(rest, after, &bindings)
                    })
                }
            }
        }
        go(&self.0, name, &Bindings::new())
    }

    fn fill(&self, bindings: &Bindings<'_>) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Placeholder(placeholder) => {
                bindings.get(placeholder.as_str()).copied().unwrap_or_default().to_owned()
            }
        };
        self.0.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_data::card::encoder;
    use dsc_graph::Init;
    use dsc_graph::statics::Static;
    use dsc_language::EmbeddedWorld;
    use dsc_language::lower::{Options, Setting};
    use dsc_syntax::source::{MemoryWorld, Span};
    use std::collections::BTreeSet;

    fn param(path: &str, encoder: Option<&str>) -> Param {
        Param {
            path: path.into(),
            shape: vec![],
            init: Init::Zeros,
            encoder: encoder.map(str::to_owned),
            span: Span::NONE,
        }
    }

    #[test]
    fn names_are_found_by_their_line() {
        let text = "# names\n{encoder} = bert.{encoder}\n\na.{l}.query.{kind} = enc.layers.{l}.in_proj_{kind} [1/3] # first\n\
                    a.{l}.{chunk}.{kind} = enc.layers.{l}.{chunk}.{kind}\n- enc.norm{i}.{kind}\n";
        let map = WeightMap::parse(text, "m.names").unwrap();
        let theirs = |path: &str| map.tensor_of(&param(path, None)).map(|(name, chunk)| (name, chunk.number, chunk.of));
        assert_eq!(theirs("a.3.query.bias"), Some(("enc.layers.3.in_proj_bias".to_owned(), 1, 3)));
        assert_eq!(theirs("a.3.out.bias"), Some(("enc.layers.3.out.bias".to_owned(), 1, 1)));
        assert_eq!(theirs("a.3.out.deep.bias"), None, "a placeholder matches no dot");
        assert_eq!(
            map.tensor_of(&param("t.bert.bert_layer.1.query.weight", Some("bert_layer.1.query.weight"))).unwrap().0,
            "bert.encoder.layer.1.attention.self.query.weight"
        );
        assert!(map.is_unread("enc.norm1.weight") && !map.is_unread("enc.norm.weight"));
    }

    /// Every weight of the released model is read from a tensor, or a chunk of one, of its own.
    #[test]
    fn the_released_model_is_mapped_whole() {
        let text = EmbeddedWorld::model("dashfusion_released").unwrap();
        let map = WeightMap::parse(EmbeddedWorld::names("dashfusion_released").unwrap(), "names").unwrap();
        let world = MemoryWorld::new().with("m.dsl", text);
        let encoder = encoder("bert-base-chinese").unwrap().config.statics();
        for depth in 1..=4 {
            let set = Setting { name: "depth".into(), value: Static::Int(depth), span: Span::NONE };
            let options = Options { encoder: encoder.clone(), sets: vec![set], ..Options::default() };
            let graph = dsc_language::compile(&world, "m.dsl", &options).unwrap();
            let found: BTreeSet<String> = graph
                .params
                .iter()
                .map(|p| {
                    let (name, chunk) = map.tensor_of(p).unwrap_or_else(|| panic!("{} has no name", p.path));
                    assert!(!map.is_unread(&name), "{name}");
                    format!("{name} {}/{}", chunk.number, chunk.of)
                })
                .collect();
            assert_eq!(found.len(), graph.params.len());
        }
    }

    #[test]
    fn a_placeholder_has_the_same_text_everywhere() {
        let map = WeightMap::parse("x.{l}.{l} = y.{l}", "m").unwrap();
        assert!(map.tensor_of(&param("x.1.1", None)).is_some());
        assert!(map.tensor_of(&param("x.1.2", None)).is_none());
    }

    #[test]
    fn faults_name_the_line() {
        for (text, wanted) in [
            ("\na b", "line 2: missing `=`"),
            ("a = {l}", "`{l}` on the right"),
            ("a.{l = b", "`{` without `}`"),
            ("a = b [4/3]", "written as `[1/3]`"),
            ("a = ", "a name is missing"),
            ("x.{encoder} = {encoder}", "whole path"),
            ("a = b c", "`b c` is not a name"),
            ("a = b]", "`b]` is not a name"),
            ("a} = b", "`a}` is not a name"),
            ("{a}{b} = c", "text between"),
        ] {
            let fault = WeightMap::parse(text, "m.names").unwrap_err();
            assert!(fault.code == E0916 && fault.message.contains(wanted), "{text}: {}", fault.message);
        }
    }
}
