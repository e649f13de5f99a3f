//! What differs between two models.
//!
//! Two graphs of one hash are equal, whatever their files look like. Otherwise the difference is listed by kind:
//! hypers, inputs, labels, outputs, losses, companions, calls of blocks, named values, parameters, sums.
//!
//! Named values are compared one by one (`compare`): two graphs are matched by the names that values have in the source
//! (`h0`, `fuse.1.hb`, the value of the call `fuse.1`, its argument `h`), and a value counts as changed when it is
//! computed in another way out of the named values that it reads. A change upstream is reported once, where it is made.
//!
//! Types are not compared, they follow from the rest; nor are random sites, which follow from paths.

mod bindings;
mod compare;
mod hypers;
mod items;
mod names;
mod params;
mod text;

use serde::Serialize;

use crate::count;
use dsc_graph::Graph;
use dsc_graph::dims::{Dim, DimTable};
use dsc_syntax::source::{SourceMap, Span};

pub use hypers::hypers;
pub use params::{ParamChange, ParamGroup};
pub use text::Style;

/// A hyper of one side; [`hypers`] lists those of a program.
#[derive(Clone, Debug)]
pub struct Hyper {
    /// Its name.
    pub name: String,
    /// Its value as written; of an indexed one (`keep(l)`) its expression.
    pub value: String,
    /// Where the value comes from: the declaration, a variant, a recipe; [`Span::NONE`] for the command line.
    pub span: Span,
}

/// One of the two models.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What it is called in the output: a file, with its variant, or a run.
    pub label: &'a str,
    /// Its graph.
    pub graph: &'a Graph,
    /// Its hypers.
    pub hypers: &'a [Hyper],
    /// Its source files, for lines.
    pub sources: &'a SourceMap,
    /// The data's numbers, if bound.
    pub dims: Option<&'a DimTable>,
    /// Multiply-adds for one sample, if counted.
    pub macs: Option<&'a Dim>,
}

/// Lines of a source file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Location {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The lines of text that matter, from that line on.
    pub text: Vec<String>,
}

/// How an item of a model changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Only the second model has it.
    Added,
    /// Only the first one has it.
    Removed,
    /// Both have it.
    Changed,
}

/// A property that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The property: `weight`, `type`.
    pub what: String,
    /// In the first model.
    pub a: String,
    /// In the second.
    pub b: String,
}

/// An item that differs: a hyper, an input, a call, a named value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Whether it was added, removed or changed.
    pub change: Change,
    /// Its names: one, or several that changed by the same line.
    pub names: Vec<String>,
    /// The properties that differ; none for an item that only one model has.
    pub details: Vec<Detail>,
    /// Where it is in the first model's source.
    pub a: Option<Location>,
    /// Where it is in the second's.
    pub b: Option<Location>,
}

/// A number of both models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// The quantity: `parameters`, `multiply-adds per sample`.
    pub what: &'static str,
    /// In the first model; a formula where data's dims are not bound.
    pub a: String,
    /// In the second.
    pub b: String,
    /// The second less the first.
    pub delta: String,
}

/// Which model a side is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model {
    /// The file with its variant, or the run, as it was given.
    pub label: String,
    /// Name of the model: `DashFusion/no_scl`.
    pub name: String,
    /// Hash of the graph.
    pub hash: String,
    /// Hash with the data's dims, if bound.
    pub bound_hash: Option<String>,
}

/// The differences between two models, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The first model.
    pub a: Model,
    /// The second.
    pub b: Model,
    /// Whether the graphs have one hash, and one with the data's dims where both are bound; hypers may differ all the same, where they do not matter.
    pub equal: bool,
    /// Hypers.
    pub hypers: Vec<Entry>,
    /// Inputs.
    pub inputs: Vec<Entry>,
    /// Labels.
    pub labels: Vec<Entry>,
    /// Outputs, by the label they predict.
    pub outputs: Vec<Entry>,
    /// Losses.
    pub losses: Vec<Entry>,
    /// Declarations of companions.
    pub companions: Vec<Entry>,
    /// Calls of blocks, by path: the outermost ones that came or went, and those of another block.
    pub calls: Vec<Entry>,
    /// Named values that are computed in another way.
    pub bindings: Vec<Entry>,
    /// Parameters, grouped by common prefix or suffix.
    pub parameters: Vec<ParamGroup>,
    /// Totals of both models: parameters, and multiply-adds if counted.
    pub figures: Vec<Figure>,
}

impl Side<'_> {
    /// The lines of a span.
    fn location(&self, span: Span) -> Option<Location> {
        let at = self.sources.locate(span)?;
        let (_, file) = self.sources.file_of(span)?;
        let lines = self.sources.text(span).map_or(1, |t| t.lines().count().max(1));
        let text = file.text.lines().skip(at.line - 1).take(lines).map(|l| l.trim().to_owned()).collect();
        Some(Location { file: at.file, line: at.line, text })
    }

    fn model(&self) -> Model {
        Model {
            label: self.label.to_owned(),
            name: self.graph.name.clone(),
            hash: self.graph.hash(),
            bound_hash: self.dims.map(|d| self.graph.bound_hash(d)),
        }
    }
}

/// Compares two models by their live nodes; of equal graphs only the hypers.
pub fn diff(a: &Side<'_>, b: &Side<'_>) -> Difference {
    let (live_a, live_b) = (a.graph.without_dead_nodes(), b.graph.without_dead_nodes());
    let (first, second) = (a.model(), b.model());
    // A side without data is as good as the other's.
    let bound_alike = match (&first.bound_hash, &second.bound_hash) {
        (Some(x), Some(y)) => x == y,
        _ => true,
    };
    let equal = first.hash == second.hash && bound_alike;
    let mut difference = Difference {
        a: first,
        b: second,
        equal,
        hypers: items::hypers(a, b),
        inputs: Vec::new(),
        labels: Vec::new(),
        outputs: Vec::new(),
        losses: Vec::new(),
        companions: Vec::new(),
        calls: Vec::new(),
        bindings: Vec::new(),
        parameters: Vec::new(),
        figures: Vec::new(),
    };
    if equal {
        return difference;
    }
    let (a, b) = (Side { graph: &live_a, ..*a }, Side { graph: &live_b, ..*b });
    let both = compare::Pair::new(&live_a, &live_b);
    difference.inputs = items::inputs(&a, &b);
    difference.labels = items::labels(&a, &b);
    difference.outputs = items::outputs(&a, &b, &both);
    difference.losses = items::losses(&a, &b, &both);
    difference.companions = items::companions(&a, &b, &both);
    difference.calls = bindings::calls(&a, &b, &both);
    difference.bindings = bindings::bindings(&a, &b, &both);
    difference.parameters = params::parameters(&a, &b);
    difference.figures = figures(&a, &b);
    difference
}

fn figures(a: &Side<'_>, b: &Side<'_>) -> Vec<Figure> {
    // The numbers of one side serve both where only one is bound and both have the same names.
    let dims = [a.dims.or(b.dims), b.dims.or(a.dims)];
    let figure = |what: &'static str, x: &Dim, y: &Dim| {
        let delta = match (dims[0].and_then(|d| x.eval(d)), dims[1].and_then(|d| y.eval(d))) {
            (Some(x), Some(y)) => count::grouped(y.saturating_sub(x)),
            _ => count::text(&y.minus(x), None),
        };
        let delta = if delta.starts_with('-') || delta == "0" { delta } else { format!("+{delta}") };
        Figure { what, a: count::text(x, dims[0]), b: count::text(y, dims[1]), delta }
    };
    let ((all_a, dead_a), (all_b, dead_b)) = (count::parameters(a.graph), count::parameters(b.graph));
    let mut figures = vec![figure("parameters", &all_a, &all_b)];
    if dead_a != Dim::from(0) || dead_b != Dim::from(0) {
        figures.push(figure("of them dead", &dead_a, &dead_b));
    }
    if let (Some(x), Some(y)) = (a.macs, b.macs) {
        figures.push(figure("multiply-adds per sample", x, y));
    }
    figures
}
