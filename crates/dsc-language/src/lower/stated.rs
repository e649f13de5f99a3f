//! Values of stated types, for what has none: a fault was reported, and what is computed of it is checked all the same.

use super::lowering::Lowering;
use super::value::Value;
use crate::sema::resolve::{DefKind, Res, STATIC_TYPES, expr_text};
use dsc_graph::Op;
use dsc_graph::dims::Dim;
use dsc_graph::types::{Modality, TensorType, Time, Type};
use dsc_syntax::ast::{Expr, ExprKind, Ident, TypeExpr, TypeExprKind};
use dsc_syntax::source::Span;
use dsc_syntax::visit;

/// Whether a node stands for a value that has a fault: an input without a name, which no declaration has.
pub(super) fn is_placeholder(op: &Op) -> bool {
    matches!(op, Op::Input(name) if name.is_empty())
}

impl Lowering<'_> {
    /// A value of a type as written, where the generics are what they are in the innermost frame; [`Value::Error`] where
    /// the type leaves something open. There will be no graph: the value is that of a node that nothing computes.
    pub(super) fn value_of_type(&mut self, ty: &TypeExpr, span: Span) -> Value {
        self.placeholder(ty, span).unwrap_or(Value::Error)
    }

    /// Whether a part of a value has an axis that may be any.
    pub(super) fn is_open(&self, value: &Value) -> bool {
        let ty = |node| self.graph.node(node).and_then(|n| n.ty.tensor());
        value.nodes().iter().any(|(_, node)| ty(*node).is_some_and(|t| t.axes().any(Dim::is_open)))
    }

    fn placeholder(&mut self, ty: &TypeExpr, span: Span) -> Option<Value> {
        match &ty.kind {
            TypeExprKind::Like(name) => {
                let target = self.resolve(name.span).def()?;
                let like = self.frame().bindings.get(target)?.value.clone();
                Some(like)
            }
            TypeExprKind::Tuple(parts) => {
                Some(Value::Tuple(parts.iter().map(|p| self.value_of_type(p, span)).collect()))
            }
            TypeExprKind::Named { name, params, dims } => {
                let ty = self.named_type(name, params, dims.as_deref().unwrap_or_default())?;
                Some(self.unknown_node(ty, span))
            }
            TypeExprKind::List(_) | TypeExprKind::Error => None,
        }
    }

    pub(super) fn unknown_node(&mut self, ty: TensorType, span: Span) -> Value {
        self.push(Op::Input(String::new()), Type::Tensor(ty), &[], span)
    }

    /// A value of the kind of another, with axes that may be any: what a `var` becomes by an assignment with a fault, for it
    /// keeps its kind. Nothing is known of a number, nor of a list whose elements have no labels, as there may be more.
    pub(super) fn of_that_kind(&mut self, before: &Value, span: Span) -> Value {
        match before {
            Value::Node(id) => match self.graph.node(*id).map(|n| n.ty.clone()) {
                Some(Type::Tensor(ty)) => self.unknown_node(with_any_axes(ty), span),
                _ => Value::Error,
            },
            Value::List(list) if !list.is_empty() && list.iter().all(|(label, _)| label.is_some()) => {
                let element =
                    |(label, value): &(Option<String>, Value)| (label.clone(), self.of_that_kind(value, span));
                Value::List(list.iter().map(element).collect())
            }
            _ => Value::Error,
        }
    }

    fn named_type(&mut self, name: &Ident, params: &[Ident], dims: &[Expr]) -> Option<TensorType> {
        if STATIC_TYPES.contains(&name.value.as_str()) {
            return None;
        }
        match (name.value.as_str(), dims) {
            ("Real", []) => Some(TensorType::real()),
            ("Vec", [_]) | ("Tensor", [_, _, ..]) => Some(TensorType { time: None, dims: self.known_dims(dims)? }),
            ("Seq", [len, rest @ ..]) if !rest.is_empty() => {
                let modality = self.known_modality(params.first()?)?;
                let len = self.known_dims(std::slice::from_ref(len))?.pop()?;
                Some(TensorType { time: Some(Time { modality, len }), dims: self.known_dims(rest)? })
            }
            _ => None,
        }
    }

    fn known_modality(&self, written: &Ident) -> Option<Modality> {
        match self.resolve(written.span) {
            _ if written.value == "_" => self.notes.alone.then(|| Modality("_".into())),
            Res::Def(generic) => {
                let generics = &self.frames.last()?.generics;
                generics.modalities.get(&generic).map(|(m, _)| m.clone())
            }
            Res::Error => None,
            _ => Some(Modality(written.value.clone())),
        }
    }

    /// The dims. One with a name that has no value here may be any; of `_` nothing is stated.
    fn known_dims(&mut self, written: &[Expr]) -> Option<Vec<Dim>> {
        let mut dim = |dim: &Expr| match &dim.kind {
            ExprKind::Name(name) if name == "_" => self.notes.alone.then(|| Dim::open(name)),
            ExprKind::Name(name) if !self.has_value(dim) => Some(Dim::open(name)),
            _ if !self.names_have_values(dim) => Some(Dim::open(&expr_text(dim))),
            _ => self.dim_of(dim),
        };
        written.iter().map(&mut dim).collect()
    }

    /// Whether all names in an expression have a value here.
    pub(super) fn names_have_values(&self, e: &Expr) -> bool {
        let mut known = true;
        visit::exprs(e, &mut |e| known &= !matches!(&e.kind, ExprKind::Name(_)) || self.has_value(e));
        known
    }

    /// Whether the name of a dim has a value here.
    fn has_value(&self, e: &Expr) -> bool {
        match self.resolve(e.span) {
            Res::Def(def) if self.program.names.def(def).kind == DefKind::Generic => {
                self.frames.last().is_some_and(|f| f.generics.dim(def).is_some())
            }
            Res::Def(def) if self.program.names.def(def).kind.is_local() => {
                let binding = self.frames.last().and_then(|f| f.bindings.get(def));
                binding.is_some_and(|b| !b.value.is_error())
            }
            Res::Error => false,
            _ => true,
        }
    }
}

fn with_any_axes(ty: TensorType) -> TensorType {
    TensorType {
        time: ty.time.map(|time| Time { len: Dim::open("length"), ..time }),
        dims: ty.dims.iter().map(|_| Dim::open("width")).collect(),
    }
}
