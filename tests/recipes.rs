//! The table of recipe keys against what lies around it: the README, the sources that read settings, stock models, cards.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use dsc_data::card::cards;
use dsc_language::EmbeddedWorld;
use dsc_language::sema::program::Program;
use dsc_recipe::{KEYS, Request, Settings, markdown, resolve};
use dsc_syntax::source::MemoryWorld;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_readme_holds_the_table_of_keys() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&markdown()), "README.md, section Recipes, has to hold this table:\n\n{}", markdown());
}

/// A stock model's recipe that is named like a data set scores as the field does on it, and tells classes as its card does.
#[test]
fn stock_recipes_follow_their_data_set() {
    for (model, text) in EmbeddedWorld::models() {
        let program = Program::load_text(&MemoryWorld::new(), "m.dsl", text).program.unwrap();
        for card in cards() {
            let resolved =
                resolve(&program.recipes, &Request { data: Some(card.recipe), ..Request::default() }).unwrap();
            assert_eq!(resolved.recipe.as_deref(), Some(card.recipe), "{model} has no recipe {}", card.recipe);
            assert_eq!(card.recipe_of(&program.recipes), card.recipe);
            let Settings { family, class, .. } = resolved.settings;
            assert_eq!((family, class), (card.family, card.class_rule), "{model}, recipe {}", card.name);
        }
    }
}

/// All Rust sources of the parts that come after recipes, as one text.
fn readers() -> String {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true if path.file_name().is_some_and(|n| n == "dsc-recipe" || n == "tests" || n == "target") => {}
                true => walk(&path, files),
                false if path.file_name().is_some_and(|n| n == "tests.rs") => {}
                false if path.extension().is_some_and(|e| e == "rs") => files.push(path),
                false => {}
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("src"), &mut files);
    walk(&root().join("crates"), &mut files);
    files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect()
}

/// A key that nothing reads is a promise that is not kept. Looked for by text: fields are read as parts of `settings` or of
/// what lies within them.
#[test]
fn every_setting_is_read_by_something() {
    let sources = readers();
    for key in KEYS {
        let field = key.name.rsplit('.').next().unwrap_or_default();
        let is_read = |owner: &str| {
            sources.match_indices(&format!("{owner}.{field}")).any(|(at, found)| {
                // `settings.seed` is no reader of `settings.s`.
                !sources[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
            })
        };
        let owners = ["settings", "optimizer", "o", "schedule"];
        assert!(
            owners.iter().any(|owner| is_read(owner)),
            "no source outside of dsc-recipe has `settings.{field}`: `{}` has to be read where it takes effect; what a training does is in \
             crates/dsc-train/src/trainer.rs",
            key.name
        );
    }
}
