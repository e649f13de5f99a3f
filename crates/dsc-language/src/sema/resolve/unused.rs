//! What is defined and never used.

use std::collections::BTreeSet;

use super::names::{Def, DefId, DefKind, Names, Role, Use};
use crate::sema::module::{ModuleId, ModuleItems};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints as lint;
use dsc_syntax::source::Span;

/// What something reads: by any use but an assignment or a change, a hyper outside its own declaration.
pub fn read(names: &Names) -> BTreeSet<DefId> {
    let own = |u: &Use| {
        let def = names.def(u.def);
        def.kind == DefKind::Hyper && def.whole.start <= u.span.start && u.span.end <= def.whole.end
    };
    let uses = names.uses().filter(|u| u.role.reads() && !own(u));
    let mut read: BTreeSet<DefId> =
        uses.flat_map(|u| u.import.into_iter().chain([u.def])).chain(names.meant()).collect();
    read.extend(inputs_by_size(names));
    read
}

/// Inputs whose length or width an expression reads, as `take(audio, rows: Tv)` does.
fn inputs_by_size(names: &Names) -> BTreeSet<DefId> {
    let inputs = names.defs().filter(|(_, def)| def.kind == DefKind::Input);
    let mut inputs: Vec<(Span, DefId)> = inputs.map(|(id, def)| (def.whole, id)).collect();
    inputs.sort_by_key(|(whole, _)| whole.start);
    let input_at = |place: Span| {
        let before = inputs.partition_point(|(whole, _)| whole.start <= place.start);
        let (whole, id) = inputs.get(before.checked_sub(1)?)?;
        (place.end <= whole.end).then_some(*id)
    };
    // Another input of the same size does not read it.
    let sizes = names.uses().filter(|u| u.role == Role::Read && input_at(u.span).is_none()).map(|u| names.def(u.def));
    sizes.filter(|def| def.kind == DefKind::Dim).filter_map(|def| input_at(def.span)).collect()
}

/// What nothing reads, of the main file's imports, hypers and inputs and of all bindings of the user's files. A branch
/// that is not taken now is taken with other hypers, so what is read there is used. `elements` are the loop variables
/// that took more than numbers: a loop that only repeats something need not look at its counter.
///
/// Each with its definition.
pub fn unused(names: &Names, files: &[ModuleItems], elements: &BTreeSet<DefId>) -> Vec<(DefId, Diagnostic)> {
    let read = read(names);
    let is_unused = |id: DefId, def: &Def| {
        // A word of it in text that could not be read may have been a use.
        let of_user = |m: &ModuleItems| !m.is_std && !m.unread.contains(&def.name);
        files.get(def.module.0).is_some_and(of_user) && !read.contains(&id)
    };
    let unused = names.defs().filter(|(id, def)| is_unused(*id, def));
    unused.filter_map(|(id, def)| Some((id, warning(names, id, def, elements)?))).collect()
}

fn warning(names: &Names, id: DefId, def: &Def, elements: &BTreeSet<DefId>) -> Option<Diagnostic> {
    let (name, of_main) = (&def.name, def.module == ModuleId::MAIN);
    let lint_of = |code, text: String, label: &str, help: String| {
        Some(Diagnostic::warning(code, text).at(def.span, label).help(help))
    };
    match def.kind {
        DefKind::Import(there) if of_main && names.target(there).kind == DefKind::Block => lint_of(
            lint::W0104,
            format!("`{name}` is imported and never used"),
            "not used",
            "take it out of the `use`".to_owned(),
        ),
        DefKind::Hyper if of_main => lint_of(
            lint::W0103,
            format!("hyper `{name}` is never read"),
            "setting it changes nothing",
            "use it or take it away".to_owned(),
        ),
        DefKind::Input => lint_of(
            lint::W0106,
            format!("input `{name}` is never read"),
            "not used",
            "use it or take it away".to_owned(),
        ),
        DefKind::Label => lint_of(
            lint::W0106,
            format!("label `{name}` is never read"),
            "not used",
            format!("predict it, `output score for {name}`, read it in a loss, or take it away"),
        ),
        DefKind::Let | DefKind::Var | DefKind::Element
            if !name.starts_with('_') && (def.kind != DefKind::Element || elements.contains(&id)) =>
        {
            let help = format!("use it, take it away, or call it `_{name}`");
            lint_of(lint::W0102, format!("`{name}` is never read"), "its value is lost", help)
                // Where it is assigned or changed, that would have to be renamed as well.
                .map(|d| if names.uses().any(|u| u.def == id) { d } else { d.fix(def.span, format!("_{name}")) })
        }
        _ => None,
    }
}
