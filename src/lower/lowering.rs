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
    /// The graph, if there was no error.
    pub graph: Option<Graph>,
    /// Values of the main file's hypers, in their order.
    pub hypers: Vec<(String, Static)>,
    /// Errors and the lints of this graph.
    pub diagnostics: Diagnostics,
    /// What was read, for the lints that look at all variants together.
    pub(super) uses: Uses,
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

/// A bound name.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) mutable: bool,
    pub(super) span: Span,
}

/// One block call being lowered (or the model).
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) module: ModuleId0,
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
}

/// [`ModuleId`] with the main file as default.
pub(super) type ModuleId0 = ModuleId;

impl Default for ModuleId {
    fn default() -> Self {
        ModuleId(0)
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
}

/// Compiles a program: base or variant, with hypers set. Reports all errors it finds.
pub fn compile(program: &Program, options: &Options) -> Compiled {
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
    };
    lowering.model();
    let hypers = lowering.main_hyper_values();
    let graph = (!lowering.diagnostics.has_errors()).then(|| lowering.graph.without_dead_nodes());
    Compiled { graph, hypers, diagnostics: lowering.diagnostics, uses: lowering.uses }
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

    /// Reports a fault. One inside the standard library is told at the user's call that led there.
    pub(super) fn report(&mut self, mut d: Diagnostic) {
        let in_std = |m: ModuleId| self.program.module(m).is_some_and(|m| m.is_std);
        if in_std(self.module()) {
            let mut call = Span::NONE;
            for (i, frame) in self.frames.iter().enumerate().rev() {
                let caller = i.checked_sub(1).and_then(|j| self.frames.get(j)).map(|f| f.module);
                if in_std(frame.module) && caller.is_none_or(|m| !in_std(m)) {
                    call = frame.call;
                    break;
                }
            }
            if let Some(inner) = d.primary.take() {
                d.secondary.insert(0, inner);
            }
            d = d.at(call, "in this call");
        } else if let Some(frame) = self.frames.last()
            && !frame.block.is_empty()
        {
            let (call, loops) = (frame.call, frame.loops.join(", "));
            let text = if loops.is_empty() { "called here".to_owned() } else { format!("called here, {loops}") };
            d = d.because(call, text);
        }
        self.diagnostics.push(d);
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
        let loops = self.frames.iter().flat_map(|f| f.loops.iter().cloned()).collect::<Vec<_>>().join(", ");
        let scope = self.frames.last().map(|f| f.scope.path(None)).unwrap_or_default();
        Value::Node(self.graph.add(Node { op, ty, span, loops, scope }, operands))
    }

    /// A fresh weight of a primitive (or, in a further call of an instance, the one it has).
    pub(super) fn param(&mut self, leaf: &str, shape: Vec<Dim>, init: crate::ir::Init, span: Span) -> NodeId {
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
                let before = self.graph.param(id).map_or(Span::NONE, |p| p.span);
                self.duplicate_path(&path, span, before);
                id
            }
            None => {
                let id = ParamId(self.graph.params.len() as u32);
                let encoder = self
                    .encoder_root
                    .as_ref()
                    .and_then(|root| path.strip_prefix(&format!("{root}.")))
                    .map(str::to_owned);
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
            .help("give one of them a name of its own: `let name = ..`"),
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
    let Some(table) = table else { return false };
    let bound = |d: &Dim| {
        d.substitute(&|atom| match atom {
            crate::sema::dims::Atom::Width(name) => table.widths.get(name).map(|n| Dim::from(*n)),
            _ => None,
        })
    };
    bound(a) == bound(b)
}
