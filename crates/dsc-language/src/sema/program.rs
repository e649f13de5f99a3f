//! A loaded model: its files, and the chains of its variants and recipes.

use std::sync::Arc;

use dsc_syntax::inheritance::chain;
use indexmap::IndexMap;

pub use super::module::{ModuleId, ModuleItems};
use super::resolve::Names;
use dsc_syntax::ast::{Block, Change, Expect, Expr, Hyper, Model, Recipe, StmtKind, Variant};
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::{SourceMap, Span};
use dsc_syntax::visit;

/// A loaded model: its own file and every file it imports.
#[derive(Clone, Debug)]
pub struct Program {
    /// The main file first, then the others in the order of loading.
    pub modules: Vec<ModuleItems>,
    /// The model.
    pub model: Model,
    /// Variants by name, in order.
    pub variants: IndexMap<String, Variant>,
    /// Recipes by name, in order.
    pub recipes: IndexMap<String, Recipe>,
    /// `expect` items.
    pub expects: Vec<(Expect, Span)>,
    /// What every name in it refers to.
    pub names: Arc<Names>,
}

/// What [`Program::load`] gives: always the sources and the diagnostics, the program if there is one to go on with.
#[derive(Debug)]
pub struct Loaded {
    /// All files read.
    pub sources: SourceMap,
    /// The program, unless the file could not be read or holds no model.
    pub program: Option<Program>,
    /// All names of the files, also where there is no program.
    pub names: Arc<Names>,
    /// What is wrong with the files and the names in them.
    pub diagnostics: Diagnostics,
}

impl Program {
    /// The items of the main file.
    pub fn main(&self) -> Option<&ModuleItems> {
        self.modules.first()
    }

    /// The items of that file.
    pub fn module(&self, id: ModuleId) -> Option<&ModuleItems> {
        self.modules.get(id.0)
    }

    /// The block that `name` refers to in `module`, with the module it belongs to.
    pub fn block(&self, module: ModuleId, name: &str) -> Option<(ModuleId, &Block)> {
        let items = self.module(module)?;
        if let Some(block) = items.blocks.get(name) {
            return Some((module, block));
        }
        if items.is_std {
            return self
                .modules
                .iter()
                .enumerate()
                .filter(|(_, m)| m.is_std)
                .find_map(|(i, m)| Some((ModuleId(i), m.blocks.get(name)?)));
        }
        let (from, there, _) = items.imports.get(name)?;
        Some((*from, self.module(*from)?.blocks.get(there)?))
    }

    /// The hyper that `name` refers to in `module`, with the module it belongs to.
    pub fn hyper(&self, module: ModuleId, name: &str) -> Option<(ModuleId, &Hyper)> {
        let items = self.module(module)?;
        if let Some(hyper) = items.hypers.get(name) {
            return Some((module, hyper));
        }
        let (from, there, _) = items.hyper_imports.get(name)?;
        Some((*from, self.module(*from)?.hypers.get(there)?))
    }

    /// Every expression of the program's bodies, headers and items, each before those within it.
    pub fn exprs<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        fn of_block<'a>(block: &'a Block, f: &mut dyn FnMut(&'a Expr)) {
            let header = block.params.iter().filter_map(|p| p.default.as_ref()).chain(&block.constraint);
            header.for_each(|e| visit::exprs(e, f));
            visit::exprs_of_body(&block.body, f);
        }
        for module in &self.modules {
            for hyper in module.hypers.values() {
                let parts = std::iter::once(&hyper.value).chain(&hyper.domain).chain(&hyper.constraint);
                parts.for_each(|e| visit::exprs(e, f));
            }
            module.blocks.values().for_each(|block| of_block(block, f));
        }
        visit::exprs_of_body(&self.model.body, f);
        for change in self.variants.values().flat_map(|v| &v.changes) {
            match change {
                Change::Set { value, .. } | Change::Let { value, .. } | Change::Loss { value, .. } => {
                    visit::exprs(value, f)
                }
                Change::Reweight { factor, .. } => visit::exprs(factor, f),
                Change::Block(block, _) => of_block(block, f),
                Change::Input(..) | Change::Drop { .. } | Change::Error(_) => {}
            }
        }
        self.expects.iter().flat_map(|(e, _)| &e.claims).for_each(|e| visit::exprs(e, f));
    }

    /// Names that the main file has for hypers: its own and the imported ones.
    pub fn hyper_names(&self) -> impl Iterator<Item = &str> {
        self.main().into_iter().flat_map(|m| m.hypers.keys().chain(m.hyper_imports.keys())).map(String::as_str)
    }

    /// The labels that the model has outputs for, in the order of the file. Variants have the same.
    pub fn output_labels(&self) -> Vec<&str> {
        let mut labels = Vec::new();
        visit::stmts(&self.model.body, &mut |stmt| {
            if let StmtKind::Output { label, .. } = &stmt.kind {
                labels.push(label.value.as_str());
            }
        });
        labels
    }

    /// The changes of a variant and of those it inherits from, base first.
    ///
    /// # Errors
    /// `E0517` for an unknown variant or base, `E0513` for a circle.
    pub fn variant_chain(&self, name: &str) -> Result<Vec<&Variant>, Diagnostic> {
        chain(&self.variants, name)
    }

    /// A recipe and those it inherits from, base first.
    ///
    /// # Errors
    /// `E0513` for an unknown recipe or base, and for a circle.
    pub fn recipe_chain(&self, name: &str) -> Result<Vec<&Recipe>, Diagnostic> {
        chain(&self.recipes, name)
    }
}
