//! A file's model in one call, for programs and tests that use `dsc` as a library.

use std::fmt;

use crate::lower::{self, Options};
use crate::sema::program::Program;
use dsc_graph::Graph;
use dsc_syntax::diag::{Diagnostic, Format, render};
use dsc_syntax::source::{SourceMap, World};

/// Why a model does not compile. Its text is what `dsc check` would show.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The files that were read.
    pub sources: SourceMap,
    /// What was found, errors first among those of one place.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.diagnostics, &self.sources, Format::Full, false))
    }
}

impl std::error::Error for Failure {}

/// Reads a file and what it imports, and compiles its model or one variant of it.
///
/// A test of your own models compares the text of the graph with a snapshot, here one of [insta](https://insta.rs):
///
/// ```
/// use dsc_language::lower::Options;
/// use dsc_syntax::source::MemoryWorld;
///
/// let world = MemoryWorld::new().with(
///     "gated.dsl",
///     "input audio : Seq<audio>[Ta, fa]
/// label y : Real
/// hyper d = 8
/// model Gated {
///   let a = mean(audio)
///   let gate = sigmoid(linear(a, out: d))
///   let score = linear(gate, out: 1) |> scalar()
///   output score for y
///   loss prediction = square(score - y)
/// }
/// variant wide { set d = 16 }
/// ",
/// );
/// let wide = Options { variant: Some("wide".into()), ..Options::default() };
/// let graph = dsc_language::compile(&world, "gated.dsl", &wide)?;
/// insta::assert_snapshot!(graph.to_text(), @r#"
/// graph Gated/wide
/// input audio : Seq<audio>[Ta, fa] from "audio"
/// label y : Real
/// param gate.weight : [16, fa] fan_in(fa)
/// param gate.bias : [16] fan_in(fa)
/// param score.weight : [1, 16] fan_in(16)
/// param score.bias : [1] fan_in(16)
/// %0 = input() audio : Seq<audio>[Ta, fa]
/// %1 = mean(%0) : Vec[fa]
/// %2 = linear(%1, @gate.weight, @gate.bias) : Vec[16]
/// %3 = sigmoid(%2) : Vec[16]
/// %4 = linear(%3, @score.weight, @score.bias) : Vec[1]
/// %5 = scalar(%4) : Real
/// %6 = label() y : Real
/// %7 = sub(%5, %6) : Real
/// %8 = square(%7) : Real
/// output %5 for y
/// loss prediction = %8
/// "#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// All faults of the file, warnings among them, if one of them is an error.
pub fn compile(world: &dyn World, file: &str, options: &Options) -> Result<Graph, Failure> {
    let mut loaded = Program::load(world, file);
    let compiled = loaded.program.as_ref().map(|program| lower::compile(program, options));
    let graph = compiled.and_then(|compiled| {
        loaded.diagnostics.extend(compiled.diagnostics.into_sorted());
        compiled.graph
    });
    match graph {
        Some(graph) if !loaded.diagnostics.has_errors() => Ok(graph),
        _ => Err(Failure { sources: loaded.sources, diagnostics: loaded.diagnostics.into_sorted() }),
    }
}
