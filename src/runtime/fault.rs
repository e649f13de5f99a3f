//! Why an operation did not give a value.

use tch::TchError;

use crate::diag::{Diagnostic, codes::runtime as code};

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
    /// As a diagnostic. `what` names the operation: "`linear`, l = 1".
    pub(crate) fn diagnose(self, what: &str) -> Diagnostic {
        let text = match self {
            Fault::Told(told) => return *told,
            Fault::Torch(text) => text,
        };
        // Behind the message libtorch adds its stack.
        let text = text.split("\nException raised from").next().unwrap_or_default();
        let text = text.lines().next().unwrap_or_default().trim();
        if text.contains("out of memory") || text.contains("can't allocate memory") {
            return Diagnostic::error(code::E0728, format!("out of memory at {what}: {text}")).help(
                "use a smaller batch (`--set` leaves it alone: it is the recipe's `batch`), or a narrower model",
            );
        }
        Diagnostic::error(code::E0720, format!("libtorch refused {what}: {text}")).help(
            "this is a bug in dsc: the checker should have refused the model; please report it with the model file",
        )
    }
}
