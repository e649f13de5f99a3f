//! Expectations as they are written: which figure, of what, and how that reads in a message.

use crate::count::grouped;
use crate::summary::{Figures, SummaryNode, begins};
use dsc_graph::dims::{Atom, Dim};
use dsc_graph::statics::Static;
use dsc_syntax::ast::{Arg, BinaryOp, Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure as code;
use dsc_syntax::source::Span;

/// A figure that an expectation can name.
#[derive(Clone, Copy)]
pub(super) enum Figure {
    Params,
    Macs,
    Memory,
}

impl Figure {
    pub(super) fn of(name: &str) -> Option<Figure> {
        match name {
            "params" => Some(Figure::Params),
            "macs" => Some(Figure::Macs),
            "memory" => Some(Figure::Memory),
            _ => None,
        }
    }

    pub(super) fn read(self, figures: &Figures) -> &Dim {
        match self {
            Figure::Params => &figures.params,
            Figure::Macs => &figures.multiply_adds,
            Figure::Memory => &figures.kept,
        }
    }
}

pub(super) fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Eq, Ge, Gt, Le, Lt, Ne};
    matches!(op, Lt | Le | Gt | Ge | Eq | Ne)
}

pub(super) fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

pub(super) fn has_figure(e: &Expr) -> bool {
    first_figure(e).is_some() || shape_argument(e).is_some()
}

/// The first figure in an expression, from the left.
pub(super) fn first_figure(e: &Expr) -> Option<(Figure, &[Arg])> {
    match &e.kind {
        ExprKind::Name(name) => Figure::of(name).map(|f| (f, [].as_slice())),
        ExprKind::Call { callee, args, .. } => match &callee.kind {
            ExprKind::Name(name) => Figure::of(name).map(|f| (f, args.as_slice())),
            _ => None,
        },
        ExprKind::Unary(_, x) => first_figure(x),
        ExprKind::Binary(_, _, a, b) => first_figure(a).or_else(|| first_figure(b)),
        _ => None,
    }
}

/// `x` of `shape(x)`.
pub(super) fn shape_argument(e: &Expr) -> Option<&Expr> {
    match &e.kind {
        ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            (ExprKind::Name(name), [one]) if name == "shape" && one.name.is_none() => Some(&one.value),
            _ => None,
        },
        _ => None,
    }
}

/// `fuse[0].b` as the path `fuse.0.b`.
pub(super) fn path_of(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field(x, field) => Some(format!("{}.{}", path_of(x)?, field.value)),
        ExprKind::Index(x, i) => match &i.kind {
            ExprKind::Int(n) => Some(format!("{}.{n}", path_of(x)?)),
            ExprKind::Str(s) => Some(format!("{}.{s}", path_of(x)?)),
            _ => None,
        },
        _ => None,
    }
}

/// The nodes whose path begins with `path` and that lie in no other such node.
pub(super) fn outermost<'a>(node: &'a SummaryNode, path: &str, found: &mut Vec<&'a SummaryNode>) {
    for inner in &node.children {
        if begins(path, &inner.path) {
            found.push(inner);
        } else {
            outermost(inner, path, found);
        }
    }
}

/// Whether `path` is the value at `place` of the name at `name`: `xs.audio`.
pub(super) fn is_at(path: &str, name: &str, place: &str) -> bool {
    match path.strip_prefix(name) {
        Some("") => place.is_empty(),
        Some(rest) => !place.is_empty() && rest.strip_prefix('.') == Some(place),
        None => false,
    }
}

/// Names that values still depend on.
pub(super) fn unbound(values: &[&Static]) -> Vec<String> {
    let mut names = std::collections::BTreeSet::new();
    for value in values {
        if let Static::Dim(d) = value {
            d.any_atom(&mut |atom| {
                if let Atom::Width(n) | Atom::Length { name: n, .. } = atom {
                    names.insert(format!("`{n}`"));
                }
                false
            });
        }
    }
    names.into_iter().collect()
}

/// A figure as it is written; other sides are "the left side".
pub(super) fn text_of(e: &Expr) -> String {
    let (name, args) = match &e.kind {
        ExprKind::Name(name) => (name, [].as_slice()),
        ExprKind::Call { callee, args, .. } => match &callee.kind {
            ExprKind::Name(name) => (name, args.as_slice()),
            _ => return "this side".to_owned(),
        },
        _ => return "this side".to_owned(),
    };
    match args {
        [] => format!("`{name}`"),
        [Arg { name: Some(n), value: Expr { kind: ExprKind::Int(v), .. }, .. }] => {
            format!("`{name}({}: {v})`", n.value)
        }
        [one] => path_of(&one.value).map_or_else(|| format!("`{name}`"), |path| format!("`{name}({path})`")),
        _ => format!("`{name}`"),
    }
}

pub(super) fn written(value: &Static) -> String {
    match value {
        Static::Int(n) => grouped(*n),
        Static::Float(x) => format!("{x}"),
        other => other.to_string(),
    }
}

pub(super) fn space(under: &str) -> String {
    if under.is_empty() { String::new() } else { format!(" {under}") }
}

pub(super) fn malformed(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code::E0520, message).at(span, "here")
}
