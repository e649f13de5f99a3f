//! `dsc`: a declarative model-graph compiler and runtime for multimodal fusion models. This package is the program; its parts
//! are crates, each with its invariants on its first page.
//!
//! | crate | holds | may use |
//! |---|---|---|
//! | `dsc-syntax` | sources, diagnostics and their codes, parser, formatter | |
//! | `dsc-random` | random numbers keyed by logical coordinates | syntax |
//! | `dsc-graph` | dims, types, the graph with its operations, text form, verifier, passes | syntax |
//! | `dsc-language` | imports, names, lowering; the standard library and the stock models | graph |
//! | `dsc-analysis` | counts, memory, expectations, differences, drawings | language |
//! | `dsc-data` | feature files, cards, text encoders, tokenisers | graph, random |
//! | `dsc-experiment` | recipes, metrics, companions, run folders, tables | analysis, data |
//! | `dsc-project` | requests, and the way from one to a compiled model with its data | experiment |
//! | `dsc-runtime` | graphs on libtorch | graph, random |
//! | `dsc-train` | requests carried out: training, scores, comparisons | project, runtime |
//! | `dsc` | the command line, [`cli`] | project; `dsc-rt` also train |
//!
//! Cargo enforces the order. Only `dsc-runtime` knows tch; what is above it and below the program is `dsc-train` alone.
//!
//! # Invariants of the whole
//! - Parsing never fails: it returns a tree and diagnostics. Faults are data; nothing but [`cli`] prints.
//! - Only [`cli`], the readers of `dsc-data`, and the run folders of `dsc-experiment` touch files; sources come through a `World`.
//! - Nothing draws from a global random generator. The order of a hash map never reaches an output.

pub mod cli;
