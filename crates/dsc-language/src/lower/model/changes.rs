//! What a variant changes. Each getter gives what the variant makes of a thing of the model and notes that the change
//! was met; a change that meets nothing is an error.

use super::MAIN;
use crate::lower::lowering::Lowering;
use crate::lower::names;
use crate::sema::program::ModuleId;
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
        self.applied.insert(found.1);
        Some(found.0)
    }

    /// A block and the file whose names its body speaks of: what the variant puts in its place is read in the main file.
    pub(in crate::lower) fn block_as_changed(&mut self, home: ModuleId, name: &str) -> Option<(ModuleId, &'p Block)> {
        let program = self.program;
        let means = |n: &str| program.block(MAIN, n).is_some_and(|(m, b)| m == home && b.name.value == name);
        let change = self.changes.iter().rev().find_map(|c| match c {
            Change::Block(block, span) if means(&block.name.value) => Some((&**block, *span)),
            _ => None,
        });
        match change {
            Some((block, span)) => {
                self.applied.insert(span);
                Some((MAIN, block))
            }
            None => program.module(home).and_then(|m| m.blocks.get(name)).map(|b| (home, b)),
        }
    }

    /// What becomes of the loss of that name: the last value given, times all factors behind it.
    pub(super) fn loss_as_changed(&mut self, name: &str) -> LossChange<'p> {
        let mut made = LossChange { value: None, factors: Vec::new(), dropped: false };
        for change in self.changes.iter().filter(|c| c.name().is_some_and(|n| n.value == name)) {
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
            self.applied.insert(change.span());
        }
        made
    }

    /// Every change of the variant must have met something: a thing of that name, and, where all was `read`, one that
    /// takes part in the model.
    pub(super) fn check_changes(&mut self, read: bool) {
        for (i, change) in self.changes.clone().into_iter().enumerate() {
            let what = match change {
                Change::Let { .. } => "binding",
                Change::Block(..) => "called block",
                Change::Drop { .. } | Change::Loss { .. } | Change::Reweight { .. } => "loss",
                Change::Input(..) => "input",
                Change::Set { .. } | Change::Error(_) => continue,
            };
            let Some(name) = change.name() else { continue };
            // A later change of the same thing in the chain takes the place of an earlier one.
            let key = names::change_key(change);
            let overridden = self.changes.iter().skip(i + 1).any(|c| names::change_key(c) == key);
            let lost = self.may_be_lost(MAIN, &name.value);
            if self.applied.contains(&change.span()) || overridden || lost {
                continue;
            }
            let main = self.program.main();
            let known: Vec<String> = match change {
                Change::Let { .. } => names::bindings_of(&self.program.model.body),
                Change::Drop { .. } | Change::Loss { .. } | Change::Reweight { .. } => {
                    names::losses_of(&self.program.model.body)
                }
                Change::Input(..) => main.map(|m| m.inputs.keys().cloned().collect()).unwrap_or_default(),
                _ => main.map(|m| m.blocks.keys().chain(m.imports.keys()).cloned().collect()).unwrap_or_default(),
            };
            let exists = known.contains(&name.value);
            if exists && !read {
                continue;
            }
            let mut d = Diagnostic::error(code::E0512, format!("the model has no {what} `{}` to change", name.value))
                .at(name.span, "changes nothing");
            let drop = self.changes.iter().take(i).find(|c| {
                matches!(c, Change::Drop { name: n, .. } if n.value == name.value && matches!(change, Change::Reweight { .. }))
            });
            d = match (exists, drop) {
                (true, Some(drop)) => d.because(drop.span(), "dropped here").help("take one of the two changes away"),
                (true, None) => d.help("it exists, but takes no part in the model as its hypers are set"),
                (false, _) if matches!(change, Change::Block(..)) && names::in_std(&name.value) => d.help(format!(
                    "a block of the library is replaced under the name it is imported by: `use std::{{{}}}`",
                    name.value
                )),
                (false, _) => d.did_you_mean(&name.value, known.iter().map(String::as_str)),
            };
            self.report(d);
        }
    }
}
