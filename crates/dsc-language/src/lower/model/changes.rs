//! What a variant changes. Each getter gives what the variant makes of a thing of the model and notes that the change
//! was met; a change that meets nothing is an error.

use std::collections::HashMap;

use super::MAIN;
use crate::lower::lowering::Lowering;
use crate::sema::program::ModuleId;
use crate::sema::resolve::{DefId, Res, change_key};
use dsc_syntax::ast::{Block, Change, Expr};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure as code;
use dsc_syntax::source::Span;

/// What is left of a loss.
pub(super) struct LossChange<'p> {
    /// Its value and its place, where the variant gives another.
    pub(super) value: Option<(&'p Expr, Span)>,
    /// Factors, in the order in which they come.
    pub(super) factors: Vec<&'p Expr>,
    /// Whether it is dropped.
    pub(super) dropped: bool,
}

impl<'p> Lowering<'p> {
    /// The variant's value for a binding of the model.
    pub(in crate::lower) fn rebound(&mut self, name: &str) -> Option<&'p Expr> {
        let found = self.changes.iter().rev().find_map(|c| match c {
            Change::Let { name: n, value, span } if n.value == name => Some((value, *span)),
            _ => None,
        })?;
        self.changes.applied.insert(found.1);
        Some(found.0)
    }

    /// A block, or what the variant puts in its place, and the file of its text.
    pub(in crate::lower) fn block_as_changed(&mut self, def: DefId) -> Option<(ModuleId, &'p Block)> {
        let names = &self.program.names;
        let change = self.changes.iter().rev().find_map(|c| match c {
            Change::Block(block, span) if names.resolve(None, block.name.span).def() == Some(def) => {
                Some((&**block, *span))
            }
            _ => None,
        });
        if let Some((block, span)) = change {
            self.changes.applied.insert(span);
            return Some((MAIN, block));
        }
        let declared = names.def(def);
        let block = self.program.module(declared.module)?.blocks.get(&declared.name)?;
        Some((declared.module, block))
    }

    /// What becomes of the loss of that name: the last value given, times all factors behind it.
    pub(super) fn loss_as_changed(&mut self, name: &str) -> LossChange<'p> {
        let mut made = LossChange { value: None, factors: Vec::new(), dropped: false };
        for change in self.changes.list.iter().filter(|c| c.name().is_some_and(|n| n.value == name)) {
            match change {
                Change::Drop { .. } => made = LossChange { value: None, factors: Vec::new(), dropped: true },
                Change::Loss { value, span, .. } => {
                    made = LossChange { value: Some((value, *span)), factors: Vec::new(), dropped: false };
                }
                // Nothing is left to count more or less: the change meets nothing.
                Change::Reweight { .. } if made.dropped => continue,
                Change::Reweight { factor, .. } => made.factors.push(factor),
                _ => continue,
            }
            self.changes.applied.insert(change.span());
        }
        made
    }

    /// Every change of the variant must have met something that takes part in the model. That there is nothing of that
    /// name was reported with the names; where not all was `read`, what is left may be what takes part.
    pub(super) fn check_changes(&mut self, read: bool) {
        let list = self.changes.list.clone();
        let last: HashMap<_, usize> = list.iter().enumerate().map(|(i, c)| (change_key(c), i)).collect();
        for (i, change) in list.into_iter().enumerate() {
            let what = match change {
                Change::Let { .. } => "binding",
                Change::Block(..) => "called block",
                Change::Drop { .. } | Change::Loss { .. } | Change::Reweight { .. } => "loss",
                Change::Input(..) => "input",
                Change::Set { .. } => continue,
                Change::Error(_) => {
                    self.reported();
                    continue;
                }
            };
            let Some(name) = change.name() else { continue };
            if matches!(self.program.names.resolve(None, name.span), Res::Error) {
                self.reported();
                continue;
            }
            // A later change of the same thing in the chain takes the place of an earlier one.
            let overridden = last.get(&change_key(change)).is_some_and(|last| *last > i);
            if self.changes.applied.contains(&change.span()) || overridden || !read {
                continue;
            }
            let dropped = self.changes.iter().take(i).find(|c| {
                matches!(c, Change::Drop { name: n, .. } if n.value == name.value && matches!(change, Change::Reweight { .. }))
            });
            let d = Diagnostic::error(code::E0512, format!("the model has no {what} `{}` to change", name.value))
                .at(name.span, "changes nothing");
            self.report(match dropped {
                Some(drop) => d.because(drop.span(), "dropped here").help("take one of the two changes away"),
                None => d.help("it exists, but takes no part in the model as its hypers are set"),
            });
        }
    }
}
