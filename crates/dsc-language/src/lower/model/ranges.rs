//! Ranges (`in [2, 4, 8]`) and conditions (`where d % heads == 0`) of hypers.

use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use crate::sema::program::ModuleId;
use dsc_graph::statics::Static;
use dsc_syntax::ast::{Expr, ExprKind, Hyper};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::hypers as hyper;
use dsc_syntax::source::Span;

impl<'p> Lowering<'p> {
    /// Ranges and conditions of all hypers but indexed ones, whose values are checked where they are called.
    pub(super) fn check_hypers(&mut self) {
        let program = self.program;
        for (i, items) in program.modules.iter().enumerate() {
            for declared in items.hypers.values().filter(|h| h.params.is_empty()) {
                self.outside(ModuleId(i), |l| l.check_hyper(ModuleId(i), declared));
            }
        }
    }

    fn check_hyper(&mut self, module: ModuleId, declared: &Hyper) {
        let name = &declared.name.value;
        let def = self.program.names.defined_at(None, declared.name.span);
        let Some(value) = def.and_then(|def| self.hyper_value(def)) else { return };
        let set = self.local_name(module, name).map_or(Span::NONE, |local| self.set_span(&local));
        let place = if set.is_none() { declared.value.span } else { set };
        if let Some(domain) = &declared.domain
            && self.in_domain(&value, domain) == Some(false)
        {
            let allowed = self.domain_text(domain);
            self.report(
                Diagnostic::error(hyper::E0403, format!("`{name}` is {value}, its range is {allowed}"))
                    .at(place, format!("{name} = {value}"))
                    .because(domain.span, "its range")
                    .help(format!("choose one of {allowed}")),
            );
        }
        let Some(constraint) = &declared.constraint else { return };
        if self.condition(constraint) == Some(false) {
            let values = self.values_in(constraint);
            self.report(
                Diagnostic::error(hyper::E0404, format!("`{name}` breaks its condition: {values}"))
                    .at(place, "this value")
                    .because(constraint.span, "this does not hold")
                    .help("choose other numbers"),
            );
        }
    }

    fn in_domain(&mut self, value: &Static, domain: &Expr) -> Option<bool> {
        if let ExprKind::Range { start, end, inclusive } = &domain.kind {
            let (Value::Static(a), Value::Static(b)) = (self.expr(start), self.expr(end)) else { return None };
            let (Some(x), Some(a), Some(b)) = (value.as_f64(), a.as_f64(), b.as_f64()) else { return Some(false) };
            return Some(x >= a && if *inclusive { x <= b } else { x < b });
        }
        match self.expr(domain) {
            Value::List(list) => Some(list.iter().any(|(_, v)| match v {
                Value::Static(s) => s == value || (s.as_f64().is_some() && s.as_f64() == value.as_f64()),
                _ => false,
            })),
            Value::Error => None,
            other => {
                self.report(
                    Diagnostic::error(
                        hyper::E0402,
                        format!("the range of a hyper is a list or a range, not a {}", other.kind()),
                    )
                    .at(domain.span, "not a range"),
                );
                None
            }
        }
    }

    fn domain_text(&mut self, domain: &Expr) -> String {
        if let ExprKind::Range { start, end, inclusive } = &domain.kind {
            let (a, b) = (self.expr(start), self.expr(end));
            let text = |v: &Value| match v {
                Value::Static(s) => s.to_string(),
                _ => "?".into(),
            };
            return format!("{}..{}{}", text(&a), if *inclusive { "=" } else { "" }, text(&b));
        }
        match self.expr(domain) {
            Value::List(list) => {
                let parts: Vec<String> = list
                    .iter()
                    .map(|(_, v)| match v {
                        Value::Static(s) => s.to_string(),
                        _ => "?".into(),
                    })
                    .collect();
                format!("[{}]", parts.join(", "))
            }
            _ => "?".into(),
        }
    }

    /// A value of an indexed hyper against its range and condition.
    pub(super) fn in_its_range(&mut self, declared: &Hyper, value: Value, span: Span) -> Value {
        let name = &declared.name.value;
        let value = match value {
            Value::Static(s) => s,
            Value::Error => return Value::Error,
            other => {
                let message = format!("a hyper is a number, flag or string, this is a {}", other.kind());
                return self
                    .fail(Diagnostic::error(hyper::E0401, message).at(declared.value.span, "no value of a hyper"));
            }
        };
        if let Some(domain) = &declared.domain
            && self.in_domain(&value, domain) == Some(false)
        {
            let allowed = self.domain_text(domain);
            return self.fail(
                Diagnostic::error(hyper::E0403, format!("`{name}` is {value}, its range is {allowed}"))
                    .at(span, "in this call")
                    .because(domain.span, "its range"),
            );
        }
        if let Some(constraint) = &declared.constraint
            && self.condition(constraint) == Some(false)
        {
            let values = self.values_in(constraint);
            return self.fail(
                Diagnostic::error(hyper::E0404, format!("`{name}` breaks its condition: {values}"))
                    .at(span, "in this call")
                    .because(constraint.span, "this does not hold"),
            );
        }
        Value::Static(value)
    }
}
