//! Feature files, the generated default, cards of the known data sets, batches, text.

pub mod pickle;
pub mod text;
