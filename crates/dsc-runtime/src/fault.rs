//! Errors inside of operations.

use tch::TchError;

use dsc_syntax::diag::Diagnostic;

/// An error inside an operation, which does not know its line in the source.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The message of libtorch.
    Torch(String),
    /// An error that is a diagnostic already.
    Diagnostic(Box<Diagnostic>),
}

impl From<TchError> for Fault {
    fn from(error: TchError) -> Self {
        Fault::Torch(match error {
            TchError::Torch(text) => text,
            other => other.to_string(),
        })
    }
}

/// Error messages of the C++ shim.
impl From<String> for Fault {
    fn from(text: String) -> Self {
        Fault::Torch(text)
    }
}

impl From<Diagnostic> for Fault {
    fn from(diagnostic: Diagnostic) -> Self {
        Fault::Diagnostic(Box::new(diagnostic))
    }
}

impl Fault {
    /// Converts to a diagnostic. `doing` completes "while ..": "running `linear` (l = 1)".
    pub(crate) fn diagnose(self, doing: &str) -> Diagnostic {
        let text = match self {
            Fault::Diagnostic(diagnostic) => return *diagnostic,
            Fault::Torch(text) => text,
        };
        super::error::fault(doing, text)
    }
}
