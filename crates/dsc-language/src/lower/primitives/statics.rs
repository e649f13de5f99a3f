//! Calls of primitives whose values are known at compile time.

use super::args::{Args, Bound, Given, values};
use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use dsc_graph::MaxOver;
use dsc_graph::dims::Dim;
use dsc_graph::primitives::Operation;
use dsc_graph::statics::Static;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code, types};

impl Lowering<'_> {
    /// `len(list)`
    pub(super) fn length(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (Given { value, span },) = values(a, b)?;
        Some(match value {
            Value::List(list) => Value::int(list.len() as i64),
            other => {
                let d = Diagnostic::error(hyper::E0402, format!("`len` of a {}", other.kind()));
                self.fail(d.at(span, "not a list"))
            }
        })
    }

    /// `min(..)`, `max(..)`
    pub(super) fn extremum(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (given,) = values::<(Vec<Given>,)>(a, b)?;
        let smallest = a.primitive.operation == Operation::Min;
        let mut dims = Vec::new();
        let mut floats = Vec::new();
        for arg in &given {
            match &arg.value {
                Value::Static(Static::Float(x)) => floats.push(*x),
                Value::Static(s) if s.as_dim().is_some() => {
                    floats.extend(s.as_f64());
                    dims.extend(s.as_dim());
                }
                other => {
                    let d = Diagnostic::error(hyper::E0402, format!("`{}` of a {}", a.primitive.name, other.kind()))
                        .at(arg.span, "not a number known at compile time")
                        .help(match smallest {
                            true => "entry by entry it is `minimum(a, with: b)`, over features `min_features(x)`",
                            false => {
                                "entry by entry it is `maximum(a, with: b)`; to pool a sequence write `maxpool(x)`"
                            }
                        });
                    return Some(self.fail(d));
                }
            }
        }
        if given.is_empty() {
            let d = Diagnostic::error(code::E0501, format!("`{}` of nothing", a.primitive.name));
            return Some(self.fail(d.at(a.span, "no numbers")));
        }
        if dims.len() == given.len() {
            let size: usize = dims.iter().map(Dim::size).sum();
            if !self.spend((size * dims.len()) as u64, a.span) {
                return None;
            }
            let large = size > 256 && dims.iter().any(|d| d.as_const().is_none());
            let dim = match (large, smallest) {
                (true, _) => Dim::default(),
                (false, true) => Dim::min(dims),
                (false, false) => Dim::max(dims),
            };
            if large || dim.is_unwieldy() {
                let d = Diagnostic::error(hyper::E0406, format!("`{}` of too many dims", a.primitive.name));
                return Some(self.fail(d.at(a.span, "too large to write down")));
            }
            return Some(Value::Static(Static::from_dim(dim)));
        }
        let pick = if smallest { f64::min } else { f64::max };
        Some(Value::Static(Static::Float(floats.into_iter().reduce(pick).unwrap_or_default())))
    }

    /// `longest(T)`, `most(T)`: a length, for stating types.
    pub(super) fn extent_of(&mut self, a: &Args, b: Vec<Bound>, extent: MaxOver) -> Option<Value> {
        let (first,) = values::<(Given,)>(a, b)?;
        let name = a.primitive.name;
        let fault = match &first.value {
            Value::Static(s) if s.as_dim().is_some() => match extent.of(&s.as_dim()?) {
                Some(length) => return Some(Value::Static(Static::from_dim(length))),
                None => {
                    Diagnostic::error(types::E0306, format!("`{name}` of {}, whose maximum is not known", s.as_dim()?))
                        .at(first.span, "largest where a length is smallest")
                        .help("it expects a length that grows with those of the data")
                }
            },
            other => Diagnostic::error(hyper::E0402, format!("`{name}` of a {}", other.kind()))
                .at(first.span, "not a length")
                .help("it expects a length, as `n` of `Seq<m>[n, d]`; `dense(x)` pads a sequence"),
        };
        Some(self.fail(fault))
    }
}
