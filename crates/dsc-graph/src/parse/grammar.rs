//! The generated parser; see `grammar/ir.pest`.

/// The grammar of a line.
#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/ir.pest"]
pub(super) struct Ir;
