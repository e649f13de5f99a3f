//! Attention of all samples in one call of libtorch, as a GPU computes it: padded to the longest sample.

use std::cell::OnceCell;

use tch::{Device, Tensor};

use super::band;
use super::fault::Fault;
use super::lengths::{Lengths, Packing, cached, places};
use dsc_graph::Band;

/// How rows of one time axis attend to rows of another: gathers into the padded layout and back. `None` for a gather that would change
/// nothing.
pub(crate) struct Together {
    /// Query rows per sample, padding included.
    pub(crate) queries: i64,
    /// Lengths of the keys, as padded sequences.
    pub(crate) keys: Lengths,
    /// Valid query rows of each sample.
    valid: Vec<i64>,
    band: Band,
    seen: OnceCell<Tensor>,
    /// For each padded query row, its index in the query value.
    pub(crate) query: Option<Tensor>,
    /// For each padded key row, its index in the key value.
    pub(crate) key: Option<Tensor>,
    /// For each row of the result, its index in the padded result.
    pub(crate) back: Option<Tensor>,
}

impl Together {
    pub(crate) fn new(query: &Lengths, key: &Lengths, band: Band, device: Device) -> Result<Together, Fault> {
        let into = |of: &Lengths| -> Result<Option<Tensor>, Fault> {
            if !of.packed {
                return Ok(None);
            }
            let row_of = |sample: usize, row: i64| of.place(sample, if row < of.len(sample) { row } else { 0 });
            let rows = (0..of.lens.len()).flat_map(|sample| (0..of.padded).map(move |row| row_of(sample, row)));
            places(rows.collect(), device).map(Some)
        };
        let queries = query.padded;
        let back = match query.packed {
            true => {
                let rows = query.lens.iter().zip(0i64..).flat_map(|(len, s)| s * queries..s * queries + len);
                Some(places(rows.collect(), device)?)
            }
            false => None,
        };
        Ok(Together {
            query: into(query)?,
            key: into(key)?,
            back,
            queries,
            keys: Lengths::new(key.lens.clone(), Packing::Never),
            valid: query.lens.clone(),
            band,
            seen: OnceCell::new(),
        })
    }

    /// The attention mask, see [`band::seen`], for a band that is not full.
    pub(crate) fn seen(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.seen, || band::seen(self.band, &self.valid, self.queries, &self.keys, device))
    }
}
