//! Declared types against values: generics are bound at their first use, everything else is compared.

use super::generics::Generics;
use super::lowering::Lowering;
use super::origin::Side;
use super::value::Value;
use crate::sema::resolve::{DefId, DefKind, Res, STATIC_TYPES, TENSOR_TYPES, expr_text, type_text};
use dsc_graph::NodeId;
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_graph::types::{Modality, TensorType, Type};
use dsc_syntax::ast::{Expr, ExprKind, Ident, TypeExpr, TypeExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::types as code;
use dsc_syntax::source::Span;
use dsc_syntax::visit;

/// What is being matched, for messages.
type Parameter<'a> = Option<(&'a Ident, &'a Ident)>;

/// How the help begins for a sequence in the place of a value without time.
pub(super) const POOL: &str = "pool the sequence";

impl Lowering<'_> {
    /// A whole number where a real one is declared becomes one.
    pub(super) fn as_declared(&mut self, ty: &TypeExpr, value: Value) -> Value {
        match (&ty.kind, &value) {
            (TypeExprKind::Named { name, .. }, Value::Static(Static::Int(n))) if name.value == "real" => {
                Value::Static(Static::Float(*n as f64))
            }
            _ => value,
        }
    }

    /// `let x : TYPE = ..`, where the generics of the block are what they became in this call.
    pub(super) fn check_type(&mut self, ty: &TypeExpr, value: &Value, span: Span) -> bool {
        let mut generics = self.frame().generics.clone();
        self.fits(ty, value, span, &mut generics, None)
    }

    /// Whether a value has the declared type; reports if not. `parameter` is the parameter and its block; without it
    /// the type is that of a result.
    pub(super) fn fits(
        &mut self,
        ty: &TypeExpr,
        value: &Value,
        span: Span,
        generics: &mut Generics,
        parameter: Parameter<'_>,
    ) -> bool {
        match (&ty.kind, value) {
            (TypeExprKind::Error, _) => {
                self.reported();
                false
            }
            (_, Value::Error) => false,
            (TypeExprKind::Like(name), _) => self.fits_like(name, ty, value, span),
            (TypeExprKind::List(inner), Value::List(list)) => {
                let mut ok = true;
                for (_, element) in list {
                    ok &= self.fits(inner, element, span, generics, parameter);
                }
                ok
            }
            (TypeExprKind::Tuple(parts), Value::Tuple(values)) if parts.len() == values.len() => {
                let mut ok = true;
                for (part, value) in parts.iter().zip(values) {
                    ok &= self.fits(part, value, span, generics, parameter);
                }
                ok
            }
            (TypeExprKind::Named { name, params, dims }, _) => {
                self.fits_named(ty, name, params, dims.as_deref(), value, span, generics, parameter)
            }
            _ => self.misfit(ty, value, span, parameter, None),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one written type")]
    fn fits_named(
        &mut self,
        ty: &TypeExpr,
        name: &Ident,
        params: &[Ident],
        dims: Option<&[Expr]>,
        value: &Value,
        span: Span,
        generics: &mut Generics,
        parameter: Parameter<'_>,
    ) -> bool {
        if STATIC_TYPES.contains(&name.value.as_str()) {
            let ok = match (name.value.as_str(), value) {
                ("int", Value::Static(s)) => s.as_dim().is_some(),
                ("real", Value::Static(s)) => s.as_f64().is_some(),
                ("bool", Value::Static(Static::Bool(_))) | ("str", Value::Static(Static::Str(_))) => true,
                _ => false,
            };
            return ok || self.misfit(ty, value, span, parameter, None);
        }
        let node = match value {
            Value::Node(id) => *id,
            // A number is a Real: the empty sum, or a constant.
            Value::Static(s) if name.value == "Real" && s.as_f64().is_some() => return true,
            _ => return self.is_type(name) && self.misfit(ty, value, span, parameter, None),
        };
        let Some(found) = self.graph.node(node).map(|n| n.ty.clone()) else { return false };
        let dims = dims.unwrap_or_default();
        match (name.value.as_str(), &found) {
            ("Tokens", Type::Tokens { len }) => match dims {
                [n] => self.axis(n, len, (node, Side::Time), span, generics, parameter, &found),
                _ => true,
            },
            ("Real", Type::Tensor(t)) if t.is_real() => true,
            ("Vec", Type::Tensor(t)) if t.time.is_none() && t.dims.len() == 1 => {
                self.axes(dims, t, node, span, generics, parameter, &found, ty)
            }
            ("Tensor", Type::Tensor(t)) if t.time.is_none() && t.dims.len() == dims.len() => {
                self.axes(dims, t, node, span, generics, parameter, &found, ty)
            }
            ("Any", Type::Tensor(t)) => match (dims, t.features()) {
                ([w], Some(width)) => {
                    self.axis(w, &width.clone(), (node, Side::Last(0)), span, generics, parameter, &found)
                }
                ([], _) => true,
                _ => self.misfit(ty, value, span, parameter, None),
            },
            ("Seq", Type::Tensor(t)) => {
                // A `Seq` whose axes are not written down has one beside time.
                let axes = dims.len().max(2) - 1;
                let Some(time) = t.time.as_ref().filter(|_| t.dims.len() == axes) else {
                    return self.misfit(ty, value, span, parameter, None);
                };
                let modality = self.modality(params, &time.modality, span, generics, parameter);
                self.axes(dims, t, node, span, generics, parameter, &found, ty) && modality
            }
            _ => self.is_type(name) && self.misfit(ty, value, span, parameter, None),
        }
    }

    /// Whether there is a type of that name; that there is none was reported with the names.
    pub(super) fn is_type(&mut self, name: &Ident) -> bool {
        let known = TENSOR_TYPES.contains(&name.value.as_str()) || STATIC_TYPES.contains(&name.value.as_str());
        if !known {
            self.reported();
        }
        known
    }

    /// The generic of the block that the name at `span` stands for, if it is one.
    fn generic(&self, span: Span) -> Option<DefId> {
        self.resolve(span).def().filter(|def| self.program.names.def(*def).kind == DefKind::Generic)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one written type")]
    fn axes(
        &mut self,
        dims: &[Expr],
        found: &TensorType,
        node: NodeId,
        span: Span,
        generics: &mut Generics,
        parameter: Parameter<'_>,
        whole: &Type,
        ty: &TypeExpr,
    ) -> bool {
        let axes: Vec<Dim> = found.axes().cloned().collect();
        if dims.is_empty() {
            return true;
        }
        if dims.len() != axes.len() {
            let help = format!("the type has {} dims, the value {}", dims.len(), axes.len());
            return self.misfit_type(ty, &whole.to_string(), span, parameter, Some(help));
        }
        let mut ok = true;
        for (i, (pattern, axis)) in dims.iter().zip(&axes).enumerate() {
            let side = if i == 0 && found.time.is_some() { Side::Time } else { Side::Last(axes.len() - 1 - i) };
            ok &= self.axis(pattern, axis, (node, side), span, generics, parameter, whole);
        }
        ok
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one written type")]
    fn axis(
        &mut self,
        pattern: &Expr,
        found: &Dim,
        (node, side): (NodeId, Side),
        span: Span,
        generics: &mut Generics,
        parameter: Parameter<'_>,
        whole: &Type,
    ) -> bool {
        if let ExprKind::Name(name) = &pattern.kind {
            if name == "_" {
                return true;
            }
            if let Some(generic) = self.generic(pattern.span)
                && !generics.dims.contains_key(&generic)
            {
                generics.dims.insert(generic, (found.clone(), span));
                return true;
            }
        }
        let Some(wanted) = self.pattern_dim(pattern, generics) else { return false };
        if self.same_dim(&wanted, found) {
            return true;
        }
        let (what, code) = if side == Side::Time { ("length", code::E0302) } else { ("width", code::E0301) };
        let written = expr_text(pattern);
        let wanted_text = if written == wanted.to_string() { written.clone() } else { format!("{written} = {wanted}") };
        let mut d = match parameter {
            Some((param, block)) => Diagnostic::error(
                code,
                format!("`{}` of `{}` expects a {what} of {wanted_text}, found {found}", param.value, block.value),
            )
            .at(span, format!("this is {whole}"))
            .because(pattern.span, format!("{wanted_text} is asked for here")),
            None => Diagnostic::error(
                dsc_syntax::diag::codes::types::E0304,
                format!("the {what} is {found}, stated is {wanted_text}"),
            )
            .at(span, format!("this is {whole}"))
            .because(pattern.span, format!("{wanted_text} is stated here")),
        };
        if let ExprKind::Name(name) = &pattern.kind
            && let Some((_, place)) = self.generic(pattern.span).and_then(|g| generics.dims.get(&g))
        {
            d = d.because(*place, format!("{name} became {wanted} here"));
        }
        d = self.because_of_hypers(d, pattern);
        d = self.because_of(d, node, side);
        d = match (code == dsc_syntax::diag::codes::types::E0302, wanted.as_const(), found.as_const()) {
            (true, _, _) => d.help("lengths are equal only if they are the same variable"),
            (false, Some(_), Some(_)) | (false, Some(_), None) => {
                d.help(format!("project it first: `|> Linear(out: {written})`"))
            }
            _ => d.help(format!(
                "`{wanted}` and `{found}` cannot be shown to be equal; project with `Linear`, or state it with `where`"
            )),
        };
        self.report(d);
        false
    }

    /// A dim of a declared type, where the generics are what they have become so far.
    fn pattern_dim(&mut self, pattern: &Expr, generics: &Generics) -> Option<Dim> {
        if matches!(self.resolve(pattern.span), Res::Batch) {
            return Some(Dim::batch());
        }
        let settled = std::mem::replace(&mut self.frame().generics, generics.clone());
        let dim = self.dim_of(pattern);
        self.frame().generics = settled;
        dim
    }

    fn modality(
        &mut self,
        params: &[Ident],
        found: &Modality,
        span: Span,
        generics: &mut Generics,
        parameter: Parameter<'_>,
    ) -> bool {
        let Some(pattern) = params.first() else { return true };
        if pattern.value == "_" {
            return true;
        }
        let wanted = match self.resolve(pattern.span) {
            Res::Def(generic) => match generics.modalities.get(&generic) {
                None => {
                    generics.modalities.insert(generic, (found.clone(), span));
                    return true;
                }
                Some((m, _)) => m.clone(),
            },
            // A modality that no input has: any may be meant.
            Res::Error => {
                self.reported();
                return true;
            }
            _ => Modality(pattern.value.clone()),
        };
        if wanted == *found {
            return true;
        }
        let message = match parameter {
            Some((param, block)) => {
                format!("`{}` of `{}` expects a sequence of {wanted}, found one of {found}", param.value, block.value)
            }
            None => format!("the sequence is of {found}, stated is {wanted}"),
        };
        self.report(
            Diagnostic::error(code::E0303, message)
                .at(span, format!("a sequence of {found}"))
                .because(pattern.span, format!("{wanted} is asked for here"))
                .help(format!("pass the `{wanted}` stream; are two arguments swapped? A block for any modality declares it: `<m>` and `Seq<m>`")),
        );
        false
    }

    fn fits_like(&mut self, name: &Ident, ty: &TypeExpr, value: &Value, span: Span) -> bool {
        let target = self.resolve(name.span).def();
        let found = target.and_then(|def| self.frame().bindings.get(def));
        let Some(model) = found.map(|b| b.value.clone()) else {
            self.reported();
            return false;
        };
        if self.like(&model, value) {
            return true;
        }
        let (wanted, found) = (self.describe(&model), self.describe(value));
        self.report(
            Diagnostic::error(
                code::E0304,
                format!("the result is {found}, stated is the type of `{}`, {wanted}", name.value),
            )
            .at(span, format!("this is {found}"))
            .because(ty.span, "stated here"),
        );
        false
    }

    fn like(&self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Node(x), Value::Node(y)) => {
                match (self.graph.node(*x).map(|n| &n.ty), self.graph.node(*y).map(|n| &n.ty)) {
                    (Some(Type::Tensor(x)), Some(Type::Tensor(y))) => {
                        x.time.as_ref().map(|t| &t.modality) == y.time.as_ref().map(|t| &t.modality)
                            && x.axes().count() == y.axes().count()
                            && x.axes().zip(y.axes()).all(|(a, b)| self.same_dim(a, b))
                    }
                    (Some(x), Some(y)) => x == y,
                    _ => false,
                }
            }
            (Value::List(x), Value::List(y)) => {
                x.len() == y.len() && x.iter().zip(y).all(|((la, a), (lb, b))| la == lb && self.like(a, b))
            }
            (Value::Tuple(x), Value::Tuple(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| self.like(a, b)),
            (Value::Static(x), Value::Static(y)) => x.kind() == y.kind(),
            _ => false,
        }
    }

    fn misfit(
        &mut self,
        ty: &TypeExpr,
        value: &Value,
        span: Span,
        parameter: Parameter<'_>,
        help: Option<String>,
    ) -> bool {
        let wanted = type_text(ty);
        let node = match value {
            Value::Node(id) => self.graph.node(*id).map(|n| (*id, n.ty.clone())),
            _ => None,
        };
        if let Some((id, found)) = node.as_ref().filter(|_| wanted == "Real" && parameter.is_some())
            && !self.first_without_scalar(*id, found)
        {
            self.reported();
            return false;
        }
        let found = self.describe(value);
        let help = help.or_else(|| self.remedy(ty, value, node.map(|(_, ty)| ty).as_ref(), span));
        self.misfit_type(ty, &found, span, parameter, help)
    }

    fn misfit_type(
        &mut self,
        ty: &TypeExpr,
        found: &str,
        span: Span,
        parameter: Parameter<'_>,
        help: Option<String>,
    ) -> bool {
        let wanted = type_text(ty);
        let mut d = match parameter {
            Some((param, block)) => Diagnostic::error(
                code::E0301,
                format!("`{}` of `{}` expects {wanted}, found {found}", param.value, block.value),
            )
            .at(span, format!("this is {found}"))
            .because(ty.span, "asked for here"),
            None => Diagnostic::error(code::E0304, format!("the value is {found}, stated is {wanted}"))
                .at(span, format!("this is {found}"))
                .because(ty.span, "stated here"),
        };
        if let Some(help) = help {
            d = d.help(help);
        }
        self.report(d);
        false
    }

    /// What mends a value of another type than the declared one.
    fn remedy(&self, ty: &TypeExpr, value: &Value, found: Option<&Type>, span: Span) -> Option<String> {
        let TypeExprKind::Named { name, .. } = &ty.kind else {
            return match (&ty.kind, value) {
                (TypeExprKind::List(_), Value::Static(_) | Value::Node(_)) => {
                    let text = self.expr_at(span).map_or_else(|| "x".to_owned(), expr_text);
                    Some(format!("a list has brackets, also one of a single element: `[{text}]`"))
                }
                _ => None,
            };
        };
        match (name.value.as_str(), value, found) {
            (_, Value::List(_), _) => {
                Some("this is a list already: leave out the brackets around it, or put its elements in, `..xs`".into())
            }
            ("int", Value::Static(Static::Float(_)), _) => Some(self.to_whole(span)),
            ("bool", Value::Static(Static::Int(n @ (0 | 1))), _) => {
                Some(format!("write `{}`", if *n == 1 { "true" } else { "false" }))
            }
            ("Real", _, Some(found)) => Some(to_real(found)),
            ("Vec", _, Some(Type::Tensor(t))) if t.time.is_some() => {
                Some(format!("{POOL}: `mean(x)`, or take a row: `x[0]`"))
            }
            ("Seq" | "Any", _, Some(Type::Tokens { .. })) => Some("encode the tokens: `|> Bert()`".into()),
            ("Seq", _, Some(Type::Tensor(t))) if t.time.is_none() && t.dims.len() == 1 => Some(
                "this is a vector, without time: take what it was pooled from, or make it a row, `stack([x])`".into(),
            ),
            _ => None,
        }
    }

    /// Whether a value that should be a Real is reported here for the first time. One of a single entry lacks `scalar()`
    /// where it is defined, which is one fault however often it is read.
    pub(super) fn first_without_scalar(&mut self, id: NodeId, ty: &Type) -> bool {
        !is_one_entry(ty) || self.notes.without_scalar.insert(id)
    }
}

/// Whether `scalar()` makes a Real of such a value.
fn is_one_entry(ty: &Type) -> bool {
    ty.tensor().is_some_and(|t| t.time.is_none() && t.dims.len() == 1 && t.dims.iter().all(|d| d.as_const() == Some(1)))
}

/// What makes a Real of a value of that type.
pub(super) fn to_real(found: &Type) -> String {
    let Some(t) = found.tensor() else { return "turn tokens into a sequence first: `text |> Bert()`".into() };
    if is_one_entry(found) {
        return "write `|> scalar()` where it is defined: the one entry of a Vec[1] is a Real".into();
    }
    if t.axes().any(Dim::speaks_of_batch) {
        return "it has an entry for each sample of the batch: leave `in_batch` out, a Real is that of one sample"
            .into();
    }
    let real =
        "of a vector `mean_features(x)` is the mean of its entries, `|> Linear(out: 1) |> scalar()` a learned one";
    match t.time {
        Some(_) => format!("{POOL} first, `mean(x)`; {real}"),
        None => real.into(),
    }
}

/// Whether an expression mentions a name.
pub(super) fn mentions(e: &Expr, name: &str) -> bool {
    let mut found = false;
    visit::exprs(e, &mut |e| found |= matches!(&e.kind, ExprKind::Name(n) if n == name));
    found
}
