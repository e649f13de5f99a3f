//! The files of a model: loaded, parsed, imports resolved, items by name.

use indexmap::IndexMap;

use crate::diag::codes::{names as code, structure};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{EmbeddedWorld, SourceMap, Span, World};
use crate::syntax::ast::{Block, Expect, Hyper, Input, ItemKind, Model, Module, Recipe, Use, Variant};
use crate::syntax::parse;

/// A file of the program, by its place in [`Program::modules`]. The file that was asked for comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub usize);

/// The items of one file by name.
#[derive(Clone, Debug, Default)]
pub struct ModuleItems {
    /// The file's name.
    pub name: String,
    /// Whether it belongs to the standard library, all of which sees all of it.
    pub is_std: bool,
    /// `//!` lines.
    pub docs: Vec<String>,
    /// The whole file.
    pub span: Span,
    /// Whether some item could not be read: a name that is missing may have been meant there.
    pub damaged: bool,
    /// Hypers.
    pub hypers: IndexMap<String, Hyper>,
    /// Inputs.
    pub inputs: IndexMap<String, Input>,
    /// Labels.
    pub labels: IndexMap<String, Input>,
    /// Blocks.
    pub blocks: IndexMap<String, Block>,
    /// Imported blocks: local name to module and name there, with the place of the import.
    pub imports: IndexMap<String, (ModuleId, String, Span)>,
}

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
}

/// What [`Program::load`] gives: always the sources and the diagnostics, the program if there is one to go on with.
#[derive(Debug)]
pub struct Loaded {
    /// All files read.
    pub sources: SourceMap,
    /// The program, unless the file could not be read or holds no model.
    pub program: Option<Program>,
    /// What was found so far.
    pub diagnostics: Diagnostics,
}

struct Loader<'w> {
    world: &'w dyn World,
    sources: SourceMap,
    diagnostics: Diagnostics,
    modules: Vec<ModuleItems>,
    loaded: Vec<(String, ModuleId)>,
    /// Files whose imports are being followed.
    open: Vec<ModuleId>,
    std: Vec<ModuleId>,
}

/// A program is made of at most this many files of its own.
const MAX_FILES: usize = 64;

impl Program {
    /// Loads the file at `path` and what it imports.
    pub fn load(world: &dyn World, path: &str) -> Loaded {
        match world.read(path) {
            Ok(text) => Self::load_text(world, path, &text),
            Err(error) => {
                let mut diagnostics = Diagnostics::new();
                let stock: Vec<&str> = EmbeddedWorld::models().iter().map(|(n, _)| *n).collect();
                let mut d = Diagnostic::error(code::E0202, format!("cannot read `{path}`: {error}"))
                    .help("give the path of a .dsl file, or the name of a stock model (`dsc models` lists them)");
                d = d.did_you_mean(path, stock);
                diagnostics.push(d);
                Loaded { sources: SourceMap::new(), program: None, diagnostics }
            }
        }
    }

    /// The same for a text that is at hand; `path` is its name and the place from which imports are relative.
    pub fn load_text(world: &dyn World, path: &str, text: &str) -> Loaded {
        let mut loader = Loader {
            world,
            sources: SourceMap::new(),
            diagnostics: Diagnostics::new(),
            modules: Vec::new(),
            loaded: Vec::new(),
            open: Vec::new(),
            std: Vec::new(),
        };
        let main = loader.add(path, text, true, false);
        let rest = loader.main_items(&main, path);
        let program = rest.map(|(model, variants, recipes, expects)| Program {
            modules: loader.modules,
            model,
            variants,
            recipes,
            expects,
        });
        Loaded { sources: loader.sources, program, diagnostics: loader.diagnostics }
    }

    /// The items of the main file.
    pub fn main(&self) -> Option<&ModuleItems> {
        self.modules.first()
    }

    /// The items of that file.
    pub fn module(&self, id: ModuleId) -> Option<&ModuleItems> {
        self.modules.get(id.0)
    }

    /// The block that `name` stands for in `module`, with the module it belongs to.
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

    /// The changes of a variant and of those it inherits from, base first.
    ///
    /// # Errors
    /// An unknown variant or base, or a circle.
    pub fn variant_chain(&self, name: &str) -> Result<Vec<&Variant>, Diagnostic> {
        let mut chain: Vec<&Variant> = Vec::new();
        let Some(mut variant) = self.variants.get(name) else {
            return Err(Diagnostic::error(structure::E0517, format!("no variant `{name}`"))
                .help(format!("the file has: {}", self.variants.keys().cloned().collect::<Vec<_>>().join(", ")))
                .did_you_mean(name, self.variants.keys().map(String::as_str)));
        };
        loop {
            if chain.iter().any(|v| v.name.value == variant.name.value) {
                return Err(Diagnostic::error(structure::E0513, format!("variant `{name}` inherits from itself"))
                    .at(variant.name.span, "in this circle"));
            }
            chain.push(variant);
            let Some(base) = &variant.base else { break };
            variant = self.variants.get(&base.value).ok_or_else(|| {
                Diagnostic::error(structure::E0517, format!("no variant `{}` to start from", base.value))
                    .at(base.span, "not a variant of this file")
                    .did_you_mean(&base.value, self.variants.keys().map(String::as_str))
            })?;
        }
        chain.reverse();
        Ok(chain)
    }

    /// A recipe and those it inherits from, base first.
    ///
    /// # Errors
    /// An unknown base, or a circle.
    pub fn recipe_chain(&self, name: &str) -> Result<Vec<&Recipe>, Diagnostic> {
        let mut chain: Vec<&Recipe> = Vec::new();
        let mut next = name.to_owned();
        let mut place = Span::NONE;
        loop {
            let recipe = self.recipes.get(&next).ok_or_else(|| {
                Diagnostic::error(structure::E0513, format!("no recipe `{next}`"))
                    .at(place, "not a recipe of this file")
                    .help(format!("the file has: {}", self.recipes.keys().cloned().collect::<Vec<_>>().join(", ")))
                    .did_you_mean(&next, self.recipes.keys().map(String::as_str))
            })?;
            if chain.iter().any(|r| r.name.value == next) {
                return Err(Diagnostic::error(structure::E0513, format!("recipe `{name}` inherits from itself"))
                    .at(recipe.name.span, "in this circle"));
            }
            chain.push(recipe);
            let Some(base) = &recipe.base else { break };
            next.clone_from(&base.value);
            place = base.span;
        }
        chain.reverse();
        Ok(chain)
    }
}

type MainItems = (Model, IndexMap<String, Variant>, IndexMap<String, Recipe>, Vec<(Expect, Span)>);

impl Loader<'_> {
    fn add(&mut self, path: &str, text: &str, main: bool, is_std: bool) -> Module {
        let file = self.sources.add(path, text);
        let (module, found) = parse(&self.sources, file);
        self.diagnostics.extend(found);
        let id = ModuleId(self.modules.len());
        self.loaded.push((normal(path), id));
        self.open.push(id);
        let span =
            self.sources.file(file).map_or(Span::NONE, |f| Span::new(f.base as usize, f.base as usize + f.text.len()));
        let mut items = ModuleItems {
            name: path.to_owned(),
            is_std,
            docs: module.docs.clone(),
            span,
            damaged: module.items.iter().any(|i| matches!(i.kind, ItemKind::Error)),
            ..ModuleItems::default()
        };
        self.modules.push(items.clone());
        for item in &module.items {
            let elsewhere = match &item.kind {
                ItemKind::Input(i) => Some(("an input", i.name.span)),
                ItemKind::Label(l) => Some(("a label", l.name.span)),
                ItemKind::Variant(v) => Some(("a variant", v.name.span)),
                ItemKind::Recipe(r) => Some(("a recipe", r.name.span)),
                ItemKind::Expect(_) => Some(("an expectation", item.span)),
                _ => None,
            };
            if let Some((what, place)) = elsewhere.filter(|_| !main) {
                self.diagnostics.push(
                    Diagnostic::error(structure::E0509, format!("`{path}` is imported and may not hold {what}"))
                        .at(place, "belongs into the file of a model")
                        .help("an imported file gives blocks, and the hypers that they read"),
                );
                continue;
            }
            let (name, taken) = match &item.kind {
                ItemKind::Hyper(h) => {
                    (&h.name, items.hypers.insert(h.name.value.clone(), h.clone()).map(|o| o.name.span))
                }
                ItemKind::Input(i) => {
                    (&i.name, items.inputs.insert(i.name.value.clone(), i.clone()).map(|o| o.name.span))
                }
                ItemKind::Label(l) => {
                    (&l.name, items.labels.insert(l.name.value.clone(), l.clone()).map(|o| o.name.span))
                }
                ItemKind::Block(b) => {
                    (&b.name, items.blocks.insert(b.name.value.clone(), b.clone()).map(|o| o.name.span))
                }
                ItemKind::Model(m) if !main => {
                    self.diagnostics.push(
                        Diagnostic::error(structure::E0507, format!("`{path}` is imported and may not hold a model"))
                            .at(m.name.span, "the model of an imported file")
                            .help("move the shared blocks to a file without a model"),
                    );
                    continue;
                }
                _ => continue,
            };
            // Hypers, inputs and labels share one space of names.
            let value = !matches!(item.kind, ItemKind::Block(_));
            let other = [
                items.hypers.get(&name.value).map(|h| h.name.span),
                items.inputs.get(&name.value).map(|i| i.name.span),
                items.labels.get(&name.value).map(|l| l.name.span),
            ];
            let taken = taken.or_else(|| other.into_iter().flatten().find(|s| value && *s != name.span));
            if let Some(before) = taken {
                self.twice("item", &name.value, name.span, before);
            }
        }
        for item in &module.items {
            if let ItemKind::Use(import) = &item.kind {
                self.import(import, path, &mut items, is_std);
            }
        }
        if let Some(slot) = self.modules.get_mut(id.0) {
            *slot = items;
        }
        self.open.retain(|o| *o != id);
        module
    }

    fn twice(&mut self, what: &str, name: &str, span: Span, before: Span) {
        self.diagnostics.push(
            Diagnostic::error(code::E0203, format!("a second {what} `{name}`"))
                .at(span, "given again here")
                .because(before, "first given here")
                .help("rename one of them"),
        );
    }

    fn import(&mut self, import: &Use, path: &str, items: &mut ModuleItems, is_std: bool) {
        if import.quoted {
            self.import_file(import, path, items);
            return;
        }
        if import.from.value != "std" {
            self.diagnostics.push(
                Diagnostic::error(code::E0202, format!("no module `{}`", import.from.value))
                    .at(import.from.span, "neither `std` nor a path in quotes")
                    .help("write `use std::{..}`, or `use \"blocks.dsl\"::{..}` for a file beside this one"),
            );
            return;
        }
        self.load_std();
        for (name, alias) in &import.names {
            let found = self
                .std
                .iter()
                .copied()
                .find(|id| self.modules.get(id.0).is_some_and(|m| m.blocks.contains_key(&name.value)));
            match found {
                Some(module) => {
                    if !is_std {
                        self.bind_import(items, module, name, alias.as_ref());
                    }
                }
                None if is_std => {}
                None => {
                    let known: Vec<&str> = self
                        .std
                        .iter()
                        .filter_map(|id| self.modules.get(id.0))
                        .flat_map(|m| m.blocks.keys().map(String::as_str))
                        .collect();
                    let primitive = super::primitives::find(&name.value).is_some();
                    let mut d = Diagnostic::error(code::E0204, format!("the standard library has no `{}`", name.value))
                        .at(name.span, "not found");
                    d = if primitive {
                        d.help("primitives need no import")
                    } else {
                        d.did_you_mean(&name.value, known)
                    };
                    self.diagnostics.push(d);
                }
            }
        }
    }

    fn bind_import(
        &mut self,
        items: &mut ModuleItems,
        module: ModuleId,
        name: &crate::syntax::ast::Ident,
        alias: Option<&crate::syntax::ast::Ident>,
    ) {
        let local = alias.unwrap_or(name);
        let before = items
            .imports
            .insert(local.value.clone(), (module, name.value.clone(), local.span))
            .map(|(_, _, span)| span)
            .or_else(|| items.blocks.get(&local.value).map(|b| b.name.span));
        if let Some(before) = before {
            self.twice("block", &local.value, local.span, before);
        }
    }

    fn load_std(&mut self) {
        if !self.std.is_empty() || self.modules.iter().any(|m| m.is_std) {
            return;
        }
        for (name, text) in EmbeddedWorld::stdlib() {
            let id = ModuleId(self.modules.len());
            self.std.push(id);
            self.add(&format!("std/{name}.dsl"), text, false, true);
        }
    }

    fn import_file(&mut self, import: &Use, path: &str, items: &mut ModuleItems) {
        let target = match path.rfind('/') {
            Some(slash) if !import.from.value.starts_with('/') => {
                format!("{}/{}", path.get(..slash).unwrap_or_default(), import.from.value)
            }
            _ => import.from.value.clone(),
        };
        let target = normal(&target);
        let known = self.loaded.iter().find(|(p, _)| *p == target).map(|(_, id)| *id);
        let module = match known {
            None if self.loaded.len() - self.std.len() >= MAX_FILES => {
                self.diagnostics.push(
                    Diagnostic::error(code::E0205, format!("more than {MAX_FILES} files"))
                        .at(import.from.span, "one file too many")
                        .help("do the files import each other under ever new names?"),
                );
                return;
            }
            Some(id) if self.open.contains(&id) => {
                self.diagnostics.push(
                    Diagnostic::error(code::E0205, format!("`{target}` imports the file that imports it"))
                        .at(import.from.span, "this closes the circle")
                        .help("move what both need to a third file"),
                );
                return;
            }
            Some(id) => id,
            None => match self.world.read(&target) {
                Ok(text) => {
                    let id = ModuleId(self.modules.len());
                    self.add(&target, &text, false, false);
                    id
                }
                Err(error) => {
                    self.diagnostics.push(
                        Diagnostic::error(code::E0202, format!("cannot read `{target}`: {error}"))
                            .at(import.from.span, "imported here")
                            .help("the path is relative to the importing file"),
                    );
                    return;
                }
            },
        };
        for (name, alias) in &import.names {
            let known: Vec<String> =
                self.modules.get(module.0).map(|m| m.blocks.keys().cloned().collect()).unwrap_or_default();
            if known.contains(&name.value) {
                self.bind_import(items, module, name, alias.as_ref());
            } else if self.modules.get(module.0).is_some_and(|m| m.damaged) {
                // It may stand in what could not be read.
                items.damaged = true;
            } else {
                self.diagnostics.push(
                    Diagnostic::error(code::E0204, format!("`{target}` has no block `{}`", name.value))
                        .at(name.span, "not found")
                        .did_you_mean(&name.value, known.iter().map(String::as_str)),
                );
            }
        }
    }

    fn main_items(&mut self, module: &Module, path: &str) -> Option<MainItems> {
        let (mut variants, mut recipes, mut expects) = (IndexMap::new(), IndexMap::new(), Vec::new());
        let mut model: Option<Model> = None;
        for item in &module.items {
            match &item.kind {
                ItemKind::Model(m) => match &model {
                    None => model = Some(m.clone()),
                    Some(first) => {
                        let d = Diagnostic::error(structure::E0507, "a second model")
                            .at(m.name.span, "one file holds one model")
                            .because(first.name.span, "the first one")
                            .help("say a change of it as a `variant`, or put it into a file of its own");
                        self.diagnostics.push(d);
                    }
                },
                ItemKind::Variant(v) => {
                    if let Some(before) = variants.insert(v.name.value.clone(), v.clone()) {
                        self.twice("variant", &v.name.value, v.name.span, before.name.span);
                    }
                }
                ItemKind::Recipe(r) => {
                    if let Some(before) = recipes.insert(r.name.value.clone(), r.clone()) {
                        self.twice("recipe", &r.name.value, r.name.span, before.name.span);
                    }
                }
                ItemKind::Expect(e) => expects.push((e.clone(), item.span)),
                _ => {}
            }
        }
        if model.is_none() && !self.diagnostics.has_errors() {
            self.diagnostics.push(
                Diagnostic::error(structure::E0507, format!("`{path}` holds no model"))
                    .help("a file needs one `model NAME { .. }` with an `output .. for ..` and a `loss`"),
            );
        }
        Some((model?, variants, recipes, expects))
    }
}

/// A path without `.` and `..` steps, so that one file has one name.
fn normal(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "." => {}
            "" if !steps.is_empty() => {}
            ".." if steps.last().is_some_and(|s| !s.is_empty() && *s != "..") => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}
