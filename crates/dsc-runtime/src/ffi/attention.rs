//! Attention of many samples of any length on the CPU, each by itself, with its gradient (`shim/attention.cpp`).

use super::raw::{self, AttentionSettings, check, take_tensor};
use std::ptr;
use tch::Tensor;

pub use super::raw::Place;

/// What all samples share.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Number of heads. Those of a query lie side by side in its row.
    pub heads: i64,
    /// Whether all heads read the same keys and values, which then have the width of one head.
    pub shared: bool,
    /// Row `i` sees the keys up to `i + offset`.
    pub offset: Option<i64>,
    /// Row `i` sees the keys at most as far away from it as this.
    pub window: Option<i64>,
    /// What scores are multiplied with.
    pub scale: f64,
    /// What the weights that dropout keeps are multiplied with.
    pub keep: f64,
}

impl Attention {
    /// Queries `[rows, heads * k]`, keys `[rows, heads * k]` and values `[rows, heads * e]`, of 32 or 64 bits, to
    /// `[rows of the queries, heads * e]`. Rows that no place has are 0. `bits` has a bit for each weight, 1 where it is kept; it is
    /// empty without dropout. Sums run in an order that depends on the sample alone.
    ///
    /// # Errors
    /// Values, places or bits that do not fit each other, and too little memory.
    pub fn apply(&self, [query, key, value]: [&Tensor; 3], places: &[Place], bits: &[u16]) -> Result<Tensor, String> {
        let settings = AttentionSettings {
            heads: self.heads,
            shared: self.shared.into(),
            causal: self.offset.is_some().into(),
            offset: self.offset.unwrap_or(0),
            window: self.window.unwrap_or(-1),
            scale: self.scale,
            keep: self.keep,
        };
        let mut out = ptr::null_mut();
        // SAFETY: tensors, settings, places and bits are borrowed for the call, which copies what it keeps; the result goes to a
        // live local, and is a new tensor on success.
        unsafe {
            check(raw::dsc_attention(
                query.as_ptr(),
                key.as_ptr(),
                value.as_ptr(),
                &settings,
                places.as_ptr(),
                places.len() as i64,
                bits.as_ptr(),
                bits.len() as i64,
                &mut out,
            ))?;
            Ok(take_tensor(out))
        }
    }
}
