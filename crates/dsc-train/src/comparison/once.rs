//! Messages about the rows of a comparison. Rows share data and settings, so each has the same remarks on them.

use std::collections::BTreeSet;

use dsc_experiment::events::{Notice, Reporter};
use dsc_syntax::diag::{Diagnostic, Format, render};
use dsc_syntax::source::SourceMap;

/// Hands each message on once.
pub(super) struct Once<'a> {
    to: &'a mut dyn Reporter,
    seen: BTreeSet<String>,
}

impl<'a> Once<'a> {
    /// Nothing was reported yet.
    pub fn new(to: &'a mut dyn Reporter) -> Once<'a> {
        Once { to, seen: BTreeSet::new() }
    }
}

impl Reporter for Once<'_> {
    fn notice(&mut self, notice: &Notice) {
        if self.seen.insert(notice.to_string()) {
            self.to.notice(notice);
        }
    }

    fn warnings(&mut self, list: &[Diagnostic], sources: &SourceMap) {
        let mut new = list.to_vec();
        // With its place: one file may have the same warning twice.
        new.retain(|d| self.seen.insert(render(std::slice::from_ref(d), sources, Format::Concise, false)));
        if !new.is_empty() {
            self.to.warnings(&new, sources);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_syntax::diag::codes::lints::W0189;

    #[derive(Default)]
    struct Heard(Vec<String>);

    impl Reporter for Heard {
        fn notice(&mut self, notice: &Notice) {
            self.0.push(notice.to_string());
        }

        fn warnings(&mut self, list: &[Diagnostic], _: &SourceMap) {
            self.0.extend(list.iter().map(|d| d.message.clone()));
        }
    }

    #[test]
    fn each_message_once() {
        let mut heard = Heard::default();
        let mut once = Once::new(&mut heard);
        let (a, b) = (Diagnostic::warning(W0189, "a"), Diagnostic::warning(W0189, "b"));
        for list in [vec![a.clone()], vec![a.clone(), b.clone()], vec![b, a]] {
            once.notice(&Notice::NoFamily);
            once.warnings(&list, &SourceMap::new());
        }
        assert_eq!(heard.0, [Notice::NoFamily.to_string(), "a".to_owned(), "b".to_owned()]);
    }
}
