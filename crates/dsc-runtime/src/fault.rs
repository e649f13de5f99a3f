//! Why an operation did not give a value.

use tch::TchError;

use dsc_syntax::diag::Diagnostic;

/// A failure inside an operation, before it knows its place in the source.
#[derive(Debug)]
pub(crate) enum Fault {
    /// libtorch's own words.
    Torch(String),
    /// A fault that is told already.
    Told(Box<Diagnostic>),
}

impl From<TchError> for Fault {
    fn from(error: TchError) -> Self {
        Fault::Torch(match error {
            TchError::Torch(text) => text,
            other => other.to_string(),
        })
    }
}

/// The shim's messages.
impl From<String> for Fault {
    fn from(text: String) -> Self {
        Fault::Torch(text)
    }
}

impl From<Diagnostic> for Fault {
    fn from(told: Diagnostic) -> Self {
        Fault::Told(Box::new(told))
    }
}

impl Fault {
    /// As a diagnostic. `doing` completes "while ..": "running `linear` (l = 1)".
    pub(crate) fn diagnose(self, doing: &str) -> Diagnostic {
        let text = match self {
            Fault::Told(told) => return *told,
            Fault::Torch(text) => text,
        };
        super::error::fault(doing, text)
    }
}
