//! Why a request was not carried out.

use std::fmt;

use dsc_language::sema::program::Loaded;
use dsc_syntax::diag::{Diagnostic, Diagnostics, Format, render};
use dsc_syntax::source::SourceMap;

/// Diagnostics, at least one of them an error, with the sources that they point into.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// In the order in which they are shown.
    pub list: Vec<Diagnostic>,
    /// The files.
    pub sources: SourceMap,
}

impl Faults {
    /// Diagnostics of these sources, sorted.
    pub fn new(list: Diagnostics, sources: SourceMap) -> Faults {
        Faults { list: list.into_sorted(), sources }
    }

    /// What was found in a file that cannot be gone on with, and what came to it.
    pub(crate) fn of(loaded: Loaded, more: Vec<Diagnostic>) -> Faults {
        let Loaded { sources, mut diagnostics, .. } = loaded;
        diagnostics.extend(more);
        Faults::new(diagnostics, sources)
    }

    /// One fault that points into these sources.
    pub fn at(fault: Diagnostic, sources: &SourceMap) -> Faults {
        Faults { list: vec![fault], sources: sources.clone() }
    }
}

impl From<Diagnostic> for Faults {
    fn from(fault: Diagnostic) -> Faults {
        Faults { list: vec![fault], sources: SourceMap::default() }
    }
}

impl From<Vec<Diagnostic>> for Faults {
    fn from(list: Vec<Diagnostic>) -> Faults {
        Faults { list, sources: SourceMap::default() }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.list, &self.sources, Format::Full, false))
    }
}

impl std::error::Error for Faults {}

/// How a request that takes a while ends before its end.
#[derive(Clone, Debug)]
pub enum Failure {
    /// Something is wrong.
    Faults(Faults),
    /// A request to stop ended it; what was done so far is saved.
    Interrupted,
}

impl<T: Into<Faults>> From<T> for Failure {
    fn from(faults: T) -> Failure {
        Failure::Faults(faults.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Faults(faults) => faults.fmt(f),
            Failure::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Failure {}
