//! Choices by hypers that not all values of these have.

use super::lowering::Lowering;
use crate::sema::resolve::{DefId, DefKind, Res};
use dsc_graph::statics::Static;
use dsc_syntax::ast::{Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints as lint;
use dsc_syntax::source::Span;
use dsc_syntax::visit;

impl Lowering<'_> {
    /// The hyper that an expression is the name of.
    fn hyper_named(&self, e: &Expr) -> Option<DefId> {
        match (&e.kind, self.resolve(e.span)) {
            (ExprKind::Name(_), Res::Def(def)) if self.program.names.def(def).kind == DefKind::Hyper => Some(def),
            _ => None,
        }
    }

    /// A comparison of a hyper with a value that its range does not have.
    pub(super) fn check_comparable(&mut self, a: &Expr, x: &Static, b: &Expr, y: &Static) {
        for (hyper, value, place) in [(self.hyper_named(a), y, b.span), (self.hyper_named(b), x, a.span)] {
            let Some(def) = hyper else { continue };
            let Some((declared, domain)) = self.hyper(def).and_then(|h| Some((h, h.domain.as_ref()?))) else {
                continue;
            };
            let module = self.program.names.def(def).module;
            if self.outside(module, |l| l.in_domain(value, domain)) != Some(false) {
                continue;
            }
            let range = self.outside(module, |l| l.domain_text(domain));
            let d = Diagnostic::warning(
                lint::W0121,
                format!("`{}` is never {value}: its range is {range}", declared.name.value),
            )
            .at(place, "not in the range")
            .because(domain.span, "its range");
            self.report(d.help(format!("compare it with one of {range}, or put this value into the range")));
        }
    }

    /// A `when` without `else` whose condition holds as the hypers are set now.
    pub(super) fn check_otherwise(&mut self, cond: &Expr, whole: Span) {
        if self.is_std(self.module()) {
            return;
        }
        let mut of = None;
        visit::exprs(cond, &mut |e| of = of.or_else(|| self.hyper_named(e)));
        let Some(def) = of else { return };
        let name = &self.program.names.def(def).name;
        let d = Diagnostic::warning(lint::W0121, format!("this `when` has a value only as `{name}` is set now"))
            .at(whole, "no value once the condition is false")
            .help("add `else { .. }`: it says what holds for the other values");
        self.report(d);
    }
}
