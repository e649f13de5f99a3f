//! Names that another program gives to the weights of a model: a text of one line a weight, or a line for many.
//!
//! ```text
//! # a comment
//! a.layer.{l}.query.{kind} = audio.layers.{l}.in_proj_{kind} [1/3]
//! {encoder} = bert.{encoder}
//! - audio.unused.{kind}
//! ```
//!
//! On the left stands the path of a weight in the model's file, on the right the name of a tensor in a checkpoint.
//! `{l}` is what both sides share, without a dot. `[1/3]` is the first third of the tensor's rows. `{encoder}` alone is any
//! weight of the text encoder; on the right it is the name that the Hugging Face tools give it. A line with `-` names
//! tensors that nobody reads. A file `MODEL.names` beside `MODEL.dsl` belongs to it.

use std::collections::BTreeMap;

use super::encoder_weights::hugging_face_name;
use dsc_graph::Param;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0916;

/// What stands for any weight of the text encoder.
const ENCODER: &str = "encoder";

/// The names of a model's weights in another program.
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
    part: Part,
}

/// A part of the rows of a tensor: the one of this number, from 1, of so many equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: usize,
    /// At least 1.
    pub of: usize,
}

impl Part {
    /// All of it.
    pub const WHOLE: Part = Part { number: 1, of: 1 };
}

/// A name with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// Any text without a dot, at least one letter of it.
    Hole(String),
}

type Holes<'a> = BTreeMap<&'a str, &'a str>;

impl WeightMap {
    /// Reads a map.
    ///
    /// # Errors
    /// `E0916` with `place` and the number of the line.
    pub fn parse(text: &str, place: &str) -> Result<WeightMap, Diagnostic> {
        let mut map = WeightMap { text: text.to_owned(), ..WeightMap::default() };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            let fault = |why: &str| {
                Diagnostic::error(E0916, format!("{place}, line {number}: {why}"))
                    .help("a line is `OUR PATH = THEIR NAME`, or `- THEIR NAME` for what nobody reads")
            };
            if line.is_empty() {
                continue;
            }
            if let Some(unread) = line.strip_prefix('-') {
                map.unread.push(Pattern::parse(unread.trim()).map_err(|why| fault(&why))?);
                continue;
            }
            let (ours, theirs) = line.split_once('=').ok_or_else(|| fault("there is no `=` in it"))?;
            let (theirs, part) = match theirs.trim().strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
                None => (theirs.trim(), Part::WHOLE),
                Some((theirs, part)) => {
                    (theirs.trim(), Part::parse(part).ok_or_else(|| fault("a part of a tensor is written as `[1/3]`"))?)
                }
            };
            let (ours, theirs) = (Pattern::parse(ours.trim()), Pattern::parse(theirs));
            let (ours, theirs) = (ours.map_err(|why| fault(&why))?, theirs.map_err(|why| fault(&why))?);
            if let Some(open) = theirs.holes().find(|h| !ours.holes().any(|o| o == *h)) {
                return Err(fault(&format!("`{{{open}}}` on the right stands for nothing on the left")));
            }
            if ours.holes().any(|h| h == ENCODER) && ours.0.len() != 1 {
                return Err(fault("`{encoder}` is a whole path on the left"));
            }
            map.rules.push(Rule { ours, theirs, part });
        }
        Ok(map)
    }

    /// The map as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tensor that a weight of the model is, and the part of its rows: the first line that fits says it.
    pub fn theirs(&self, param: &Param) -> Option<(String, Part)> {
        self.rules.iter().find_map(|rule| {
            if rule.ours.is_encoder() {
                let name = hugging_face_name(param.encoder.as_deref()?)?;
                return Some((rule.theirs.fill(&Holes::from([(ENCODER, name.as_str())])), rule.part));
            }
            Some((rule.theirs.fill(&rule.ours.fit(&param.path)?), rule.part))
        })
    }

    /// Whether a tensor is one that nobody reads.
    pub fn is_unread(&self, name: &str) -> bool {
        self.unread.iter().any(|pattern| pattern.fit(name).is_some())
    }
}

impl Part {
    fn parse(text: &str) -> Option<Part> {
        let (number, of) = text.split_once('/')?;
        let (number, of) = (number.trim().parse().ok()?, of.trim().parse().ok()?);
        (1..=of).contains(&number).then_some(Part { number, of })
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Pattern, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('{') {
            let Some((hole, after)) = from.split_once('}') else { return Err("a `{` without `}`".to_owned()) };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            if hole.is_empty() || matches!((pieces.last(), before), (Some(Piece::Hole(_)), "")) {
                return Err("what stands in `{` and `}` wants a name, and text between it and the next".to_owned());
            }
            pieces.push(Piece::Hole(hole.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        if text.contains(char::is_whitespace) || rest.contains(['}', '[', ']']) {
            return Err(format!("`{text}` is no name"));
        }
        if pieces.is_empty() {
            return Err("a name is missing".to_owned());
        }
        Ok(Pattern(pieces))
    }

    fn holes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| if let Piece::Hole(name) = piece { Some(name.as_str()) } else { None })
    }

    fn is_encoder(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Hole(name)] if name == ENCODER)
    }

    /// What fills the holes where the name fits.
    fn fit<'a>(&'a self, name: &'a str) -> Option<Holes<'a>> {
        fn go<'a>(pieces: &'a [Piece], name: &'a str, holes: &Holes<'a>) -> Option<Holes<'a>> {
            match pieces.split_first() {
                None => name.is_empty().then(|| holes.clone()),
                Some((Piece::Text(text), rest)) => go(rest, name.strip_prefix(text.as_str())?, holes),
                Some((Piece::Hole(hole), rest)) => {
                    let most = name.find('.').unwrap_or(name.len());
                    (1..=most).filter(|end| name.is_char_boundary(*end)).find_map(|end| {
                        let (filling, after) = name.split_at(end);
                        // One hole stands for one text.
                        if holes.get(hole.as_str()).is_some_and(|before| *before != filling) {
                            return None;
                        }
                        let mut holes = holes.clone();
                        holes.insert(hole, filling);
                        go(rest, after, &holes)
                    })
                }
            }
        }
        go(&self.0, name, &Holes::new())
    }

    fn fill(&self, holes: &Holes<'_>) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Hole(hole) => holes.get(hole.as_str()).copied().unwrap_or_default().to_owned(),
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
                    a.{l}.{part}.{kind} = enc.layers.{l}.{part}.{kind}\n- enc.norm{i}.{kind}\n";
        let map = WeightMap::parse(text, "m.names").unwrap();
        let theirs = |path: &str| map.theirs(&param(path, None)).map(|(name, part)| (name, part.number, part.of));
        assert_eq!(theirs("a.3.query.bias"), Some(("enc.layers.3.in_proj_bias".to_owned(), 1, 3)));
        assert_eq!(theirs("a.3.out.bias"), Some(("enc.layers.3.out.bias".to_owned(), 1, 1)));
        assert_eq!(theirs("a.3.out.deep.bias"), None, "a hole holds no dot");
        assert_eq!(
            map.theirs(&param("t.bert.bert_layer.1.query.weight", Some("bert_layer.1.query.weight"))).unwrap().0,
            "bert.encoder.layer.1.attention.self.query.weight"
        );
        assert!(map.is_unread("enc.norm1.weight") && !map.is_unread("enc.norm.weight"));
    }

    /// Every weight of the released model is one tensor, or one part of it, of its own.
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
                    let (name, part) = map.theirs(p).unwrap_or_else(|| panic!("{} has no name", p.path));
                    assert!(!map.is_unread(&name), "{name}");
                    format!("{name} {}/{}", part.number, part.of)
                })
                .collect();
            assert_eq!(found.len(), graph.params.len());
        }
    }

    #[test]
    fn a_hole_stands_for_one_text() {
        let map = WeightMap::parse("x.{l}.{l} = y.{l}", "m").unwrap();
        assert!(map.theirs(&param("x.1.1", None)).is_some());
        assert!(map.theirs(&param("x.1.2", None)).is_none());
    }

    #[test]
    fn faults_name_the_line() {
        for (text, wanted) in [
            ("\na b", "line 2: there is no `=`"),
            ("a = {l}", "`{l}` on the right"),
            ("a.{l = b", "`{` without `}`"),
            ("a = b [4/3]", "written as `[1/3]`"),
            ("a = ", "a name is missing"),
            ("x.{encoder} = {encoder}", "whole path"),
            ("a = b c", "`b c` is no name"),
            ("a = b]", "`b]` is no name"),
            ("a} = b", "`a}` is no name"),
            ("{a}{b} = c", "text between"),
        ] {
            let fault = WeightMap::parse(text, "m.names").unwrap_err();
            assert!(fault.code == E0916 && fault.message.contains(wanted), "{text}: {}", fault.message);
        }
    }
}
