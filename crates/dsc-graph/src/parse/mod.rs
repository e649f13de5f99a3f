//! The text form of a graph, and how it is read.
//!
//! `dsc dump` prints it, a run folder holds it as `graph.txt`, the hash of a graph is taken of it (in its former spelling, see below), and [`parse`] reads it
//! back to an equal graph. Its content decides equality: operations, operands, types, parameters with shape,
//! start and place in the text encoder, inputs, labels, companions, outputs, losses. Places in source files and loop
//! indices do not.
//!
//! # Form
//! One line is one statement; blank lines may separate them. `grammar/ir.pest` holds the grammar of a line. The
//! kinds of statements, in the order in which they are printed (any order is read):
//!
//! | statement | meaning |
//! |---|---|
//! | `graph NAME` | the model, or `MODEL/VARIANT`; exactly one |
//! | `input NAME : TYPE from "KEY"` | a stream of the data; its type says which names are lengths and which are widths |
//! | `label NAME : Real`, `label NAME : Real from "KEY"` | a label of the data |
//! | `param PATH : [DIM, ..] INIT` | a parameter; `encoder PATH` behind it: its name within the text encoder; `dead`: neither output nor loss reaches it |
//! | `companionsN NAME : by [VALUE, ..] class LABEL pos P near N near F pool S refresh E` | a retrieval of similar samples; `N` counts from 0 |
//! | `%N = OP(VALUE, ..) ATTRIBUTES : TYPE` | an operation ([`Op`](super::Op)) by its name in the language, for which `dsc explain OP` has an entry: its operands are above it |
//! | `output VALUE for LABEL` | a prediction |
//! | `loss NAME = VALUE` | a term of the loss |
//! | `bind NAME = WIDTH`, `bind NAME <= LENGTH` | numbers of the data; not part of the graph, see [`Parsed::dims`] |
//!
//! A *value* is `%N`, a node, or `@PATH`, a parameter. Nodes are numbered from 0 in print; other numbers are read as well.
//!
//! A *type* is `Real`, `Vec[k]`, `Tensor[a, b, ..]`, `Seq<modality>[length, k, ..]` or `Tokens[length]`.
//!
//! A *dim* is a polynomial in whole numbers over names and `min(..)`, `max(..)`, `longest(..)`, `(a // b)`; `T**2` is a
//! power, `T@companions0.pos.1` the length `T` of that companion. The operands of `//` are names, numbers or stand in
//! brackets.
//!
//! A *start* is `zeros`, `ones`, `normal(STD)` or `fan_in(DIM)`, see [`Init`](super::Init).
//!
//! *Attributes* belong to the operation and are written `key value`; one that needs no key follows the
//! operands. A value is a number, a dim, a list of dims, a name or path, a string, or a companion
//! (`companions0.pos.1`). Numbers are written with the fewest digits that read back as the same number.
//!
//! Some operations had other names in the text forms of former times (`max` for `maxpool`); these are read as well, and
//! hashes are taken of them (`spelling`).
//!
//! # Example
//! ```
//! use dsc_graph::{Graph, verify};
//!
//! let text = r#"graph Mean
//! input audio : Seq<audio>[Ta, fa] from "audio"
//! label y : Real
//! param score.weight : [1, fa] fan_in(fa)
//! param score.bias : [1] fan_in(fa)
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = mean(%0) : Vec[fa]
//! %2 = linear(%1, @score.weight, @score.bias) : Vec[1]
//! %3 = scalar(%2) : Real
//! %4 = label() y : Real
//! %5 = sub(%3, %4) : Real
//! %6 = square(%5) : Real
//! output %3 for y
//! loss prediction = %6
//! "#;
//! let graph = Graph::from_text(text).expect("it is well formed");
//! verify(&graph, &|a, b| a == b).expect("its types follow from the rules");
//! assert_eq!(graph.to_text(), text);
//! ```

mod assemble;
mod dims;
mod grammar;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};

use self::grammar::{Ir, Rule};
use super::Graph;
use crate::dims::DimTable;
use dsc_syntax::diag::{Diagnostic, codes::graph as code};
use dsc_syntax::source::Span;

/// What a rule took.
type Pair<'a> = pest::iterators::Pair<'a, Rule>;

/// Brackets within one another on one line, at most: the parser's stack grows with them.
const MAX_DEPTH: usize = 64;
/// A text of more bytes is refused; a line of each operation of the largest graph takes less.
const MAX_BYTES: usize = 16 << 20;
/// Faults reported for one text, at most.
const MAX_FAULTS: usize = 20;

/// A graph that was read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The graph, not verified yet. The span of a node, parameter, .. is its line in the text.
    pub graph: Graph,
    /// The numbers of the `bind` lines, if there are any: types that agree by number alone need them.
    pub dims: Option<DimTable>,
}

/// Reads the text form of a graph. Types are taken as written; [`verify`](super::verify) compares them with the rules.
///
/// # Errors
/// `E1001` to `E1005`, each with its place in the text (as a byte range that begins at 0).
pub fn parse(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let d = Diagnostic::error(code::E1001, format!("a text of more than {MAX_BYTES} bytes"));
        return Err(vec![d.at(Span::new(0, 0), "too large to be read")]);
    }
    let mut faults = Vec::new();
    let mut statements = Vec::new();
    let mut spoilt = BTreeSet::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let place = Line { at, text: line.trim_end() };
        match read_line(&place) {
            Ok(Some(pair)) => statements.push((place, pair)),
            Ok(None) => {}
            Err(fault) => {
                faults.push(fault);
                spoilt.insert(assemble::declares(place.text));
            }
        }
        if faults.len() >= MAX_FAULTS {
            return Err(faults);
        }
        at += line.len();
    }
    // Without the types of all inputs no dim has a meaning.
    if spoilt.iter().any(|s| s.starts_with("input ")) {
        return Err(faults);
    }
    match assemble::assemble(&statements, spoilt, &mut faults) {
        Some(parsed) if faults.is_empty() => Ok(parsed),
        _ => {
            faults.sort_by_key(|f| f.primary.as_ref().map_or(0, |l| l.span.start));
            faults.truncate(MAX_FAULTS);
            Err(faults)
        }
    }
}

impl Graph {
    /// Reads the text form, see [`parse`] for the form and for numbers of dims.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn from_text(text: &str) -> Result<Graph, Vec<Diagnostic>> {
        parse(text).map(|parsed| parsed.graph)
    }
}

/// A line and where it begins.
#[derive(Clone, Copy)]
struct Line<'a> {
    at: usize,
    text: &'a str,
}

impl Line<'_> {
    fn span(&self) -> Span {
        Span::new(self.at, self.at + self.text.len())
    }

    fn place(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        Span::new(self.at + span.start(), self.at + span.start() + pair.as_str().trim_end().len())
    }
}

fn read_line<'a>(line: &Line<'a>) -> Result<Option<Pair<'a>>, Diagnostic> {
    if deepest(line.text) > MAX_DEPTH {
        return Err(Diagnostic::error(code::E1001, format!("more than {MAX_DEPTH} brackets within one another"))
            .at(line.span(), "nested too deeply to be read"));
    }
    match Ir::parse(Rule::line, line.text) {
        Ok(mut pairs) => Ok(pairs.next().filter(|p| p.as_rule() != Rule::EOI)),
        Err(error) => {
            let start = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            let rest = line.text.get(start..).unwrap_or("");
            // A word as a whole, or a single mark.
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').filter(|n| *n > 0);
            let length = match rest.chars().next() {
                Some(first) if first.is_alphanumeric() || first == '_' => word.unwrap_or(rest.len()),
                Some(mark) => mark.len_utf8(),
                None => 0,
            };
            let span = Span::new(line.at + start, line.at + start + length);
            let found = match rest.get(..length).filter(|f| !f.is_empty()) {
                Some(found) => format!("found `{found}`"),
                None => "found the end of the line".to_owned(),
            };
            let wanted = match error.variant {
                ErrorVariant::ParsingError { positives, .. } => expected(&positives),
                ErrorVariant::CustomError { message } => message,
            };
            Err(Diagnostic::error(code::E1001, format!("expected {wanted}, {found}"))
                .at(span, "the line cannot be read from here"))
        }
    }
}

/// How deep brackets nest.
fn deepest(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// "a type or `)`".
fn expected(rules: &[Rule]) -> String {
    let mut words: Vec<&str> = rules.iter().map(|r| in_words(*r)).collect();
    words.sort_unstable();
    words.dedup();
    // Where a statement may begin, what it may begin with says nothing.
    if let Some(all) = words.iter().find(|w| **w == "a statement") {
        return (*all).to_owned();
    }
    match words.split_last() {
        None => "something else".to_owned(),
        Some((one, [])) => (*one).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

fn in_words(rule: Rule) -> &'static str {
    match rule {
        Rule::graph | Rule::input | Rule::label | Rule::param | Rule::companions | Rule::companions_id => "a statement",
        Rule::node | Rule::output | Rule::loss | Rule::bind | Rule::line => "a statement",
        Rule::kw_graph | Rule::kw_input | Rule::kw_label | Rule::kw_param => "a statement",
        Rule::kw_output | Rule::kw_loss | Rule::kw_bind => "a statement",
        Rule::kw_by => "`by`",
        Rule::kw_class => "`class`",
        Rule::kw_ranks | Rule::ranks => "`ranks`",
        Rule::word | Rule::modality | Rule::title | Rule::wc | Rule::inner | Rule::symbol => "a name",
        Rule::path | Rule::name => "a path",
        Rule::int | Rule::number | Rule::float | Rule::exponent | Rule::share => "a number",
        Rule::string => "a string",
        Rule::colon => "`:`",
        Rule::equals => "`=`",
        Rule::close => "`)`",
        Rule::shut => "`]`",
        Rule::from => "`from`",
        Rule::r#for => "`for`",
        Rule::most => "`=` or `<=`",
        Rule::plus | Rule::minus => "`+` or `-`",
        Rule::dim | Rule::term | Rule::factor | Rule::bracket | Rule::call => "a dim",
        Rule::dims | Rule::list => "a list in `[` and `]`",
        Rule::ty => "a type",
        Rule::view => "a companion",
        Rule::attribute | Rule::key | Rule::value => "an attribute",
        Rule::operand | Rule::node_id | Rule::weight => "a value such as `%0` or `@path`",
        Rule::init | Rule::init_value => "how it starts",
        Rule::encoder | Rule::kw_encoder => "`encoder`",
        Rule::dead => "`dead`",
        Rule::count => "a word with its number",
        Rule::EOI | Rule::WHITESPACE => "the end of the line",
    }
}
