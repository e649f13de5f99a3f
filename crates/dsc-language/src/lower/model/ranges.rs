//! Ranges (`in [2, 4, 8]`) and conditions (`where d % heads == 0`) of hypers.

use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use crate::sema::program::ModuleId;
use crate::sema::resolve::DefId;
use dsc_graph::statics::Static;
use dsc_syntax::ast::{Expr, ExprKind, Hyper};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::hypers as hyper;
use dsc_syntax::source::Span;
use dsc_syntax::visit;

impl<'p> Lowering<'p> {
    /// Ranges and conditions of all hypers but indexed ones, whose values are checked where they are called.
    pub(super) fn check_hypers(&mut self) {
        let program = self.program;
        for (i, items) in program.modules.iter().enumerate() {
            for declared in items.hypers.values().filter(|h| h.params.is_empty()) {
                self.outside(ModuleId(i), |l| l.check_hyper(ModuleId(i), declared));
            }
        }
        // What was computed from a wrong value is computed again.
        if !self.hypers.replaced.is_empty() {
            self.hypers.values = std::mem::take(&mut self.hypers.replaced);
        }
    }

    fn check_hyper(&mut self, module: ModuleId, declared: &Hyper) {
        let name = &declared.name.value;
        let Some(def) = self.program.names.defined_at(None, declared.name.span) else { return };
        let Some(value) = self.hyper_value(def) else { return };
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
            return self.replace(def, declared, &value);
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
            self.replace(def, declared, &value);
        }
    }

    /// Goes on with the nearest value that the range and the condition allow, so that one wrong number is one fault and not
    /// one more at every use; without a value if there is none near.
    fn replace(&mut self, def: DefId, declared: &Hyper, value: &Static) {
        let mut found = None;
        for candidate in self.candidates(declared, value) {
            self.hypers.values.insert(def, Some(candidate.clone()));
            let in_domain = declared.domain.as_ref().is_none_or(|d| self.in_domain(&candidate, d) != Some(false));
            if in_domain && declared.constraint.as_ref().is_none_or(|c| self.condition(c) == Some(true)) {
                found = Some(candidate);
                break;
            }
        }
        // Until all are checked, the others are compared with what the file says.
        self.hypers.values.insert(def, Some(value.clone()));
        self.hypers.replaced.insert(def, found);
    }

    /// Other values of a hyper, the nearest first.
    fn candidates(&mut self, declared: &Hyper, value: &Static) -> Vec<Static> {
        const REACH: i64 = 64;
        let mut found: Vec<Static> = Vec::new();
        let domain = declared.domain.as_ref();
        match domain.map(|d| &d.kind) {
            Some(ExprKind::Range { start, end, inclusive }) => {
                for (bound, step) in [(start, 0), (end, i64::from(!*inclusive))] {
                    match self.expr(bound) {
                        Value::Static(Static::Int(n)) => found.push(Static::Int(n.saturating_sub(step))),
                        Value::Static(Static::Float(x)) if step == 0 => found.push(Static::Float(x)),
                        _ => {}
                    }
                }
            }
            Some(_) => {
                if let Some(Value::List(list)) = domain.map(|d| self.expr(d)) {
                    found.extend(list.into_iter().filter_map(|(_, v)| match v {
                        Value::Static(s) => Some(s),
                        _ => None,
                    }));
                }
            }
            None => {}
        }
        match value {
            Static::Int(n) => {
                let near = (1..=REACH).flat_map(|k| [n.saturating_add(k), n.saturating_sub(k)]);
                found.extend(near.filter(|n| *n > 0).map(Static::Int));
            }
            Static::Bool(flag) => found.push(Static::Bool(!flag)),
            _ => {}
        }
        let of_default = matches!(value, Static::Float(_));
        let distance = |s: &Static| s.as_f64().zip(value.as_f64()).map_or(0.0, |(a, b)| (a - b).abs());
        found.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        found.into_iter().map(|s| if of_default { s.as_f64().map_or(s, Static::Float) } else { s }).collect()
    }

    pub(in crate::lower) fn in_domain(&mut self, value: &Static, domain: &Expr) -> Option<bool> {
        let mut could_be_read = true;
        visit::exprs(domain, &mut |e| could_be_read &= !matches!(e.kind, ExprKind::Error | ExprKind::Faulty(_)));
        if !could_be_read {
            return None;
        }
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

    pub(in crate::lower) fn domain_text(&mut self, domain: &Expr) -> String {
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
