//! One report for one fault: what the parser and the resolution of names say of the same text, and what else would be
//! said of it.

use std::collections::BTreeMap;

use super::resolve::Names;
use dsc_syntax::ast::{Body, Expr, ExprKind, StmtKind};
use dsc_syntax::diag::codes::{structure, syntax};
use dsc_syntax::diag::{Diagnostic, Diagnostics, Fix};
use dsc_syntax::source::{SourceMap, Span};

/// All faults of the files and their names. That an argument is written with `=` is left out where its name or the whole
/// call has a fault that mends it too: `mse(score, y=y)`, `F.softmax(x, dim=-1)`.
pub(super) fn faults(
    read: Diagnostics,
    of_names: Vec<Diagnostic>,
    foreign_calls: &[Span],
    sources: &SourceMap,
) -> Diagnostics {
    let is_equal = |d: &&Diagnostic| d.code == syntax::E0106;
    let mut equals: BTreeMap<u32, Span> =
        read.iter().filter(is_equal).filter_map(|d| d.primary.as_ref()).map(|l| (l.span.start, l.span)).collect();
    for call in foreign_calls {
        let inside: Vec<u32> = equals.range(call.start..call.end.max(call.start)).map(|(start, _)| *start).collect();
        for start in inside {
            equals.remove(&start);
        }
    }
    let of_names: Vec<Diagnostic> = of_names.into_iter().map(|d| with_colon(d, &mut equals, sources)).collect();
    let mut all = Diagnostics::new();
    let remains = |d: &Diagnostic| {
        d.code != syntax::E0106 || d.primary.as_ref().is_none_or(|l| equals.contains_key(&l.span.start))
    };
    all.extend(read.into_sorted().into_iter().filter(remains));
    all.extend(of_names);
    all
}

/// A fault of the name of an argument, whose remedy replaces the `=` behind it too, which is taken from `equals`.
fn with_colon(fault: Diagnostic, equals: &mut BTreeMap<u32, Span>, sources: &SourceMap) -> Diagnostic {
    let Some(name) = fault.primary.as_ref().map(|l| l.span).filter(|_| fault.code == structure::E0502) else {
        return fault;
    };
    let Some((start, equal)) = equals.range(name.end..).next().map(|(start, span)| (*start, *span)) else {
        return fault;
    };
    let blank = |text: &str| text.trim().is_empty();
    if !sources.text(Span { start: name.end, end: start.max(name.end) }).is_some_and(blank) {
        return fault;
    }
    equals.remove(&start);
    let Some(with) = fault.fix.as_ref().map(|fix| fix.with.clone()) else {
        return fault;
    };
    let plain = format!("write `{with}`");
    let help = fault.help.map(|help| if help == plain { format!("write `{with}: ..`") } else { help });
    let fix = Fix { span: name.to(equal), word: String::new(), with: format!("{with}:") };
    Diagnostic { help, fix: Some(Box::new(fix)), ..fault }
}

/// Reads assignments to names that nothing binds, which were reported, as the `let` that they lack: their weights have
/// names of their own.
pub(super) fn add_missing_lets(body: &mut Body, names: &Names) {
    for stmt in &mut body.stmts {
        match &mut stmt.kind {
            StmtKind::Assign { names: targets, value }
                if targets.iter().all(|target| names.defined_at(None, target.span).is_some()) =>
            {
                let kind = ExprKind::Error;
                let value = std::mem::replace(value, Expr { kind, span: value.span });
                stmt.kind = StmtKind::Let { names: std::mem::take(targets), ty: None, value, mutable: true };
            }
            StmtKind::For { body, .. } => add_missing_lets(body, names),
            _ => {}
        }
    }
}
