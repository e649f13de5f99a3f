//! Which definition every name of a program refers to.
//!
//! Names are resolved once, when a program has been loaded: bodies, types, named arguments, variants, recipes and
//! expectations of all its files, whether anything calls them or not. The outcome is a table of its own, [`Names`]:
//! definitions, the scopes in which they are known, and uses, each with an id and a place. [`lower`](crate::lower) and
//! [`query`](crate::query) look up by place what a name refers to and repeat none of the rules of scoping.
//!
//! # Rules
//! - Items are known in their whole file, whatever their order; blocks have a space of names of their own. The files of
//!   the standard library see each other's blocks.
//! - Inputs and labels are known in the model alone, the dims of inputs in the whole main file.
//! - A name of a body is known from the end of its statement to the end of the body. A name that the call has already
//!   may not be bound again; loop variables may.
//! - A default of a parameter knows the parameters before it.
//! - What a variant puts in the place of a binding or loss knows what is known there ([`Site`]).
//!
//! Every fault of a name is reported here and nowhere else. A name without a definition is [`Res::Error`], on which all
//! others stay quiet: so there is nothing to deduplicate. What only a call can show stays with lowering: keys of lists
//! and of the text encoder, arguments of a block that a variant put in another's place.

mod calls;
mod claims;
mod contexts;
mod faults;
mod files;
mod foreign;
mod items;
mod names;
mod types;
mod unused;
mod variants;
mod walk;

pub use claims::{FIGURES, no_comparison, unknown_figure};
pub use faults::{no_argument, no_method, not_callable, quoted};
pub(super) use files::{Files, MainFile};
pub use foreign::{FieldMeant, argument_meant, field_meant, instead_of, method};
pub use names::{Def, DefId, DefKind, Names, Remedy, Res, Role, Scope, ScopeId, Site, Use};
pub use types::{BATCH, STATIC_TYPES, TENSOR_TYPES, expr_text, type_text};
pub use unused::{read, unused};
pub use variants::change_key;
pub use walk::COMPANION_ENTRIES;

use std::collections::{BTreeMap, BTreeSet};

use super::module::ModuleId;
use dsc_syntax::ast::Ident;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::names as code;
use dsc_syntax::source::Span;
use walk::{Here, Resolver};

/// What the resolution of a program's names gives.
pub(super) struct Resolved {
    pub names: Names,
    /// Faults in the order in which they were met.
    pub faults: Vec<Diagnostic>,
    /// Arguments of calls that are written as in another language, which has been or will be reported as a whole.
    pub foreign_calls: Vec<Span>,
}

/// Resolves all names.
pub(super) fn resolve(files: &Files<'_>) -> Resolved {
    let mut names = Names::default();
    let here = Here {
        module: ModuleId::MAIN,
        scope: names.open(None, Span::NONE),
        site: None,
        in_model: false,
        anywhere: false,
        half_read: false,
    };
    let mut resolver = Resolver {
        files,
        names,
        faults: Vec::new(),
        here,
        modules: Vec::new(),
        of_sample: here.scope,
        headers: BTreeMap::new(),
        sites: Vec::new(),
        not_imported: BTreeSet::new(),
        foreign_calls: Vec::new(),
        told: (Span::NONE, BTreeSet::new()),
    };
    let items = resolver.declare();
    resolver.declare_inputs();
    resolver.declare_headers(&items);
    // The model comes before the blocks: a block that reads a name of the model gets a message that says so.
    resolver.model();
    for (i, module) in files.modules.iter().enumerate() {
        resolver.bodies(ModuleId(i), module, &items);
    }
    if let Some(main) = &files.main {
        resolver.declare_forms(main);
        main.variants.values().for_each(|v| resolver.variant(v));
        main.recipes.values().for_each(|r| resolver.recipe(r));
        main.expects.iter().for_each(|(e, _)| resolver.expectation(e));
        main.others.iter().for_each(|model| resolver.other_model(model));
    }
    resolver.names.unresolved += resolver.faults.len();
    Resolved { names: resolver.names, faults: resolver.faults, foreign_calls: resolver.foreign_calls }
}

impl Resolver<'_> {
    /// Variants and recipes, which may be named before they are declared.
    fn declare_forms(&mut self, main: &MainFile<'_>) {
        let mut add = |kind: DefKind, name: &Ident| {
            self.names.add(
                None,
                Def { name: name.value.clone(), span: name.span, whole: name.span, kind, module: ModuleId::MAIN },
            );
        };
        main.variants.values().for_each(|v| add(DefKind::Variant, &v.name));
        main.recipes.values().for_each(|r| add(DefKind::Recipe, &r.name));
        for (name, variant) in main.variants {
            if main.recipes.contains_key(name) {
                self.faults.push(
                    Diagnostic::error(code::E0203, format!("`{name}` is a variant and a recipe"))
                        .at(variant.name.span, "rename one of them"),
                );
            }
        }
    }
}
