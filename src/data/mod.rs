//! Feature files, text and everything else that a training run reads.

pub mod text;
