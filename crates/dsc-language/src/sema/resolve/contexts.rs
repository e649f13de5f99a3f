//! Names that refer to nothing, where the place says what was meant: a string, a number, companions.

use super::names::{DefId, DefKind};
use super::walk::Resolver;
use super::{faults, foreign};
use dsc_graph::primitives::{self, Kind, Primitive};
use dsc_syntax::ast::{Arg, BinaryOp, Block, Expr, ExprKind, Hyper, Ident, Model, TypeExprKind};
use dsc_syntax::visit;

impl<'a> Resolver<'a> {
    /// The operands of an operator.
    pub(super) fn operands(&mut self, op: BinaryOp, a: &Expr, b: &Expr) {
        for (x, other) in [(a, b), (b, a)] {
            let compared = matches!(op, BinaryOp::Eq | BinaryOp::Ne) && self.is_string_hyper(other);
            let factor = matches!(op, BinaryOp::Mul | BinaryOp::Div) && self.is_unknown_factor(x);
            match &x.kind {
                ExprKind::Name(name) if factor => {
                    let fault = faults::no_factor(name, self.unknown_value(name, x.span));
                    self.unresolved(x.span, Some(fault));
                }
                _ if compared && self.unquoted(x) => {}
                _ => self.expr(x),
            }
        }
    }

    /// Whether an expression is a name that nothing has, and that may stand for a number.
    fn is_unknown_factor(&self, e: &Expr) -> bool {
        let ExprKind::Name(name) = &e.kind else { return false };
        let foreign = foreign::value(name).is_some() && name != "lambda";
        !foreign && name != "encoder" && !self.is_anything(name) && !self.is_unread(name)
    }

    /// Whether a value, block or operation has this name.
    fn is_anything(&self, name: &str) -> bool {
        self.names.lookup(self.here.scope, name, |k| k.is_value() || k == DefKind::Block).is_some()
            || primitives::find(name).is_some()
    }

    fn is_string_hyper(&self, e: &Expr) -> bool {
        let ExprKind::Name(name) = &e.kind else { return false };
        let hyper = self.items().and_then(|items| items.hypers.get(name));
        hyper.is_some_and(|h| matches!(h.value.kind, ExprKind::Str(_)) || is_string(h, &h.value))
    }

    /// A name in the place of a string, which lacks its quotes. Whether it is one, and has been reported.
    fn unquoted(&mut self, e: &Expr) -> bool {
        let ExprKind::Name(name) = &e.kind else { return false };
        if self.names.lookup(self.here.scope, name, DefKind::is_value).is_some() || self.is_unread(name) {
            return false;
        }
        self.unresolved(e.span, Some(faults::unquoted(name, e.span)));
        true
    }

    /// The value of a hyper.
    pub(super) fn hyper_value(&mut self, hyper: &Hyper) {
        let is_text = match &hyper.value.kind {
            ExprKind::Name(name) => {
                let of_items = self.names.lookup(self.here.scope, name, DefKind::is_value).is_none();
                is_string(hyper, &hyper.value) || of_items && self.is_anything(name)
            }
            _ => false,
        };
        if !(is_text && self.unquoted(&hyper.value)) {
            self.expr(&hyper.value);
        }
    }

    /// The value of an argument; `parameter` says what it has to be, where that is known.
    pub(super) fn argument(&mut self, arg: &Arg, parameter: Option<Expected>) {
        let e = &arg.value;
        let ExprKind::Name(name) = &e.kind else { return self.expr(e) };
        let is_value = self.names.lookup(self.here.scope, name, DefKind::is_value).is_some();
        match parameter.filter(|_| !is_value) {
            Some(Expected::Text) if self.unquoted(e) => {}
            Some(Expected::Number) if self.is_anything(name) => {
                let hypers = self.known(&|k| k == DefKind::Hyper);
                let fault = faults::no_number(name, e.span, &hypers);
                self.unresolved(e.span, Some(fault));
            }
            _ => self.expr(e),
        }
    }

    /// The block as a file declares it.
    pub(super) fn declared_block(&self, block: DefId) -> Option<&'a Block> {
        let def = self.names.def(block);
        let declared = self.files.modules.get(def.module.0)?.blocks.get(&def.name)?;
        (declared.name.span == def.span).then_some(declared)
    }

    /// `x at d.pos`, where `d` is no handle of companions. Whether it is so, and has been reported.
    pub(super) fn is_group_of_another(&mut self, group: &Expr) -> bool {
        let ExprKind::Field(x, field) = &group.kind else { return false };
        let ExprKind::Name(name) = &x.kind else { return false };
        if !matches!(field.value.as_str(), "pos" | "neg") {
            return false;
        }
        let Some(def) = self.names.lookup(self.here.scope, name, DefKind::is_value) else { return false };
        let kind = self.names.target(def).kind;
        if !matches!(kind, DefKind::Hyper | DefKind::Input | DefKind::Label | DefKind::Dim) {
            return false;
        }
        let handles: Vec<String> = self.known(&|k| k == DefKind::Companions).into_iter().map(str::to_owned).collect();
        let fault = faults::no_companions(&Ident::new(name.clone(), x.span), kind, &field.value, &handles);
        self.unresolved(x.span, Some(fault));
        true
    }

    /// Whether an assignment is meant as an entry of a recipe.
    pub(super) fn is_setting(&self, name: &Ident) -> bool {
        foreign::is_setting(&name.value)
            && self.names.lookup(self.here.scope, &name.value, DefKind::is_value).is_none()
            && !self.is_unread(&name.value)
    }

    /// A model that is one too many: what it reads is of use.
    pub(super) fn other_model(&mut self, model: &Model) {
        let mut read: Vec<DefId> = Vec::new();
        visit::exprs_of_body(&model.body, &mut |e| {
            if let ExprKind::Name(name) = &e.kind {
                read.extend(self.names.lookup(self.of_sample, name, |_| true));
            }
        });
        read.into_iter().for_each(|def| self.names.note_meant(def));
    }
}

/// What an argument has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Text,
    Number,
}

impl Expected {
    /// As a primitive has it.
    pub(super) fn of_primitive(primitive: &Primitive, name: &str) -> Option<Self> {
        match primitive.params.iter().find(|p| p.name == name)?.kind {
            Kind::Text | Kind::Choice(_) => Some(Expected::Text),
            Kind::Width | Kind::Rows(_) | Kind::Count | Kind::Integer | Kind::Place => Some(Expected::Number),
            Kind::Real | Kind::NonNegative | Kind::Positive | Kind::Probability => Some(Expected::Number),
            _ => None,
        }
    }

    /// As a block has it.
    pub(super) fn of_block(block: &Block, name: &str) -> Option<Self> {
        match &block.params.iter().find(|p| p.name.value == name)?.ty.kind {
            TypeExprKind::Named { name, .. } if name.value == "str" => Some(Expected::Text),
            TypeExprKind::Named { name, .. } if matches!(name.value.as_str(), "int" | "real") => Some(Expected::Number),
            _ => None,
        }
    }
}

/// Whether the domain of a hyper has this name as a string: `mean` of `hyper pool = mean in ["mean", "max"]`.
fn is_string(hyper: &Hyper, value: &Expr) -> bool {
    let (ExprKind::Name(name), Some(domain)) = (&value.kind, &hyper.domain) else { return false };
    let ExprKind::List(choices) = &domain.kind else { return false };
    choices.iter().any(|c| matches!(&c.value.kind, ExprKind::Str(text) if text == name))
}
