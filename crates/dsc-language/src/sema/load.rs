//! Loading: a file and all it imports are read, parsed, and their items put into tables.

use std::sync::Arc;

use indexmap::IndexMap;

use super::merge;
use super::program::{Loaded, ModuleId, ModuleItems, Program};
use super::resolve::{self, Files, MainFile, Names};
use crate::EmbeddedWorld;
use dsc_syntax::ast::{Expect, Ident, ItemKind, Model, Module, Recipe, Use, Variant};
use dsc_syntax::diag::codes::{names as code, structure};
use dsc_syntax::diag::{Diagnostic, Diagnostics, did_you_mean};
use dsc_syntax::parse;
use dsc_syntax::source::{SourceMap, Span, World};

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

/// A file of more bytes is refused: no model that people write is near it.
const MAX_BYTES: usize = 256 << 10;

fn too_large(path: &str, bytes: usize) -> Diagnostic {
    let message = format!("`{path}` has {bytes} bytes, a file of a model has at most {MAX_BYTES}");
    Diagnostic::error(code::E0202, message)
        .help("repeat with `for` and `each`, and put shared blocks into files of their own")
}

impl Program {
    /// Loads the file at `path` and what it imports.
    pub fn load(world: &dyn World, path: &str) -> Loaded {
        match world.read(path) {
            Ok(text) if text.len() > MAX_BYTES => {
                let mut diagnostics = Diagnostics::new();
                diagnostics.push(too_large(path, text.len()));
                Loaded { sources: SourceMap::new(), program: None, names: Arc::new(Names::default()), diagnostics }
            }
            Ok(text) => Self::load_text(world, path, &text),
            Err(error) => {
                let mut diagnostics = Diagnostics::new();
                let stock: Vec<&str> = EmbeddedWorld::models().iter().map(|(n, _)| *n).collect();
                let mut d = Diagnostic::error(code::E0202, format!("cannot read `{path}`: {error}"))
                    .help("give the path of a .dsl file, or the name of a stock model (`dsc models` lists them)");
                d = d.did_you_mean(path, stock);
                diagnostics.push(d);
                Loaded { sources: SourceMap::new(), program: None, names: Arc::new(Names::default()), diagnostics }
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
        let mut rest = loader.main_items(&main, path);
        let others = other_models(&main);
        let main = rest.as_ref().map(|(model, variants, recipes, expects)| MainFile {
            model,
            variants,
            recipes,
            expects,
            others: &others,
        });
        let resolve::Resolved { names, faults, foreign_calls } =
            resolve::resolve(&Files { modules: &loader.modules, main });
        loader.diagnostics = merge::faults(loader.diagnostics, faults, &foreign_calls, &loader.sources);
        let blocks = loader.modules.iter_mut().flat_map(|m| m.blocks.values_mut()).map(|block| &mut block.body);
        let model = rest.iter_mut().map(|(model, ..)| &mut model.body);
        blocks.chain(model).for_each(|body| merge::add_missing_lets(body, &names));
        let names = Arc::new(names);
        let program = rest.map(|(model, variants, recipes, expects)| Program {
            modules: loader.modules,
            model,
            variants,
            recipes,
            expects,
            names: names.clone(),
        });
        Loaded { sources: loader.sources, program, names, diagnostics: loader.diagnostics }
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
            unread: module.lost.clone(),
            repaired: module.repaired.clone(),
            span,
            use_at: module
                .items
                .iter()
                .find(|i| i.docs.is_empty())
                .map_or(Span::NONE, |i| Span { end: i.span.start, ..i.span }),
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
                if !value {
                    items.doubled.insert(name.value.clone());
                }
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
            note_unread(items, import.names.iter().map(|(name, alias)| (name, alias)));
            self.diagnostics.push(
                Diagnostic::error(code::E0202, format!("no module `{}`", import.from.value))
                    .at(import.from.span, "neither `std` nor a path in quotes")
                    .help(match import.from.value.as_str() {
                        "torch" | "nn" | "numpy" | "np" | "transformers" | "math" | "typing" => {
                            "remove it: operations need no import, blocks of the library are imported with `use std::{..}`"
                        }
                        _ => "write `use std::{..}`, or `use \"blocks.dsl\"::{..}` for a file beside this one",
                    })
                    .did_you_mean(&import.from.value, ["std"]),
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
                    note_unread(items, [(name, alias)]);
                    let known: Vec<&str> = self
                        .std
                        .iter()
                        .filter_map(|id| self.modules.get(id.0))
                        .flat_map(|m| m.blocks.keys().map(String::as_str))
                        .collect();
                    // The name that was meant is reported here alone, too.
                    let near = did_you_mean(&name.value, known.iter().copied()).map(str::to_owned);
                    items.unread.extend(near);
                    let primitive = dsc_graph::primitives::find(&name.value).is_some();
                    let mut d = Diagnostic::error(code::E0204, format!("the standard library has no `{}`", name.value))
                        .at(name.span, "not found");
                    d = match resolve::instead_of(&name.value) {
                        _ if primitive => d.help("primitives need no import"),
                        Some(ours) => d.help(ours),
                        None => d
                            .help("`dsc explain` lists the blocks of the library, and operations, which need no import")
                            .did_you_mean(&name.value, known),
                    };
                    self.diagnostics.push(d);
                }
            }
        }
    }

    fn bind_import(&mut self, items: &mut ModuleItems, module: ModuleId, name: &Ident, alias: Option<&Ident>) {
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

    fn bind_hyper(&mut self, items: &mut ModuleItems, module: ModuleId, name: &Ident, alias: Option<&Ident>) {
        let local = alias.unwrap_or(name);
        let before = items
            .hyper_imports
            .insert(local.value.clone(), (module, name.value.clone(), local.span))
            .map(|(_, _, span)| span)
            .or_else(|| items.hypers.get(&local.value).map(|h| h.name.span))
            .or_else(|| items.inputs.get(&local.value).map(|i| i.name.span))
            .or_else(|| items.labels.get(&local.value).map(|l| l.name.span));
        if let Some(before) = before {
            self.twice("item", &local.value, local.span, before);
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
                note_unread(items, import.names.iter().map(|(name, alias)| (name, alias)));
                self.diagnostics.push(
                    Diagnostic::error(code::E0205, format!("more than {MAX_FILES} files"))
                        .at(import.from.span, "one file too many")
                        .help("do the files import each other under ever new names?"),
                );
                return;
            }
            Some(id) if self.open.contains(&id) => {
                note_unread(items, import.names.iter().map(|(name, alias)| (name, alias)));
                self.diagnostics.push(
                    Diagnostic::error(code::E0205, format!("`{target}` imports the file that imports it"))
                        .at(import.from.span, "this closes the circle")
                        .help("move what both need to a third file"),
                );
                return;
            }
            Some(id) => id,
            None => match self.world.read(&target) {
                Ok(text) if text.len() > MAX_BYTES => {
                    note_unread(items, import.names.iter().map(|(name, alias)| (name, alias)));
                    self.diagnostics.push(too_large(&target, text.len()).at(import.from.span, "imported here"));
                    return;
                }
                Ok(text) => {
                    let id = ModuleId(self.modules.len());
                    self.add(&target, &text, false, false);
                    id
                }
                Err(error) => {
                    note_unread(items, import.names.iter().map(|(name, alias)| (name, alias)));
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
            let (blocks, hypers): (Vec<String>, Vec<String>) = self
                .modules
                .get(module.0)
                .map(|m| (m.blocks.keys().cloned().collect(), m.hypers.keys().cloned().collect()))
                .unwrap_or_default();
            if blocks.contains(&name.value) {
                self.bind_import(items, module, name, alias.as_ref());
            } else if hypers.contains(&name.value) {
                self.bind_hyper(items, module, name, alias.as_ref());
            } else {
                note_unread(items, [(name, alias)]);
                let known = || blocks.iter().chain(&hypers).map(String::as_str);
                // The name that was meant is reported here alone, too.
                items.unread.extend(did_you_mean(&name.value, known()).map(str::to_owned));
                if !self.modules.get(module.0).is_some_and(|m| m.unread.contains(&name.value)) {
                    self.diagnostics.push(
                        Diagnostic::error(code::E0204, format!("`{target}` has no block or hyper `{}`", name.value))
                            .at(name.span, "not found")
                            .did_you_mean(&name.value, known()),
                    );
                }
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
                    let before = variants.get(&v.name.value).map(|before: &Variant| before.name.span);
                    if let Some(before) = before {
                        self.twice("variant", &v.name.value, v.name.span, before);
                    }
                    variants.insert(free_name(&variants, &v.name.value), v.clone());
                }
                ItemKind::Recipe(r) => {
                    let before = recipes.get(&r.name.value).map(|before: &Recipe| before.name.span);
                    if let Some(before) = before {
                        self.twice("recipe", &r.name.value, r.name.span, before);
                    }
                    recipes.insert(free_name(&recipes, &r.name.value), r.clone());
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

/// The models of a file behind the first one, which is a fault: what they read is used all the same.
fn other_models(module: &Module) -> Vec<&Model> {
    let models = module.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Model(model) => Some(model),
        _ => None,
    });
    models.skip(1).collect()
}

/// The name under which an item is checked: its own, or another one for a second item of that name, which has been
/// reported.
fn free_name<T>(items: &IndexMap<String, T>, name: &str) -> String {
    let mut free = name.to_owned();
    while items.contains_key(&free) {
        free.push_str(" again");
    }
    free
}

/// Names of imports that failed: that they are missing is reported at the import, not at their calls.
fn note_unread<'a>(items: &mut ModuleItems, names: impl IntoIterator<Item = (&'a Ident, &'a Option<Ident>)>) {
    items.unread.extend(names.into_iter().map(|(name, alias)| alias.as_ref().unwrap_or(name).value.clone()));
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
