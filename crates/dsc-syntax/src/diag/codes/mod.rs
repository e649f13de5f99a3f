//! The table of diagnostic codes. A code never changes its meaning, and retired codes are not reused.
//!
//! One file per range: `E01xx` syntax, `E02xx` names and modules, `E03xx` types, dims and lengths, `E04xx` hypers and
//! static evaluation, `E05xx` structure (blocks, losses, outputs, companions, variants, recipes), `E06xx` data files,
//! `E07xx` libtorch and devices, `E08xx` text encoders, `E09xx` runs and the command line, `E10xx` the text form of
//! graphs, `W01xx` lints.

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $title:literal, $example:expr;)*) => {
        $($(#[doc = $doc])* pub const $name: $crate::diag::Code = $crate::diag::Code(stringify!($name));)*
        /// The codes of this module, in order.
        pub const TABLE: &[$crate::diag::CodeInfo] = &[
            $($crate::diag::CodeInfo {
                code: $name,
                title: $title,
                text: concat!($($doc, "\n"),*),
                example: $example,
            }),*
        ];
    };
}

pub mod data;
pub mod encoder;
pub mod graph;
pub mod hypers;
pub mod lints;
pub mod names;
pub mod run;
pub mod runtime;
pub mod structure;
pub mod syntax;
pub mod types;

use serde::Serialize;

/// A stable code such as `E0203`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Documentation of a code, as printed by `dsc explain CODE`.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// The code, such as `E0203`.
    pub code: Code,
    /// Title in a few words, without a full stop.
    pub title: &'static str,
    /// What is wrong, why it is an error, and what to write instead; each line begins with a space.
    pub text: &'static str,
    /// A source file that fails with this code; empty for codes that do not concern source files.
    pub example: &'static str,
}

/// All codes, errors before warnings.
pub fn all_codes() -> impl Iterator<Item = &'static CodeInfo> {
    [
        syntax::TABLE,
        names::TABLE,
        types::TABLE,
        hypers::TABLE,
        structure::TABLE,
        data::TABLE,
        runtime::TABLE,
        encoder::TABLE,
        run::TABLE,
        graph::TABLE,
        lints::TABLE,
    ]
    .into_iter()
    .flatten()
}

/// Retired codes, each with the code that replaces it.
pub const RETIRED: &[(&str, Code)] =
    &[("E0903", structure::E0513), ("E0904", structure::E0513), ("E0905", names::E0203), ("E0964", run::E0902)];

/// Looks up a retired code, ignoring case.
pub fn retired(code: &str) -> Option<(&'static str, Code)> {
    RETIRED.iter().find(|(old, _)| old.eq_ignore_ascii_case(code)).copied()
}

/// Looks up a code, ignoring case.
pub fn explain(code: &str) -> Option<&'static CodeInfo> {
    all_codes().find(|c| c.code.0.eq_ignore_ascii_case(code))
}
