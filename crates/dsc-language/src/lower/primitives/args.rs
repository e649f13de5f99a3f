//! The arguments of one call of a primitive, fetched by kind. Where a getter gives nothing, a fault has been reported.

use super::super::block::Argument;
use super::super::lowering::Lowering;
use super::super::value::Value;
use crate::sema::primitives::Primitive;
use dsc_graph::NodeId;
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code, types};
use dsc_syntax::source::Span;

/// The arguments of one call.
pub(super) struct Args {
    pub(super) primitive: &'static Primitive,
    pub(super) args: Vec<Argument>,
    pub(super) span: Span,
}

/// Nothing where a fault has been reported.
pub(super) type Got<T> = Option<T>;

impl Args {
    pub(super) fn positional(&self) -> impl Iterator<Item = &Argument> {
        self.args.iter().filter(|a| a.name.is_none())
    }

    pub(super) fn named(&self, name: &str) -> Option<&Argument> {
        self.args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == name))
    }
}

impl Lowering<'_> {
    pub(super) fn list_of_tensors(&mut self, a: &Args) -> Got<(Vec<NodeId>, Vec<Span>)> {
        let first = a.positional().next()?;
        let Value::List(list) = &first.value else {
            let kind = first.value.kind();
            self.report(
                Diagnostic::error(types::E0301, format!("`{}` wants a list, found a {kind}", a.primitive.name))
                    .at(first.span, "not a list"),
            );
            return None;
        };
        let mut nodes = Vec::new();
        for (_, value) in list {
            nodes.push(self.node_of(value, first.span, &format!("`{}`", a.primitive.name))?);
        }
        let spans = vec![first.span; nodes.len()];
        Some((nodes, spans))
    }

    pub(super) fn tensor(&mut self, a: &Args) -> Got<(NodeId, Span)> {
        let first = a.positional().next()?;
        let (value, span) = (first.value.clone(), first.span);
        Some((self.node_of(&value, span, &format!("`{}`", a.primitive.name))?, span))
    }

    pub(super) fn missing(&mut self, a: &Args, name: &str) {
        self.report(
            Diagnostic::error(code::E0501, format!("`{}` wants `{name}`", a.primitive.name))
                .at(a.span, "missing in this call")
                .help(format!("it is called as {}", a.primitive.signature)),
        );
    }

    pub(super) fn named_tensor(&mut self, a: &Args, name: &str) -> Got<(NodeId, Span)> {
        let Some(arg) = a.named(name) else {
            self.missing(a, name);
            return None;
        };
        let (value, span) = (arg.value.clone(), arg.span);
        Some((self.node_of(&value, span, &format!("`{name}` of `{}`", a.primitive.name))?, span))
    }

    pub(super) fn wrong_kind(&mut self, a: &Args, arg: &Argument, wanted: &str) {
        let name = arg.name.as_ref().map_or_else(String::new, |n| n.value.clone());
        let found = self.describe(&arg.value);
        self.report(
            Diagnostic::error(
                hyper::E0401,
                format!("`{name}` of `{}` wants {wanted}, found {found}", a.primitive.name),
            )
            .at(arg.span, "here")
            .help(format!("it is called as {}", a.primitive.signature)),
        );
    }

    pub(super) fn dim(&mut self, a: &Args, name: &str) -> Got<Dim> {
        let Some(arg) = a.named(name) else {
            self.missing(a, name);
            return None;
        };
        match &arg.value {
            Value::Static(s) if s.as_dim().is_some() => {
                let dim = s.as_dim()?;
                if dim.as_const().is_some_and(|n| n < 1) {
                    let (n, at) = (dim.to_string(), arg.span);
                    self.report(
                        Diagnostic::error(types::E0306, format!("`{name}` of `{}` is {n}", a.primitive.name))
                            .at(at, "at least 1"),
                    );
                    return None;
                }
                if dim.speaks_of_batch() {
                    let d = Diagnostic::error(code::E0522, format!("`{name}` of `{}` is {dim}", a.primitive.name));
                    let d =
                        d.at(arg.span, "differs from step to step").help("use a number, a hyper or a dim of the data");
                    self.report(d);
                    return None;
                }
                if dim.is_unwieldy() {
                    let d = Diagnostic::error(hyper::E0406, format!("`{name}` of `{}` is {dim}", a.primitive.name));
                    self.report(d.at(arg.span, "too large"));
                    return None;
                }
                Some(dim)
            }
            _ => {
                let arg = arg.clone();
                self.wrong_kind(a, &arg, "a whole number");
                None
            }
        }
    }

    /// The width or number of rows of a weight: a number, or a width of the data, but no length of a sample.
    pub(super) fn width(&mut self, a: &Args, name: &str) -> Got<Dim> {
        let dim = self.dim(a, name)?;
        if !dim.is_ragged() {
            return Some(dim);
        }
        let at = a.named(name).map_or(a.span, |x| x.span);
        self.report(
            Diagnostic::error(
                hyper::E0401,
                format!("`{name}` of `{}` is {dim}, a length that every sample has of its own", a.primitive.name),
            )
            .at(at, "a weight has one shape for all samples")
            .help("use a number, a hyper or a width of the data"),
        );
        None
    }

    pub(super) fn not_negative(&mut self, a: &Args, name: &str, default: f64) -> Got<f64> {
        let x = self.real(a, name, Some(default))?;
        if x >= 0.0 {
            return Some(x);
        }
        let at = a.named(name).map_or(a.span, |x| x.span);
        let d = Diagnostic::error(hyper::E0403, format!("`{name}` of `{}` is {x}", a.primitive.name));
        self.report(d.at(at, "at least 0"));
        None
    }

    pub(super) fn int(&mut self, a: &Args, name: &str) -> Got<i64> {
        let dim = self.dim(a, name)?;
        if dim.as_const().is_none()
            && let Some(arg) = a.named(name).cloned()
        {
            self.wrong_kind(a, &arg, "a number that does not depend on the data");
        }
        dim.as_const()
    }

    pub(super) fn real(&mut self, a: &Args, name: &str, default: Option<f64>) -> Got<f64> {
        match (a.named(name), default) {
            (None, Some(default)) => Some(default),
            (None, None) => {
                self.missing(a, name);
                None
            }
            (Some(arg), _) => match &arg.value {
                Value::Static(s) if s.as_f64().is_some() => s.as_f64(),
                _ => {
                    let arg = arg.clone();
                    self.wrong_kind(a, &arg, "a number");
                    None
                }
            },
        }
    }

    pub(super) fn probability(&mut self, a: &Args, name: &str) -> Got<f64> {
        let default = (name == "drop").then_some(0.0);
        let p = self.real(a, name, default)?;
        if (0.0..1.0).contains(&p) {
            return Some(p);
        }
        let at = a.named(name).map_or(a.span, |x| x.span);
        self.report(
            Diagnostic::error(hyper::E0403, format!("`{name}` of `{}` is {p}", a.primitive.name))
                .at(at, "a probability is at least 0 and less than 1"),
        );
        None
    }

    pub(super) fn flag(&mut self, a: &Args, name: &str, default: bool) -> Got<bool> {
        match a.named(name) {
            None => Some(default),
            Some(Argument { value: Value::Static(Static::Bool(b)), .. }) => Some(*b),
            Some(arg) => {
                let arg = arg.clone();
                self.wrong_kind(a, &arg, "true or false");
                None
            }
        }
    }

    pub(super) fn text(&mut self, a: &Args, name: &str, default: &str) -> Got<String> {
        match a.named(name) {
            None => Some(default.to_owned()),
            Some(Argument { value: Value::Static(Static::Str(s)), .. }) => Some(s.clone()),
            Some(arg) => {
                let arg = arg.clone();
                self.wrong_kind(a, &arg, "a string");
                None
            }
        }
    }

    pub(super) fn shape(&mut self, a: &Args) -> Got<Vec<Dim>> {
        let Some(arg) = a.named("shape").cloned() else {
            self.missing(a, "shape");
            return None;
        };
        let dims = match &arg.value {
            Value::List(list) => list
                .iter()
                .map(|(_, v)| match v {
                    Value::Static(s) => s.as_dim().filter(|d| !d.is_ragged() && d.as_const().is_none_or(|n| n >= 1)),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        if dims.is_none() {
            self.wrong_kind(a, &arg, "a list of whole numbers, at least 1 and the same for all samples");
        }
        dims
    }

    pub(super) fn features(&mut self, x: NodeId, span: Span, what: &str) -> Got<Dim> {
        let ty = self.graph.node(x).map(|n| n.ty.clone())?;
        match ty.tensor().and_then(|t| t.features().cloned()) {
            Some(k) if k.is_ragged() => {
                let why = "a weight has one shape for all samples and steps";
                let d = Diagnostic::error(types::E0301, format!("`{what}` over an axis of {k}, found {ty}"));
                self.report(d.at(span, format!("this is {ty}")).help(why));
                None
            }
            Some(k) => Some(k),
            None => {
                let help = match ty {
                    dsc_graph::types::Type::Tokens { .. } => "turn tokens into a sequence first: `text |> Bert()`",
                    dsc_graph::types::Type::Tensor(_) => "a Real has no axis to work on",
                };
                self.report(
                    Diagnostic::error(
                        types::E0301,
                        format!("`{what}` wants a tensor with at least one axis, found {ty}"),
                    )
                    .at(span, format!("this is {ty}"))
                    .help(help),
                );
                None
            }
        }
    }
}
