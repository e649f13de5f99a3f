//! How a lowering reports, and what it may spend.

use super::budget::{MAX_ELEMENTS, MAX_EXPR_DEPTH, MAX_STEPS};
use super::frame::FrameKind;
use super::lowering::Lowering;
use super::value::Value;
use crate::sema::program::{ModuleId, ModuleItems};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure::E0501;
use dsc_syntax::diag::codes::{hypers as hyper_code, types};
use dsc_syntax::source::Span;

impl Lowering<'_> {
    pub(super) fn is_std(&self, module: ModuleId) -> bool {
        self.program.module(module).is_some_and(|m| m.is_std)
    }

    /// The place in the user's files of what is being lowered at `span`: the span itself, or the call that led into
    /// the standard library.
    pub(super) fn users_place(&self, span: Span) -> Span {
        let inside = |m: &&ModuleItems| m.span.start <= span.start && span.start <= m.span.end;
        if !self.program.modules.iter().filter(|m| m.is_std).any(|m| inside(&m)) {
            return span;
        }
        let mut frames = self.frames.iter().rev();
        let mut call = Span::NONE;
        while let Some(frame) = frames.next()
            && self.is_std(frame.module)
        {
            call = frame.call;
        }
        call
    }

    /// Reports a fault. One inside the standard library is reported at the user's call that led there.
    pub(super) fn report(&mut self, mut d: Diagnostic) {
        let place = d.primary.as_ref().map_or(Span::NONE, |l| l.span);
        let repaired = |m: &ModuleItems| m.repaired.iter().any(|r| r.start <= place.start && place.start <= r.end);
        if d.is_error() && (self.program.modules.iter().any(repaired) || self.notes.guessed.contains(&place)) {
            // An unclosed bracket was reported there, or a name whose remedy is the first thing to do.
            self.reported();
            return;
        }
        if self.notes.half_read && d.code == E0501 {
            self.reported();
            return;
        }
        // What does not depend on the turn was reported in one before.
        if self.notes.beyond && (d.code == types::E0306 || d.code == hyper_code::E0404) {
            self.reported();
            return;
        }
        let outer = self.users_place(place);
        if outer != place {
            if let Some(inner) = d.primary.take() {
                d.secondary.insert(0, inner);
            }
            // What would mend it is in the library.
            d.fix = None;
            d = d.at(outer, "in this call");
        } else if let Some(frame) = self.frames.last()
            && frame.kind != FrameKind::Model
            && !self.is_std(frame.module)
            && !(frame.call.start <= place.start && place.end <= frame.call.end)
        {
            let (call, loops) = (frame.call, frame.loops.join(", "));
            let text = if loops.is_empty() { "called here".to_owned() } else { format!("called here, {loops}") };
            d = d.because(call, text);
        }
        self.faults.push(d);
    }

    /// Takes `n` steps of those that a compilation has.
    pub(super) fn spend(&mut self, n: u64, span: Span) -> bool {
        if self.budget.take(n) {
            return true;
        }
        self.endless(span, format!("the model takes more than {MAX_STEPS} steps to unroll"));
        false
    }

    /// One level deeper, if there is one.
    pub(super) fn deeper<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if !self.budget.descend() {
            self.endless(span, format!("calls and expressions nest deeper than {MAX_EXPR_DEPTH}"));
            return None;
        }
        let value = f(self);
        self.budget.ascend();
        Some(value)
    }

    pub(super) fn endless(&mut self, span: Span, message: String) {
        if self.budget.exhaust() {
            let d = Diagnostic::error(hyper_code::E0408, message)
                .at(span, "reached here")
                .help("make the loops shorter, and the calls within one another fewer");
            self.report(d);
        }
    }

    /// A value that was put together of others, if it is not too large to go on with.
    pub(super) fn bounded(&mut self, value: Value, span: Span) -> Value {
        let (size, depth) = value.measure();
        if size > MAX_ELEMENTS.0 || depth > MAX_ELEMENTS.1 {
            let what = format!("a list of more than {} elements, or {} deep", MAX_ELEMENTS.0, MAX_ELEMENTS.1);
            self.endless(span, what);
            return Value::Error;
        }
        value
    }

    /// The value of what has none for a fault that was reported before: when the files were read, or when their names
    /// were resolved. There will be no graph.
    pub(super) fn reported(&mut self) -> Value {
        self.faults.note_earlier();
        Value::Error
    }

    /// Reports and goes on quietly.
    pub(super) fn fail(&mut self, d: Diagnostic) -> Value {
        self.report(d);
        Value::Error
    }
}
