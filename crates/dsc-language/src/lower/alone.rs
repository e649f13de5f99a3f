//! Blocks without a call: their bodies are checked with values of the declared types. A generic, and a whole number that the
//! caller gives, is a dim that may be any, so what depends on it is taken for granted; what is wrong all the same is wrong in
//! every call.

use std::collections::BTreeMap;

use super::generics::Generics;
use super::lowering::Lowering;
use super::options::Options;
use super::value::{Argument, Value};
use crate::sema::program::Program;
use crate::sema::resolve::DefId;
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_graph::types::Modality;
use dsc_syntax::ast::{Block, Stmt, StmtKind, TypeExprKind};
use dsc_syntax::diag::{Code, Diagnostic, codes};
use dsc_syntax::source::{Span, Spanned};

/// What is wrong in the bodies of blocks of the main file, whatever they are called with.
pub(super) fn check_alone(program: &Program, options: &Options, blocks: &[(DefId, &Block)]) -> Vec<Diagnostic> {
    let mut lowering = Lowering::new(program, options, BTreeMap::new());
    if blocks.is_empty() || !lowering.prepare() {
        return Vec::new();
    }
    lowering.notes.alone = true;
    for (def, block) in blocks {
        lowering.look_at_alone(*def, block);
    }
    let bodies: Vec<Span> = blocks.iter().map(|(def, _)| program.names.def(*def).whole).collect();
    let of_body = |d: &Diagnostic| {
        let place = d.primary.as_ref().map(|l| l.span);
        let inside = place.is_some_and(|p| bodies.iter().any(|b| b.start <= p.start && p.end <= b.end));
        is_certain(d.code) && inside
    };
    let found = lowering.faults.into_diagnostics().into_sorted();
    found.into_iter().filter(of_body).map(|d| without_call(d, blocks)).collect()
}

/// Whether a fault of that code is none of a number that only a call gives.
fn is_certain(code: Code) -> bool {
    let known = [codes::hypers::E0402, codes::hypers::E0403, codes::hypers::E0404];
    known.contains(&code) || code.0.starts_with("E03") || code.0.starts_with("E05")
}

/// The name of the block stands in for the call.
fn without_call(mut d: Diagnostic, blocks: &[(DefId, &Block)]) -> Diagnostic {
    d.secondary.retain(|label| !blocks.iter().any(|(_, b)| b.name.span == label.span));
    d
}

impl Lowering<'_> {
    fn look_at_alone(&mut self, def: DefId, block: &Block) {
        // Another one has called it.
        if self.notes.uses.lowered.contains(&def) {
            return;
        }
        let args = self.outside(self.program.names.def(def).module, |l| l.declared_arguments(block));
        let path = block.name.value.clone();
        self.call_block(def, args, block.name.span, path, false);
    }

    /// A value of the declared type for each parameter without a default.
    fn declared_arguments(&mut self, block: &Block) -> Vec<Argument> {
        let mut generics = Generics::default();
        for name in &block.generics {
            if let Some(def) = self.defined_at(name.span) {
                generics.dims.insert(def, (Dim::open(&name.value), Span::NONE));
                generics.modalities.insert(def, (Modality(name.value.clone()), Span::NONE));
            }
        }
        self.frame().generics = generics;
        let mut args = Vec::new();
        for (i, param) in block.params.iter().enumerate() {
            // A second parameter of one name has been reported at its declaration, and no call can give it.
            let again = block.params.iter().take(i).any(|p| p.name.value == param.name.value);
            if param.default.is_some() || again {
                continue;
            }
            let value = match &param.ty.kind {
                TypeExprKind::Named { name, .. } if name.value == "int" => {
                    Value::Static(Static::from_dim(Dim::open(&param.name.value)))
                }
                _ => self.value_of_type(&param.ty, param.name.span),
            };
            let name = Some(Spanned::new(param.name.value.clone(), param.name.span));
            args.push(Argument { name, value, span: param.name.span });
        }
        args
    }

    /// Whether a dim may be any, because no call says what it is, or what does has a fault.
    pub(super) fn may_be_any(value: &Static) -> bool {
        value.as_dim().is_some_and(|d| d.is_open())
    }

    /// Takes the value of what a loop assigns whose turns are not known.
    pub(super) fn forget_assigned(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Assign { names, .. } => {
                    for name in names {
                        let target = self.resolve(name.span).def();
                        if let Some(slot) = target.and_then(|def| self.frame().bindings.get_mut(def)) {
                            slot.value = Value::Error;
                        }
                    }
                }
                StmtKind::For { body, .. } => self.forget_assigned(&body.stmts),
                _ => {}
            }
        }
    }
}
