//! Nodes: their types by the rules of their operations, their places, their weights.

use super::budget::{MAX_NODES, NODE, of_text};
use super::frame::Ownership;
use super::lowering::Lowering;
use super::nodes::Reads;
use super::path::Step;
use super::stated::is_placeholder;
use super::value::Value;
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::types::{TensorType, Type};
use dsc_graph::{DimEq, Init, Node, NodeId, Op, Param, ParamId, RandomSite, TypeFault};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper_code, structure, types};
use dsc_syntax::source::Span;

/// Terms of the number of entries of a value, at most; what a model needs stays far below.
const MAX_ENTRIES: usize = 1024;
/// Axes of a value. libtorch has 64 at most; products of several values need some in between.
const MAX_AXES: usize = 16;

impl Lowering<'_> {
    /// Whether a node reads a companion of the sample.
    pub(super) fn reads_companion(&self, id: NodeId) -> bool {
        self.nodes.reads(id).companion
    }

    /// Whether a node reads the values of the whole batch.
    pub(super) fn reads_batch(&self, id: NodeId) -> bool {
        self.nodes.reads(id).batch
    }

    /// A dim with numbers for the widths of the data, where these are bound.
    pub(super) fn number_of(&self, d: &Dim) -> Dim {
        self.options.dims.as_ref().map_or_else(|| d.clone(), |table| table.with_widths(d))
    }

    /// Whether two dims are the same number.
    pub(super) fn same_dim(&self, a: &Dim, b: &Dim) -> bool {
        same_dim(self.options.dims.as_ref(), a, b)
    }

    /// Adds a node whose type its rule gives.
    pub(super) fn emit(&mut self, op: Op, operands: &[NodeId], span: Span, operand_spans: &[Span]) -> Value {
        let events = self.faults.events();
        let Some(ty) = self.type_of(&op, operands, span, operand_spans) else { return Value::Error };
        let value = self.push(op, ty, operands, span);
        if self.faults.events() > events {
            self.dispute(&value);
        }
        value
    }

    /// The type that an operation's rule gives; nothing where the operands break it, which is reported.
    pub(super) fn type_of(&mut self, op: &Op, operands: &[NodeId], span: Span, operand_spans: &[Span]) -> Option<Type> {
        let types: Vec<Type> = operands.iter().filter_map(|o| self.graph.node(*o)).map(|n| n.ty.clone()).collect();
        let sizes: usize = types.iter().map(size_of).sum();
        if !self.spend(sizes as u64 / 2, span) {
            return None;
        }
        match op.infer(&types, &Bound(self.options.dims.as_ref())) {
            Ok(ty) => Some(ty),
            Err(fault) => {
                self.type_fault(&fault, op, operands, span, operand_spans);
                fault.result
            }
        }
    }

    /// Notes that the type of a value is what a fault is about.
    pub(super) fn dispute(&mut self, value: &Value) {
        value.nodes().into_iter().for_each(|(_, node)| self.nodes.dispute(node));
    }

    fn type_fault(
        &mut self,
        fault: &TypeFault,
        op: &Op,
        operands: &[NodeId],
        span: Span,
        operand_spans: &[Span],
    ) -> Value {
        let mut d = Diagnostic::error(fault.code, fault.message.clone());
        let blamed = fault.operand.and_then(|i| Some((i, *operand_spans.get(i)?))).filter(|(_, s)| !s.is_none());
        d = match blamed {
            Some((i, place)) => d.at(place, self.type_text(operands.get(i))),
            None => d.at(span, "here"),
        };
        for (i, place) in operand_spans.iter().enumerate() {
            if blamed.is_none_or(|(b, _)| b != i) && !place.is_none() && *place != span {
                d = d.because(*place, self.type_text(operands.get(i)));
            }
        }
        if let Some(help) = &fault.help {
            d = d.help(help.clone());
        }
        d = self.with_origins(d, fault, op, operands, span);
        self.fail(d)
    }

    fn type_text(&self, id: Option<&NodeId>) -> String {
        id.and_then(|id| self.graph.node(*id)).map_or_else(String::new, |n| format!("this is {}", n.ty))
    }

    /// Adds a node of a stated type.
    pub(super) fn push(&mut self, op: Op, ty: Type, operands: &[NodeId], span: Span) -> Value {
        if self.graph.len() >= MAX_NODES {
            self.endless(span, format!("the model unrolls into more than {MAX_NODES} operations"));
            self.budget.end();
            return Value::Error;
        }
        let axes = ty.tensor().map_or(0, |t| t.axes().count());
        if axes > MAX_AXES {
            self.endless(span, format!("a value of {axes} axes"));
            return Value::Error;
        }
        // Counts of entries and multiply-adds are products of the axes.
        let entries = axes_of(&ty).map(|d| d.size().max(1)).try_fold(1usize, usize::checked_mul);
        let Some(entries) = entries.filter(|n| *n <= MAX_ENTRIES && !axes_of(&ty).any(Dim::is_unwieldy)) else {
            self.endless(span, "a dim that is too large".to_owned());
            return Value::Error;
        };
        if !self.has_entries(axes_of(&ty), span) || !self.fits_floats(&op, span) {
            return Value::Error;
        }
        let reads = Reads {
            companion: matches!(op, Op::At { .. }) || operands.iter().any(|o| self.reads_companion(*o)),
            batch: matches!(op, Op::InBatch) || operands.iter().any(|o| self.reads_batch(*o)),
            label: matches!(op, Op::Label(_)) || operands.iter().any(|o| self.nodes.reads(*o).label),
            faulty: is_placeholder(&op) || operands.iter().any(|o| self.nodes.reads(*o).faulty),
            disputed: operands.iter().any(|o| self.nodes.reads(*o).disputed),
        };
        let loops = self.frames.iter().flat_map(|f| f.loops.iter().cloned()).collect::<Vec<_>>().join(", ");
        let scope = self.frames.last().map(|f| f.scope.path(None)).unwrap_or_default();
        if !self.spend(NODE + entries as u64 + of_text(loops.len() + scope.len()), span) {
            return Value::Error;
        }
        let region = self.region();
        let id = self.graph.add(Node { op, ty, span, loops, scope, region }, operands);
        let outer = self.frames.last().map_or(Span::NONE, |f| f.outer);
        self.nodes.note(id, reads, if outer.is_none() { span } else { outer });
        Value::Node(id)
    }

    /// Whether all axes have at least one entry, as far as the numbers of the data are known; reports if not.
    fn has_entries<'d>(&mut self, mut axes: impl Iterator<Item = &'d Dim>, span: Span) -> bool {
        let empty = axes.find_map(|d| Some((d, self.number_of(d).as_const().filter(|n| *n < 1)?)));
        let Some((dim, n)) = empty else { return true };
        let d = Diagnostic::error(types::E0306, format!("an axis of {} has no entries", self.with_its_number(dim, n)))
            .at(span, "nothing is left")
            .help(format!("every axis has at least one entry: `max(1, {dim})`"));
        self.report(d);
        false
    }

    /// A dim, with its number where the data give it one: `fa - 10 = -5`.
    pub(super) fn with_its_number(&self, dim: &Dim, n: i64) -> String {
        match dim.as_const() {
            Some(_) => dim.to_string(),
            None => format!("{dim} = {n}"),
        }
    }

    /// A fresh weight of a primitive (or, in a further call of an instance, the one it has).
    pub(super) fn param(&mut self, leaf: &str, shape: Vec<Dim>, init: Init, span: Span) -> NodeId {
        self.weight(leaf, shape, init, span, false)
    }

    /// A table of which sequences read as many rows as they have: calls of one instance share the longest one.
    pub(super) fn growing_table(&mut self, leaf: &str, shape: Vec<Dim>, init: Init, span: Span) -> NodeId {
        self.weight(leaf, shape, init, span, true)
    }

    fn weight(&mut self, leaf: &str, shape: Vec<Dim>, init: Init, span: Span, grows: bool) -> NodeId {
        self.weights.requests += 1;
        self.has_entries(shape.iter(), span);
        if Dim::product(&shape).is_none_or(|n| n.is_unwieldy()) {
            let axes = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let d = Diagnostic::error(hyper_code::E0406, format!("a weight of [{axes}] has too many entries"))
                .at(span, "no machine holds it")
                .help("choose smaller widths");
            self.report(d);
        }
        self.spend(NODE, span);
        let path = self.frame().scope.leaf(leaf);
        let sharing = self.frames.iter().any(|f| f.weights == Ownership::Shared);
        let known = self.weights.by_path.get(&path).copied();
        let id = match known {
            Some(id) if sharing => {
                let before = self.graph.param(id).map(|p| p.shape.clone()).unwrap_or_default();
                let same = before.len() == shape.len() && before.iter().zip(&shape).all(|(a, b)| self.same_dim(a, b));
                if !(same || grows && self.grow(id, &shape)) {
                    let text = |dims: &[Dim]| dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    let d = Diagnostic::error(
                        types::E0301,
                        format!(
                            "the shared weight `{path}` is [{}] in one call and [{}] in another",
                            text(&before),
                            text(&shape)
                        ),
                    )
                    .at(span, "another shape here")
                    .help("calls of one instance need inputs of one width; make two instances");
                    self.report(d);
                }
                id
            }
            Some(id) => {
                let before = self.weights.calls.get(id.index()).copied().unwrap_or(Span::NONE);
                if self.frames.iter().all(|f| f.weights != Ownership::Repeated) {
                    self.duplicate_path(&path, span, before);
                }
                // A weight of its own, so that its shape is not the next fault.
                let own = ParamId(self.graph.params.len() as u32);
                let path = format!("{path}#{own}");
                self.weights.calls.push(self.users_place(span));
                self.graph.params.push(Param { path, shape, init, encoder: None, span });
                own
            }
            None => {
                let id = ParamId(self.graph.params.len() as u32);
                let encoder = self
                    .weights
                    .encoder_root
                    .as_ref()
                    .and_then(|root| path.strip_prefix(&format!("{root}.")))
                    .map(str::to_owned);
                let call = self.users_place(span);
                self.weights.calls.push(call);
                self.graph.params.push(Param { path: path.clone(), shape, init, encoder, span });
                self.weights.by_path.insert(path, id);
                id
            }
        };
        if let Some(node) = self.weights.nodes.get(&id) {
            return *node;
        }
        let dims = self.graph.param(id).map(|p| p.shape.clone()).unwrap_or_default();
        let ty = TensorType { time: None, dims };
        let node =
            Node { op: Op::Param(id), ty: ty.into(), span, loops: String::new(), scope: String::new(), region: None };
        let node = self.graph.add(node, &[]);
        self.weights.nodes.insert(id, node);
        node
    }

    /// Makes a shared table as long as its longest reader expects it, if that is all that differs.
    fn grow(&mut self, id: ParamId, wanted: &[Dim]) -> bool {
        let before = self.graph.param(id).map(|p| p.shape.clone()).unwrap_or_default();
        let ([rows, width], [more, other]) = (before.as_slice(), wanted) else { return false };
        if !self.same_dim(width, other) {
            return false;
        }
        let dims = vec![Dim::max([rows.clone(), more.clone()]), width.clone()];
        if let Some(node) = self.weights.nodes.get(&id) {
            self.graph.retype(*node, TensorType { time: None, dims: dims.clone() }.into());
        }
        if let Some(param) = self.graph.params.get_mut(id.index()) {
            param.shape = dims;
        }
        true
    }

    pub(super) fn duplicate_path(&mut self, path: &str, span: Span, before: Span) {
        if self.notes.again {
            return drop(self.reported());
        }
        self.report(
            Diagnostic::error(structure::E0506, format!("two calls would own the weights `{path}`"))
                .at(span, "second call")
                .because(before, "first call")
                .help("give one of them a name of its own: `let name = ..`, or a label where they stand in a list"),
        );
    }

    /// A fresh random site.
    pub(super) fn site(&mut self, what: &str) -> RandomSite {
        let base = self.frame().scope.leaf(what);
        self.nodes.site(base)
    }

    /// Runs `f` with one more step of the path.
    pub(super) fn within<T>(&mut self, step: Step, f: impl FnOnce(&mut Self) -> T) -> T {
        self.frame().scope.steps.push(step);
        let result = f(self);
        self.frame().scope.steps.pop();
        result
    }
}

/// Dims compared by their forms, and by number where data are bound.
struct Bound<'a>(Option<&'a DimTable>);

impl DimEq for Bound<'_> {
    fn same(&self, a: &Dim, b: &Dim) -> bool {
        same_dim(self.0, a, b)
    }

    fn known(&self, d: &Dim) -> Dim {
        self.0.map_or_else(|| d.clone(), |table| table.with_widths(d))
    }
}

/// All axes of a type.
fn axes_of(ty: &Type) -> impl Iterator<Item = &Dim> {
    let (tensor, tokens) = match ty {
        Type::Tensor(t) => (Some(t), None),
        Type::Tokens { len } => (None, Some(len)),
    };
    tensor.into_iter().flat_map(TensorType::axes).chain(tokens)
}

/// How large the forms of its dims are.
fn size_of(ty: &Type) -> usize {
    axes_of(ty).map(Dim::size).sum()
}

fn same_dim(table: Option<&DimTable>, a: &Dim, b: &Dim) -> bool {
    a == b || table.is_some_and(|table| table.same(a, b)) || a.is_open() || b.is_open()
}
