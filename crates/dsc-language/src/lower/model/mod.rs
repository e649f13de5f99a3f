//! The model: its statements in order, and what must hold of the whole.
//!
//! - `settings`, `hypers`, `ranges`: numbers that are known before anything else;
//! - `inputs`: what a sample brings;
//! - `outputs`, `companions`: statements that belong to the model alone;
//! - `changes`: what a variant makes of all that.

mod changes;
mod companions;
mod hypers;
mod inputs;
mod outputs;
mod ranges;
mod settings;

use super::faults::Faults;
use super::frame::{Frame, FrameKind};
use super::lowering::Lowering;
use crate::sema::program::ModuleId;
use dsc_graph::{InputDecl, Node, NodeId, Op};
use dsc_syntax::ast::{Change, Stmt, StmtKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure as code;
use dsc_syntax::source::Span;
use dsc_syntax::visit;

/// Predictions that read a label: no more are looked at.
const MAX_LEAKS: usize = 20;

/// The file that is compiled.
const MAIN: ModuleId = ModuleId(0);

impl<'p> Lowering<'p> {
    /// Lowers the whole model.
    pub(in crate::lower) fn model(&mut self) {
        if let Err(d) = self.enter() {
            return self.faults.push(d);
        }
        self.check_settings();
        self.declare_inputs();
        self.check_hypers();
        let body = &self.program.model.body;
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
        if let Some(value) = &body.value {
            self.stmt(&Stmt { docs: Vec::new(), kind: StmtKind::Expr((**value).clone()), span: value.span });
        }
        let whole = self.faults.none();
        self.check_no_label_leaks();
        if whole {
            self.check_roots();
        } else if self.notes.losses.is_empty() && !self.has_a_loss_twice() {
            let fault = self.drops_every_loss();
            fault.into_iter().for_each(|d| self.report(d));
        }
        self.check_companions_stay_in_training();
        self.check_changes(whole);
    }

    /// Enters the model with the changes of its variant.
    fn enter(&mut self) -> Result<(), Diagnostic> {
        self.frames.push(Frame::new(FrameKind::Model, MAIN));
        if let Some(name) = &self.options.variant {
            let chain = self.program.variant_chain(name)?;
            let place = chain.last().map_or(Span::NONE, |v| v.name.span);
            self.changes.list = chain.into_iter().flat_map(|v| &v.changes).collect();
            // Each is looked at for each name that it may change.
            self.spend(8 * self.changes.list.len() as u64, place);
        }
        Ok(())
    }

    /// Enters the model and evaluates its inputs and hypers, whose faults are told elsewhere; whether that could be done.
    pub(in crate::lower) fn prepare(&mut self) -> bool {
        if self.enter().is_err() {
            return false;
        }
        self.declare_inputs();
        self.check_hypers();
        self.faults = Faults::default();
        true
    }

    /// The inputs alone; none of a variant that does not exist.
    pub(in crate::lower) fn inputs(mut self) -> Vec<InputDecl> {
        if self.enter().is_ok() {
            self.declare_inputs();
        }
        self.graph.inputs.into_values().collect()
    }

    /// A prediction is made of the sample alone, and so are the vectors that it is compared by.
    fn check_companions_stay_in_training(&mut self) {
        let lost = self.notes.lost_outputs.iter().flat_map(|(_, span, of)| of.iter().map(|node| (*node, *span)));
        let outputs = self.graph.outputs.iter().map(|o| (o.value, o.span)).chain(lost);
        let outputs = outputs.map(|(node, span)| (node, span, "a prediction"));
        let vectors = self.graph.companions.iter().flat_map(|c| c.by.iter().map(|v| (*v, c.span, "`by`")));
        let roots: Vec<_> = outputs.chain(vectors).collect();
        for (node, span, what) in roots {
            if self.reads_companion(node) {
                let d =
                    Diagnostic::error(code::E0516, format!("{what} reads companions, which exist in training only"))
                        .at(span, "depends on `.. at ..`")
                        .help("use `at` in losses alone");
                self.report(d);
            }
            if self.reads_batch(node) {
                let d = Diagnostic::error(code::E0522, format!("{what} depends on the rest of its batch"))
                    .at(span, "depends on `in_batch(..)`")
                    .help("use `in_batch` in losses alone");
                self.report(d);
            }
        }
    }

    /// A prediction that reads a label.
    fn check_no_label_leaks(&mut self) {
        let labels = |(id, node): (NodeId, &Node)| match &node.op {
            Op::Label(label) => Some((id, label.clone(), node.span)),
            _ => None,
        };
        let labels: Vec<_> = self.graph.nodes().filter_map(labels).collect();
        let of_label = self.graph.outputs.iter().filter(|o| self.nodes.reads(o.value).label);
        let outputs = of_label.map(|o| (o.label.clone(), o.span, vec![o.value]));
        // What a value with a fault is made of is in it once that is mended, too.
        let outputs: Vec<_> = outputs.chain(self.notes.lost_outputs.iter().cloned()).take(MAX_LEAKS).collect();
        for (predicted, span, made_of) in outputs {
            let needed = self.graph.needed_by(made_of);
            for (id, label, read) in &labels {
                if needed.get(id.index()) == Some(&true) {
                    let message = format!("label `{label}` reaches the prediction of `{predicted}`");
                    let d = Diagnostic::error(code::E0523, message)
                        .at(span, "this prediction depends on the label")
                        .because(*read, "the label is read here")
                        .help("a prediction is made of inputs alone; labels belong into losses");
                    self.report(d);
                }
            }
        }
    }

    fn check_roots(&mut self) {
        let place = self.program.model.name.span;
        if self.graph.outputs.is_empty() && self.graph.losses.is_empty() {
            let d = Diagnostic::error(code::E0508, "the model has no output and no loss")
                .at(place, "nothing is predicted")
                .help("say what predicts which label, `output score for y`, and what to train for, `loss prediction = mse(score, target: y)`");
            self.report(d);
        } else if self.graph.outputs.is_empty() {
            self.report(
                Diagnostic::error(code::E0508, "the model has no output")
                    .at(place, "nothing is predicted")
                    .help("say what predicts which label: `output score for y`"),
            );
        }
        if self.graph.losses.is_empty() {
            let fault = self.drops_every_loss().unwrap_or_else(|| {
                Diagnostic::error(code::E0508, "the model has no loss")
                    .at(place, "nothing to train for")
                    .help("add one: `loss prediction = mse(score, target: y)`")
            });
            self.report(fault);
        }
    }

    /// Whether two losses of the model have one name, which was reported: one of them was meant to have another.
    fn has_a_loss_twice(&self) -> bool {
        let mut names = Vec::new();
        visit::stmts(&self.program.model.body, &mut |stmt| {
            if let StmtKind::Loss { name, .. } = &stmt.kind {
                names.push(name.value.as_str());
            }
        });
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        names.len() < all
    }

    /// What is said of a variant without losses that drops some.
    fn drops_every_loss(&self) -> Option<Diagnostic> {
        let drop = self.changes.iter().rev().find(|c| matches!(c, Change::Drop { .. }))?;
        let variant = self.options.variant.as_deref()?;
        let d = Diagnostic::error(code::E0508, format!("variant `{variant}` drops every loss of the model"));
        let help = "keep one of them, or give the variant another: `loss NAME = ..` in the place of `drop NAME`";
        Some(d.at(drop.span(), "nothing is left to train for").help(help))
    }

    pub(in crate::lower) fn model_stmt(&mut self, stmt: &Stmt) {
        if self.frames.len() != 1 {
            // That it belongs to the model was reported with its names.
            self.reported();
            return;
        }
        match &stmt.kind {
            StmtKind::Output { value, label } => self.output(value, label, stmt.span),
            StmtKind::Loss { name, value } => self.loss(name, value, stmt.span),
            StmtKind::Companions { name, entries } => self.companions(name, entries, stmt.span),
            _ => {}
        }
    }
}
