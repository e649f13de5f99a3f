//! The arguments of a call of a primitive, checked and filled up by the entry of the primitive.

use crate::lower::block::Argument;
use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use dsc_graph::dims::Dim;
use dsc_graph::primitives::{DefaultValue, Kind, Param, Primitive};
use dsc_graph::statics::Static;
use dsc_graph::types::Type;
use dsc_graph::{Attribute, NodeId};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code, types};
use dsc_syntax::source::Span;

/// The arguments of one call, as they are given.
pub(super) struct Args {
    pub(super) primitive: &'static Primitive,
    pub(super) args: Vec<Argument>,
    pub(super) span: Span,
    /// Whether all their names are known. One that is not may have been meant for what is missing.
    pub(super) named: bool,
}

/// A tensor that is an operand, and where it is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub(super) node: NodeId,
    pub(super) span: Span,
}

/// A value that the primitive itself looks at, and where it is given.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) span: Span,
}

/// What a parameter is bound to.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    Operand(Operand),
    Operands(Vec<Operand>),
    Value(Given),
    Values(Vec<Given>),
    Dim(Dim),
    Int(i64),
    Real(f64),
    Flag(bool),
    Text(String),
    Dims(Vec<Dim>),
    /// It is left out, and its default follows from the other arguments.
    Absent,
}

/// The least number that is added to, or bounds, what is divided by. Usual ones are 1e-12 and more; divided by 1e-38 the gradient of any
/// number above 3 is infinite.
const LEAST_EPS: f64 = 1e-30;

impl Bound {
    /// As an attribute of an operation; nothing for operands and for what a primitive looks at itself.
    pub(super) fn attribute(&self) -> Option<Attribute> {
        match self {
            Bound::Dim(d) => Some(d.into()),
            Bound::Int(n) => Some((*n).into()),
            Bound::Real(x) => Some((*x).into()),
            Bound::Flag(flag) => Some((*flag).into()),
            Bound::Text(text) => Some(text.as_str().into()),
            Bound::Dims(list) => Some(Attribute::Dims(list.clone())),
            Bound::Operand(_) | Bound::Operands(_) | Bound::Value(_) | Bound::Values(_) | Bound::Absent => None,
        }
    }
}

/// A type that a parameter of some kind is bound to.
pub(super) trait FromBound: Sized {
    fn from_bound(bound: Bound) -> Option<Self>;
}

macro_rules! from_bound {
    ($($variant:ident => $ty:ty;)*) => {
        $(impl FromBound for $ty {
            fn from_bound(bound: Bound) -> Option<Self> {
                match bound {
                    Bound::$variant(x) => Some(x),
                    _ => None,
                }
            }
        })*
    };
}

from_bound! {
    Operand => Operand;
    Operands => Vec<Operand>;
    Value => Given;
    Values => Vec<Given>;
    Dim => Dim;
    Int => i64;
    Real => f64;
    Flag => bool;
    Text => String;
    Dims => Vec<Dim>;
}

impl<T: FromBound> FromBound for Option<T> {
    fn from_bound(bound: Bound) -> Option<Self> {
        match bound {
            Bound::Absent => Some(None),
            bound => T::from_bound(bound).map(Some),
        }
    }
}

/// A tuple of such types: all parameters of a primitive in their order.
pub(super) trait FromBounds: Sized {
    fn from_bounds(bounds: Vec<Bound>) -> Option<Self>;
}

macro_rules! from_bounds {
    ($($($ty:ident)+;)*) => {
        $(impl<$($ty: FromBound),+> FromBounds for ($($ty,)+) {
            fn from_bounds(bounds: Vec<Bound>) -> Option<Self> {
                let mut rest = bounds.into_iter();
                let all = ($($ty::from_bound(rest.next()?)?,)+);
                rest.next().is_none().then_some(all)
            }
        })*
    };
}

from_bounds! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G H;
    A B C D E F G H I J;
}

/// A size that may be any, in the place of one with a fault that was reported.
fn open(param: &Param) -> Option<Bound> {
    matches!(param.kind, Kind::Width | Kind::Rows(_)).then(|| Bound::Dim(Dim::open(param.name)))
}

/// The arguments of a primitive that is lowered by a rule of its own, in the types of that rule. An entry whose parameters
/// are others is a fault of the program, which the test that compiles the examples of all entries finds.
pub(super) fn values<T: FromBounds>(a: &Args, bounds: Vec<Bound>) -> Option<T> {
    let values = T::from_bounds(bounds);
    debug_assert!(values.is_some(), "`{}` is lowered with other parameters than its entry has", a.primitive.name);
    values
}

impl Args {
    pub(super) fn positional(&self) -> impl Iterator<Item = &Argument> {
        self.args.iter().filter(|a| a.name.is_none())
    }

    pub(super) fn named(&self, name: &str) -> Option<&Argument> {
        self.args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == name))
    }

    /// The argument of a parameter; the first one may go without its name.
    fn given(&self, param: &Param, first: bool) -> Option<&Argument> {
        match first && param.kind.is_positional() {
            true => self.positional().next(),
            false => self.named(param.name),
        }
    }

    /// Whether an argument is one of the tensors that the operation computes with.
    pub(super) fn is_operand(&self, arg: &Argument) -> bool {
        match &arg.name {
            None => true,
            Some(name) => self.primitive.params.iter().any(|p| p.name == name.value && p.kind.is_operand()),
        }
    }

    /// Where a named argument is given, or else the call.
    pub(super) fn place(&self, name: &str) -> Span {
        self.named(name).map_or(self.span, |a| a.span)
    }

    /// ``help: it is called as `linear(x: ..)` ``
    pub(super) fn help(&self, d: Diagnostic) -> Diagnostic {
        d.help(format!("it is called as {}", self.primitive.signature()))
    }
}

impl Lowering<'_> {
    /// All parameters of a primitive, bound to what a call gives or to their defaults, in the order of its entry.
    ///
    /// # Errors
    /// All faults of the arguments are reported. Where these are about attributes alone, and the result has the type of the
    /// first operand whatever they are, that operand is what to go on with.
    pub(super) fn bound(&mut self, a: &Args) -> Result<Vec<Bound>, Option<Operand>> {
        let mut bounds = Vec::with_capacity(a.primitive.params.len());
        let (mut whole, mut operands) = (true, true);
        if a.named {
            self.report_missing(a, 0);
        }
        for (i, param) in a.primitive.params.iter().enumerate() {
            let bound = self.bind_one(a, param, i == 0).or_else(|| {
                operands &= !param.kind.is_operand();
                default_of(param).filter(|_| !param.kind.shapes_result()).or_else(|| open(param))
            });
            // The default holds in the place of a faulty value that does not decide the type: what follows is checked too.
            whole &= bound.is_some();
            bounds.push(bound.unwrap_or(Bound::Absent));
        }
        match (whole, bounds.first()) {
            (true, _) => Ok(bounds),
            (false, Some(Bound::Operand(x))) if operands && a.primitive.keeps_type() => Err(Some(*x)),
            _ => Err(None),
        }
    }

    /// What can be said of a call some of whose arguments have a fault that was reported: what is missing, and what is
    /// wrong with the others. Where the names are not all known, one may have been meant for what is missing.
    pub(super) fn check_beside_faults(&mut self, a: &Args) {
        let wanted = usize::from(a.primitive.positional().is_some());
        if a.named {
            let variadic = a.primitive.positional().is_some_and(|p| p.kind.is_variadic());
            let extra = if variadic { 0 } else { a.positional().count().saturating_sub(wanted) };
            self.report_missing(a, extra);
        }
        for (i, param) in a.primitive.params.iter().enumerate() {
            if param.kind.is_variadic() || a.given(param, i == 0).is_some() {
                self.bind_one(a, param, i == 0);
            }
        }
        self.check_words(a);
    }

    /// Arguments that have to be given and are not, all of them in one report. The first `meant` of these were given
    /// without their names, which was reported.
    fn report_missing(&mut self, a: &Args, meant: usize) {
        let required = |p: &&Param| matches!(p.default, DefaultValue::Required) && !p.kind.is_variadic();
        let params = a.primitive.params.iter().enumerate();
        let absent = params.filter(|(i, p)| !(*i == 0 && p.kind.is_positional()) && a.named(p.name).is_none());
        let missing: Vec<String> =
            absent.skip(meant).map(|(_, p)| p).filter(required).map(|p| format!("`{}`", p.name)).collect();
        if missing.is_empty() {
            return;
        }
        let plural = if missing.len() > 1 { "s" } else { "" };
        let message = format!("missing argument{plural} {} of `{}`", missing.join(", "), a.primitive.name);
        let d = Diagnostic::error(code::E0501, message);
        self.report(a.help(d.at(a.span, "missing in this call")));
    }

    fn bind_one(&mut self, a: &Args, param: &Param, first: bool) -> Option<Bound> {
        let name = a.primitive.name;
        if param.kind.is_variadic() {
            return self.bind_all(a, param);
        }
        let (value, span) = match (a.given(param, first), &param.default) {
            (Some(arg), _) if arg.value.is_error() => return None,
            (Some(arg), _) => (arg.value.clone(), arg.span),
            (None, DefaultValue::Value(value, _)) => (Value::Static(value.clone()), a.span),
            (None, DefaultValue::Described(_)) => return Some(Bound::Absent),
            // Reported with all that is missing.
            (None, DefaultValue::Required) => return None,
        };
        let positional = first && param.kind.is_positional();
        let what = if positional { format!("`{name}`") } else { format!("`{}` of `{name}`", param.name) };
        let given = Given { value, span };
        match param.kind {
            Kind::Tensor(_) => self.operand(&given, &what).map(Bound::Operand),
            Kind::Seq(_) => self.sequence(&given, &what).map(Bound::Operand),
            Kind::Any(_) => Some(Bound::Value(given)),
            Kind::Tensors | Kind::Values(_) => None,
            _ => self.attribute(a, param.kind, &given, &what),
        }
    }

    /// All arguments without names.
    fn bind_all(&mut self, a: &Args, param: &Param) -> Option<Bound> {
        let given = || a.positional().map(|arg| Given { value: arg.value.clone(), span: arg.span });
        if param.kind != Kind::Tensors {
            return Some(Bound::Values(given().collect()));
        }
        let name = a.primitive.name;
        let mut operands = Vec::new();
        for one in given() {
            let (elements, kind): (Vec<Value>, _) = match &one.value {
                Value::List(list) => (list.iter().map(|(_, value)| value.clone()).collect(), "list"),
                Value::Tuple(parts) => (parts.clone(), "tuple"),
                _ => {
                    operands.push(self.operand(&one, &format!("`{name}`"))?);
                    continue;
                }
            };
            let d = Diagnostic::error(types::E0301, format!("`{name}` expects tensors, found a {kind}"))
                .at(one.span, format!("this is a {kind}"));
            self.report(match kind {
                "list" => d.help(format!("write its elements as arguments, `{name}(a, b)`, or put them in: `..list`")),
                _ => d.help(format!("write its parts as arguments: `{name}(a, b)`")),
            });
            // They are what is meant, so what follows is checked with them.
            for value in elements {
                operands.push(self.operand(&Given { value, span: one.span }, &format!("`{name}`"))?);
            }
        }
        Some(Bound::Operands(operands))
    }

    pub(super) fn operand(&mut self, given: &Given, what: &str) -> Option<Operand> {
        let node = self.node_of(&given.value, given.span, what)?;
        Some(Operand { node, span: given.span })
    }

    /// An operand with time and one axis beside it.
    fn sequence(&mut self, given: &Given, what: &str) -> Option<Operand> {
        let x = self.operand(given, what)?;
        let ty = self.graph.node(x.node)?.ty.clone();
        if ty.tensor().is_some_and(|t| t.time.is_some() && t.dims.len() == 1) {
            return Some(x);
        }
        let has_time = ty.tensor().is_some_and(|t| t.time.is_some());
        let wanted = if has_time { "a Seq with one axis beside time" } else { "a Seq" };
        let d = Diagnostic::error(types::E0301, format!("{what} expects {wanted}, found {ty}"))
            .at(x.span, format!("this is {ty}"));
        self.report(match ty.tensor() {
            None => d.help("turn tokens into a sequence first: `text |> Bert()`"),
            Some(_) if has_time => d.help("`flatten(x)` makes one axis of several"),
            Some(_) => d.help("only a sequence has rows in an order"),
        });
        None
    }

    /// The tensors of a list.
    pub(super) fn list_of_tensors(&mut self, a: &Args, given: &Given) -> Option<(Vec<NodeId>, Vec<Span>)> {
        let name = a.primitive.name;
        let Value::List(list) = &given.value else {
            let kind = given.value.kind();
            let d = Diagnostic::error(types::E0301, format!("`{name}` expects a list, found a {kind}"));
            self.report(d.at(given.span, "not a list"));
            return None;
        };
        let mut nodes = Vec::new();
        for (_, value) in list {
            nodes.push(self.node_of(value, given.span, &format!("`{name}`"))?);
        }
        let spans = vec![given.span; nodes.len()];
        Some((nodes, spans))
    }

    /// An argument that is no operand.
    fn attribute(&mut self, a: &Args, kind: Kind, given: &Given, what: &str) -> Option<Bound> {
        let fixed = match &given.value {
            Value::Static(s) => Some(s),
            _ => None,
        };
        let bound = match kind {
            Kind::Rows(least) => return self.dim(a, given, what, least).map(Bound::Dim),
            Kind::Width => return self.width(a, given, what).map(Bound::Dim),
            Kind::Count => {
                let dim = self.dim(a, given, what, 1)?;
                dim.as_const().map(Bound::Int)
            }
            Kind::Integer => fixed.and_then(Static::as_i64).map(Bound::Int),
            Kind::Place => fixed
                .and_then(Static::as_dim)
                .filter(|d| !d.is_ragged() && self.number_of(d).as_const().is_none_or(|n| n >= 0))
                .map(Bound::Dim),
            Kind::Real | Kind::NonNegative | Kind::Positive | Kind::Probability => {
                fixed.and_then(Static::as_f64).map(Bound::Real)
            }
            Kind::Flag => match fixed {
                Some(Static::Bool(flag)) => Some(Bound::Flag(*flag)),
                _ => None,
            },
            Kind::Text | Kind::Choice(_) => match fixed {
                Some(Static::Str(text)) => Some(Bound::Text(text.clone())),
                _ => None,
            },
            Kind::Shape | Kind::Axes => {
                let dims = list_of_dims(&given.value, |d| kind == Kind::Axes || !d.is_ragged());
                if let Some(dims) = &dims
                    && !self.have_entries(dims, given.span, what)
                {
                    return None;
                }
                dims.map(Bound::Dims)
            }
            Kind::Tensor(_) | Kind::Seq(_) | Kind::Tensors | Kind::Any(_) | Kind::Values(_) => None,
        };
        match (bound, kind) {
            (Some(Bound::Real(x)), _) => self.in_range(kind, x, given.span, what).map(Bound::Real),
            (Some(Bound::Text(text)), Kind::Choice(all)) => self.one_of(all, text, given.span, what).map(Bound::Text),
            (Some(bound), _) => Some(bound),
            (None, Kind::Shape) if list_of_dims(&given.value, |_| true).is_some() => {
                let found = self.describe(&given.value);
                let d = Diagnostic::error(hyper::E0401, format!("{what} expects {}, found {found}", in_words(kind)));
                let d = d.at(given.span, "a weight has one shape for all samples");
                self.report(d.help("the longest sample of the data has `most(n)` rows, as in `shape: [most(Ta), d]`"));
                None
            }
            (None, _) => {
                self.wrong_kind(a, given, what, in_words(kind));
                None
            }
        }
    }

    pub(super) fn wrong_kind(&mut self, a: &Args, given: &Given, what: &str, wanted: &str) {
        let found = self.describe(&given.value);
        let d =
            Diagnostic::error(hyper::E0401, format!("{what} expects {wanted}, found {found}")).at(given.span, "here");
        self.report(match &given.value {
            Value::Static(Static::Float(_)) if wanted.contains("whole number") => d.help(self.to_whole(given.span)),
            Value::Static(Static::Int(n @ (0 | 1))) if wanted == in_words(Kind::Flag) => {
                let flag = if *n == 1 { "true" } else { "false" };
                d.help(format!("write `{flag}`"))
            }
            _ => a.help(d),
        });
    }

    /// A whole number of at least `least`, or a dim of the data.
    fn dim(&mut self, a: &Args, given: &Given, what: &str, least: i64) -> Option<Dim> {
        let dim = match &given.value {
            Value::Static(s) => s.as_dim(),
            _ => None,
        };
        let Some(dim) = dim else {
            self.wrong_kind(a, given, what, "a whole number");
            return None;
        };
        let number = self.number_of(&dim).as_const().filter(|n| *n < least);
        let fault = if let Some(n) = number {
            let d = Diagnostic::error(types::E0306, format!("{what} is {}", self.with_its_number(&dim, n)))
                .at(given.span, format!("at least {least}"));
            match dim.as_const() {
                Some(_) => d,
                None => self
                    .because_of_names(d, &dim)
                    .help(format!("write `max({least}, {dim})`, or bind data that are wider")),
            }
        } else if dim.speaks_of_batch() {
            Diagnostic::error(code::E0522, format!("{what} is {dim}"))
                .at(given.span, "differs from step to step")
                .help("use a number, a hyper or a dim of the data")
        } else if dim.is_unwieldy() {
            Diagnostic::error(hyper::E0406, format!("{what} is {dim}")).at(given.span, "too large")
        } else {
            return Some(dim);
        };
        self.report(fault);
        None
    }

    /// The width or number of rows of a weight: a number, or a width of the data, but no length of a sample.
    fn width(&mut self, a: &Args, given: &Given, what: &str) -> Option<Dim> {
        let dim = self.dim(a, given, what, 1)?;
        self.fixed(&dim, given.span, what)?;
        Some(dim)
    }

    /// Whether a dim is the same for all samples, as an axis of a weight has to be.
    pub(super) fn fixed(&mut self, dim: &Dim, span: Span, what: &str) -> Option<()> {
        if !dim.is_ragged() {
            return Some(());
        }
        let d = Diagnostic::error(hyper::E0401, format!("{what} is {dim}, a length that every sample has of its own"))
            .at(span, "a weight has one shape for all samples")
            .help("use a number, a hyper or a width of the data");
        self.report(d);
        None
    }

    /// Whether the axes of a shape have entries, as far as the numbers of the data are known; reports if not.
    fn have_entries(&mut self, dims: &[Dim], span: Span, what: &str) -> bool {
        let empty = dims.iter().find_map(|d| Some((d, self.number_of(d).as_const().filter(|n| *n < 1)?)));
        let Some((dim, n)) = empty else { return true };
        let text = self.with_its_number(dim, n);
        let d = Diagnostic::error(types::E0306, format!("{what} has an axis of {text}")).at(span, "at least 1");
        let d = self.because_of_names(d, dim).help(format!("write `max(1, {dim})`, or bind data that are wider"));
        self.report(d);
        false
    }

    fn in_range(&mut self, kind: Kind, x: f64, span: Span, what: &str) -> Option<f64> {
        let (fits, range) = match kind {
            Kind::NonNegative => (x >= 0.0, "at least 0"),
            // The gradient of a row of zeros is divided by it, in 32 bits.
            Kind::Positive => (x >= LEAST_EPS, "at least 1e-30: gradients are divided by it, in 32 bits"),
            Kind::Probability => ((0.0..1.0).contains(&x), "a probability is at least 0 and less than 1"),
            _ => (true, ""),
        };
        if fits && (x as f32).is_finite() {
            return Some(x);
        }
        let range = if fits { BEYOND } else { range };
        self.report(Diagnostic::error(hyper::E0403, format!("{what} is {x}")).at(span, range));
        None
    }

    fn one_of(&mut self, all: &[&'static str], text: String, span: Span, what: &str) -> Option<String> {
        if all.contains(&text.as_str()) {
            return Some(text);
        }
        let quoted: Vec<String> = all.iter().map(|one| format!("{one:?}")).collect();
        let d = Diagnostic::error(hyper::E0403, format!("{what} is {text:?}"))
            .at(span, "unknown")
            .help(format!("one of {}", quoted.join(", ")))
            .did_you_mean(&text, all.iter().copied());
        self.report(d);
        None
    }

    /// The last axis of an operand, the same for all samples.
    pub(super) fn features(&mut self, x: Operand, what: &str) -> Option<Dim> {
        let ty = self.graph.node(x.node).map(|n| n.ty.clone())?;
        let fault = match ty.tensor().and_then(|t| t.features().cloned()) {
            Some(k) if k.is_ragged() => {
                Diagnostic::error(types::E0301, format!("`{what}` over an axis of {k}, found {ty}"))
                    .help("a weight has one shape for all samples and steps")
            }
            Some(k) => return Some(k),
            None => {
                let wanted = format!("`{what}` expects a tensor with at least one axis, found {ty}");
                Diagnostic::error(types::E0301, wanted).help(match ty {
                    Type::Tokens { .. } => "turn tokens into a sequence first: `text |> Bert()`",
                    Type::Tensor(_) => "a Real has no axis to work on",
                })
            }
        };
        self.report(fault.at(x.span, format!("this is {ty}")));
        None
    }
}

/// What is said of a number that is infinite in a tensor.
pub(in crate::lower) const BEYOND: &str = "beyond the numbers of 32 bits, which end at 3.4e38";

/// The number, flag or text that a parameter is bound to where it is left out.
fn default_of(param: &Param) -> Option<Bound> {
    match &param.default {
        DefaultValue::Described(_) => None,
        DefaultValue::Value(Static::Int(n), _) => match param.kind {
            Kind::Real | Kind::NonNegative | Kind::Positive | Kind::Probability => Some(Bound::Real(*n as f64)),
            Kind::Width | Kind::Rows(_) | Kind::Place => Some(Bound::Dim(Dim::from(*n))),
            _ => Some(Bound::Int(*n)),
        },
        DefaultValue::Value(Static::Float(x), _) => Some(Bound::Real(*x)),
        DefaultValue::Value(Static::Bool(flag), _) => Some(Bound::Flag(*flag)),
        DefaultValue::Value(Static::Str(text), _) => Some(Bound::Text(text.clone())),
        DefaultValue::Value(Static::Dim(_), _) | DefaultValue::Required => None,
    }
}

/// What a fault says that an argument should have been.
fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Width | Kind::Rows(_) => "a whole number",
        Kind::Count => "a number that does not depend on the data",
        Kind::Integer => "a whole number that does not depend on the data",
        Kind::Place => "a whole number, at least 0 and the same for all samples",
        Kind::Real | Kind::NonNegative | Kind::Positive | Kind::Probability => "a number",
        Kind::Flag => "true or false",
        Kind::Text | Kind::Choice(_) => "a string",
        Kind::Shape => "a list of whole numbers, at least 1 and the same for all samples",
        Kind::Axes => "a list of whole numbers, at least 1",
        Kind::Tensor(_) | Kind::Seq(_) | Kind::Tensors | Kind::Any(_) | Kind::Values(_) => "a tensor",
    }
}

/// The dims of a list, which are at least 1 where they are numbers.
fn list_of_dims(value: &Value, fits: impl Fn(&Dim) -> bool) -> Option<Vec<Dim>> {
    let axis = |value: &Value| match value {
        Value::Static(s) => s.as_dim().filter(|d| fits(d) && d.as_const().is_none_or(|n| n >= 1)),
        _ => None,
    };
    match value {
        Value::List(list) => list.iter().map(|(_, v)| axis(v)).collect(),
        _ => None,
    }
}
