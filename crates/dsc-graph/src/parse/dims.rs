//! Dims, types and values of attributes as they are written.

use std::collections::BTreeSet;

use super::{Line, Pair, Rule};
use crate::dims::{Atom, Dim};
use crate::types::{Modality, TensorType, Time, Type};
use crate::{Attribute, CompanionsId, Group, View};
use dsc_syntax::diag::{Diagnostic, codes::graph as code};

/// What names in dims stand for.
#[derive(Default)]
pub(super) struct Names {
    pub(super) lengths: BTreeSet<String>,
    pub(super) widths: BTreeSet<String>,
}

/// A fault of one line.
pub(super) fn fault(line: &Line<'_>, pair: &Pair<'_>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code::E1001, message).at(line.place(pair), "here")
}

/// The first part of that rule.
pub(super) fn part<'a>(pair: &Pair<'a>, rule: Rule) -> Option<Pair<'a>> {
    pair.clone().into_inner().find(|p| p.as_rule() == rule)
}

/// All parts of that rule.
pub(super) fn parts<'a>(pair: &Pair<'a>, rule: Rule) -> impl Iterator<Item = Pair<'a>> {
    pair.clone().into_inner().filter(move |p| p.as_rule() == rule)
}

/// The text of the first part of that rule; the grammar sees to it that there is one.
pub(super) fn text<'a>(pair: &Pair<'a>, rule: Rule) -> &'a str {
    part(pair, rule).map_or("", |p| p.as_str())
}

/// The value of a string with Rust's escapes.
pub(super) fn string(line: &Line<'_>, pair: &Pair<'_>) -> Result<String, Diagnostic> {
    let raw = pair.as_str().strip_prefix('"').and_then(|r| r.strip_suffix('"')).unwrap_or("");
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        let escaped = match c {
            '\\' => match rest.next() {
                Some('n') => Some('\n'),
                Some('t') => Some('\t'),
                Some('r') => Some('\r'),
                Some('0') => Some('\0'),
                Some(c @ ('"' | '\'' | '\\')) => Some(c),
                Some('u') => {
                    let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
                }
                _ => None,
            },
            c => Some(c),
        };
        out.push(escaped.ok_or_else(|| fault(line, pair, "an escape that no string has"))?);
    }
    Ok(out)
}

/// Reads dims, types and values of one line.
pub(super) struct Reader<'a> {
    pub(super) line: Line<'a>,
    pub(super) names: &'a Names,
}

impl Reader<'_> {
    fn fault(&self, pair: &Pair<'_>, message: impl Into<String>) -> Diagnostic {
        fault(&self.line, pair, message)
    }

    pub(super) fn dim(&self, pair: &Pair<'_>) -> Result<Dim, Diagnostic> {
        let mut sum = Dim::default();
        let mut negative = false;
        for p in pair.clone().into_inner() {
            match p.as_rule() {
                Rule::minus => negative = true,
                Rule::plus => negative = false,
                _ => {
                    let term = self.term(&p)?;
                    sum.add(&if negative { term.times(&Dim::from(-1)) } else { term });
                    negative = false;
                }
            }
            if sum.size() > MAX_SIZE {
                return Err(self.fault(pair, "a dim that is too large"));
            }
        }
        Ok(sum)
    }

    fn term(&self, pair: &Pair<'_>) -> Result<Dim, Diagnostic> {
        let mut product = Dim::from(1);
        for factor in pair.clone().into_inner() {
            let Some(next) = Dim::product([&product, &self.factor(&factor)?]) else {
                return Err(self.fault(pair, "a dim that is too large"));
            };
            product = next;
        }
        Ok(product)
    }

    fn number(&self, pair: &Pair<'_>) -> Result<i64, Diagnostic> {
        pair.as_str().parse().map_err(|_| self.fault(pair, "a number that is too large"))
    }

    fn factor(&self, pair: &Pair<'_>) -> Result<Dim, Diagnostic> {
        let mut inner = pair.clone().into_inner();
        let Some(first) = inner.next() else { return Err(self.fault(pair, "a dim is missing")) };
        let base = match first.as_rule() {
            Rule::number => Dim::from(self.number(&first)?),
            Rule::bracket => self.bracket(&first)?,
            Rule::call => self.call(&first)?,
            _ => self.symbol(&first)?,
        };
        let Some(power) = inner.next() else { return Ok(base) };
        let exponent = power.as_str().parse::<u32>().ok().filter(|n| *n >= 1);
        match (base.as_atom(), exponent) {
            (Some(atom), Some(exponent)) => Ok(Dim::power(atom.clone(), exponent)),
            _ => Err(self.fault(&power, "a power expects a name and a number of at least 1")),
        }
    }

    /// `(a // b)`, or the brackets around one of its operands.
    fn bracket(&self, pair: &Pair<'_>) -> Result<Dim, Diagnostic> {
        let inner = part(pair, Rule::dim).ok_or_else(|| self.fault(pair, "a dim is missing"))?;
        let dim = self.dim(&inner)?;
        let Some(divisor) = part(pair, Rule::factor) else { return Ok(dim) };
        let single = inner.clone().into_inner().count() == 1
            && inner.clone().into_inner().all(|term| term.into_inner().count() == 1);
        if !single {
            return Err(self.fault(&inner, "a dividend of `//` needs parentheses of its own"));
        }
        dim.floor_div(&self.factor(&divisor)?).ok_or_else(|| self.fault(&divisor, "a division by 0"))
    }

    fn call(&self, pair: &Pair<'_>) -> Result<Dim, Diagnostic> {
        let args: Vec<Dim> = parts(pair, Rule::dim).map(|p| self.dim(&p)).collect::<Result<_, _>>()?;
        match (text(pair, Rule::word), args.as_slice()) {
            ("min", _) => Ok(Dim::min(args)),
            ("max", _) => Ok(Dim::max(args)),
            ("longest", [one]) => Ok(one.longest()),
            ("most", [one]) if one.as_atom().is_some() => one.most().ok_or_else(|| self.fault(pair, "no maximum")),
            (name, _) => Err(self.fault(pair, format!("dims have no `{name}` of {}", args.len()))),
        }
    }

    fn symbol(&self, pair: &Pair<'_>) -> Result<Dim, Diagnostic> {
        let (name, view) = match pair.as_str().split_once('@') {
            Some((name, view)) => (name, Some(view)),
            None => (pair.as_str(), None),
        };
        // The number of samples of a step, unless an input has a dim of that name.
        let batch = (pair.as_str() == "batch").then(Dim::batch);
        self.known(name, view).or(batch).ok_or_else(|| {
            let known = self.names.lengths.iter().chain(&self.names.widths).map(String::as_str);
            let what = if view.is_some() { "length" } else { "dim" };
            Diagnostic::error(code::E1002, format!("no input has the {what} `{name}`"))
                .at(self.line.place(pair), "not declared")
                .did_you_mean(name, known)
        })
    }

    fn known(&self, name: &str, view: Option<&str>) -> Option<Dim> {
        let length = self.names.lengths.contains(name);
        match view {
            _ if length => Some(Dim::atom(Atom::Length { name: name.to_owned(), view: view.map(str::to_owned) })),
            None if self.names.widths.contains(name) => Some(Dim::width(name)),
            _ => None,
        }
    }

    /// `[a, b]`
    pub(super) fn dims(&self, pair: &Pair<'_>) -> Result<Vec<Dim>, Diagnostic> {
        parts(pair, Rule::dim).map(|p| self.dim(&p)).collect()
    }

    pub(super) fn ty(&self, pair: &Pair<'_>) -> Result<Type, Diagnostic> {
        let modality = part(pair, Rule::modality).map(|m| Modality(m.as_str().to_owned()));
        let dims = part(pair, Rule::dims).map(|d| self.dims(&d)).transpose()?;
        let name = text(pair, Rule::word);
        let tensor = |dims: &[Dim]| Ok(TensorType { time: None, dims: dims.to_vec() }.into());
        match (name, modality, dims.as_deref()) {
            ("Real", None, None) => tensor(&[]),
            ("Vec", None, Some(dims @ [_])) | ("Tensor", None, Some(dims @ [_, _, ..])) => tensor(dims),
            ("Tokens", None, Some([len])) => Ok(Type::Tokens { len: len.clone() }),
            ("Seq", Some(modality), Some([len, dims @ ..])) => {
                let time = Some(Time { modality, len: len.clone() });
                Ok(TensorType { time, dims: dims.to_vec() }.into())
            }
            _ => Err(self
                .fault(pair, format!("`{}` is no type", pair.as_str().trim_end()))
                .help("types are Real, Vec[k], Tensor[a, b], Seq<modality>[length, k] and Tokens[length]")),
        }
    }

    /// The value of an attribute. What may be a dim and may be a name is the name if no dim has it.
    pub(super) fn value(&self, pair: &Pair<'_>) -> Result<Attribute, Diagnostic> {
        let Some(inner) = pair.clone().into_inner().next() else { return Err(self.fault(pair, "a value is missing")) };
        let written = inner.as_str().trim_end();
        Ok(match inner.as_rule() {
            Rule::string => Attribute::Text(string(&self.line, &inner)?),
            Rule::dims => Attribute::Dims(self.dims(&inner)?),
            Rule::float => self.float(&inner)?,
            Rule::view => self.view(&inner)?,
            Rule::name => match self.known(written, None) {
                Some(dim) => Attribute::Dim(dim),
                None => Attribute::Name(written.to_owned()),
            },
            _ => match (written.parse::<i64>(), written.parse::<f64>()) {
                (Ok(n), _) if written != "-0" => Attribute::Int(n),
                // A number that is whole and large is a float, and so is the negative zero.
                (_, Ok(x)) => Attribute::Float(x),
                _ => Attribute::Dim(self.dim(&inner)?),
            },
        })
    }

    fn float(&self, pair: &Pair<'_>) -> Result<Attribute, Diagnostic> {
        let parsed = pair.as_str().trim_end().parse::<f64>();
        parsed.map(Attribute::Float).map_err(|_| self.fault(pair, "a number that cannot be read"))
    }

    fn view(&self, pair: &Pair<'_>) -> Result<Attribute, Diagnostic> {
        let view = || {
            let mut parts = pair.as_str().strip_prefix("companions")?.split('.');
            let companions = CompanionsId(parts.next()?.parse().ok()?);
            let group = parts.next().and_then(|word| Group::ALL.into_iter().find(|g| g.to_string() == word))?;
            Some(Attribute::View(View { companions, group, index: parts.next()?.parse().ok()? }))
        };
        view().ok_or_else(|| self.fault(pair, "a companion is written like `companions0.pos.1`"))
    }

    /// What is in the brackets after the name of a start.
    pub(super) fn start(&self, pair: &Pair<'_>) -> Result<Vec<Attribute>, Diagnostic> {
        let value = |p: Pair<'_>| match p.as_rule() {
            Rule::float => self.float(&p),
            _ => Ok(match p.as_str().trim_end().parse::<i64>() {
                Ok(n) => Attribute::Int(n),
                Err(_) => Attribute::Dim(self.dim(&p)?),
            }),
        };
        pair.clone()
            .into_inner()
            .filter(|p| p.as_rule() != Rule::word && p.as_rule() != Rule::close)
            .map(value)
            .collect()
    }
}

/// A dim of more terms and factors is refused. What a model needs stays far below.
const MAX_SIZE: usize = 1024;
