//! Written types: their names, and the dims, modalities and parameters that they mention.

use super::names::{DefKind, Res, Role};
use super::walk::Resolver;
use super::{faults, foreign};
use dsc_syntax::ast::{Block, Change, Expr, ExprKind, Ident, Input, TypeExpr, TypeExprKind, UnaryOp};
use dsc_syntax::diag::codes::{names as code, structure};
use dsc_syntax::diag::{Diagnostic, did_you_mean};
use dsc_syntax::source::Span;

/// Names of the types of values that are known at compile time.
pub const STATIC_TYPES: [&str; 4] = ["int", "real", "bool", "str"];
/// Names of tensor types.
pub const TENSOR_TYPES: [&str; 6] = ["Real", "Vec", "Seq", "Tokens", "Tensor", "Any"];
/// What the number of samples of a step is called in types.
pub const BATCH: &str = "batch";
/// Modalities that no input has to have: tokens, learned rows, streams that were joined.
const MODALITIES: [&str; 3] = ["text", "learned", "joint"];

impl Resolver<'_> {
    /// The type of a parameter, a result or a binding.
    pub(super) fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeExprKind::Named { name, params, dims } => {
                let dims = dims.as_deref().unwrap_or_default();
                if !self.type_name(name) {
                    return;
                }
                if let Some(wrong) = wrong_shape(&name.value, params.len(), dims.len()) {
                    self.faults.push(
                        Diagnostic::error(structure::E0518, format!("`{}`: {wrong}", type_text(ty)))
                            .at(ty.span, "not a type")
                            .help("Seq<m>[n, d], Vec[d], Tensor[a, b], Tokens[n], Real, Any[d], int, real, bool, str"),
                    );
                }
                params.iter().for_each(|m| self.modality(m));
                dims.iter().for_each(|d| self.dim(d));
            }
            TypeExprKind::List(inner) => self.ty(inner),
            TypeExprKind::Tuple(parts) => parts.iter().for_each(|p| self.ty(p)),
            TypeExprKind::Like(name) => match self.names.lookup(self.here.scope, &name.value, DefKind::is_local) {
                Some(def) => {
                    self.resolved(name.span, def, Role::Type);
                }
                None => {
                    let d = Diagnostic::error(structure::E0518, format!("`like {}`: no such parameter", name.value))
                        .at(name.span, "not a parameter of the block")
                        .did_you_mean(&name.value, self.known(&DefKind::is_local));
                    self.unresolved(name.span, Some(d));
                }
            },
            TypeExprKind::Error => self.names.unresolved += 1,
        }
    }

    /// Whether there is a type of that name.
    pub(super) fn type_name(&mut self, name: &Ident) -> bool {
        let known = TENSOR_TYPES.contains(&name.value.as_str()) || STATIC_TYPES.contains(&name.value.as_str());
        if !known {
            let d =
                Diagnostic::error(structure::E0518, format!("no type `{}`", name.value)).at(name.span, "unknown type");
            let types = || TENSOR_TYPES.iter().chain(&STATIC_TYPES).copied();
            let d = match foreign::ty(&name.value) {
                Some(ours) => faults::instead(d, ours, name.span),
                None => d.help(format!("the types are {}", types().collect::<Vec<_>>().join(", "))),
            };
            let d = if d.fix.is_some() { d } else { d.did_you_mean(&name.value, types()) };
            self.unresolved(name.span, Some(d));
        }
        known
    }

    /// A dim of a type: `_` is any, `batch` the number of samples unless a hyper or generic is called so.
    fn dim(&mut self, e: &Expr) {
        let named = |k| matches!(k, DefKind::Generic | DefKind::Hyper);
        match &e.kind {
            ExprKind::Name(name) if name == "_" => {}
            ExprKind::Name(name) if name == BATCH && self.names.lookup(self.here.scope, name, named).is_none() => {
                self.names.note(self.here.site, e.span, Res::Batch);
            }
            _ => self.expr(e),
        }
    }

    /// Generics that the header of a block uses and does not declare, each with its first place: dims that nothing is
    /// like, and modalities that no input has, as far as some parameter has them.
    pub(super) fn undeclared_generics(&self, block: &Block) -> Vec<(String, Span)> {
        let mut found: Vec<(String, Span)> = Vec::new();
        let mut note = |name: &str, span: Span| {
            if !found.iter().any(|(known, _)| known == name) {
                found.push((name.to_owned(), span));
            }
        };
        for param in &block.params {
            each_name(&param.ty, &mut |name, span, is_dim| {
                let unknown = match is_dim {
                    true => name != BATCH && self.is_nothing(name),
                    // A longer name may be that of a modality that no input has.
                    false => name.len() == 1 && self.is_no_modality(name),
                };
                if unknown && name != "_" && !self.is_unread(name) {
                    note(name, span);
                }
            });
        }
        found
    }

    /// Whether nothing is called so or similarly.
    fn is_nothing(&self, name: &str) -> bool {
        self.names.lookup(self.here.scope, name, DefKind::is_value).is_none()
            && did_you_mean(name, self.known(&DefKind::is_value)).is_none()
    }

    fn is_no_modality(&self, name: &str) -> bool {
        let known = self.modalities();
        self.names.lookup(self.here.scope, name, |k| k == DefKind::Generic).is_none()
            && known.as_ref().is_some_and(|known| !known.contains(&name) && did_you_mean(name, known.clone()).is_none())
            && !self.items().is_some_and(|items| items.inputs.contains_key(name))
    }

    /// Modalities that the inputs of this file have, and those that no input has to have; nothing for a file without inputs.
    fn modalities(&self) -> Option<Vec<&str>> {
        let inputs = self.inputs_of_file();
        let mut known: Vec<&str> = MODALITIES.to_vec();
        for ty in &inputs {
            if let TypeExprKind::Named { params, .. } = &ty.kind {
                known.extend(params.iter().map(|p| p.value.as_str()));
            }
        }
        (!inputs.is_empty()).then_some(known)
    }

    /// A modality is a generic of the block, or one that some input has. Files of blocks have no inputs to compare
    /// with.
    fn modality(&mut self, m: &Ident) {
        if let Some(generic) = self.names.lookup(self.here.scope, &m.value, |k| k == DefKind::Generic) {
            self.resolved(m.span, generic, Role::Type);
            return;
        }
        let known = match self.modalities() {
            Some(known) if m.value != "_" && !known.contains(&m.value.as_str()) => known,
            _ => return self.names.note(self.here.site, m.span, Res::Modality),
        };
        let without_modality = |input: &Input| {
            input.name.value == m.value
                && !matches!(&input.ty.kind, TypeExprKind::Named { params, .. } if !params.is_empty())
        };
        if self.items().is_some_and(|items| items.inputs.values().any(without_modality)) {
            // That the type of that input lacks its modality is reported there.
            return self.unresolved(m.span, None);
        }
        let d = Diagnostic::error(code::E0201, format!("no modality `{}`", m.value))
            .at(m.span, "no input has it")
            .help(format!("a block for any modality declares it: `block F<{}>(..)`", m.value))
            .did_you_mean(&m.value, known);
        self.unresolved(m.span, Some(d).filter(|_| !self.is_unread(&m.value)));
    }

    /// Types of the inputs of this file, as the model and its variants declare them.
    fn inputs_of_file(&self) -> Vec<&TypeExpr> {
        let Some(items) = self.items() else { return Vec::new() };
        let mut types: Vec<&TypeExpr> = items.inputs.values().map(|i| &i.ty).collect();
        let main = self.files.main.as_ref().filter(|_| self.here.module.0 == 0);
        let changes = main.into_iter().flat_map(|m| m.variants.values()).flat_map(|v| &v.changes);
        types.extend(changes.filter_map(|c| match c {
            Change::Input(input, _) => Some(&input.ty),
            _ => None,
        }));
        types
    }
}

/// Calls `f` for the modalities and dims of a type that are names by themselves, with their places and whether they are dims.
fn each_name<'t>(ty: &'t TypeExpr, f: &mut dyn FnMut(&'t str, Span, bool)) {
    match &ty.kind {
        TypeExprKind::Named { params, dims, .. } => {
            params.iter().for_each(|m| f(&m.value, m.span, false));
            for dim in dims.iter().flatten() {
                if let ExprKind::Name(name) = &dim.kind {
                    f(name, dim.span, true);
                }
            }
        }
        TypeExprKind::List(inner) => each_name(inner, f),
        TypeExprKind::Tuple(parts) => parts.iter().for_each(|p| each_name(p, f)),
        TypeExprKind::Like(_) | TypeExprKind::Error => {}
    }
}

/// What is wrong with the number of modalities or dims of a written type.
fn wrong_shape(name: &str, modalities: usize, dims: usize) -> Option<&'static str> {
    let (may_have_modality, most) = match name {
        "Seq" => (true, usize::MAX),
        "Vec" | "Any" | "Tokens" => (false, 1),
        "Tensor" => (false, usize::MAX),
        _ => (false, 0),
    };
    if modalities > usize::from(may_have_modality) {
        return Some(if may_have_modality { "a Seq has one modality" } else { "only a Seq has a modality" });
    }
    (dims > most || (name == "Seq" && dims == 1)).then_some("another number of dims than such a type has")
}

/// Whether a type mentions a name as a modality or in a dim.
pub(super) fn mentions(ty: &TypeExpr, name: &str) -> bool {
    fn in_dim(e: &Expr, name: &str) -> bool {
        match &e.kind {
            ExprKind::Name(n) => n == name,
            ExprKind::Unary(_, x) => in_dim(x, name),
            ExprKind::Binary(_, _, a, b) => in_dim(a, name) || in_dim(b, name),
            ExprKind::Call { args, .. } => args.iter().any(|a| in_dim(&a.value, name)),
            _ => false,
        }
    }
    match &ty.kind {
        TypeExprKind::Named { params, dims, .. } => {
            params.iter().any(|p| p.value == name) || dims.iter().flatten().any(|d| in_dim(d, name))
        }
        TypeExprKind::List(inner) => mentions(inner, name),
        TypeExprKind::Tuple(parts) => parts.iter().any(|p| mentions(p, name)),
        TypeExprKind::Like(_) => false,
        TypeExprKind::Error => true,
    }
}

/// A type as the user would write it.
pub fn type_text(ty: &TypeExpr) -> String {
    match &ty.kind {
        TypeExprKind::Named { name, params, dims } => {
            let mut out = name.value.clone();
            if !params.is_empty() {
                out.push_str(&format!("<{}>", params.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(", ")));
            }
            if let Some(dims) = dims {
                out.push_str(&format!("[{}]", dims.iter().map(expr_text).collect::<Vec<_>>().join(", ")));
            }
            out
        }
        TypeExprKind::List(inner) => format!("[{}]", type_text(inner)),
        TypeExprKind::Tuple(parts) => format!("({})", parts.iter().map(type_text).collect::<Vec<_>>().join(", ")),
        TypeExprKind::Like(name) => format!("like {}", name.value),
        TypeExprKind::Error => "?".into(),
    }
}

/// A dim or condition as the user wrote it.
pub fn expr_text(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Float(x) => x.to_string(),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Str(s) => format!("{s:?}"),
        ExprKind::Unary(UnaryOp::Neg, x) => format!("-{}", expr_text(x)),
        ExprKind::Unary(UnaryOp::Not, x) => format!("not {}", expr_text(x)),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Binary(op, _, a, b) => format!("{} {} {}", expr_text(a), op.symbol(), expr_text(b)),
        ExprKind::Field(x, field) => format!("{}.{}", expr_text(x), field.value),
        ExprKind::Index(x, i) => format!("{}[{}]", expr_text(x), expr_text(i)),
        ExprKind::Call { callee, args, .. } => {
            let args: Vec<String> = args.iter().map(|a| expr_text(&a.value)).collect();
            format!("{}({})", expr_text(callee), args.join(", "))
        }
        _ => "..".into(),
    }
}
