//! The state of one lowering, how it reports, and its entry point.

use std::collections::{BTreeMap, BTreeSet};

use super::path::Scope;
use super::pattern::Generics;
use super::types::{Typed, together};
use super::value::Value;
use crate::sema::program::{ModuleId, Program};
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::statics::Static;
use dsc_graph::{Graph, InputDecl, NodeId, ParamId, RegionId};
use dsc_syntax::ast::Change;
use dsc_syntax::diag::Diagnostics;
use dsc_syntax::source::Span;

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

/// Models of the usual size have fewer nodes.
const USUAL_NODES: usize = 1024;

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
    /// Whether [`Compiled::types`] is wanted.
    pub types: bool,
}

/// What [`compile`] gives.
#[derive(Debug)]
pub struct Compiled {
    /// The graph, if there was no error here nor in what was read.
    pub graph: Option<Graph>,
    /// Values of the main file's hypers, in their order.
    pub hypers: Vec<(String, Static)>,
    /// What every bound name stands for, if it was asked for.
    pub types: Vec<Typed>,
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
pub(super) const MAX_NODES: usize = 200_000;
/// Blocks may not nest deeper than this.
pub(super) const MAX_DEPTH: usize = 64;
/// Expressions evaluated in one compilation. The stock model takes some thousands; loops within loops have no other end.
pub(super) const MAX_STEPS: u64 = 2_000_000;
/// Expressions within one another, through all calls.
pub(super) const MAX_EXPR_DEPTH: usize = 1_000;
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
    /// The file whose names are known.
    pub(super) module: ModuleId,
    /// The file that has the block: another one where a variant put a block in its place.
    pub(super) home: ModuleId,
    /// Name of the block, empty for the model.
    pub(super) block: String,
    pub(super) bindings: Vec<Binding>,
    /// What the generics of the block became.
    pub(super) generics: Generics,
    pub(super) scope: Scope,
    /// The call in the caller's file.
    pub(super) call: Span,
    /// For a block of the standard library, the call in the user's file that led there.
    pub(super) outer: Span,
    /// Values of loop variables, `l = 1`.
    pub(super) loops: Vec<String>,
    /// The call and, within it, the loop turns that are being lowered.
    pub(super) regions: Vec<RegionId>,
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
            home: ModuleId(0),
            block: String::new(),
            bindings: Vec::new(),
            generics: Generics::default(),
            scope: Scope::default(),
            call: Span::NONE,
            outer: Span::NONE,
            loops: Vec::new(),
            regions: Vec::new(),
            owners: BTreeMap::new(),
            sharing: false,
            repeated: false,
            damaged: false,
        }
    }
}

/// What a node reads beside its own sample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reads {
    /// Companions of the sample.
    pub(super) companion: bool,
    /// The values of the whole batch.
    pub(super) batch: bool,
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
    pub(super) steps: u64,
    pub(super) depth: usize,
    /// For each node, what it reads beside its own sample.
    pub(super) reads: Vec<Reads>,
    /// For each node, its call in the user's files.
    pub(super) places: Vec<Span>,
    /// Numbers that calls in the user's files were given, with the places of the arguments.
    pub(super) numbers: BTreeMap<Span, Vec<(Span, Dim)>>,
    /// Weights asked for so far.
    pub(super) weights: usize,
    /// Nodes that were given names so far.
    pub(super) named: usize,
    pub(super) param_calls: Vec<Span>,
    /// `reveal` statements: the types seen there, with the calls and turns they were seen in.
    pub(super) reveals: BTreeMap<Span, Vec<(String, String)>>,
    /// Bound names, likewise.
    pub(super) types: BTreeMap<Span, (String, Vec<(String, String)>)>,
    /// Blocks of the standard library that were called without being imported: each is told once.
    pub(super) not_imported: BTreeSet<(ModuleId, String)>,
    /// Widths of the data that a `where` says to be another width or a number.
    pub(super) equal: BTreeMap<String, Dim>,
}

/// Compiles a program: base or variant, with hypers set. Reports all errors it finds.
pub fn compile(program: &Program, options: &Options) -> Compiled {
    with_stack(|| compile_here(program, options))
}

/// The inputs as the base or variant declares them: they do not depend on the numbers of the data, so they are known before
/// those are. What is wrong with one is told by [`compile`].
pub fn inputs(program: &Program, options: &Options) -> Vec<InputDecl> {
    Lowering::new(program, options, BTreeMap::new()).inputs()
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
    let mut equal = BTreeMap::new();
    // Each round takes one width or more for another, so they come to an end.
    let mut lowering = loop {
        let mut lowering = Lowering::new(program, options, equal.clone());
        lowering.model();
        if lowering.equal.len() == equal.len() {
            break lowering;
        }
        equal = lowering.equal;
    };
    if !lowering.diagnostics.has_errors() && !lowering.untold {
        lowering.lint();
    }
    lowering.tell_reveals();
    let hypers = lowering.main_hyper_values();
    let graph = (!lowering.diagnostics.has_errors() && !lowering.untold).then(|| lowering.graph.into_live());
    let types = lowering.types.into_iter();
    Compiled {
        graph,
        hypers,
        types: types.map(|(span, (name, seen))| Typed { name, span, types: together(&seen) }).collect(),
        diagnostics: lowering.diagnostics,
        uses: lowering.uses,
        param_calls: lowering.param_calls,
    }
}

impl<'p> Lowering<'p> {
    fn new(program: &'p Program, options: &'p Options, equal: BTreeMap<String, Dim>) -> Self {
        let mut graph = Graph::new(match &options.variant {
            Some(v) => format!("{}/{v}", program.model.name.value),
            None => program.model.name.value.clone(),
        });
        graph.reserve(USUAL_NODES);
        Lowering {
            program,
            options,
            graph,
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
            reads: Vec::new(),
            places: Vec::new(),
            numbers: BTreeMap::new(),
            weights: 0,
            named: 0,
            param_calls: Vec::new(),
            reveals: BTreeMap::new(),
            types: BTreeMap::new(),
            not_imported: BTreeSet::new(),
            equal,
        }
    }

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
}
