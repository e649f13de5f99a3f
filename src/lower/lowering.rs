//! The state of one lowering, how it reports, and its entry point.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{Scope, Step};
use super::value::Value;
use crate::diag::codes::hypers as hyper_code;
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::{Graph, Node, NodeId, Op, Param, ParamId, TypeFault};
use crate::sema::dims::{Dim, DimTable};
use crate::sema::program::{ModuleId, Program};
use crate::sema::statics::Static;
use crate::sema::types::Type;
use crate::source::Span;
use crate::syntax::ast::Change;

/// A value for a hyper from outside the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The hyper.
    pub name: String,
    /// Its value.
    pub value: Static,
    /// Where it was set: a place in a recipe, [`Span::NONE`] for the command line.
    pub span: Span,
}

/// What to compile of a program.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The variant; the base model if none.
    pub variant: Option<String>,
    /// Hypers set by the recipe.
    pub recipe_sets: Vec<Setting>,
    /// Hypers set by the user, stronger than the variant's, which are stronger than the recipe's.
    pub sets: Vec<Setting>,
    /// Numbers of the data, if bound: dims that cannot be shown to be equal are then decided by number.
    pub dims: Option<DimTable>,
    /// The text encoder's configuration: `hidden_size`, .. of `encoder.hidden_size` in the language.
    pub encoder: BTreeMap<String, Static>,
}

/// What [`compile`] gives.
#[derive(Debug)]
pub struct Compiled {
    /// The graph, if there was no error here nor in what was read.
    pub graph: Option<Graph>,
    /// Values of the main file's hypers, in their order.
    pub hypers: Vec<(String, Static)>,
    /// Errors and the lints of this graph.
    pub diagnostics: Diagnostics,
    /// What was read, for the lints that look at all variants together.
    pub(super) uses: Uses,
    /// For each parameter, the call in the user's file that owns it.
    pub(super) param_calls: Vec<Span>,
}

/// What a lowering has read.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    pub(super) hypers: BTreeSet<(ModuleId, String)>,
    pub(super) imports: BTreeSet<String>,
    pub(super) blocks: BTreeSet<(ModuleId, String)>,
    pub(super) inputs: BTreeSet<String>,
    /// Places of `let` names that were bound, and of those that were read.
    pub(super) bound: BTreeMap<Span, String>,
    pub(super) read: BTreeSet<Span>,
}

/// A graph may not unroll into more nodes than this.
const MAX_NODES: usize = 200_000;
/// Blocks may not nest deeper than this.
pub(super) const MAX_DEPTH: usize = 64;
/// Expressions evaluated in one compilation. The stock model takes some thousands; loops within loops have no other end.
const MAX_STEPS: u64 = 2_000_000;
/// Expressions within one another, through all calls.
const MAX_EXPR_DEPTH: usize = 1_000;
/// The stack that a lowering of [`MAX_EXPR_DEPTH`] fits in, also without optimisation.
const STACK: usize = 256 << 20;
/// Elements of a list, at all depths, and how deep lists may nest.
pub(super) const MAX_ELEMENTS: (usize, usize) = (4096, 32);

/// A bound name.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) mutable: bool,
    pub(super) span: Span,
}

/// One block call being lowered (or the model).
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) module: ModuleId,
    /// Name of the block, empty for the model.
    pub(super) block: String,
    pub(super) bindings: Vec<Binding>,
    pub(super) scope: Scope,
    /// The call in the caller's file.
    pub(super) call: Span,
    /// Values of loop variables, `l = 1`.
    pub(super) loops: Vec<String>,
    /// Paths of weight-owning calls made in this frame.
    pub(super) owners: BTreeMap<String, Span>,
    /// Whether weights are those of an earlier call of the same instance.
    pub(super) sharing: bool,
    /// Whether its weights belong to another call already, which is told once, at the call.
    pub(super) repeated: bool,
    /// Whether some statement could not be read: a name that is missing may have been bound there.
    pub(super) damaged: bool,
}

impl Default for Frame {
    fn default() -> Self {
        Frame {
            module: ModuleId(0),
            block: String::new(),
            bindings: Vec::new(),
            scope: Scope::default(),
            call: Span::NONE,
            loops: Vec::new(),
            owners: BTreeMap::new(),
            sharing: false,
            repeated: false,
            damaged: false,
        }
    }
}

/// One lowering.
pub(super) struct Lowering<'p> {
    pub(super) program: &'p Program,
    pub(super) options: &'p Options,
    pub(super) graph: Graph,
    pub(super) diagnostics: Diagnostics,
    pub(super) frames: Vec<Frame>,
    pub(super) uses: Uses,
    /// Changes of the variant: the strongest for each name.
    pub(super) changes: Vec<&'p Change>,
    pub(super) applied: BTreeSet<Span>,
    pub(super) hyper_values: BTreeMap<(ModuleId, String), Option<Static>>,
    pub(super) hyper_stack: Vec<(ModuleId, String)>,
    pub(super) params_by_path: BTreeMap<String, ParamId>,
    pub(super) param_nodes: BTreeMap<ParamId, NodeId>,
    pub(super) input_nodes: BTreeMap<String, NodeId>,
    pub(super) sites: BTreeMap<String, usize>,
    /// Path at which the text encoder's block stands, while inside it.
    pub(super) encoder_root: Option<String>,
    pub(super) too_large: bool,
    /// Whether something has no value for a fault that was told when the files were read.
    pub(super) untold: bool,
    /// Steps that are left, and the present depth.
    steps: u64,
    depth: usize,
    /// For each node, whether it reads a companion.
    views: Vec<bool>,
    /// Weights asked for so far.
    pub(super) weights: usize,
    param_calls: Vec<Span>,
    /// Blocks of the standard library that were called without being imported: each is told once.
    pub(super) not_imported: BTreeSet<(ModuleId, String)>,
}

/// Compiles a program: base or variant, with hypers set. Reports all errors it finds.
pub fn compile(program: &Program, options: &Options) -> Compiled {
    with_stack(|| compile_here(program, options))
}

/// Runs `f` on a stack that the deepest program fits in, whatever the caller's stack.
fn with_stack<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    let slot = std::sync::Mutex::new(Some(f));
    let take = || slot.lock().ok().and_then(|mut f| f.take());
    let outcome = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || take().map(|f| f()));
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // No thread could be had; the caller's stack does for all but the strangest programs.
            Err(_) => take().map(|f| f()),
        }
    });
    #[expect(clippy::unwrap_used, reason = "the closure was run in one place or the other")]
    outcome.unwrap()
}

fn compile_here(program: &Program, options: &Options) -> Compiled {
    let mut lowering = Lowering {
        program,
        options,
        graph: Graph::new(match &options.variant {
            Some(v) => format!("{}/{v}", program.model.name.value),
            None => program.model.name.value.clone(),
        }),
        diagnostics: Diagnostics::new(),
        frames: Vec::new(),
        uses: Uses::default(),
        changes: Vec::new(),
        applied: BTreeSet::new(),
        hyper_values: BTreeMap::new(),
        hyper_stack: Vec::new(),
        params_by_path: BTreeMap::new(),
        param_nodes: BTreeMap::new(),
        input_nodes: BTreeMap::new(),
        sites: BTreeMap::new(),
        encoder_root: None,
        too_large: false,
        untold: false,
        steps: MAX_STEPS,
        depth: 0,
        views: Vec::new(),
        weights: 0,
        param_calls: Vec::new(),
        not_imported: BTreeSet::new(),
    };
    lowering.model();
    let hypers = lowering.main_hyper_values();
    let graph = (!lowering.diagnostics.has_errors() && !lowering.untold).then(|| lowering.graph.without_dead_nodes());
    Compiled {
        graph,
        hypers,
        diagnostics: lowering.diagnostics,
        uses: lowering.uses,
        param_calls: lowering.param_calls,
    }
}

impl<'p> Lowering<'p> {
    /// The innermost frame. There is always one while the model is lowered.
    pub(super) fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        // The stack was made non-empty above.
        #[expect(clippy::indexing_slicing, reason = "the stack is not empty")]
        &mut self.frames[last]
    }

    pub(super) fn module(&self) -> ModuleId {
        self.frames.last().map_or(ModuleId(0), |f| f.module)
    }

    fn is_std(&self, module: ModuleId) -> bool {
        self.program.module(module).is_some_and(|m| m.is_std)
    }

    /// The place in the user's files of what is being lowered at `span`: the span itself, or the call that led into
    /// the standard library.
    fn users_place(&self, span: Span) -> Span {
        let inside = |m: &&crate::sema::program::ModuleItems| m.span.start <= span.start && span.start <= m.span.end;
        if !self.program.modules.iter().filter(|m| m.is_std).any(|m| inside(&m)) {
            return span;
        }
        let mut frames = self.frames.iter().rev();
        let mut call = Span::NONE;
        while let Some(frame) = frames.next()
            && self.is_std(frame.module)
        {
            call = frame.call;
        }
        call
    }

    /// Reports a fault. One inside the standard library is told at the user's call that led there.
    pub(super) fn report(&mut self, mut d: Diagnostic) {
        let place = d.primary.as_ref().map_or(Span::NONE, |l| l.span);
        let outer = self.users_place(place);
        if outer != place {
            if let Some(inner) = d.primary.take() {
                d.secondary.insert(0, inner);
            }
            d = d.at(outer, "in this call");
        } else if let Some(frame) = self.frames.last()
            && !frame.block.is_empty()
            && !self.is_std(frame.module)
            && !(frame.call.start <= place.start && place.end <= frame.call.end)
        {
            let (call, loops) = (frame.call, frame.loops.join(", "));
            let text = if loops.is_empty() { "called here".to_owned() } else { format!("called here, {loops}") };
            d = d.because(call, text);
        }
        self.diagnostics.push(d);
    }

    /// Takes `n` steps of those that a compilation has.
    pub(super) fn spend(&mut self, n: u64, span: Span) -> bool {
        if self.steps >= n {
            self.steps -= n;
            return true;
        }
        self.steps = 0;
        self.endless(span, format!("the model takes more than {MAX_STEPS} steps to unroll"));
        false
    }

    /// One level deeper, if there is one.
    pub(super) fn deeper<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_EXPR_DEPTH {
            self.endless(span, format!("calls and expressions nest deeper than {MAX_EXPR_DEPTH}"));
            return None;
        }
        self.depth += 1;
        let value = f(self);
        self.depth -= 1;
        Some(value)
    }

    fn endless(&mut self, span: Span, message: String) {
        if !self.too_large {
            self.too_large = true;
            let d =
                Diagnostic::error(hyper_code::E0408, message).at(span, "reached here").help("make the loops shorter");
            self.report(d);
        }
    }

    /// A value that was put together of others, if it is not too large to go on with.
    pub(super) fn bounded(&mut self, value: Value, span: Span) -> Value {
        let (size, depth) = value.measure();
        if size > MAX_ELEMENTS.0 || depth > MAX_ELEMENTS.1 {
            let what = format!("a list of more than {} elements, or {} deep", MAX_ELEMENTS.0, MAX_ELEMENTS.1);
            self.endless(span, what);
            return Value::Error;
        }
        value
    }

    /// Whether a node reads a companion of the sample.
    pub(super) fn reads_companion(&self, id: NodeId) -> bool {
        self.views.get(id.index()) == Some(&true)
    }

    /// Reports and goes on quietly.
    pub(super) fn fail(&mut self, d: Diagnostic) -> Value {
        self.report(d);
        Value::Error
    }

    /// Whether two dims are the same number.
    pub(super) fn same_dim(&self, a: &Dim, b: &Dim) -> bool {
        same_dim(self.options.dims.as_ref(), a, b)
    }

    /// Adds a node whose type its rule gives.
    pub(super) fn emit(&mut self, op: Op, operands: &[NodeId], span: Span, operand_spans: &[Span]) -> Value {
        let types: Vec<Type> = operands.iter().filter_map(|o| self.graph.node(*o)).map(|n| n.ty.clone()).collect();
        let dims = self.options.dims.as_ref();
        match op.infer(&types, &|a: &Dim, b: &Dim| same_dim(dims, a, b)) {
            Ok(ty) => self.push(op, ty, operands, span),
            Err(fault) => self.type_fault(fault, operands, span, operand_spans),
        }
    }

    fn type_fault(&mut self, fault: TypeFault, operands: &[NodeId], span: Span, operand_spans: &[Span]) -> Value {
        let mut d = Diagnostic::error(fault.code, fault.message);
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
        if let Some(help) = fault.help {
            d = d.help(help);
        }
        self.fail(d)
    }

    fn type_text(&self, id: Option<&NodeId>) -> String {
        id.and_then(|id| self.graph.node(*id)).map_or_else(String::new, |n| format!("this is {}", n.ty))
    }

    /// Adds a node of a stated type.
    pub(super) fn push(&mut self, op: Op, ty: Type, operands: &[NodeId], span: Span) -> Value {
        if self.graph.len() >= MAX_NODES {
            if !self.too_large {
                self.too_large = true;
                return self.fail(
                    Diagnostic::error(
                        hyper_code::E0408,
                        format!("the model unrolls into more than {MAX_NODES} operations"),
                    )
                    .at(span, "reached here")
                    .help("make the loops shorter"),
                );
            }
            return Value::Error;
        }
        let unwieldy = match &ty {
            Type::Tensor(t) => t.axes().any(Dim::is_unwieldy),
            Type::Tokens { len } => len.is_unwieldy(),
        };
        if unwieldy {
            self.endless(span, "a dim that is too large".to_owned());
            return Value::Error;
        }
        let view = matches!(op, Op::At { .. }) || operands.iter().any(|o| self.reads_companion(*o));
        let loops = self.frames.iter().flat_map(|f| f.loops.iter().cloned()).collect::<Vec<_>>().join(", ");
        let scope = self.frames.last().map(|f| f.scope.path(None)).unwrap_or_default();
        let id = self.graph.add(Node { op, ty, span, loops, scope }, operands);
        self.views.resize(id.index(), false);
        self.views.push(view);
        Value::Node(id)
    }

    /// A fresh weight of a primitive (or, in a further call of an instance, the one it has).
    pub(super) fn param(&mut self, leaf: &str, shape: Vec<Dim>, init: crate::ir::Init, span: Span) -> NodeId {
        self.weights += 1;
        let path = self.frame().scope.leaf(leaf);
        let sharing = self.frames.iter().any(|f| f.sharing);
        let known = self.params_by_path.get(&path).copied();
        let id = match known {
            Some(id) if sharing => {
                let before = self.graph.param(id).map(|p| p.shape.clone()).unwrap_or_default();
                let same = before.len() == shape.len() && before.iter().zip(&shape).all(|(a, b)| self.same_dim(a, b));
                if !same {
                    let text = |dims: &[Dim]| dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    let d = Diagnostic::error(
                        crate::diag::codes::types::E0301,
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
                let before = self.param_calls.get(id.index()).copied().unwrap_or(Span::NONE);
                if !self.frames.iter().any(|f| f.repeated) {
                    self.duplicate_path(&path, span, before);
                }
                // A weight of its own, so that its shape is not the next fault.
                let own = ParamId(self.graph.params.len() as u32);
                let path = format!("{path}#{own}");
                self.param_calls.push(self.users_place(span));
                self.graph.params.push(Param { path, shape, init, encoder: None, span });
                own
            }
            None => {
                let id = ParamId(self.graph.params.len() as u32);
                let encoder = self
                    .encoder_root
                    .as_ref()
                    .and_then(|root| path.strip_prefix(&format!("{root}.")))
                    .map(str::to_owned);
                let call = self.users_place(span);
                self.param_calls.push(call);
                self.graph.params.push(Param { path: path.clone(), shape, init, encoder, span });
                self.params_by_path.insert(path, id);
                id
            }
        };
        if let Some(node) = self.param_nodes.get(&id) {
            return *node;
        }
        let dims = self.graph.param(id).map(|p| p.shape.clone()).unwrap_or_default();
        let ty = crate::sema::types::TensorType { time: None, dims };
        let node = Node { op: Op::Param(id), ty: ty.into(), span, loops: String::new(), scope: String::new() };
        let node = self.graph.add(node, &[]);
        self.param_nodes.insert(id, node);
        node
    }

    pub(super) fn duplicate_path(&mut self, path: &str, span: Span, before: Span) {
        self.report(
            Diagnostic::error(
                crate::diag::codes::structure::E0506,
                format!("two calls would own the weights `{path}`"),
            )
            .at(span, "second call")
            .because(before, "first call")
            .help("give one of them a name of its own: `let name = ..`, or a label where they stand in a list"),
        );
    }

    /// A fresh random site.
    pub(super) fn site(&mut self, what: &str) -> crate::ir::RandomSite {
        let base = self.frame().scope.leaf(what);
        let n = self.sites.entry(base.clone()).or_insert(0);
        *n += 1;
        crate::ir::RandomSite(if *n == 1 { base } else { format!("{base}#{n}") })
    }

    /// Runs `f` with one more step of the path.
    pub(super) fn within<T>(&mut self, step: Step, f: impl FnOnce(&mut Self) -> T) -> T {
        self.frame().scope.steps.push(step);
        let result = f(self);
        self.frame().scope.steps.pop();
        result
    }
}

fn same_dim(table: Option<&DimTable>, a: &Dim, b: &Dim) -> bool {
    if a == b {
        return true;
    }
    table.is_some_and(|table| with_widths(table, a) == with_widths(table, b))
}

/// The same dim with numbers for the widths of the data.
pub(super) fn with_widths(table: &DimTable, d: &Dim) -> Dim {
    d.substitute(&|atom| match atom {
        crate::sema::dims::Atom::Width(name) => table.widths.get(name).map(|n| Dim::from(*n)),
        _ => None,
    })
}
