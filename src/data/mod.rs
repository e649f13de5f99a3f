//! Feature files, the generated default, cards of the known data sets, batches.

pub mod pickle;
