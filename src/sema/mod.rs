//! What a program's words mean: dims, types, static values.
//!
//! - [`dims`]: dimensions as polynomials over named atoms in normal form;
//! - [`types`]: tensor types of one sample, with lengths and modality;
//! - [`value`]: numbers, strings and lists known at compile time.

pub mod dims;
pub mod types;
