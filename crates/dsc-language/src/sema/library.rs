//! The blocks of the standard library as a reader meets them.

use crate::EmbeddedWorld;
use dsc_syntax::ast::ItemKind;
use dsc_syntax::parse;
use dsc_syntax::source::SourceMap;

/// A block of the standard library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryBlock {
    /// Its name.
    pub name: String,
    /// The file that holds it, `std/layers.dsl`.
    pub module: String,
    /// Its signature: generics, parameters, result.
    pub signature: String,
    /// Its documentation.
    pub docs: String,
    /// All of it.
    pub source: String,
}

/// All of them, in the order of the files.
pub fn blocks() -> Vec<LibraryBlock> {
    let mut found = Vec::new();
    for (file, text) in EmbeddedWorld::stdlib() {
        let module = format!("std/{file}.dsl");
        let mut sources = SourceMap::new();
        let id = sources.add(&module, *text);
        for item in parse(&sources, id).0.items {
            let ItemKind::Block(block) = &item.kind else { continue };
            let source = sources.text(item.span).unwrap_or_default().trim().to_owned();
            let body = sources.text(block.body.span).map_or(0, str::len);
            let head = source.get(..source.len().saturating_sub(body)).unwrap_or(&source);
            found.push(LibraryBlock {
                name: block.name.value.clone(),
                module: module.clone(),
                signature: head.split_whitespace().collect::<Vec<_>>().join(" "),
                docs: item.docs.iter().map(|d| d.trim()).collect::<Vec<_>>().join("\n"),
                source,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_block_is_documented_and_named_once() {
        let all = blocks();
        let names: BTreeSet<&str> = all.iter().map(|b| b.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        for block in &all {
            assert!(!block.docs.is_empty(), "{}", block.name);
            assert!(block.signature.starts_with(&format!("block {}", block.name)), "{}", block.signature);
            assert!(!block.signature.contains('{') && block.source.ends_with('}'), "{block:#?}");
        }
        let one = all.iter().find(|b| b.name == "MultiCA").unwrap();
        assert!(one.signature.ends_with("-> Seq<m>[n, w]"), "{}", one.signature);
    }
}
