//! What went wrong in one lowering.

use dsc_syntax::diag::{Diagnostic, Diagnostics};

/// Faults that were found, and whether some were reported before.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Diagnostics,
    /// Whether something has no value for a fault that was reported when the files were read or their names resolved.
    before: bool,
}

impl Faults {
    pub(super) fn push(&mut self, d: Diagnostic) {
        self.found.push(d);
    }

    /// Notes that something has no value for a fault that was reported before.
    pub(super) fn note_earlier(&mut self) {
        self.before = true;
    }

    /// Whether the model was lowered without a fault, reported here or before.
    pub(super) fn none(&self) -> bool {
        !self.before && !self.found.has_errors()
    }

    pub(super) fn into_diagnostics(self) -> Diagnostics {
        self.found
    }
}
