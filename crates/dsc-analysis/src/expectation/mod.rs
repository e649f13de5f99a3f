//! `expect` items, checked on a graph.
//!
//! | figure | what it is |
//! |---|---|
//! | `params`, `params(X)` | parameters, dead ones included |
//! | `macs`, `macs(X)` | multiply-adds of one sample's forward pass ([`CONVENTION`](super::cost::CONVENTION)) |
//! | `memory`, `memory(batch: 16)` | bytes of training ([`memory`](super::memory)); the recipe's batch unless one is given |
//! | `shape(x)` | the axes of a binding, an input or a call: `shape(h0) == [T, d]`, with `_` for any |
//!
//! `X` is a block, which means all its calls, or a path as in the table of parameters, which means all that begins
//! with it: `params(t)`, `macs(fuse[0])`, `macs(fuse[0].b)`. Figures are numbers like others: `params -
//! params(Bert) < 3M`, `macs(Fuse) / macs < 0.1`. Sides may also hold hypers and names of the data.

mod expr;

use self::expr::{
    Figure, first_figure, has_figure, is_at, is_comparison, malformed, mirrored, outermost, path_of, shape_argument,
    space, text_of, unbound, written,
};
use super::count::grouped;
use super::memory::{Memory, MemoryPlan};
use super::summary::{Figures, Summary, SummaryNode, begins};
use dsc_graph::Graph;
use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::statics::Static;
use dsc_graph::types::Type;
use dsc_language::sema::program::{ModuleId, Program};
use dsc_language::sema::resolve::{Role, no_comparison, unknown_figure};
use dsc_syntax::ast::{Arg, BinaryOp, Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{names, structure as code};
use dsc_syntax::source::Span;

/// What expectations are checked on: a model under one recipe.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The program, which knows its blocks.
    pub program: &'a Program,
    /// The compiled model.
    pub graph: &'a Graph,
    /// Figures of the graph by block.
    pub summary: &'a Summary,
    /// Values of the hypers.
    pub hypers: &'a [(String, Static)],
    /// Numbers of the data, if bound.
    pub dims: Option<&'a DimTable>,
    /// How it is trained.
    pub plan: MemoryPlan,
    /// For messages: "with recipe `sims`"; empty for the model as the file says it.
    pub under: &'a str,
}

/// Checks one expectation, a comparison of a figure with a number or of a shape with a list.
///
/// # Errors
/// `E0530` where it does not hold: with the number, the limit and the blocks that contribute most. `E0531` where it cannot
/// be decided without data. `E0520` and `E0201` for an expression that is no expectation.
pub fn check(expectation: &Expr, subject: &Subject<'_>) -> Result<(), Diagnostic> {
    // Reported when it was read.
    if matches!(expectation.kind, ExprKind::Error | ExprKind::Faulty(_)) {
        return Ok(());
    }
    let ExprKind::Binary(op, _, a, b) = &expectation.kind else { return Err(no_comparison(expectation.span, "here")) };
    if !is_comparison(*op) {
        return Err(no_comparison(expectation.span, "here"));
    }
    // Messages name the figure first, wherever it is written.
    let (figure, limit, op) = match has_figure(a) || !has_figure(b) {
        true => (a, b, *op),
        false => (b, a, mirrored(*op)),
    };
    let (actual, expected, holds) = match (shape_argument(figure), shape_argument(limit)) {
        (Some(x), _) => subject.compare_shape(x, op, limit, expectation.span)?,
        (None, Some(_)) => {
            return Err(malformed(expectation.span, "a shape is compared with a list")
                .help("write `shape(h0) == [T, d]`; one list, no other figure"));
        }
        (None, None) => subject.compare_number(figure, op, limit, expectation.span)?,
    };
    if holds {
        return Ok(());
    }
    let (what, under) = (text_of(figure), space(subject.under));
    let message = format!("{what} is {actual}{under}, expected {} {expected}", op.symbol());
    let mut fault = Diagnostic::error(code::E0530, message).at(expectation.span, "does not hold");
    let largest = subject.largest(figure);
    for (part, text) in &largest {
        fault = fault.because(part.span, text.clone());
    }
    let parts: Vec<String> = largest.into_iter().map(|(_, text)| text).collect();
    Err(match parts.is_empty() {
        true => fault.help("change the model, or the expectation if the model is meant to be so"),
        false => fault.help(format!("the largest parts: {}", parts.join("; "))),
    })
}

/// Checks an expectation on what is known of a model with faults: the shapes of values that these do not touch. Figures are
/// sums over parts some of which may be missing, so nothing is said of them.
pub fn check_beside_faults(expectation: &Expr, subject: &Subject<'_>) -> Result<(), Diagnostic> {
    let ExprKind::Binary(_, _, a, b) = &expectation.kind else { return Ok(()) };
    let of_shapes = shape_argument(a).is_some() || shape_argument(b).is_some();
    let of_figures = |e: &Expr| matches!(&e.kind, ExprKind::List(axes) if axes.iter().any(|x| has_figure(&x.value)));
    if !of_shapes || of_figures(a) || of_figures(b) {
        return Ok(());
    }
    match check(expectation, subject) {
        // A name that is not there may be one with a fault.
        Err(fault) if fault.code != names::E0201 => Err(fault),
        _ => Ok(()),
    }
}

/// The actual and the expected value as text, and whether the expectation holds.
type Outcome = Result<(String, String, bool), Diagnostic>;

impl Subject<'_> {
    fn compare_number(&self, figure: &Expr, op: BinaryOp, limit: &Expr, span: Span) -> Outcome {
        let (actual, expected) = (self.value(figure)?, self.value(limit)?);
        match Static::binary(op, &actual, &expected) {
            Ok(Static::Bool(holds)) => Ok((written(&actual), written(&expected), holds)),
            Ok(_) => Err(no_comparison(span, "here")),
            Err(f) if f.code == dsc_syntax::diag::codes::hypers::E0401 => {
                let names = unbound(&[&actual, &expected]).join(", ");
                let figure = text_of(figure);
                Err(Diagnostic::error(code::E0531, format!("{figure} is {actual}{}", space(self.under)))
                    .at(span, format!("depends on {names}"))
                    .help("say for which recipe it is meant, `.. for sims`, one that is named like a data set or inherits from one that is; or bind the data: `dsc check FILE --data sims`"))
            }
            Err(f) => Err(malformed(span, f.message)),
        }
    }

    fn compare_shape(&self, x: &Expr, op: BinaryOp, limit: &Expr, span: Span) -> Outcome {
        let ExprKind::List(expected) = &limit.kind else {
            return Err(malformed(limit.span, "a shape is compared with a list of its axes")
                .help("write `shape(h0) == [T, d]`, `_` for any, `[]` for a Real"));
        };
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            return Err(malformed(span, "shapes are equal or not").help("write `==` or `!=`"));
        }
        let ty = self.type_of(x)?;
        let axes: Vec<Dim> = match &ty {
            Type::Tensor(t) => t.axes().cloned().collect(),
            Type::Tokens { len } => vec![len.clone()],
        };
        let mut equal = axes.len() == expected.len();
        let mut texts = Vec::new();
        for (i, element) in expected.iter().enumerate() {
            if matches!(&element.value.kind, ExprKind::Name(n) if n == "_") {
                texts.push("_".to_owned());
                continue;
            }
            let value = Subject { dims: None, ..*self }.value(&element.value)?;
            let Some(dim) = value.as_dim() else {
                return Err(malformed(element.value.span, format!("an axis is no {}", value.kind())));
            };
            texts.push(dim.to_string());
            equal &= axes.get(i).is_some_and(|axis| self.same_axis(axis, &dim));
        }
        // Beside a fault an axis may be any: it may be equal and may be another.
        let holds = match op {
            BinaryOp::Eq => equal,
            _ => !equal || axes.iter().any(Dim::is_open),
        };
        Ok((ty.to_string(), format!("[{}]", texts.join(", ")), holds))
    }

    /// Whether they are one dim, or one number where the file gives a number, or the axis may be any.
    fn same_axis(&self, axis: &Dim, expected: &Dim) -> bool {
        let number = |d: &Dim| self.dims.and_then(|table| d.eval(table));
        axis == expected || axis.is_open() || (expected.as_const().is_some() && number(axis) == expected.as_const())
    }

    fn value(&self, e: &Expr) -> Result<Static, Diagnostic> {
        let of = |outcome: Result<Static, dsc_graph::statics::StaticFault>| {
            outcome.map_err(|f| malformed(e.span, f.message))
        };
        match &e.kind {
            ExprKind::Int(n) => Ok(Static::Int(*n)),
            ExprKind::Float(x) => Ok(Static::Float(*x)),
            ExprKind::Unary(op, x) => of(Static::unary(*op, &self.value(x)?)),
            ExprKind::Binary(op, _, a, b) => of(Static::binary(*op, &self.value(a)?, &self.value(b)?)),
            ExprKind::Name(name) => self.name(name, e.span),
            ExprKind::Call { callee, args, .. } => match &callee.kind {
                ExprKind::Name(name) if matches!(name.as_str(), "min" | "max") => self.extremum(name, args),
                ExprKind::Name(name) => self.figure(name, args, e.span),
                _ => Err(malformed(e.span, "this is no figure")),
            },
            _ => Err(malformed(e.span, "an expectation holds figures, numbers and hypers")),
        }
    }

    fn name(&self, name: &str, span: Span) -> Result<Static, Diagnostic> {
        if Figure::of(name).is_some() {
            return self.figure(name, &[], span);
        }
        if let Some((_, value)) = self.hypers.iter().find(|(n, _)| n == name) {
            return Ok(value.clone());
        }
        let atoms = self.graph.dim_atoms();
        let named = |a: &Atom| matches!(a, Atom::Width(n) | Atom::Length { name: n, .. } if n == name);
        if let Some(atom) = atoms.iter().find(|a| named(a)) {
            return Ok(self.bound(&Dim::atom(atom.clone())));
        }
        let known = self.hypers.iter().map(|(n, _)| n.as_str()).chain(atoms.iter().filter_map(|a| match a {
            Atom::Width(n) | Atom::Length { name: n, .. } => Some(n.as_str()),
            _ => None,
        }));
        Err(Diagnostic::error(names::E0201, format!("no `{name}`"))
            .at(span, "neither a hyper nor a name of the data")
            .did_you_mean(name, known))
    }

    fn extremum(&self, name: &str, args: &[Arg]) -> Result<Static, Diagnostic> {
        let mut values = Vec::new();
        for arg in args {
            let value = self.value(&arg.value)?;
            values.push(value.as_dim().ok_or_else(|| malformed(arg.value.span, "not a whole number"))?);
        }
        Ok(Static::from_dim(if name == "min" { Dim::min(values) } else { Dim::max(values) }))
    }

    fn figure(&self, name: &str, args: &[Arg], span: Span) -> Result<Static, Diagnostic> {
        let figure = Figure::of(name).ok_or_else(|| unknown_figure(name, span))?;
        if matches!(figure, Figure::Memory) {
            return self.memory(args, span);
        }
        let sum = match args {
            [] => self.summary.total().clone(),
            [one] if one.name.is_none() && !one.spread => {
                Figures::sum(self.target(name, &one.value)?.into_iter().map(|p| &p.figures))
            }
            _ => {
                return Err(
                    malformed(span, format!("`{name}` takes one block or path")).help(format!("write `{name}(Fuse)`"))
                );
            }
        };
        Ok(self.bound(figure.read(&sum)))
    }

    /// A dim as a number where data give it one.
    fn bound(&self, dim: &Dim) -> Static {
        match self.dims.and_then(|table| dim.eval(table)) {
            Some(n) => Static::Int(n),
            None => Static::from_dim(dim.clone()),
        }
    }

    fn memory(&self, args: &[Arg], span: Span) -> Result<Static, Diagnostic> {
        let plan = match args {
            [] => self.plan,
            [Arg { name: Some(name), value, spread: false }] if name.value == "batch" => {
                let batch = self.value(value)?.as_i64().and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
                let batch = batch.ok_or_else(|| malformed(value.span, "a batch is a whole number above 0"))?;
                MemoryPlan { batch, ..self.plan }
            }
            _ => {
                return Err(malformed(span, "`memory` is that of the whole model")
                    .help("write `memory`, or `memory(batch: 16)`"));
            }
        };
        let total = self.summary.total();
        let none = DimTable::default();
        match Memory::of(self.summary, self.dims.unwrap_or(&none), plan) {
            Some(memory) => Ok(Static::Int(i64::try_from(memory.total()).unwrap_or(i64::MAX))),
            // Not to be decided, whatever it is compared with.
            None => Ok(Static::Dim(total.kept.plus(&total.params))),
        }
    }

    /// The nodes of the summary that a figure's argument means.
    fn target(&self, figure: &str, x: &Expr) -> Result<Vec<&SummaryNode>, Diagnostic> {
        if let ExprKind::Name(name) = &x.kind
            && let Some((home, block)) = self.program.block(ModuleId(0), name)
        {
            let calls = self.summary.root.all().into_iter().skip(1);
            // A variant may have put another block of that name in its place.
            let is_main = home == ModuleId(0);
            let is = |p: &&SummaryNode| {
                p.declared == block.name.span || (is_main && p.block.as_deref() == Some(name.as_str()))
            };
            let found: Vec<&SummaryNode> = calls.filter(|p| p.block.is_some()).filter(is).collect();
            if found.is_empty() && !self.is_called(block.name.span) {
                return Err(Diagnostic::error(names::E0201, format!("nothing calls `{name}`"))
                    .at(x.span, "no call to count")
                    .because(block.name.span, "declared here")
                    .help("call the block, or remove what is expected of it"));
            }
            return Ok(found);
        }
        let path = path_of(x).ok_or_else(|| {
            malformed(x.span, format!("`{figure}` of something that is neither a block nor a path"))
                .help(format!("write `{figure}(Fuse)`, `{figure}(t)` or `{figure}(fuse[0])`"))
        })?;
        let mut found = Vec::new();
        outermost(&self.summary.root, &path, &mut found);
        let bound = self.graph.names.iter().any(|n| begins(&path, &n.path));
        if found.is_empty() && !bound {
            return Err(self.unknown_path(&path, x.span));
        }
        Ok(found)
    }

    /// Whether the files call the block of that name, be it in a variant or a branch that is not taken.
    fn is_called(&self, declared: Span) -> bool {
        let names = &self.program.names;
        let block = names.defined_at(None, declared);
        names.uses().any(|u| Some(u.def) == block && u.role == Role::Call)
    }

    fn type_of(&self, x: &Expr) -> Result<Type, Diagnostic> {
        let path = path_of(x).ok_or_else(|| {
            malformed(x.span, "`shape` of something that has no name").help("write `shape(h0)`, `shape(xs.audio)`")
        })?;
        // The last value of the name: that of a `var` may change.
        let mut values = self.graph.names.iter().flat_map(|n| n.values.iter().map(move |(place, id)| (n, place, id)));
        let named = values.rfind(|(n, place, _)| is_at(&path, &n.path, place));
        let bound = named.and_then(|(_, _, id)| self.graph.node(*id)).map(|n| n.ty.clone());
        let input = || self.graph.inputs.get(&path).map(|i| i.ty.clone());
        bound.or_else(input).ok_or_else(|| self.unknown_path(&path, x.span))
    }

    fn unknown_path(&self, path: &str, span: Span) -> Diagnostic {
        let blocks = self.program.main().into_iter().flat_map(|m| m.blocks.keys().chain(m.imports.keys()));
        let paths = self.graph.names.iter().map(|n| &n.path).chain(self.graph.inputs.keys());
        Diagnostic::error(names::E0201, format!("nothing in the model is called `{path}`{}", space(self.under)))
            .at(span, "no block, no binding, no call")
            .help("paths are those that `dsc summary` shows")
            .did_you_mean(path, blocks.chain(paths).map(String::as_str))
    }

    /// The three blocks or operations that contribute most to the first figure in `e`, with a text for each.
    fn largest(&self, e: &Expr) -> Vec<(&SummaryNode, String)> {
        let Some((figure, args)) = first_figure(e) else { return Vec::new() };
        let whole = match args {
            [one] if one.name.is_none() => self.target("", &one.value).unwrap_or_default(),
            _ => vec![&self.summary.root],
        };
        let number = |p: &SummaryNode| {
            let dim = figure.read(&p.figures);
            self.dims.map_or_else(|| dim.as_const(), |table| dim.eval(table)).unwrap_or(0)
        };
        let total: i64 = whole.iter().map(|p| number(p)).sum();
        let mut parts: Vec<&SummaryNode> = whole.iter().flat_map(|p| &p.children).collect();
        parts.retain(|p| number(p) > 0);
        // Stable: those of one size stay in the order in which they run.
        parts.sort_by_key(|p| std::cmp::Reverse(number(p)));
        parts.truncate(3);
        let text = |p: &SummaryNode| {
            let share = 100.0 * number(p) as f64 / total.max(1) as f64;
            format!("`{}` {} ({share:.0} %)", p.path, grouped(number(p)))
        };
        parts.into_iter().map(|p| (p, text(p))).collect()
    }
}
