//! The marks of an unresolved merge: `<<<<<<< HEAD`, `=======`, `>>>>>>> branch`.

use super::scan::{Scanner, line};
use crate::diag::{Diagnostic, codes::syntax as codes};

/// Length of a mark.
const LEN: usize = 7;

/// Whether a line is a mark of that character.
fn is_mark(text: &str, mark: char) -> bool {
    let rest = text.trim_start_matches(mark);
    text.len() - rest.len() == LEN && (rest.is_empty() || rest.starts_with([' ', '\r', '\n']))
}

impl Scanner<'_> {
    /// Reads a mark at the start of a line, if there is one. Of the two versions the first is parsed, and the conflict is
    /// one fault.
    pub(super) fn conflict(&mut self) -> bool {
        let rest = self.rest();
        if let Some((second, end)) = self.second_version
            && self.at == second
        {
            self.second_version = None;
            self.blank_lines(self.text.get(second..end).unwrap_or(""));
            return true;
        }
        let Some(mark) = ['<', '|', '=', '>'].into_iter().find(|mark| is_mark(line(rest), *mark)) else { return false };
        let here = line(rest).trim_end().len();
        let mut fault = Diagnostic::error(codes::E0117, "unresolved merge conflict")
            .at(self.span(self.at, self.at + here), "left by a merge")
            .help("keep one of the versions, and remove the three marks");
        if mark == '<' {
            let second = self.line_of(self.at, &['|', '=']);
            let end = second.and_then(|(start, _)| self.line_of(start, &['>']));
            if let (Some((second, second_end)), Some((last, end))) = (second, end) {
                self.second_version = Some((second, end));
                fault = fault
                    .because(self.span(second, second_end), "the other version begins here")
                    .because(self.span(last, end), "and ends here");
            }
        }
        self.out.diagnostics.push(fault);
        self.blank(here);
        true
    }

    /// The first line behind `from` that is a mark of one of these characters.
    fn line_of(&mut self, from: usize, marks: &[char]) -> Option<(usize, usize)> {
        if self.unclosed_conflict {
            return None;
        }
        let mut at = from;
        for text in self.text.get(from..)?.split_inclusive('\n') {
            if at > from && marks.iter().any(|mark| is_mark(text, *mark)) {
                return Some((at, at + text.trim_end().len()));
            }
            at += text.len();
        }
        // Searched only once: there is none further on either.
        self.unclosed_conflict = true;
        None
    }
}
