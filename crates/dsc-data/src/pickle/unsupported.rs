//! Values that are passed over: objects of other classes, arrays of other dtypes.
//!
//! One such value does not make a file unreadable. It is kept as what it is called, and reported when something needs it.

use std::sync::Arc;

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0603, E0604};

/// Why a value was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// An object made by this class or function, or in this form: `pandas.StringDtype`.
    Object(String),
    /// An array or tensor of a dtype that is not read: "an array of dtype `c16`".
    Dtype(String),
}

impl Unsupported {
    pub(super) fn object(what: String) -> Arc<Unsupported> {
        Arc::new(Unsupported::Object(what))
    }

    pub(super) fn dtype(what: String) -> Arc<Unsupported> {
        Arc::new(Unsupported::Dtype(what))
    }

    /// The error for a value that is needed; `place` says where it is, such as "`a.pkl`, train.audio".
    pub fn diagnostic(&self, place: &str) -> Diagnostic {
        match self {
            Unsupported::Object(what) => {
                Diagnostic::error(E0603, format!("{place} refers to `{what}`, which is not supported"))
                    .help(self.remedy())
            }
            Unsupported::Dtype(what) => {
                Diagnostic::error(E0604, format!("{place} contains {what}, which is not supported")).help(self.remedy())
            }
        }
    }

    /// What to write in Python instead.
    pub fn remedy(&self) -> &'static str {
        let Unsupported::Object(what) = self else {
            return "write arrays of float16, float32, float64, integers, booleans or text";
        };
        let starts = |package: &str| what.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
        if starts("torch") {
            "save tensors as numpy arrays (`x.numpy()`), or a checkpoint with `torch.save` as a state dict"
        } else if starts("pandas") || starts("pyarrow") {
            "write columns of a table as numpy arrays: `df[\"text\"].to_numpy()` instead of `.values` or the column itself"
        } else if starts("numpy.ma") {
            "write masked arrays as plain ones: `x.filled(0)`"
        } else if starts("scipy") {
            "write sparse matrices as numpy arrays: `x.toarray()`"
        } else {
            "dsc executes nothing from a pickle; write plain lists, dicts and numpy arrays instead"
        }
    }
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unsupported::Object(what) => write!(f, "`{what}`"),
            Unsupported::Dtype(what) => f.write_str(what),
        }
    }
}
