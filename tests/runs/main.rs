//! `dsc` from the command line in a temporary folder: training, scoring, prediction, comparisons and import, with other data
//! too, and what the programs do beside others: signals, locks, full disks, files that are not theirs.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bench;
mod comparisons;
mod data;
mod faults;
mod files;
mod gpu;
mod import;
mod interruption;
mod machine;
mod outputs;
mod profile;
mod records;
mod seeds;
mod signals;
mod workspace;
