//! What went wrong in one lowering.

use dsc_syntax::diag::{Diagnostic, Diagnostics, MAX_ERRORS};

/// Faults that were found, and whether some were reported before.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Diagnostics,
    /// Whether something has no value for a fault that was reported when the files were read or their names resolved.
    before: bool,
    /// How often something went wrong, or had no value for what went wrong before.
    events: usize,
    /// Faults that are put together before they are told.
    held: Vec<Vec<Diagnostic>>,
}

/// Beyond so many faults, where a fault comes from is not looked for: no more are shown.
const MANY: usize = MAX_ERRORS;

impl Faults {
    pub(super) fn push(&mut self, d: Diagnostic) {
        self.events += usize::from(d.is_error());
        match self.held.last_mut() {
            Some(held) => held.push(d),
            None => self.found.push(d),
        }
    }

    /// Holds back what is reported, up to [`release`](Self::release).
    pub(super) fn hold(&mut self) {
        self.held.push(Vec::new());
    }

    /// What was held back; it is counted when it is told.
    pub(super) fn release(&mut self) -> Vec<Diagnostic> {
        let held = self.held.pop().unwrap_or_default();
        self.events -= held.iter().filter(|d| d.is_error()).count();
        held
    }

    /// Notes that something has no value for a fault that was reported before.
    pub(super) fn note_earlier(&mut self) {
        self.before = true;
        self.events += 1;
    }

    /// Notes that a name without a value was read, whose fault was reported.
    pub(super) fn note_read(&mut self) {
        self.events += 1;
    }

    /// How often something went wrong so far: what was computed meanwhile may lack something if the number has grown.
    pub(super) fn events(&self) -> usize {
        self.events
    }

    /// Whether there are more faults than are shown.
    pub(super) fn are_many(&self) -> bool {
        self.events > MANY
    }

    /// Whether the model was lowered without a fault, reported here or before.
    pub(super) fn none(&self) -> bool {
        !self.before && !self.found.has_errors()
    }

    pub(super) fn into_diagnostics(self) -> Diagnostics {
        self.found
    }
}
