//! Compiling: a program to its graph, with what was met on the way.

use std::collections::BTreeMap;

use super::budget::Budget;
use super::lowering::Lowering;
use super::notes::Uses;
use super::options::Options;
use super::types::{TypeTable, Typed};
use crate::sema::program::{ModuleItems, Program};
use dsc_graph::statics::Static;
use dsc_graph::{Graph, InputDecl};
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::Span;

/// The stack that the deepest lowering fits in, also without optimisation.
const STACK: usize = 256 << 20;

/// What [`compile`] gives.
#[derive(Debug)]
pub struct Compiled {
    /// The graph, if there was no error here nor in what was read.
    pub graph: Option<Graph>,
    /// What was lowered beside faults, for its names and types: nothing can run it. It has the names of values whose types
    /// the faults do not touch.
    pub partial: Option<Graph>,
    /// Values of the main file's hypers, in their order.
    pub hypers: Vec<(String, Static)>,
    /// What bound names and expressions are, if [`Options::types`] is set.
    pub types: TypeTable,
    /// Errors and the lints of this graph.
    pub diagnostics: Diagnostics,
    /// What was met, for the lints that look at all variants together.
    pub(super) uses: Uses,
    /// Weights that no loss trains, one lint per call of the file that owns them.
    pub(super) dead: Vec<Diagnostic>,
    /// The steps that it took, see [`MAX_STEPS_OF_A_CHECK`](super::MAX_STEPS_OF_A_CHECK).
    pub steps: u64,
}

/// Compiles a program: base or variant, with hypers set. Reports all errors it finds.
pub fn compile(program: &Program, options: &Options) -> Compiled {
    with_stack(|| compile_here(program, options))
}

/// The inputs as the base or variant declares them: they do not depend on the numbers of the data, so they are known
/// before those are. What is wrong with one is reported by [`compile`].
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
    let mut budget = Budget::default();
    // Each round takes one width or more for another, so they come to an end; all of them spend from one budget.
    let mut lowering = loop {
        let mut lowering = Lowering::new(program, options, equal.clone());
        lowering.budget = budget;
        lowering.model();
        if lowering.equal.len() == equal.len() || lowering.budget.is_spent() {
            break lowering;
        }
        equal = lowering.equal;
        budget = lowering.budget;
    };
    let dead = lowering.dead_parameters();
    lowering.lint();
    lowering.tell_reveals();
    let steps = lowering.budget.spent();
    let hypers = lowering.main_hyper_values();
    let whole = lowering.faults.none();
    if !whole {
        lowering.forget_names_in_doubt();
    }
    let (graph, partial) = match whole {
        true => (Some(lowering.graph.into_live()), None),
        false => (None, Some(lowering.graph)),
    };
    let (types, uses) = lowering.notes.finish();
    let diagnostics = lowering.faults.into_diagnostics();
    Compiled { graph, partial, hypers, types, diagnostics, uses, dead, steps }
}

/// Lowers the base or a variant and keeps what it has met.
pub fn type_table(program: &Program, options: &Options) -> TypeTable {
    compile(program, &Options { types: true, ..options.clone() }).types
}

/// What every `let`, `var`, assignment, parameter and loop variable of the user's files is, in the order of the source.
/// What no call reaches is not there.
pub fn types(program: &Program, options: &Options) -> Vec<Typed> {
    let of_user = |span: Span| {
        let inside = |m: &&ModuleItems| m.span.start <= span.start && span.start <= m.span.end;
        program.modules.iter().find(inside).is_none_or(|m| !m.is_std)
    };
    let mut names = type_table(program, options).names;
    names.retain(|n| of_user(n.span));
    names
}
